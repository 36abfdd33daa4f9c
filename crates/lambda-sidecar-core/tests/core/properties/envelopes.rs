//! An envelope of any parts is JSON that says what went in.

use std::net::IpAddr;

use super::{
    super::model::envelope::{self, Attributes, EAVS, Message, Parts, PublicEndpoint, Texts},
    any_status, header_map, point,
};
use http::{Method, Uri};
use lambda_sidecar_core::Payload;
use proptest::{
    collection::{btree_map, vec},
    option,
    prelude::*,
    sample::select,
};

const NAMES: &[&str] = &["x-a", "cookie", "set-cookie", "x-skipped", "host", "x-b"];

fn message() -> impl Strategy<Value = Message> {
    let bytes = prop_oneof![
        2 => vec(any::<u8>(), 0..60),
        2 => any::<String>().prop_map(String::into_bytes),
        2 => "[ -~\\r\\n\\t\"\\\\äÿ€]{0,40}".prop_map(String::into_bytes),
        1 => "[a\u{80}\u{85}\u{9f}\u{a0}\u{7f}\u{0}]{1,4}".prop_map(String::into_bytes),
    ];
    let payload = prop_oneof![
        1 => Just(Payload::NotExpanded),
        1 => option::of(any::<u64>()).prop_map(|length| Payload::LeftOut { length }),
        4 => (bytes, any::<bool>()).prop_map(|(bytes, coded)| Payload::Whole {
            bytes: bytes.into(),
            coded,
        }),
    ];
    (header_map(NAMES), payload).prop_map(|(headers, payload)| Message { headers, payload })
}

fn uri() -> impl Strategy<Value = Uri> {
    let path = "(/my|/a)?(/[A-Za-z0-9%._~!$&'()*+,;=:@{}äÿ€-]{0,6}){1,3}";
    let query = prop_oneof!["[ab=&+%20FzÄ;\"]{0,16}", "[!-~äÿ€]{0,16}"];
    let origin = select(vec![
        "",
        "",
        "https://api.acme.com",
        "http://[2001:db8::7]:8080",
    ]);
    (origin, path, option::of(query)).prop_filter_map("a URI", |(origin, path, query)| {
        let query = query.map_or(String::new(), |query| format!("?{query}"));
        format!("{origin}{path}{query}").parse().ok()
    })
}

fn eavs() -> impl Strategy<Value = Attributes> {
    let name = prop_oneof![8 => select(EAVS), 1 => Just("not named")];
    btree_map(name.prop_map(String::from), any::<String>(), 0..4)
}

fn endpoint() -> impl Strategy<Value = PublicEndpoint> {
    let path = select(vec!["", "/a", "/my"]);
    let base = option::of(select(vec!["https://api.acme.com", "http://b/"]));
    let text = || option::of(any::<String>());
    (text(), text(), path, base).prop_map(|(service_id, endpoint_id, path, base)| PublicEndpoint {
        service_id,
        endpoint_id,
        path,
        base,
    })
}

fn texts() -> impl Strategy<Value = Texts> {
    let text = || option::of(any::<String>());
    (
        any::<String>(),
        option::of(endpoint()),
        option::of(eavs()),
        option::of((any::<String>(), eavs())),
        option::of([text(), text(), text(), text()]),
    )
        .prop_map(
            |(message_id, endpoint, application, package_key, token)| Texts {
                message_id,
                endpoint,
                application,
                package_key,
                token,
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn an_envelope_of_arbitrary_parts_is_json_that_says_what_went_in(
        point in point(),
        (event, expands, has_params) in (any::<bool>(), prop::bool::weighted(0.8), any::<bool>()),
        (request, response) in (message(), message()),
        (uri, routing) in (uri(), option::of(uri())),
        method in "[A-Za-z!#$%&'*+.^_`|~0-9-]{1,8}",
        status in any_status(),
        texts in texts(),
        address in option::of(any::<IpAddr>()),
    ) {
        envelope::check(&Parts {
            point,
            event,
            expands,
            has_params,
            method: Method::from_bytes(method.as_bytes())?,
            uri,
            request,
            status,
            response,
            texts,
            routing,
            address,
        });
    }
}
