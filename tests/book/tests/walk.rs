//! The pages that begin with an empty folder, walked from it.

use lambda_sidecar_test_support::{
    page::Page,
    walk::{Walk, program},
};

fn walk(page: &str) {
    let page = Page::read(page).unwrap();
    Walk::begin(&[])
        .unwrap()
        .through(&page)
        .unwrap_or_else(|error| panic!("{error}"));
}

/// Without Node.js the page cannot be walked to its end; CI has it.
#[test]
fn writing_functions() {
    if program("node").is_none() && std::env::var_os("CI").is_none() {
        eprintln!("left out: there is no node");
        return;
    }
    walk("writing-functions.md");
}

#[test]
#[ignore = "builds a program from nothing, which takes minutes; .ci/book runs it"]
fn an_axum_service() {
    walk("getting-started-axum.md");
}

#[test]
#[ignore = "builds a program from nothing, which takes minutes; .ci/book runs it"]
fn a_tonic_service() {
    walk("getting-started-tonic.md");
}
