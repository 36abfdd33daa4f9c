//! What stands between the gateway and its sidecars.

use std::net::TcpListener;

use lambda_sidecar_test_support::scripted::{Leg, Reply, ScriptedAws};

use crate::{
    backend::Server,
    client::{Head, call, get},
    process::{Gateway, TRANSPORTS, config, over, sidecar},
};

/// Functions that answer by their names.
fn functions() -> ScriptedAws {
    ScriptedAws::deciding(|asked| {
        Reply::verdict(if asked.path.contains("terminate") {
            r#"{"terminate":{"code":418,"message":"no"}}"#
        } else if asked.path.contains("sign") {
            r#"{"modify":{"addHeaders":{"x-user":"alice"}}}"#
        } else {
            "{}"
        })
    })
}

fn run(transport: &str, functions: &ScriptedAws, origin: &str, lines: &str) -> Gateway {
    let url = functions.endpoint();
    let config = over(transport, &config(origin, lines));
    Gateway::run_with(&config, &[("AWS_ENDPOINT_URL", &url)])
}

#[test]
fn post_processors_do_not_run_over_the_gateways_own_answers() {
    let functions = functions();
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let lines = format!(
        "require_api_key = true\n{}[[applications]]\n[[applications.package_keys]]\nkey = 'k'\n",
        sidecar("post", "post")
    );
    let gateway = run("sdk", &functions, &closed.to_string(), &lines);
    for (path, status) in [
        ("/my?api_key=k", 502),
        ("/my", 403),
        ("/x", 404),
        ("/my/..", 400),
    ] {
        assert_eq!(get(&gateway.address, path).0.status(), status);
    }
    assert_eq!(functions.count(Leg::Lambda), 0);
}

#[test]
fn a_terminate_keeps_the_call_from_the_backend() {
    for transport in TRANSPORTS {
        let functions = functions();
        let backend = Server::echoing_paths();
        let lines = sidecar("pre", "terminate");
        let gateway = run(transport, &functions, &backend.address, &lines);
        let (head, body) = get(&gateway.address, "/my");
        assert_eq!((head.status(), body.as_str()), (418, "no"), "{transport}");
        assert!(backend.seen().is_empty(), "{transport}");
    }
}

#[test]
fn a_client_cannot_have_removed_what_a_function_sets() {
    for transport in TRANSPORTS {
        let functions = functions();
        let backend = Server::answering(|head: &Head, _| format!("{:?}", head.header("x-user")));
        let lines = sidecar("pre", "sign");
        let gateway = run(transport, &functions, &backend.address, &lines);
        let request = "GET /my HTTP/1.1\nHost: a\nConnection: x-user\nX-User: mallory\n\n";
        let (_, seen) = call(&gateway.address, request);
        assert_eq!(seen, "Some(\"alice\")", "{transport}");
    }
}

#[test]
fn the_envelope_shows_what_the_client_sent_but_for_what_it_had_removed() {
    for transport in TRANSPORTS {
        let functions = functions();
        let backend = Server::echoing_paths();
        let lines = sidecar("pre", "pre").replace(
            "useAssumeRole: false\n",
            "useAssumeRole: false\nskip-request-headers: x\n",
        );
        let gateway = run(transport, &functions, &backend.address, &lines);
        let request = "GET /my HTTP/1.1\nHost: a.test\nConnection: x-hop\nX-Hop: 1\nX: 2\n\n";
        call(&gateway.address, request);
        let asked = functions.received(Leg::Lambda).remove(0);
        let envelope: serde_json::Value = serde_json::from_slice(&asked.body).unwrap();
        let expected = serde_json::json!({ "host": "a.test" });
        assert_eq!(envelope["request"]["headers"], expected, "{transport}");
    }
}

#[test]
fn the_file_says_what_carries_the_calls_and_a_reload_changes_it() {
    let functions = functions();
    let backend = Server::echoing_paths();
    let mut gateway = run("sdk", &functions, &backend.address, &sidecar("pre", "pre"));
    get(&gateway.address, "/my");
    let lean = over("lean", &config(&backend.address, &sidecar("pre", "pre")));
    gateway.rewrite(&lean);
    gateway.signal("HUP");
    gateway.wait_for("configuration read again");
    get(&gateway.address, "/my");
    let asked = functions.received(Leg::Lambda);
    let agents: Vec<_> = asked.iter().map(|one| one.header("user-agent")).collect();
    assert!(agents[0].unwrap().contains("api/lambda"), "{agents:?}");
    assert_ne!(agents[0], agents[1]);
}

#[test]
fn no_log_level_shows_credentials_or_payloads() {
    for transport in TRANSPORTS {
        let functions = functions();
        let backend = Server::echoing_paths();
        let url = functions.endpoint();
        let env = [
            ("AWS_ENDPOINT_URL", url.as_str()),
            ("AWS_SECRET_ACCESS_KEY", "SECRET-credential"),
            ("AWS_SESSION_TOKEN", "SECRET-token"),
            (
                "RUST_LOG",
                "trace,aws_smithy_runtime=trace,hyper=trace,aws_sigv4=trace",
            ),
        ];
        let lines = sidecar("pre", "pre").replace("useAss", "expand-input: requestPayload\nuseAss");
        let config = over(transport, &config(&backend.address, &lines));
        let mut gateway = Gateway::run_with(&config, &env);
        let request = "POST /my HTTP/1.1\nHost: a\nAuthorization: SECRET-header\n\
                       Content-Length: 14\n\nSECRET-payload";
        assert_eq!(
            call(&gateway.address, request).0.status(),
            200,
            "{transport}"
        );
        gateway.wait_for("call answered");
        gateway.signal("TERM");
        gateway.wait_for("stopped");
        let log = gateway.log.join("\n");
        assert!(!log.contains("SECRET"), "{transport}\n{log}");
        assert!(log.contains("INFO lambda_sidecar"), "{transport}\n{log}");
    }
}
