//! Bodies pass as they come, in both directions.

use crate::{
    backend::{Server, event},
    client::{Wire, answer, call, send},
    process::{Gateway, config},
};

#[test]
fn a_request_body_streams() {
    let (first, has_first) = event();
    let backend = Server::start(move |head, wire| {
        assert_eq!(head.header("transfer-encoding").as_deref(), Some("chunked"));
        assert_eq!(head.header("content-length"), None);
        let one = wire.chunk();
        first.send(()).unwrap();
        let two = wire.chunk();
        assert_eq!(wire.chunk(), "");
        wire.line();
        wire.write(format!(
            "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n{one}{two}"
        ));
    });
    let gateway = Gateway::run(&config(&backend.address, ""));
    let mut wire = Wire::connect(&gateway.address);
    send(
        &mut wire,
        "POST /my HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n",
    );
    wire.write("3\r\none\r\n");
    has_first.wait();
    wire.write("3\r\ntwo\r\n0\r\n\r\n");
    assert_eq!(answer(&mut wire).1, "onetwo");
}

#[test]
fn a_response_body_streams() {
    let (read, was_read) = event();
    let backend = Server::start(move |_, wire| {
        wire.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n");
        was_read.wait();
        wire.write("3\r\ntwo\r\n0\r\n\r\n");
    });
    let gateway = Gateway::run(&config(&backend.address, ""));
    let mut wire = Wire::connect(&gateway.address);
    send(&mut wire, "GET /my HTTP/1.1\nHost: a\n\n");
    assert_eq!(wire.head().unwrap().status(), 200);
    assert_eq!(wire.chunk(), "one");
    read.send(()).unwrap();
    assert_eq!(wire.chunk(), "two");
    assert_eq!(wire.chunk(), "");
}

#[test]
fn a_body_with_a_length_keeps_it_and_none_has_no_framing() {
    let backend = Server::answering(|head, body| {
        let length = head.header("content-length");
        let encoding = head.header("transfer-encoding");
        format!("{length:?} {encoding:?} {body}")
    });
    let gateway = Gateway::run(&config(&backend.address, ""));
    for (request, expected) in [
        (
            "POST /my HTTP/1.1\nHost: a\nContent-Length: 3\n\nabc",
            "Some(\"3\") None abc",
        ),
        ("GET /my HTTP/1.1\nHost: a\n\n", "None None "),
        ("DELETE /my HTTP/1.1\nHost: a\n\n", "None None "),
        (
            // A length that the client wants taken away is still the body's.
            "PUT /my HTTP/1.1\nHost: a\nConnection: content-length\nContent-Length: 3\n\nabc",
            "Some(\"3\") None abc",
        ),
    ] {
        assert_eq!(call(&gateway.address, request).1, expected, "{request}");
    }
}

#[test]
fn trailers_pass() {
    let backend = Server::start(|head, wire| {
        assert_eq!(head.header("te").as_deref(), Some("trailers"));
        wire.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n");
        wire.write("3\r\nabc\r\n0\r\nx-sum: 7\r\n\r\n");
    });
    let gateway = Gateway::run(&config(&backend.address, ""));
    let mut wire = Wire::connect(&gateway.address);
    send(
        &mut wire,
        "GET /my HTTP/1.1\nHost: a\nTE: trailers\nConnection: te\n\n",
    );
    let head = wire.head().unwrap();
    assert_eq!(wire.body(&head), "abc");
    assert_eq!(wire.trailers(), ["x-sum: 7"]);
}

#[test]
fn a_client_that_waits_for_100_continue_gets_it_from_the_gateway() {
    let backend = Server::answering(|head, body| format!("{:?} {body}", head.header("expect")));
    let gateway = Gateway::run(&config(&backend.address, ""));
    let mut wire = Wire::connect(&gateway.address);
    send(
        &mut wire,
        "POST /my HTTP/1.1\nHost: a\nContent-Length: 2\nExpect: 100-continue\n\n",
    );
    assert_eq!(wire.head().unwrap().status(), 100);
    wire.write("ok");
    assert_eq!(answer(&mut wire).1, "None ok");
}

#[test]
fn a_call_is_given_up_when_its_client_is_gone() {
    let (arrived, has_arrived) = event();
    let (gone, is_gone) = event();
    let backend = Server::start(move |_, wire| {
        arrived.send(()).unwrap();
        assert!(wire.is_at_end());
        gone.send(()).unwrap();
    });
    let gateway = Gateway::run(&config(&backend.address, ""));
    let mut wire = Wire::connect(&gateway.address);
    send(&mut wire, "GET /my HTTP/1.1\nHost: a\n\n");
    has_arrived.wait();
    drop(wire);
    is_gone.wait();
}
