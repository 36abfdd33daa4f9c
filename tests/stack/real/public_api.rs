//! What the crates offer is listed in a file beside each of them: a change of it is seen in the diff,
//! and is decided upon rather than happened upon.
//!
//! The features are those of a build of the whole workspace, and the function crate's `schema`.
//! `UPDATE_PUBLIC_API=1 cargo test --workspace --test real public_api` writes the lists anew.
//!
//! A toolchain whose rustdoc writes JSON of another format than [`FORMAT`] cannot be asked: the test is then
//! left out and says so, but where `CI` is set it fails.

use std::{
    env, fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::Command,
};

use public_api::Builder;
use serde_json::Value;

/// The crates that others build upon.
const CRATES: [&str; 3] = [
    "lambda-sidecar-core",
    "lambda-sidecar",
    "lambda-sidecar-function",
];

/// The format that the library reads.
const FORMAT: u64 = 57;

#[test]
fn what_the_crates_offer_is_what_their_lists_say() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let docs = document(&workspace);
    let mut differ = Vec::new();
    for name in CRATES {
        let json = docs.join(format!("{}.json", name.replace('-', "_")));
        let Some(found) = list(&json) else { return };
        let kept = workspace.join("crates").join(name).join("public-api.txt");
        if env::var_os("UPDATE_PUBLIC_API").is_some() {
            fs::write(&kept, &found).unwrap();
        }
        let listed = fs::read_to_string(&kept).unwrap_or_default();
        differ.extend(
            difference(&listed, &found)
                .iter()
                .map(|line| format!("{name}: {line}")),
        );
    }
    assert!(
        differ.is_empty(),
        "public-api.txt does not say what the crates offer (`-` is listed only, `+` is offered only; \
         UPDATE_PUBLIC_API=1 writes the lists anew):\n{}",
        differ.join("\n")
    );
}

/// Has rustdoc describe the crates as JSON, which it does for nightly toolchains and for those that are
/// told to be one; cargo's own builds are as ever.
fn document(workspace: &Path) -> PathBuf {
    // What the crates are built upon is not built once more; the HTML pages are not touched.
    let described = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("public-api");
    let built = described.join("../..");
    let done = Command::new(env!("CARGO"))
        .current_dir(workspace)
        .args([
            "doc",
            "--workspace",
            "--no-deps",
            "--lib",
            "--locked",
            "--quiet",
        ])
        .args(["--features", "lambda-sidecar-function/schema"])
        .arg("--target-dir")
        .arg(&described)
        .env("CARGO_BUILD_BUILD_DIR", built)
        .env("RUSTDOC", workspace.join("tests/stack/rustdoc-json"))
        // Cargo does not see which rustdoc it runs, but it does see this: JSON is not taken for pages.
        .env("RUSTDOCFLAGS", "--cfg=public_api")
        .env_remove("CARGO_ENCODED_RUSTDOCFLAGS")
        .status()
        .unwrap();
    assert!(done.success(), "rustdoc described nothing");
    described.join("doc")
}

/// The list of one crate, a line each item; nothing where this toolchain's JSON is of another format.
fn list(json: &Path) -> Option<String> {
    let format = format_of(&fs::read_to_string(json).unwrap());
    if format != FORMAT {
        let why = format!(
            "left out, because this toolchain describes crates in format {format}, and format {FORMAT} is read"
        );
        assert!(env::var_os("CI").is_none(), "public_api: {why}");
        // Past the test harness, which keeps to itself what a passing test prints.
        let _ = writeln!(io::stderr(), "public_api: {why}");
        return None;
    }
    let api = Builder::from_rustdoc_json(json)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(false)
        .build();
    let api = api.unwrap_or_else(|error| panic!("{}: {error}", json.display()));
    let items = api.items().map(|item| format!("{item}\n"));
    Some(items.filter(|item| !is_noise(item)).collect())
}

/// The format that a crate is described in.
fn format_of(json: &str) -> u64 {
    let described: Value = serde_json::from_str(json).unwrap();
    described["format_version"].as_u64().unwrap()
}

/// What the compiler finds out for itself and nobody decides upon. `Send`, `Sync` and `Unpin` are no noise.
fn is_noise(item: &str) -> bool {
    ["Freeze", "UnsafeUnpin", "UnwindSafe", "StructuralPartialEq"]
        .iter()
        .any(|name| item.starts_with("impl") && item.contains(&format!("{name} for ")))
}

fn difference(listed: &str, found: &str) -> Vec<String> {
    let (listed, found): (Vec<_>, Vec<_>) = (listed.lines().collect(), found.lines().collect());
    let gone = listed.iter().filter(|line| !found.contains(line));
    let new = found.iter().filter(|line| !listed.contains(line));
    let gone = gone.map(|line| format!("-{line}"));
    gone.chain(new.map(|line| format!("+{line}"))).collect()
}
