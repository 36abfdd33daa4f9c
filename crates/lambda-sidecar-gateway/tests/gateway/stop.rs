//! SIGTERM and SIGINT: a graceful end.

use std::net::TcpStream;

use crate::{
    backend::{Server, event},
    client::{Wire, answer, get, send},
    process::{Gateway, config},
};

#[test]
fn calls_in_flight_are_finished_nothing_new_is_accepted_and_the_exit_is_0() {
    for signal in ["TERM", "INT"] {
        let (arrived, has_arrived) = event();
        let (release, released) = event();
        let backend = Server::start(move |_, wire| {
            arrived.send(()).unwrap();
            released.wait();
            wire.write("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ndone");
        });
        let text = format!("admin = '127.0.0.1:0'\n{}", config(&backend.address, ""));
        let mut gateway = Gateway::run(&text);
        let admin = gateway.address_after("admin on http://");
        let mut idle = Wire::connect(&gateway.address);
        let mut call = Wire::connect(&gateway.address);
        send(&mut call, "GET /my HTTP/1.1\nHost: a\n\n");
        has_arrived.wait();
        assert_eq!(get(&admin, "/readyz").0.status(), 200);

        gateway.signal(signal);
        gateway.wait_for("stopping");
        assert_eq!(get(&admin, "/readyz").0.status(), 503);
        assert_eq!(get(&admin, "/healthz").0.status(), 200);
        assert!(TcpStream::connect(&gateway.address).is_err());
        assert!(idle.is_at_end(), "a connection without a call is ended");
        assert!(gateway.is_running());
        release.send(()).unwrap();
        assert_eq!(answer(&mut call).1, "done");
        assert_eq!(gateway.end().code(), Some(0));
    }
}

#[test]
fn a_call_that_does_not_end_is_cut_off_after_the_shutdown_timeout() {
    let (arrived, has_arrived) = event();
    let (_never, released) = event();
    let backend = Server::start(move |_, _| {
        arrived.send(()).unwrap();
        released.wait();
    });
    let text = config(&backend.address, "").replace("= 60000", "= 50");
    let mut gateway = Gateway::run(&text);
    let mut call = Wire::connect(&gateway.address);
    send(&mut call, "GET /my HTTP/1.1\nHost: a\n\n");
    has_arrived.wait();
    gateway.signal("TERM");
    gateway.wait_for("some calls were cut off");
    assert_eq!(gateway.end().code(), Some(0));
    assert!(call.is_at_end());
}

#[test]
fn a_second_signal_ends_at_once() {
    let (arrived, has_arrived) = event();
    let (_never, released) = event();
    let backend = Server::start(move |_, _| {
        arrived.send(()).unwrap();
        released.wait();
    });
    let mut gateway = Gateway::run(&config(&backend.address, ""));
    let mut call = Wire::connect(&gateway.address);
    send(&mut call, "GET /my HTTP/1.1\nHost: a\n\n");
    has_arrived.wait();
    gateway.signal("TERM");
    gateway.wait_for("stopping");
    gateway.signal("INT");
    gateway.wait_for("stopped at once");
    assert_eq!(gateway.end().code(), Some(0));
}
