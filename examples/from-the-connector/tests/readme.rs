//! The README's commands, run against the program with a stand-in for AWS, and what AWS is asked then.

use std::process::Command;

use aws_stand_in::StandIn;
use lambda_sidecar_test_support::readme::{Program, says};

const README: &str = include_str!("../README.md");

#[test]
fn the_readme_shows_what_the_program_does_and_what_aws_is_asked() {
    let aws = StandIn::start("127.0.0.1:0").unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_from-the-connector"));
    program.env_clear().envs(aws.environment());
    let program = Program::start(&mut program);
    program.keeps(README, &[]);
    let asked: Vec<_> = aws.lines().try_iter().collect();
    says(README, &asked);
}
