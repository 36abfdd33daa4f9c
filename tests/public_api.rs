//! What the crates offer is listed in a file beside each of them: a change of it is seen in the diff,
//! and is decided upon rather than happened upon.
//!
//! `UPDATE_PUBLIC_API=1 cargo test -p lambda-sidecar-tests --test public_api` writes the lists anew.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use public_api::{Builder, Error};

/// The crates that others build upon.
const CRATES: [&str; 2] = ["lambda-sidecar-core", "lambda-sidecar"];

#[test]
fn what_the_crates_offer_is_what_their_lists_say() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
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
        differ.extend(difference(&listed, &found).map(|line| format!("{name}: {line}")));
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
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("..");
    let done = Command::new(env!("CARGO"))
        .current_dir(workspace)
        .args(["doc", "--workspace", "--no-deps", "--lib", "--locked", "--quiet"])
        .arg("--target-dir")
        .arg(&target)
        .env("RUSTDOC", workspace.join("tests/rustdoc-json"))
        .env_remove("RUSTDOCFLAGS")
        .status()
        .unwrap();
    assert!(done.success(), "rustdoc described nothing");
    target.join("doc")
}

/// The list of one crate, a line each item; nothing where this toolchain's JSON is of another form.
fn list(json: &Path) -> Option<String> {
    let api = Builder::from_rustdoc_json(json)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(false)
        .build();
    match api {
        Ok(api) => Some(api.items().map(|item| format!("{item}\n")).collect()),
        Err(Error::SerdeJsonError(error)) => {
            eprintln!("left out: this toolchain describes crates in another form: {error}");
            None
        }
        Err(error) => panic!("{}: {error}", json.display()),
    }
}

fn difference(listed: &str, found: &str) -> impl Iterator<Item = String> {
    let gone = listed.lines().filter(|line| found.lines().all(|new| new != *line));
    let new = found.lines().filter(|line| listed.lines().all(|old| old != *line));
    let gone = gone.map(|line| format!("-{line}"));
    gone.chain(new.map(|line| format!("+{line}"))).collect::<Vec<_>>().into_iter()
}
