//! Software that stands in for AWS, set up and run by the tests themselves.
//!
//! The first test that asks for a stand-in makes a virtual environment below `target/` (once for
//! all, with the versions that `python/requirements.txt` pins) and starts the stand-in on a port of
//! its own; the other tests of that process share it. It ends with the process, whatever the
//! process dies of, because it watches a pipe that closes then.
//!
//! Where Python or the package registry is missing, the tests fail and say so. With
//! `LAMBDA_SIDECAR_SKIP_REAL=1` they are left out, and say that.

mod stand_in;
mod venv;

use std::{
    env,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::OnceLock,
};

pub use self::stand_in::{StandIn, There};

/// Leaves out, when it is `1`, what needs Python and the package registry.
pub const SKIP: &str = "LAMBDA_SIDECAR_SKIP_REAL";

/// MiniStack: STS, Parameter Store, IAM, and Lambda with functions that are real processes.
///
/// `function` is the program `sidecar-function`, `scratch` is cargo's directory for tests. `None`
/// where the suite is left out.
pub fn ministack(function: &str, scratch: &str) -> Option<&'static StandIn> {
    static SHARED: OnceLock<Result<StandIn, String>> = OnceLock::new();
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("functions/python/app.py");
    let arguments = ["ministack".as_ref(), function.as_ref(), python.as_os_str()];
    shared(&SHARED, || StandIn::start(scratch.as_ref(), &arguments))
}

/// moto: a second opinion on STS and Parameter Store.
pub fn moto(scratch: &str) -> Option<&'static StandIn> {
    static SHARED: OnceLock<Result<StandIn, String>> = OnceLock::new();
    shared(&SHARED, || {
        StandIn::start(scratch.as_ref(), &["moto".as_ref()])
    })
}

/// The Python that has AWS's own run time for functions in it. `None` where the suite is left out.
pub fn python(scratch: &str) -> Option<&'static PathBuf> {
    static SHARED: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    shared(&SHARED, || venv::python(&venv::directory(scratch.as_ref())))
}

/// Whether the caller wants it left out.
pub(crate) fn is_skipped() -> bool {
    env::var(SKIP).is_ok_and(|value| value == "1")
}

fn shared<T>(
    cell: &'static OnceLock<Result<T, String>>,
    start: impl FnOnce() -> Result<T, String>,
) -> Option<&'static T> {
    static TOLD: OnceLock<()> = OnceLock::new();
    if is_skipped() {
        TOLD.get_or_init(|| tell(&format!("left out, because {SKIP}=1")));
        return None;
    }
    match cell.get_or_init(start) {
        Ok(shared) => Some(shared),
        Err(reason) => panic!("{reason}\n({SKIP}=1 leaves out what needs it)"),
    }
}

/// Says something on standard error, past libtest, which would show it for failed tests only.
fn tell(line: &str) {
    let _ = writeln!(io::stderr(), "real-AWS suite: {line}");
}
