//! The README's commands, run against the program, and what it prints then.

use std::process::Command;

use readme_test::Program;

const README: &str = include_str!("../README.md");

#[test]
fn the_readme_shows_what_the_program_does_and_prints() {
    let mut program = Program::start(&mut Command::new(env!("CARGO_BIN_EXE_chain")));
    program.keeps(README, &[]);
    let (_, log) = README.split_once("```text\n").unwrap();
    let (log, _) = log.split_once("```").unwrap();
    for line in log.lines() {
        assert_eq!(program.next_line(), line);
    }
}
