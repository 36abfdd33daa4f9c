//! The demo does what its instructions say.

use crate::{
    client::call,
    process::{Folder, Gateway, program, repository},
};

/// Nothing in the environment may lead the demo elsewhere.
const ELSEWHERE: [(&str, &str); 6] = [
    ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
    ("AWS_ENDPOINT_URL_LAMBDA", "http://127.0.0.1:9"),
    ("AWS_PROFILE", "not-there"),
    ("AWS_REGION", "eu-west-1"),
    ("HTTP_PROXY", "http://127.0.0.1:9"),
    ("http_proxy", "http://127.0.0.1:9"),
];

fn demo(env: &[(&str, &str)]) -> Gateway {
    let mut command = program();
    command.env_clear().envs(env.iter().copied()).arg("demo");
    Gateway::start(command, Folder::new())
}

/// Head and body of the answer to the command line that holds this text.
fn try_out(gateway: &mut Gateway, text: &str, headers: &str) -> (u16, String, Option<String>) {
    let line = gateway.wait_for(text);
    let url = line.rsplit_once("http://").unwrap().1;
    let (address, path) = url.split_once('/').unwrap();
    let request = format!("GET /{path} HTTP/1.1\nHost: {address}\n{headers}\n");
    let (head, body) = call(address, &request);
    (head.status(), body, head.header("x-checked-by"))
}

fn answers_as_it_says(gateway: &mut Gateway) {
    let (status, body, _) = try_out(gateway, "curl -i http", "");
    assert_eq!((status, body.as_str()), (401, "who are you?\n"));
    let authorization = "Authorization: Bearer alice\n";
    let (status, body, checked) = try_out(gateway, "curl -i -H", authorization);
    assert_eq!(status, 200);
    let order: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(order["seen_user"], "alice");
    assert_eq!(order["card"], "**** **** **** ****");
    assert_eq!(checked.as_deref(), Some("demo"));
    assert_eq!(try_out(gateway, "/elsewhere", "").0, 404);
}

#[test]
fn the_demo_works_without_any_aws_environment() {
    let mut gateway = demo(&[]);
    answers_as_it_says(&mut gateway);
    gateway.signal("INT");
    assert_eq!(gateway.end().code(), Some(0));
}

#[test]
fn the_readme_shows_what_the_demo_prints() {
    let mut gateway = demo(&[]);
    gateway.wait_for("Ctrl-C ends it.");
    // The page shows the port of one run.
    let printed = gateway.log.join("\n");
    let printed = printed.replace(&gateway.address, "127.0.0.1:32843");
    let readme = repository("README.md");
    assert!(readme.contains(&printed), "{printed}");
}

#[test]
fn the_demo_ignores_the_callers_aws_settings_and_proxies() {
    let mut gateway = demo(&ELSEWHERE);
    answers_as_it_says(&mut gateway);
    gateway.signal("TERM");
    assert_eq!(gateway.end().code(), Some(0));
}
