//! The README's commands, run against the program with a stand-in for AWS, and what AWS is asked then.

use std::process::Command;

use aws_stand_in::StandIn;
use lambda_sidecar_test_support::readme::{Program, says};

const README: &str = include_str!("../README.md");

#[test]
fn the_readme_shows_what_the_program_does_and_what_aws_is_asked() {
    let aws = StandIn::start("127.0.0.1:0").unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_axum-aws"));
    program.env_clear().envs(aws.environment());
    let program = Program::start(&mut program);
    program.keeps(README, &[]);
    let asked: Vec<_> = aws.lines().try_iter().collect();
    says(README, &asked);
}

#[test]
fn without_aws_the_call_fails() {
    let nowhere = [
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_ACCESS_KEY_ID", "AKIAPROCESS"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
    ];
    let mut program = Command::new(env!("CARGO_BIN_EXE_axum-aws"));
    program.env_clear().envs(nowhere);
    let program = Program::start(&mut program);
    program.keeps(
        "```console
$ curl -i http://127.0.0.1:3000/orders/7 -H 'authorization: Bearer ada'
HTTP/1.1 500 Internal Server Error
x-sidecar-error: InvalidResponseFromAWSLambdaInPreProcess

{…\"detail\":\"Error while connecting to AWS lambda.\"…}
```",
        &[],
    );
}
