//! No client gets around the sidecars of an endpoint by the way it writes its path.

use crate::{
    backend::Server,
    client::{call, get},
    process::Gateway,
};

/// Everything is open but `/guarded`, at one and the same backend.
fn gateway(backend: &Server) -> Gateway {
    Gateway::run(&format!(
        "listen = '127.0.0.1:0'\n\
         [[endpoints]]\npath = '/'\norigin = 'http://{0}'\n\
         [[endpoints]]\npath = '/guarded'\norigin = 'http://{0}/guarded'\nrequire_api_key = true\n",
        backend.address
    ))
}

#[test]
fn a_path_that_a_backend_could_take_for_another_endpoints_is_400() {
    let backend = Server::echoing_paths();
    let gateway = gateway(&backend);
    for path in [
        "/open/../guarded",
        "/./guarded",
        "/open/%2e%2e/guarded",
        "/open%2f..%2fguarded",
        "/open/..;/guarded",
        "/open\\..\\guarded",
        "//guarded",
        "/guarded;x",
        "/guarded%2Fx",
        "/guarded%00",
        "/open/..",
        "/;a%2Fb/guarded",
        "/;a%2Fb/%67uarded",
        "/;a%5Cb/guarded",
        "/;a%2Fb\\guarded",
        "/%3b%2Fx/guarded/y",
        "/%2567uarded",
        "/guarded%20",
        "/guarded.",
        "/guarded%23",
        "/%u0067uarded",
        "/%c1%a7uarded",
    ] {
        assert_eq!(get(&gateway.address, path).0.status(), 400, "{path}");
    }
    assert!(backend.seen().is_empty());
    for path in [
        "/guarded",
        "/guarded/",
        "/guarded/x",
        "/guarded?x",
        "/%67uarded",
        "/guarde%64/x",
    ] {
        assert_eq!(get(&gateway.address, path).0.status(), 403, "{path}");
    }
    assert!(backend.seen().is_empty());
}

#[test]
fn any_other_path_passes_untouched() {
    let backend = Server::echoing_paths();
    let gateway = gateway(&backend);
    for path in [
        "/",
        "/?",
        "/a%20b/c?x=%2F&y",
        "/a%2Fb",
        "/a//b;c=d/.e/f..g",
        "/items;v=1/guarded",
        "/a%3Bb/%2520",
        "/GUARDED",
        "/guardedness",
        "/x?../../guarded",
    ] {
        assert_eq!(get(&gateway.address, path).1, path);
    }
}

#[test]
fn all_ways_to_write_an_endpoints_path_lead_to_it_and_the_backend_gets_the_clients() {
    let backend = Server::echoing_paths();
    let gateway = Gateway::run(&format!(
        "listen = '127.0.0.1:0'\n\
         [[endpoints]]\npath = '/'\norigin = 'http://{0}/open'\n\
         [[endpoints]]\npath = '/%7Ebob/caf\u{e9}'\norigin = 'http://{0}/bob'\n",
        backend.address
    ));
    for (path, expected) in [
        ("/~bob/caf%C3%A9", "/bob"),
        ("/~bob/caf%c3%a9/%7e?q=%7e", "/bob/%7e?q=%7e"),
        ("/%7eb%6Fb/%63af\u{e9}/x/", "/bob/x/"),
        ("/~bob/caf\u{e9}/\u{e9}", "/bob/\u{e9}"),
        ("/~bob/cafe/x", "/open/~bob/cafe/x"),
        ("/~bob", "/open/~bob"),
    ] {
        assert_eq!(get(&gateway.address, path).1, expected, "{path}");
    }
}

#[test]
fn an_absolute_target_is_a_path_too_and_its_authority_is_the_host() {
    let backend = Server::answering(|head, _| {
        format!(
            "{} {:?} {:?}",
            head.path(),
            head.header("host"),
            head.header("x-forwarded-host")
        )
    });
    let gateway = gateway(&backend);
    let request = "GET http://api.test/x HTTP/1.1\nHost: API.test:80\n\n";
    let (_, body) = call(&gateway.address, request);
    assert_eq!(
        body,
        format!("/x Some({:?}) Some(\"api.test\")", backend.address)
    );
    let request = "GET http://api.test/guarded HTTP/1.1\nHost: api.test\n\n";
    assert_eq!(call(&gateway.address, request).0.status(), 403);
}
