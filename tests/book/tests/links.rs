//! Whatever a page points at is there.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

use lambda_sidecar_test_support::page::{Page, all, folder};

#[test]
fn every_link_and_anchor_leads_somewhere() {
    let pages = all().unwrap();
    let anchors: HashMap<&str, Vec<String>> = pages
        .iter()
        .map(|page| (page.name.as_str(), page.anchors()))
        .collect();
    let mut broken = Vec::new();
    for page in &pages {
        for (line, target) in page.links() {
            if target.contains("://") {
                continue;
            }
            let (file, anchor) = match target.split_once('#') {
                Some((file, anchor)) => (file, Some(anchor.to_owned())),
                None => (target, None),
            };
            let file = if file.is_empty() {
                page.name.as_str()
            } else {
                file
            };
            let exists = folder().join(file).exists();
            let of_file = anchors.get(file);
            let found = anchor.is_none_or(|a| of_file.is_some_and(|known| known.contains(&a)));
            if !(exists && found) {
                broken.push(format!("{}:{line}: {target}", page.name));
            }
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn no_link_leads_out_of_the_rendered_book() {
    for page in all().unwrap() {
        for (line, target) in page.links() {
            assert!(!target.starts_with("../"), "{}:{line}: {target}", page.name);
        }
    }
}

#[test]
fn every_path_of_the_repository_that_a_page_names_exists() {
    let root = folder().join("..");
    let mut missing = Vec::new();
    for page in all().unwrap() {
        for (line, text) in page.prose() {
            for code in text.split('`').skip(1).step_by(2) {
                let folders = ["crates/", "examples/", "tests/", "docs/", ".ci/"];
                let is_path = folders.iter().any(|folder| code.starts_with(folder));
                if is_path && !code.contains(' ') && !root.join(code).exists() {
                    missing.push(format!("{}:{line}: {code}", page.name));
                }
            }
        }
    }
    assert!(missing.is_empty(), "\n{}", missing.join("\n"));
}

#[test]
fn every_page_is_in_the_summary() {
    let summary = fs::read_to_string(folder().join("SUMMARY.md")).unwrap();
    for page in all().unwrap() {
        let listed = summary.contains(&format!("({})", page.name));
        assert!(listed || page.name == "SUMMARY.md", "{}", page.name);
    }
}

#[test]
fn every_diagram_is_shown_and_says_in_words_what_it_shows() {
    let pages = all().unwrap();
    for entry in fs::read_dir(folder().join("diagrams")).unwrap() {
        let path = entry.unwrap().path();
        let target = format!("(diagrams/{})", path.file_name().unwrap().to_string_lossy());
        assert!(
            pages.iter().any(|page| page.text.contains(&target)),
            "{target}"
        );
        let svg = fs::read_to_string(path).unwrap();
        assert!(svg.contains("aria-label="), "{target}");
    }
}

#[test]
fn every_link_of_the_repositorys_markdown_leads_somewhere() {
    let mut files = Vec::new();
    markdown_below(&folder().join(".."), &mut files);
    let mut broken = Vec::new();
    for place in &files {
        let file = place.display();
        let page = Page {
            name: file.to_string(),
            text: fs::read_to_string(place).unwrap(),
        };
        for (line, target) in page.links() {
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let linked = match path {
                "" => place.clone(),
                path => place.parent().unwrap().join(path),
            };
            let has_anchor = || {
                let text = fs::read_to_string(&linked).unwrap_or_default();
                let name = path.to_owned();
                Page { name, text }.anchors().contains(&anchor.to_owned())
            };
            let exists = linked.exists() && (anchor.is_empty() || has_anchor());
            if !target.contains("://") && !exists {
                broken.push(format!("{file}:{line}: {target}"));
            }
        }
    }
    // Those at the root, of a crate, of an example and of the book are among them.
    for known in [
        "README.md",
        "lambda-sidecar-gateway/README.md",
        "chain/README.md",
        "docs/gateway.md",
    ] {
        assert!(files.iter().any(|file| file.ends_with(known)), "{known}");
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

/// Every file of Markdown that belongs to the repository: what is built and what is hidden does not.
fn markdown_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy();
        if path.is_dir() {
            let is_built = name == "target" || name == "node_modules" || name.starts_with('.');
            if !is_built {
                markdown_below(&path, found);
            }
        } else if name.ends_with(".md") {
            found.push(path);
        }
    }
}
