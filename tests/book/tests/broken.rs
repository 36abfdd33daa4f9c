//! The tests and files that "Broken on purpose" names are there.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use lambda_sidecar_test_support::page::{Page, folder};

/// A row of the page: what it says was edited, and what it says failed, each as the names in it.
fn rows(page: &Page) -> Vec<(Vec<&str>, Vec<&str>)> {
    let rows = page.prose().into_iter().map(|(_, line)| line);
    rows.filter(|line| line.starts_with('|') && line.contains('`'))
        .map(|row| {
            let cells: Vec<&str> = row.split(" | ").collect();
            assert_eq!(cells.len(), 3, "{row}");
            (in_code(cells[1]), in_code(cells[2]))
        })
        .collect()
}

fn in_code(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

#[test]
fn every_test_that_broken_on_purpose_names_exists() {
    let tests = tests_of_the_stack();
    let page = Page::read("broken-on-purpose.md").unwrap();
    let rows = rows(&page);
    assert!(rows.len() > 10, "{rows:?}");
    for (edited, failed) in rows {
        assert!(!failed.is_empty(), "{edited:?} names no test");
        for name in failed {
            assert!(tests.contains(name), "{name}, which fails for {edited:?}");
        }
    }
}

#[test]
fn every_file_that_broken_on_purpose_edits_exists() {
    let page = Page::read("broken-on-purpose.md").unwrap();
    let root = folder().join("..");
    let here = root.join("crates/lambda-sidecar/src/function/lambda");
    for (edited, _) in rows(&page) {
        let path = edited[0];
        let found = here.join(path).is_file() || root.join(path).is_file();
        assert!(found, "{path}");
    }
}

/// Every test of the stack as `cargo test` prints its name, and every module and program that has one.
fn tests_of_the_stack() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for program in ["scripted", "real", "alone"] {
        let root = folder().join("../tests/stack").join(program);
        for source in sources_below(&root) {
            let module = source.strip_prefix(&root).unwrap().with_extension("");
            let module = module.iter().map(|part| part.to_str().unwrap());
            let module: Vec<&str> = module
                .filter(|part| !matches!(*part, "main" | "mod"))
                .collect();
            for test in tests_in(&fs::read_to_string(&source).unwrap()) {
                let mut name = module.clone();
                name.extend(test.iter().map(String::as_str));
                names.extend((1..=name.len()).map(|length| name[..length].join("::")));
            }
        }
    }
    names
}

fn sources_below(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| match path.is_dir() {
            true => sources_below(&path),
            false => vec![path],
        })
        .collect()
}

/// The tests of a file, each with the modules around it that are written in the same file. It relies on the form that
/// rustfmt gives: what is inside a module is indented.
fn tests_in(source: &str) -> Vec<Vec<String>> {
    let mut module = None;
    let mut is_test = false;
    let mut tests = Vec::new();
    for line in source.lines() {
        if let Some(name) = line.strip_prefix("mod ") {
            module = name.strip_suffix(" {").map(str::to_owned);
        } else if line == "}" {
            module = None;
        }
        let line = line.trim_start();
        if line.starts_with("#[test") || line.starts_with("#[tokio::test") {
            is_test = true;
        } else if let Some((_, rest)) = line.split_once("fn ").filter(|_| is_test) {
            let name = rest.split(['(', '<']).next().unwrap_or_default();
            tests.push(module.iter().cloned().chain([name.to_owned()]).collect());
            is_test = false;
        }
    }
    tests
}
