//! The README's commands, run against the program, and what it prints then.

use std::process::Command;

use lambda_sidecar_test_support::readme::{Program, says};

const README: &str = include_str!("../README.md");

#[test]
fn the_readme_shows_what_the_program_does_and_prints() {
    let program = Program::start(&mut Command::new(env!("CARGO_BIN_EXE_chain")));
    program.keeps(README, &[]);
    says(README, &program.printed());
}
