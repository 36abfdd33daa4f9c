//! Who calls: applications and their package keys.

use std::{
    collections::{HashMap, hash_map::Entry},
    fmt,
    sync::Arc,
};

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
    for mut table in applications {
        // For the reader of the file; nothing depends on it.
        table.string("name");
        let application = Arc::new(Application::new(eavs(&mut table)));
        for key in table.tables("package_keys") {
            package_key(key, &application, &mut callers);
        }
        table.finish();
    }
    callers
}

fn package_key(mut table: Table<'_, '_>, application: &Arc<Application>, callers: &mut Callers) {
    let key = table.string("key");
    let key = table.require("key", key);
    let eavs = eavs(&mut table);
    table.finish();
    let Some(key) = key else { return };
    if key.value.is_empty() {
        return key.wrong("is empty");
    }
    match callers.by_key.entry(key.value.to_owned()) {
        Entry::Occupied(_) => key.wrong("stands twice in the file"),
        Entry::Vacant(place) => {
            place.insert(Caller {
                application: Arc::clone(application),
                package_key: Arc::new(PackageKey::new(key.value, eavs)),
            });
        }
    }
}

fn eavs<'d>(table: &mut Table<'d, '_>) -> Vec<(&'d str, &'d str)> {
    table
        .table("eavs")
        .map(|eavs| eavs.strings())
        .unwrap_or_default()
}
