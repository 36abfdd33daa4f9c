//! What the gateway answers itself.

use std::net::TcpListener;

use http::Request;
use http_body_util::Full;

use crate::{
    backend::{Server, event},
    client::{Wire, call, get, send},
    http2,
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
fn a_function_sees_the_scheme_and_address_of_the_connection_whatever_the_client_says() {
    let backend = Server::echoing_paths();
    let functions = Server::answering(|_, _| "{}".to_owned());
    let url = format!("http://{}", functions.address);
    let operation = "expand-input: operation\nuseAss";
    let lines = sidecar("pre", "f").replace("useAss", operation);
    let text = config(&backend.address, &lines);
    let gateway = Gateway::run_with(&text, &[("AWS_ENDPOINT_URL", &url)]);
    let address = &gateway.address;
    for (request, uri) in [
        ("GET /my HTTP/1.1\nHost: a\n\n", "http://a/my".to_owned()),
        (
            "GET http://a/my HTTP/1.1\nHost: a\n\n",
            "http://a/my".to_owned(),
        ),
        (
            "GET https://a/my HTTP/1.1\nHost: a\n\n",
            "http://a/my".to_owned(),
        ),
        ("GET /my?x HTTP/1.0\n\n", format!("http://{address}/my?x")),
    ] {
        assert_eq!(call(address, request).0.status(), 200, "{request}");
        let (_, envelope) = functions.seen().pop().unwrap();
        let envelope: serde_json::Value = serde_json::from_str(&envelope).unwrap();
        assert_eq!(envelope["operation"]["uri"], uri, "{request}");
    }
    for scheme in ["javascript", "ftp", "ws"] {
        let request = format!("GET {scheme}://a/my HTTP/1.1\nHost: a\n\n");
        assert_eq!(call(address, &request).0.status(), 400, "{request}");
    }
    let text = text.replace(
        "[[endpoints.pre]]",
        "public_base = 'https://api.test'\n[[endpoints.pre]]",
    );
    let gateway = Gateway::run_with(&text, &[("AWS_ENDPOINT_URL", &url)]);
    call(&gateway.address, "GET /my HTTP/1.0\n\n");
    let (_, envelope) = functions.seen().pop().unwrap();
    assert!(
        envelope.contains(r#""uri":"https://api.test/my""#),
        "{envelope}"
    );
}

#[test]
fn a_host_that_is_no_host_and_port_or_not_the_targets_is_400() {
    let backend = Server::echoing_paths();
    let gateway = Gateway::run(&config(&backend.address, ""));
    for (target, host) in [
        ("/my", "gw/my/public?"),
        ("/my", "gw?x"),
        ("/my", "gw#x"),
        ("/my", "a b"),
        ("/my", "u@gw"),
        ("/my", "gw:http"),
        ("/my", ""),
        ("http://evil/my", "good"),
        ("http://good:8080/my", "good"),
        ("http://u@good/my", "good"),
    ] {
        let request = format!("GET {target} HTTP/1.1\nHost: {host}\n\n");
        let status = call(&gateway.address, &request).0.status();
        assert_eq!(status, 400, "{target} {host}");
    }
    assert!(backend.seen().is_empty());
}

#[test]
fn connect_is_405_and_never_reaches_a_backend() {
    let backend = Server::echoing_paths();
    let gateway = Gateway::run(&config(&backend.address, ""));
    for target in ["/my/a", "backend.test:443", "http://a/my"] {
        let request = format!("CONNECT {target} HTTP/1.1\nHost: a\n\n");
        let mut wire = Wire::connect(&gateway.address);
        send(&mut wire, &request);
        let status = wire.head().unwrap().status();
        assert!([405, 400].contains(&status), "{target} {status}");
    }
    assert!(backend.seen().is_empty());
}

/// They count by case (RFC 9110, section 9.1), but not every backend keeps to that.
#[test]
fn connect_and_pri_are_405_in_any_case_and_never_reach_a_backend() {
    let backend = Server::echoing_paths();
    let gateway = Gateway::run(&config(&backend.address, ""));
    for method in ["connect", "Connect", "PRI", "pri"] {
        let request = format!("{method} /my/a HTTP/1.1\nHost: a\n\n");
        let (head, _) = call(&gateway.address, &request);
        assert_eq!(head.status(), 405, "{method}");
        assert!(head.header("allow").unwrap().contains("GET, HEAD"));
    }
    assert!(backend.seen().is_empty());
    for method in ["purge", "get", "Post"] {
        let request = format!("{method} /my/a HTTP/1.1\nHost: a\n\n");
        assert_eq!(call(&gateway.address, &request).0.status(), 200, "{method}");
    }
}

#[tokio::test]
async fn connect_and_pri_are_405_in_any_case_over_http2_too() {
    let backend = Server::echoing_paths();
    let gateway = Gateway::run(&config(&backend.address, ""));
    let mut sender = http2::connect(&gateway.address).await;
    for method in ["connect", "PRI"] {
        let request = Request::builder().method(method).uri("http://a/my/a");
        let request = request.body(Full::default()).unwrap();
        let response = http2::call(&mut sender, request).await;
        assert_eq!(response.status(), 405, "{method}");
    }
    assert!(backend.seen().is_empty());
}

#[test]
fn two_known_keys_that_differ_are_400() {
    let backend = Server::echoing_paths();
    let lines = "[[applications]]\n[[applications.package_keys]]\nkey = 'one'\n\
                 [[applications.package_keys]]\nkey = 'two'\n";
    let gateway = Gateway::run(&config(&backend.address, lines));
    for (path, header, status) in [
        ("/my?api_key=two", "x-api-key: one\n", 400),
        ("/my?api_key=two&api_key=one", "", 400),
        ("/my", "x-api-key: one\nx-api-key: two\n", 400),
        ("/my", "x-api-key: one\nX_Api_Key: two\n", 400),
        ("/my?api_key=one&api_key=nobody", "x-api-key: one\n", 200),
    ] {
        let request = format!("GET {path} HTTP/1.1\nHost: a\n{header}\n");
        let answer = call(&gateway.address, &request);
        assert_eq!(answer.0.status(), status, "{path} {header}");
    }
}

#[test]
fn a_key_that_is_stripped_is_known_here_and_nowhere_else() {
    let backend =
        Server::answering(|head, _| format!("{} {:?}", head.path(), head.header("x-api-key")));
    let lines = "strip_api_key = true\nrequire_api_key = true\n\
                 [[applications]]\n[[applications.package_keys]]\nkey = 'one'\n";
    let gateway = Gateway::run(&config(&backend.address, lines));
    let request = "GET /my?a=%20&api_key=one&b HTTP/1.1\nHost: a\nX-Api-Key: nobody\n\n";
    assert_eq!(call(&gateway.address, request).1, "/backend?a=%20&b None");
}

#[test]
fn a_request_that_was_here_before_is_508_and_one_of_another_endpoint_passes() {
    let backend = Server::answering(|head, _| head.header("via").unwrap());
    let lines = format!(
        "[[endpoints]]\npath = '/other'\norigin = 'http://{}'\n",
        backend.address
    );
    let gateway = Gateway::run(&config(&backend.address, &lines));
    let with_via = |path, via: &str| {
        let request = format!("GET {path} HTTP/1.1\nHost: a\nVia: {via}\n\n");
        call(&gateway.address, &request)
    };
    let (_, first) = with_via("/my", "1.0 x");
    assert!(first.starts_with("1.0 x, 1.1 lambda-sidecar"), "{first}");
    assert_eq!(with_via("/my/again", &first).0.status(), 508);
    let (head, both) = with_via("/other", &first);
    assert_eq!(head.status(), 200);
    assert_eq!(with_via("/other", &both).0.status(), 508);
}

#[test]
fn a_request_that_may_not_be_forwarded_is_answered_here() {
    let backend = Server::answering(|head, _| head.header("max-forwards").unwrap());
    let gateway = Gateway::run(&config(&backend.address, ""));
    let limited = |method, forwards| {
        let request = format!("{method} /my HTTP/1.1\nHost: a\nMax-Forwards: {forwards}\n\n");
        let (head, body) = call(&gateway.address, &request);
        (head.status(), body)
    };
    assert_eq!(limited("OPTIONS", 0), (200, String::new()));
    assert_eq!(limited("TRACE", 0).0, 405);
    assert_eq!(limited("OPTIONS", 3), (200, "2".to_owned()));
    assert_eq!(limited("TRACE", 1), (200, "0".to_owned()));
    assert_eq!(limited("GET", 0), (200, "0".to_owned()));
}

#[test]
fn no_log_line_has_a_query_or_a_key() {
    let lines = "[[applications]]\n[[applications.package_keys]]\nkey = 'SECRET-key'\n";
    let config = config("127.0.0.1:9", lines);
    let mut gateway = Gateway::run_with(&config, &[("RUST_LOG", "trace")]);
    for (method, target, status) in [
        ("GET", "/my?api_key=SECRET-key&q=SECRET", 502),
        ("GET", "/x?SECRET", 404),
        ("GET", "/my/..?SECRET", 400),
        ("GET", "http://other/my?SECRET", 400),
        ("CONNECT", "/my?api_key=SECRET-key", 405),
    ] {
        let request = format!("{method} {target} HTTP/1.1\nHost: a\nX-Api-Key: SECRET-key\n\n");
        let mut wire = Wire::connect(&gateway.address);
        send(&mut wire, &request);
        let answered = wire.head().unwrap().status();
        assert_eq!(answered, status, "{method} {target}");
    }
    gateway.signal("TERM");
    gateway.wait_for("stopped");
    let log = gateway.log.join("\n");
    assert!(
        log.contains("call answered") && !log.contains("SECRET"),
        "{log}"
    );
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
