//! What the gateway answers itself.

use std::net::TcpListener;

use crate::{
    backend::{Server, event},
    client::{Wire, call, get, send},
    process::{Gateway, config, sidecar},
};

fn problem(body: &str) -> serde_json::Value {
    serde_json::from_str(body).unwrap()
}

#[test]
fn no_endpoint_is_404_a_problem_document_without_x_sidecar_error() {
    let gateway = Gateway::run(&config("127.0.0.1:9", ""));
    for path in ["/", "/myself", "/other", "*"] {
        let (head, body) = get(&gateway.address, path);
        assert_eq!(head.status(), 404, "{path}");
        assert_eq!(
            head.header("content-type").as_deref(),
            Some("application/problem+json")
        );
        assert_eq!(head.header("x-sidecar-error"), None);
        assert_eq!(problem(&body)["title"], "Not Found");
        let instance = problem(&body)["instance"].as_str().unwrap().to_owned();
        assert!(instance.starts_with("urn:uuid:"), "{instance}");
    }
}

#[test]
fn a_backend_that_cannot_be_reached_is_502() {
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let gateway = Gateway::run(&config(&closed.to_string(), ""));
    let (head, body) = get(&gateway.address, "/my");
    assert_eq!(head.status(), 502);
    assert_eq!(problem(&body)["status"], 502);
}

#[test]
fn a_backend_that_breaks_off_before_its_headers_is_502() {
    let backend = Server::start(|_, wire| {
        wire.write("HTTP/1.1 200 OK\r\ncontent-le");
        wire.close();
    });
    let gateway = Gateway::run(&config(&backend.address, ""));
    assert_eq!(get(&gateway.address, "/my").0.status(), 502);
}

#[test]
fn a_backend_that_is_too_slow_is_504() {
    let (_never, released) = event();
    let backend = Server::start(move |_, _| released.wait());
    let gateway = Gateway::run(&config(&backend.address, "timeout_ms = 50\n"));
    let (head, body) = get(&gateway.address, "/my");
    assert_eq!(head.status(), 504);
    assert_eq!(problem(&body)["title"], "Gateway Timeout");
}

#[test]
fn an_unknown_or_missing_key_is_403_where_one_is_required() {
    let backend = Server::echoing_paths();
    let lines = "require_api_key = true\n\
                 [[applications]]\n[[applications.package_keys]]\nkey = 'a b'\n";
    let gateway = Gateway::run(&config(&backend.address, lines));
    for path in [
        "/my",
        "/my?api_key=",
        "/my?api_key=nobody",
        "/my?apikey=a+b",
    ] {
        assert_eq!(get(&gateway.address, path).0.status(), 403, "{path}");
    }
    let (head, body) = get(&gateway.address, "/my?api_key=a+b");
    assert_eq!(
        (head.status(), body.as_str()),
        (200, "/backend?api_key=a+b")
    );
}

#[test]
fn not_exactly_one_host_is_400() {
    let backend = Server::echoing_paths();
    let gateway = Gateway::run(&config(&backend.address, ""));
    for headers in ["", "Host: a\nHost: b\n"] {
        let request = format!("GET /my HTTP/1.1\n{headers}\n");
        assert_eq!(
            call(&gateway.address, &request).0.status(),
            400,
            "{headers}"
        );
    }
    let request = "GET /my HTTP/1.0\n\n";
    assert_eq!(call(&gateway.address, request).1, "/backend");
}

#[test]
fn head_is_answered_without_a_body() {
    let backend = Server::start(|head, wire| {
        assert!(head.line.starts_with("HEAD "));
        wire.write("HTTP/1.1 200 OK\r\ncontent-length: 1234\r\n\r\n");
    });
    let gateway = Gateway::run(&config(&backend.address, ""));
    let mut wire = Wire::connect(&gateway.address);
    for (path, status, length) in [("/my", 200, "1234"), ("/my", 200, "1234"), ("/x", 404, "")] {
        send(&mut wire, &format!("HEAD {path} HTTP/1.1\nHost: a\n\n"));
        let head = wire.head().unwrap();
        assert_eq!(head.status(), status);
        assert!(head.header("content-length").unwrap().starts_with(length));
    }
}

#[test]
fn an_answer_before_the_body_was_read_says_that_the_connection_ends() {
    let gateway = Gateway::run(&config("127.0.0.1:9", ""));
    let mut client = Wire::connect(&gateway.address);
    client.write("POST /other HTTP/1.1\r\nhost: a\r\ncontent-length: 40000\r\n\r\n");
    let head = client.head().unwrap();
    assert_eq!(head.status(), 404);
    assert_eq!(head.header("connection").as_deref(), Some("close"));

    let mut client = Wire::connect(&gateway.address);
    for _ in 0..2 {
        client.write("GET /other HTTP/1.1\r\nhost: a\r\n\r\n");
        let head = client.head().unwrap();
        assert_eq!((head.status(), head.header("connection")), (404, None));
        client.body(&head);
    }
}

#[test]
fn a_blocked_endpoint_tells_its_client_nothing_of_the_inputs_and_the_log_all() {
    let wrong = sidecar("pre", "secret-name").replace("useAss", "failSafe: maybe-secret\nuseAss");
    let lines = format!("on_invalid_inputs = 'block'\n{wrong}");
    let mut gateway = Gateway::run(&config("127.0.0.1:9", &lines));
    gateway.wait_for("found `maybe-secret`, allowed: true or false");
    let (head, body) = get(&gateway.address, "/my");
    assert_eq!(head.status(), 500);
    let error = head.header("x-sidecar-error");
    assert_eq!(error.as_deref(), Some("InvalidPreInputConfiguration"));
    let problem: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        problem["detail"],
        "The sidecar configuration of this endpoint is not valid"
    );
    assert!(!body.contains("secret"), "{body}");
}
