//! Who calls: applications and their package keys.

use std::{collections::HashMap, fmt, sync::Arc};

use lambda_sidecar::{Application, PackageKey};

use super::reader::Table;

/// A known package key and the application it belongs to.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) application: Arc<Application>,
    pub(crate) package_key: Arc<PackageKey>,
}

/// All known callers by package key. Keys are secrets, so `Debug` counts them.
#[derive(Default)]
pub(crate) struct Callers {
    by_key: HashMap<String, Caller>,
}

impl Callers {
    /// Whether nobody can be known.
    pub(super) fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    pub(crate) fn find(&self, key: &str) -> Option<&Caller> {
        self.by_key.get(key)
    }
}

impl fmt::Debug for Callers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Callers").field(&self.by_key.len()).finish()
    }
}

pub(super) fn read(applications: Vec<Table<'_, '_>>) -> Callers {
    let mut callers = Callers::default();
    let mut lines = HashMap::new();
    for mut table in applications {
        // For the reader of the file; nothing depends on it.
        table.string("name");
        let application = Arc::new(Application::new(eavs(&mut table)));
        for key in table.tables("package_keys") {
            package_key(key, &application, &mut callers, &mut lines);
        }
        table.finish();
    }
    callers
}

/// `lines` are those of the keys so far.
fn package_key<'d>(
    mut table: Table<'d, '_>,
    application: &Arc<Application>,
    callers: &mut Callers,
    lines: &mut HashMap<&'d str, usize>,
) {
    let key = table.string("key");
    let key = table.require("key", key);
    let eavs = eavs(&mut table);
    table.finish();
    let Some(key) = key else { return };
    if key.value.is_empty() {
        return key.wrong("is empty");
    }
    if let Some(first) = lines.get(key.value) {
        let message = format!("stands twice in the file, first in line {first}");
        return key.wrong(message);
    }
    lines.insert(key.value, key.line());
    let caller = Caller {
        application: Arc::clone(application),
        package_key: Arc::new(PackageKey::new(key.value, eavs)),
    };
    callers.by_key.insert(key.value.to_owned(), caller);
}

fn eavs<'d>(table: &mut Table<'d, '_>) -> Vec<(&'d str, &'d str)> {
    table
        .table("eavs")
        .map(|eavs| eavs.strings())
        .unwrap_or_default()
}
