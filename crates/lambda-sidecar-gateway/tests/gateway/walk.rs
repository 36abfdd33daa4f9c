//! What the book says of the program is so: its files are accepted, its first page is walked.

use std::{fs, path::PathBuf, process::Command};

use lambda_sidecar_test_support::{
    page::{self, Page},
    walk::Walk,
};

/// The folder in which the program is.
fn programs() -> PathBuf {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_lambda-sidecar-gateway"));
    program.parent().unwrap().to_owned()
}

/// Whether `check` accepts a file, and what it prints.
fn check(text: &str, name: &str) -> (bool, String) {
    let folder = std::env::temp_dir().join(format!("book-check-{}-{name}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("gateway.toml");
    fs::write(&file, text).unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_lambda-sidecar-gateway"));
    let output = program
        .args(["check", "--config"])
        .arg(file)
        .output()
        .unwrap();
    fs::remove_dir_all(folder).unwrap();
    (
        output.status.success(),
        String::from_utf8(output.stdout).unwrap(),
    )
}

#[test]
fn every_file_in_the_book_is_accepted() {
    let mut count = 0;
    for page in page::all().unwrap() {
        for block in page.blocks() {
            if block.language() != "toml" || !block.text.contains("[[endpoints]]") {
                continue;
            }
            let name = format!("{}-{}", page.name, block.line);
            let (accepted, printed) = check(&block.text, &name);
            assert_eq!(accepted, !block.says("wrong"), "{name}\n{printed}");
            count += 1;
        }
    }
    assert!(count >= 3, "{count}");
}

#[test]
fn the_first_steps_lead_to_a_gateway_of_ones_own() {
    let page = Page::read("getting-started-gateway.md").unwrap();
    let mut walk = Walk::begin(&[programs()]).unwrap();
    walk.through(&page)
        .unwrap_or_else(|error| panic!("{error}"));
}
