//! The README's commands, run against the program.

use std::process::Command;

use lambda_sidecar_test_support::readme::Program;

#[test]
fn the_readme_shows_what_the_program_does() {
    let program = Program::start(&mut Command::new(env!("CARGO_BIN_EXE_error-sets")));
    program.keeps(include_str!("../README.md"), &[]);
}
