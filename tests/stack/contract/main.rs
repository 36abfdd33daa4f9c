//! The types and the schemas of `lambda-sidecar-function` against the core, which writes envelopes and reads
//! verdicts.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers too"
)]

mod envelopes;
mod fixtures;
mod schemas;
mod verdicts;

use proptest::prelude::ProptestConfig;

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(cases)
    }
}

#[test]
fn the_function_in_the_samples_readme_is_the_one_that_is_compiled_here() {
    let readme = fixtures::text("examples/functions/README.md");
    let block = readme.split("```rust\n").nth(1).unwrap();
    let block = block.split("```").next().unwrap();
    let source = fixtures::text("crates/lambda-sidecar-function/src/runtime.rs");
    let documented = source.lines().filter_map(|line| line.strip_prefix("///"));
    let documented: Vec<&str> = documented
        .map(|line| line.trim_start_matches(' '))
        .collect();
    let lines: Vec<&str> = block.lines().map(str::trim_start).collect();
    assert!(lines.len() > 5, "{block}");
    let found = documented
        .windows(lines.len())
        .any(|window| window == lines);
    assert!(found, "{block}");
}

#[test]
fn serde_is_the_only_dependency_that_is_not_optional() {
    let manifest = fixtures::text("crates/lambda-sidecar-function/Cargo.toml");
    assert!(manifest.contains("\ndefault = []\n"));
    let dependencies = manifest.split("\n[dependencies]\n").nth(1).unwrap();
    let dependencies = dependencies.split("\n[").next().unwrap();
    let always = dependencies.lines().filter(|line| !line.trim().is_empty());
    let always: Vec<&str> = always
        .filter(|line| !line.contains("optional = true"))
        .collect();
    assert_eq!(always, ["serde.workspace = true"]);
}
