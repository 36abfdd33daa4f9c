//! Where the gateway's program is, and whether it is the one of these sources.

use std::{env, fs, path::PathBuf, time::SystemTime};

/// Another program than the one beside the tests.
const OTHER: &str = "LAMBDA_SIDECAR_GATEWAY";

/// The program, which cargo puts beside the folder of the tests.
///
/// It is built by `cargo test --workspace`, because the gateway's own tests need it, but not by
/// `cargo test -p lambda-sidecar-tests`. An old one must not be tested by mistake.
pub fn find() -> PathBuf {
    if let Some(other) = env::var_os(OTHER) {
        return other.into();
    }
    let this = env::current_exe().expect("this program has a path");
    let beside = this
        .ancestors()
        .nth(2)
        .expect("cargo's folders are so deep");
    let program = beside.join("lambda-sidecar-gateway");
    let how = "build it with `cargo build -p lambda-sidecar-gateway`, or test with `--workspace`";
    let Some(built) = changed(&program) else {
        panic!("there is no gateway at {}: {how}", program.display());
    };
    let sources = fs::read_to_string(program.with_extension("d")).unwrap_or_default();
    let newer = sources
        .split_whitespace()
        .skip(1)
        .find(|source| changed(source).is_none_or(|changed| changed > built));
    if let Some(newer) = newer {
        panic!("the gateway is older than {newer}: {how}");
    }
    program
}

fn changed(path: impl AsRef<std::path::Path>) -> Option<SystemTime> {
    fs::metadata(path).and_then(|file| file.modified()).ok()
}
