//! The walk-through in the book: its files, its commands and what they print.

use std::{fs, path::Path, process::Command};

use uuid::Uuid;

use crate::process::{Folder, repository};

/// The section's fenced blocks: the line before each, its kind, and its text.
fn blocks() -> Vec<(String, String, String)> {
    let page = repository("docs/gateway.md");
    let section = page.split("\n## Trying a function\n").nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let mut blocks = Vec::new();
    let mut lines = section.lines();
    let mut before = String::new();
    while let Some(line) = lines.next() {
        if let Some(kind) = line.strip_prefix("```") {
            let text = lines.by_ref().take_while(|line| !line.starts_with("```"));
            let text: String = text.flat_map(|line| [line, "\n"]).collect();
            blocks.push((before.clone(), kind.to_owned(), text));
        } else if !line.is_empty() {
            line.clone_into(&mut before);
        }
    }
    blocks
}

/// With ids and times that are the same in every run.
fn settled(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let words = line.split('"').map(|word| match Uuid::parse_str(word) {
            Ok(_) => "ID",
            Err(_) => word,
        });
        let line = words.collect::<Vec<_>>().join("\"");
        match line.strip_prefix("latency: ") {
            Some(_) => "latency: N ms".to_owned(),
            None => line,
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn run(folder: &Folder, command: &str) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_lambda-sidecar-gateway"));
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{path}", program.parent().unwrap().display());
    let output = Command::new("sh")
        .args(["-c", command])
        .current_dir(folder.path(""))
        .env_clear()
        .env("PATH", path)
        .output()
        .unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command}\n{err}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_walk_through_prints_what_the_book_says() {
    let folder = Folder::new();
    let mut commands = 0;
    for (before, kind, text) in blocks() {
        if kind == "console" {
            let (command, expected) = text.split_once('\n').unwrap();
            let command = command.strip_prefix("$ ").unwrap();
            assert_eq!(
                settled(&run(&folder, command)),
                settled(expected),
                "{command}"
            );
            commands += 1;
        } else if let Some(name) = before
            .strip_prefix('`')
            .and_then(|name| name.strip_suffix("`:"))
        {
            fs::write(folder.path(name), text).unwrap();
        }
    }
    assert!(commands >= 2);
}
