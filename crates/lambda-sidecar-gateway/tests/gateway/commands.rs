//! Commands and exit codes.

use std::{net::TcpListener, process::Command};

use crate::process::{Folder, config, finished, program};

fn with_file(command: &str, text: &str) -> (i32, String, String) {
    let folder = Folder::new();
    let mut program = program();
    program.arg(command).arg("--config").arg(folder.file(text));
    finished(program)
}

fn with_args(args: &[&str]) -> Command {
    let mut program = program();
    program.args(args);
    program
}

#[test]
fn check_says_that_a_file_is_fine_and_exits_0() {
    let (code, out, err) = with_file("check", &config("127.0.0.1:9", ""));
    assert_eq!(code, 0);
    assert!(out.ends_with("gateway.toml is fine\n"), "{out}");
    assert_eq!(err, "");
}

#[test]
fn check_prints_all_errors_with_file_line_and_key_and_exits_1() {
    let text = config(
        "127.0.0.1:9",
        "timeout_ms = 0\nfoo = 1\n[[endpoints.pre]]\ninputs = 'x'\n",
    );
    let (code, out, _) = with_file("check", &text);
    assert_eq!(code, 1);
    for expected in [
        "gateway.toml:7: key `endpoints.timeout_ms`: ",
        "gateway.toml:8: key `endpoints.foo`: ",
        "gateway.toml:10: key `endpoints.pre.inputs`: InvalidPreInputConfiguration: ",
        "AWS Region Not Specified",
    ] {
        assert!(out.contains(expected), "{expected}\n{out}");
    }
}

#[test]
fn check_exits_1_for_what_block_would_let_start() {
    let lines = "on_invalid_inputs = 'block'\n[[endpoints.pre]]\ninputs = ''\n";
    let (code, out, _) = with_file("check", &config("127.0.0.1:9", lines));
    assert_eq!(code, 1);
    assert!(out.contains("AWS Region Not Specified"), "{out}");
}

#[test]
fn run_with_a_wrong_file_exits_1() {
    let (code, out, err) = with_file("run", "listen = 7");
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("gateway.toml:1: key `listen`: "), "{err}");
    let (code, ..) = finished(with_args(&["run", "--config", "/nowhere.toml"]));
    assert_eq!(code, 1);
}

#[test]
fn a_wrong_command_line_exits_2() {
    for args in [
        &[][..],
        &["serve"],
        &["run"],
        &["check"],
        &["demo", "--config", "x"],
        &["check", "--config", "x", "--log-format", "xml"],
    ] {
        let (code, out, err) = finished(with_args(args));
        assert_eq!((code, out.as_str()), (2, ""), "{args:?}");
        assert!(err.contains("--help"), "{args:?}\n{err}");
    }
}

#[test]
fn help_and_version_exit_0() {
    for args in [&["--help"][..], &["run", "--help"], &["--version"]] {
        let (code, out, _) = finished(with_args(args));
        assert_eq!(code, 0, "{args:?}");
        assert!(out.contains("lambda-sidecar-gateway"), "{out}");
    }
}

#[test]
fn an_address_in_use_exits_3() {
    let busy = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = busy.local_addr().unwrap().to_string();
    let text = config("127.0.0.1:9", "");
    let listen = text.replace("127.0.0.1:0", &address);
    let admin = format!("# Somewhere.\nadmin = '{address}'\n{text}");
    for (text, place) in [(listen, "1: key `listen`"), (admin, "2: key `admin`")] {
        let (code, out, err) = with_file("run", &text);
        assert_eq!((code, out.as_str()), (3, ""));
        let expected = format!("gateway.toml:{place}: cannot listen on {address}");
        assert!(err.contains(&expected), "{err}");
    }
}

#[test]
fn no_rust_log_hides_why_the_program_does_not_start() {
    let busy = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = busy.local_addr().unwrap().to_string();
    let taken = config("127.0.0.1:9", "").replace("127.0.0.1:0", &address);
    for directives in ["off", "lambda_sidecar_gateway=off", "hyper=info"] {
        for (text, reason) in [("listen = 7", "key `listen`"), (&*taken, "cannot listen")] {
            let folder = Folder::new();
            let mut run = program();
            run.arg("run").arg("--config").arg(folder.file(text));
            run.env("RUST_LOG", directives);
            let (_, _, err) = finished(run);
            assert!(err.contains(reason), "{directives}: {err}");
        }
    }
}

#[test]
fn check_says_what_can_hardly_be_meant_and_exits_0() {
    let (code, out, _) = with_file("check", &config("127.0.0.1:9", "require_api_key = true\n"));
    assert_eq!(code, 0);
    assert!(
        out.contains("gateway.toml:7: key `endpoints.require_api_key`: warning: "),
        "{out}"
    );
    assert!(out.ends_with("gateway.toml is fine\n"), "{out}");
}

#[test]
fn every_command_writes_its_log_as_json_where_that_is_asked_for() {
    let folder = Folder::new();
    let file = folder.file("listen = 7");
    let file = file.to_str().unwrap();
    let (code, _, err) = finished(with_args(&[
        "--log-format",
        "json",
        "run",
        "--config",
        file,
    ]));
    assert_eq!(code, 1);
    for line in err.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["level"], "ERROR");
    }
    for command in ["check", "run"] {
        let args = [command, "--config", file, "--log-format", "json"];
        assert_eq!(finished(with_args(&args)).0, 1);
    }
}
