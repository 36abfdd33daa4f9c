//! The token, where the request would go, and who called.

use super::{Call, example};
use lambda_sidecar_core::{CallContext, Expand, SidecarBuilder, Token};
use serde_json::{Value, json};

#[test]
fn the_members_of_the_token_are_left_out_where_they_are_not_known() {
    let token = |sidecar: SidecarBuilder| sidecar.expand_input([Expand::Token]);
    for (of, expected) in [
        (Token::new().scope("s"), json!({"scope": "s"})),
        (
            Token::new().user_context("u\"\n"),
            json!({"userContext": "u\"\n"}),
        ),
        (Token::new().grant_type("CC"), json!({"grantType": "CC"})),
        (Token::new().expires("e"), json!({"expires": "e"})),
        (Token::default(), Value::Null),
    ] {
        let call = Call::context(CallContext::new().token(of));
        assert_eq!(call.member(token, "/token"), expected);
        assert_eq!(call.member(|sidecar| sidecar, "/token"), Value::Null);
    }
}

#[test]
fn routing_uri_is_where_the_request_would_be_sent() {
    let routing = |sidecar: SidecarBuilder| sidecar.expand_input([Expand::Routing]);
    assert_eq!(
        example().member(routing, "/routing"),
        json!({"httpVerb": "post", "uri": "https://backend.acme.com/op?p1=a"})
    );
    assert_eq!(example().member(|sidecar| sidecar, "/routing"), Value::Null);
}

#[test]
fn remote_addr_is_the_peers_ip_address_without_port() {
    let address = |sidecar: SidecarBuilder| sidecar.expand_input([Expand::RemoteAddress]);
    for (peer, text) in [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8::7", "2001:db8::7"),
        ("::1", "::1"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
    ] {
        let call = Call::context(CallContext::new().remote_addr(peer.parse().unwrap()));
        assert_eq!(call.member(address, "/remoteAddr"), text);
        assert_eq!(call.member(|sidecar| sidecar, "/remoteAddr"), Value::Null);
    }
}

#[test]
fn remote_addr_is_never_taken_from_a_header() {
    let call = Call::headers(&[
        ("x-forwarded-for", b"198.51.100.1"),
        ("forwarded", b"for=198.51.100.1"),
        ("x-real-ip", b"198.51.100.1"),
    ]);
    let address = |sidecar: SidecarBuilder| sidecar.expand_input([Expand::RemoteAddress]);
    assert_eq!(call.member(address, "/remoteAddr"), Value::Null);
}
