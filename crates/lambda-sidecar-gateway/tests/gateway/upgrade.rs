//! WebSockets, and what is no WebSocket.

use crate::{
    backend::Server,
    client::{Wire, call, send},
    process::{Gateway, config},
};

const HANDSHAKE: &str = "GET /my/chat HTTP/1.1\nHost: a\nConnection: keep-alive, Upgrade\n\
                         Upgrade: WebSocket\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n\n";
/// The answer of RFC 6455, section 1.3.
const SWITCHING: &str = "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\n\
                         upgrade: websocket\r\n\
                         sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/// A backend that upgrades and sends each line back.
fn echo() -> Server {
    Server::start(|head, wire| {
        assert_eq!(head.header("upgrade").as_deref(), Some("websocket"));
        assert_eq!(head.header("connection").as_deref(), Some("upgrade"));
        assert!(head.header("sec-websocket-key").is_some());
        wire.write(SWITCHING);
        while let Some(line) = wire.line() {
            wire.write(format!("{line}!\n"));
        }
    })
}

fn handshake(gateway: &Gateway) -> Wire {
    let mut wire = Wire::connect(&gateway.address);
    send(&mut wire, HANDSHAKE);
    let head = wire.head().unwrap();
    assert_eq!(head.status(), 101);
    assert_eq!(head.header("upgrade").as_deref(), Some("websocket"));
    assert_eq!(head.header("connection").as_deref(), Some("upgrade"));
    wire
}

#[test]
fn both_sides_of_a_websocket_are_connected_until_one_ends() {
    let backend = echo();
    let gateway = Gateway::run(&config(&backend.address, ""));
    let mut wire = handshake(&gateway);
    for text in ["one", "two"] {
        wire.write(format!("{text}\n"));
        assert_eq!(wire.line().unwrap(), format!("{text}!"));
    }
}

#[test]
fn a_graceful_stop_waits_for_a_websocket() {
    let backend = echo();
    let mut gateway = Gateway::run(&config(&backend.address, ""));
    let mut wire = handshake(&gateway);
    gateway.signal("TERM");
    gateway.wait_for("stopping");
    wire.write("still here\n");
    assert_eq!(wire.line().unwrap(), "still here!");
    assert!(gateway.is_running());
    drop(wire);
    gateway.wait_for("stopped");
    assert_eq!(gateway.end().code(), Some(0));
}

#[test]
fn a_websocket_is_cut_off_after_the_shutdown_timeout() {
    let backend = echo();
    let text = config(&backend.address, "").replace("= 60000", "= 50");
    let gateway = Gateway::run(&text);
    let mut wire = handshake(&gateway);
    gateway.signal("TERM");
    assert_eq!(gateway.end().code(), Some(0));
    assert!(wire.is_at_end());
}

#[test]
fn no_other_upgrade_reaches_the_backend() {
    let backend = Server::answering(|head, _| {
        format!(
            "{:?} {:?}",
            head.header("upgrade"),
            head.header("http2-settings")
        )
    });
    let gateway = Gateway::run(&config(&backend.address, ""));
    for headers in [
        "Connection: Upgrade, HTTP2-Settings\nUpgrade: h2c\nHTTP2-Settings: AAMAAABk\n",
        "Connection: Upgrade\nUpgrade: TLS/1.2\n",
        "Upgrade: websocket\n",
        "Connection: Upgrade\nUpgrade: websocket\n",
        "Connection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Key: a\nSec-WebSocket-Key: b\n",
    ] {
        let request = format!("GET /my HTTP/1.1\nHost: a\n{headers}\n");
        assert_eq!(call(&gateway.address, &request).1, "None None", "{headers}");
    }
}

#[test]
fn an_upgrade_that_nobody_asked_for_is_a_bad_gateway() {
    let backend = Server::start(|_, wire| wire.write(SWITCHING));
    let gateway = Gateway::run(&config(&backend.address, ""));
    let (head, _) = call(&gateway.address, "GET /my HTTP/1.1\nHost: a\n\n");
    assert_eq!(head.status(), 502);
}

#[test]
fn an_answer_to_another_upgrade_is_a_bad_gateway() {
    for headers in [
        "connection: upgrade\r\nupgrade: h2c\r\n",
        "connection: upgrade\r\nupgrade: websocket, h2c\r\n",
        "connection: upgrade\r\n",
    ] {
        let backend = Server::start(move |_, wire| {
            let accept = "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
            wire.write(format!(
                "HTTP/1.1 101 Switching Protocols\r\n{headers}{accept}\r\n"
            ));
        });
        let gateway = Gateway::run(&config(&backend.address, ""));
        assert_eq!(
            call(&gateway.address, HANDSHAKE).0.status(),
            502,
            "{headers}"
        );
    }
}

#[test]
fn a_101_that_does_not_answer_the_key_is_a_bad_gateway_rfc_6455_4_1() {
    let accept = "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
    for wrong in [
        accept.replace("s3p", "S3P"),
        accept.replace("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", ""),
        accept.repeat(2),
    ] {
        let answer = SWITCHING.replace(accept, &wrong);
        let backend = Server::start(move |_, wire| wire.write(&answer));
        let gateway = Gateway::run(&config(&backend.address, ""));
        let status = call(&gateway.address, HANDSHAKE).0.status();
        assert_eq!(status, 502, "{wrong}");
    }
}

#[test]
fn a_backend_may_refuse_to_upgrade() {
    let backend = Server::answering(|_, _| "no".to_owned());
    let gateway = Gateway::run(&config(&backend.address, ""));
    let (head, body) = call(&gateway.address, HANDSHAKE);
    assert_eq!((head.status(), body.as_str()), (200, "no"));
}
