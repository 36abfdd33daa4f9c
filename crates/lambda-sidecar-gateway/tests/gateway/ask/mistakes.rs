//! What is said of a wrong command line, file or function, and the exit codes.

use super::Scene;
use crate::process::sidecar;

/// Exit code, and the last line of the log without its time and place.
fn refused(scene: &Scene, args: &[&str]) -> (i32, String) {
    let (code, out, err) = scene.ask(args);
    assert_eq!(out, "", "nothing is printed");
    let line = err.lines().last().unwrap_or_default();
    let message = line.split_once(": ").map_or(line, |(_, message)| message);
    (code, message.to_owned())
}

const FUNCTION: &str = "python3 function.py {}";

#[test]
fn a_command_that_cannot_be_run_exits_3() {
    let scene = Scene::new(&sidecar("pre", "authz"));
    let (code, message) = refused(&scene, &["--function", "./not-there", "/my"]);
    assert_eq!(code, 3);
    assert!(
        message.starts_with("`./not-there` cannot be run: "),
        "{message}"
    );
}

#[test]
fn a_command_line_of_a_function_that_is_none_exits_2() {
    let scene = Scene::new(&sidecar("pre", "authz"));
    let (code, _, err) = scene.ask(&["--function", "python3 'x", "/my"]);
    assert_eq!(code, 2);
    assert!(
        err.contains("found `python3 'x`, allowed: words with every quote closed"),
        "{err}"
    );
}

#[test]
fn somebody_has_to_answer_for_functions_of_lambda() {
    let scene = Scene::new(&sidecar("pre", "authz"));
    let expected = "one of `--function CMD` and `--aws` is needed, for not every function is a local one: \
                    `authz`";
    assert_eq!(refused(&scene, &["/my"]), (2, expected.to_owned()));
    let (code, _, err) = scene.ask(&["--aws", "--function", FUNCTION, "/my"]);
    assert_eq!(code, 2);
    assert!(err.contains("cannot be used with"), "{err}");
    assert_eq!(Scene::new("").ask(&["/my"]).0, 0, "nobody is asked");
}

#[test]
fn a_wrong_request_names_file_line_what_was_found_and_what_is_allowed() {
    let scene = Scene::new(&sidecar("pre", "authz"));
    for (text, expected) in [
        (
            "# a comment\nGET my\n",
            "2: found `GET my`, allowed: a request line, as in `POST /my/op?p1=a HTTP/1.1`",
        ),
        (
            "GET /my\nhost\n",
            "2: found 4 bytes without a colon, allowed: `name: value`, and an empty line before the body",
        ),
    ] {
        scene.write("request.http", text);
        let found = refused(&scene, &["--function", FUNCTION, "request.http"]);
        assert_eq!(found, (2, format!("request.http:{expected}")));
    }
    scene.write("request.http", "GET /my\nhost: a\n");
    scene.write("response.http", "200 OK\n");
    let args = [
        "--function",
        FUNCTION,
        "--response",
        "response.http",
        "request.http",
    ];
    let expected =
        "response.http:1: found `200 OK`, allowed: a status line, as in `HTTP/1.1 200 OK`";
    assert_eq!(refused(&scene, &args), (2, expected.to_owned()));
    let (code, message) = refused(&scene, &["--function", FUNCTION, "none.http"]);
    assert_eq!(code, 2);
    assert!(
        message.starts_with("none.http: cannot be read: "),
        "{message}"
    );
}

#[test]
fn a_path_has_to_belong_to_the_endpoint_that_is_named() {
    let scene = Scene::new("[[endpoints]]\npath = \"/other\"\norigin = \"http://b\"\n");
    for (path, expected) in [
        (
            "/x",
            "the path `/x` is of no endpoint (404), allowed: those of `e1` (at `/my`)",
        ),
        (
            "/other/x",
            "the path `/other/x` is of the endpoint `/other`, allowed: those of `e1` (at `/my`)",
        ),
        (
            "/my/../x",
            "the path `/my/../x` can be read as another endpoint's (400), allowed: those of `e1` \
             (at `/my`)",
        ),
        (
            "my",
            "found `my`, allowed: a `.http` file, `-`, a URL, or a path that begins with `/`",
        ),
    ] {
        assert_eq!(refused(&scene, &[path]), (2, expected.to_owned()));
    }
    let mut unknown = crate::process::program();
    unknown
        .args(["ask", "--config"])
        .arg(scene.0.path("gateway.toml"))
        .args(["--endpoint", "e2", "/my"]);
    let (code, _, err) = crate::process::finished(unknown);
    assert_eq!(code, 2);
    assert!(
        err.contains("--endpoint: found `e2`, allowed: `e1` (at `/my`), `/other`"),
        "{err}"
    );
}

#[test]
fn a_wrong_configuration_exits_1() {
    let wrong = sidecar("pre", "authz").replace("useAss", "failSafe: maybe\nuseAss");
    let expected =
        "key `failSafe`: InvalidPreInputConfiguration: found `maybe`, allowed: true or false";
    for lines in [
        wrong.clone(),
        format!("on_invalid_inputs = \"block\"\n{wrong}"),
    ] {
        let (code, message) = refused(&Scene::new(&lines), &["--function", FUNCTION, "/my"]);
        assert_eq!(code, 1);
        assert!(message.ends_with(expected), "{message}");
    }
}
