//! SIGHUP: the file is read again.

use crate::{
    backend::{Server, event},
    client::{Wire, answer, get, send},
    process::{Folder, Gateway, config, sidecar},
};

#[test]
fn a_changed_file_is_taken_over() {
    let backend = Server::echoing_paths();
    let first = config(&backend.address, "");
    let mut gateway = Gateway::run(&first);
    assert_eq!(get(&gateway.address, "/my/op").1, "/backend/op");
    gateway.rewrite(&first.replace("/backend", "/other"));
    gateway.signal("HUP");
    gateway.wait_for("configuration read again");
    assert_eq!(get(&gateway.address, "/my/op").1, "/other/op");
}

#[test]
fn calls_in_flight_finish_on_the_old_configuration() {
    let (arrived, has_arrived) = event();
    let (release, released) = event();
    let slow = Server::start(move |_, wire| {
        arrived.send(()).unwrap();
        released.wait();
        wire.write("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nold");
    });
    let quick = Server::echoing_paths();
    let first = config(&slow.address, "");
    let mut gateway = Gateway::run(&first);
    let mut call = Wire::connect(&gateway.address);
    send(&mut call, "GET /my HTTP/1.1\nHost: a\n\n");
    has_arrived.wait();

    gateway.rewrite(&first.replace(&slow.address, &quick.address));
    gateway.signal("HUP");
    gateway.wait_for("configuration read again");
    assert_eq!(get(&gateway.address, "/my/new").1, "/backend/new");
    release.send(()).unwrap();
    assert_eq!(answer(&mut call).1, "old");
    // The connection is old, the next call on it is not.
    send(&mut call, "GET /my/next HTTP/1.1\nHost: a\n\n");
    assert_eq!(answer(&mut call).1, "/backend/next");
}

#[test]
fn a_wrong_file_is_reported_and_the_running_configuration_stays() {
    let backend = Server::echoing_paths();
    let first = config(&backend.address, "");
    let mut gateway = Gateway::run(&first);
    gateway.rewrite(&config(&backend.address, "oops = 1\n"));
    gateway.signal("HUP");
    gateway.wait_for("gateway.toml:7: key `endpoints.oops`: unknown key");
    gateway.wait_for("the running one stays");
    assert_eq!(get(&gateway.address, "/my/op").1, "/backend/op");
    gateway.rewrite(&first.replace("/my", "/mine"));
    gateway.signal("HUP");
    gateway.wait_for("configuration read again");
    assert_eq!(get(&gateway.address, "/mine/op").1, "/backend/op");
}

#[test]
fn aws_settings_that_the_next_start_would_refuse_are_refused_by_a_reload() {
    let backend = Server::echoing_paths();
    let folder = Folder::new();
    let profile = folder.path("aws");
    std::fs::write(&profile, "[default]\nregion = us-east-1\n").unwrap();
    let file = config(&backend.address, &sidecar("pre", "f"));
    let mut gateway = Gateway::run_with(&file, &[("AWS_CONFIG_FILE", profile.to_str().unwrap())]);
    for wrong in ["endpoint_url = nowhere", "max_attempts = 0"] {
        std::fs::write(&profile, format!("[default]\n{wrong}\n")).unwrap();
        gateway.signal("HUP");
        gateway.next_line("configuration not taken, the running one stays");
    }
    std::fs::write(&profile, "[default]\n").unwrap();
    gateway.signal("HUP");
    gateway.next_line("configuration read again");
}

#[test]
fn a_pipe_in_the_place_of_the_file_holds_up_neither_calls_nor_signals() {
    let backend = Server::echoing_paths();
    let mut gateway = Gateway::run(&config(&backend.address, ""));
    gateway.rewrite_as_pipe();
    gateway.signal("HUP");
    gateway.wait_for("is not a regular file");
    gateway.wait_for("the running one stays");
    assert_eq!(get(&gateway.address, "/my/op").1, "/backend/op");
    gateway.signal("TERM");
    assert_eq!(gateway.end().code(), Some(0));
}

#[test]
fn a_changed_address_is_reported_as_needing_a_restart() {
    let backend = Server::echoing_paths();
    let first = config(&backend.address, "");
    let mut gateway = Gateway::run(&first);
    gateway.rewrite(&first.replace("127.0.0.1:0", "127.0.0.1:1"));
    gateway.signal("HUP");
    gateway.wait_for("need a restart");
    assert_eq!(get(&gateway.address, "/my/op").1, "/backend/op");
}
