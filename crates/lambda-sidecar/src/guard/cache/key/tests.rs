//! Whoever differs in anything that an envelope can hold never shares a key.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::{collections::BTreeMap, net::IpAddr, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use lambda_sidecar_core::{
    Application, CallContext, Endpoint, EnvelopeSource, Expand, PackageKey, Payload, Point, Relay,
    RequestView, ResponseView, SidecarBuilder, Token,
};
use proptest::{collection::btree_map, option, prelude::*, sample::select};

use super::*;

/// Everything that an envelope can hold.
#[derive(Debug, Clone, PartialEq)]
struct Everything {
    post: bool,
    service_id: Option<String>,
    endpoint_id: Option<String>,
    package_key: String,
    params: BTreeMap<String, String>,
    request_headers: BTreeMap<String, Vec<String>>,
    response_headers: BTreeMap<String, Vec<String>>,
    code: u16,
    request_payload: Vec<u8>,
    request_coded: bool,
    response_payload: Vec<u8>,
    response_coded: bool,
    relay: BTreeMap<String, String>,
    eavs: BTreeMap<String, String>,
    package_key_eavs: BTreeMap<String, String>,
    method: String,
    path: String,
    query: BTreeMap<String, String>,
    token: [Option<String>; 4],
    routing: Option<String>,
    remote: Option<[u8; 4]>,
}

const NAMES: [&str; 4] = ["a", "b", "ab", "payload"];

/// Texts that could be taken for what stands beside them.
fn text() -> impl Strategy<Value = String> {
    const TEXTS: &[&str] = &[
        "",
        "a",
        "b",
        "ab",
        "a\"",
        "\",\"b\":\"",
        "\\",
        "a\\",
        "}",
        "a,b",
        "\u{e9}",
    ];
    select(TEXTS).prop_map(str::to_owned)
}

fn map() -> impl Strategy<Value = BTreeMap<String, String>> {
    btree_map(select(&NAMES[..]).prop_map(str::to_owned), text(), 0..3)
}

fn headers() -> impl Strategy<Value = BTreeMap<String, Vec<String>>> {
    let value = select(&["", "a", "b", "ab", "a,b", "a\"", "\\"][..]).prop_map(str::to_owned);
    let lines = proptest::collection::vec(value, 1..3);
    btree_map(select(&NAMES[..]).prop_map(str::to_owned), lines, 0..3)
}

fn payload() -> impl Strategy<Value = Vec<u8>> {
    // Texts, their base64, and what is no text.
    const PAYLOADS: &[&[u8]] = &[b"a", b"YQ==", b"\xff", b"/w==", b"\",\"", b"ab", b"a\0"];
    select(PAYLOADS).prop_map(<[u8]>::to_vec)
}

prop_compose! {
    fn everything()(
        (post, code) in (any::<bool>(), 200_u16..203),
        ids in (option::of(text()), option::of(text()), text()),
        maps in (map(), map(), map(), map(), map()),
        (request_headers, response_headers) in (headers(), headers()),
        payloads in (payload(), any::<bool>(), payload(), any::<bool>()),
        (method, path) in (
            select(&["GET", "POST", "a"][..]), select(&["/", "/a", "/a/", "/%61", "//a"][..]),
        ),
        token in [option::of(text()), option::of(text()), option::of(text()), option::of(text())],
        routing in option::of(select(&["http://a/", "http://a/b", "http://b/"][..])),
        remote in option::of([0_u8..2, 0..2, 0..2, 0..2]),
    ) -> Everything {
        Everything {
            post,
            service_id: ids.0,
            endpoint_id: ids.1,
            package_key: ids.2,
            params: maps.0,
            request_headers,
            response_headers,
            code,
            request_payload: payloads.0,
            request_coded: payloads.1,
            response_payload: payloads.2,
            response_coded: payloads.3,
            eavs: maps.1,
            package_key_eavs: maps.2,
            method: method.to_owned(),
            path: path.to_owned(),
            query: maps.3,
            relay: maps.4,
            token,
            routing: routing.map(str::to_owned),
            remote,
        }
    }
}

fn header_map(headers: &BTreeMap<String, Vec<String>>) -> HeaderMap {
    let lines = headers
        .iter()
        .flat_map(|(name, lines)| lines.iter().map(move |line| (name, line)));
    let lines = lines.map(|(name, line)| {
        let name = HeaderName::try_from(name).unwrap();
        (name, HeaderValue::try_from(line).unwrap())
    });
    let mut map = HeaderMap::new();
    for (name, line) in lines {
        map.append(name, line);
    }
    map
}

fn whole(bytes: &[u8], coded: bool) -> Payload {
    let bytes = Bytes::copy_from_slice(bytes);
    Payload::Whole { bytes, coded }
}

impl Everything {
    fn sidecar(&self) -> Sidecar {
        let point = if self.post {
            Point::PostProcessor
        } else {
            Point::PreProcessor
        };
        let has_place = |part: &&Expand| part.only_at().is_none_or(|at| at == point);
        let parts = Expand::ALL.iter().filter(has_place);
        let mut sidecar: SidecarBuilder = Sidecar::local(point, "f")
            .expand_input(parts)
            .include_request_headers(NAMES)
            .include_eavs(NAMES)
            .include_package_key_eavs(NAMES)
            .cache_max(std::time::Duration::from_secs(1));
        if self.post {
            sidecar = sidecar.include_response_headers(NAMES);
        }
        for (name, text) in &self.params {
            sidecar = sidecar.param(name, text);
        }
        sidecar.build().unwrap()
    }

    fn context(&self) -> CallContext {
        let mut endpoint = Endpoint::new();
        if let Some(id) = &self.service_id {
            endpoint = endpoint.service_id(id);
        }
        if let Some(id) = &self.endpoint_id {
            endpoint = endpoint.endpoint_id(id);
        }
        let key = PackageKey::new(&self.package_key, self.package_key_eavs.clone());
        let application = Application::new(self.eavs.clone());
        let mut token = Token::default();
        [
            token.scope,
            token.user_context,
            token.grant_type,
            token.expires,
        ] = self.token.clone();
        let mut context = CallContext::new();
        context.endpoint = Some(Arc::new(endpoint));
        context.package_key = Some(Arc::new(key));
        context.application = Some(Arc::new(application));
        context.token = Some(Arc::new(token));
        context.routing = self
            .routing
            .as_ref()
            .map(|uri| Arc::new(uri.parse().unwrap()));
        context.remote_addr = self.remote.map(IpAddr::from);
        let mut relay = Relay::new();
        for (name, value) in &self.relay {
            relay.insert(name, &value.as_str().into());
        }
        context.set_relay(Some(Arc::new(relay)));
        context
    }

    fn invocation(&self, id: &str) -> Invocation {
        let sidecar = self.sidecar();
        let mut query = form_urlencoded::Serializer::new(String::new());
        let query = query.extend_pairs(&self.query).finish();
        let uri: Uri = format!("{}?{query}", self.path).parse().unwrap();
        let (request_headers, response_headers) = (
            header_map(&self.request_headers),
            header_map(&self.response_headers),
        );
        let request_payload = whole(&self.request_payload, self.request_coded);
        let response_payload = whole(&self.response_payload, self.response_coded);
        let context = self.context();
        let envelope = EnvelopeSource {
            sidecar: &sidecar,
            context: &context,
            message_id: id,
            request: RequestView {
                method: &Method::try_from(&*self.method).unwrap(),
                uri: &uri,
                headers: &request_headers,
                payload: &request_payload,
            },
            response: self.post.then(|| ResponseView {
                status: StatusCode::from_u16(self.code).unwrap(),
                headers: &response_headers,
                payload: &response_payload,
            }),
        };
        let json = envelope.to_json();
        Invocation::new(Arc::new(sidecar), json, id)
    }

    fn question(&self, id: &str) -> Question {
        let invocation = self.invocation(id);
        let identity = FunctionIdentity::new(&invocation.sidecar);
        identity.question(&invocation).unwrap()
    }

    /// The same with one thing taken from another.
    fn with_one_of(&self, other: &Self, which: usize) -> Self {
        let mut mixed = self.clone();
        let mut fields = 0;
        macro_rules! one_of {
            ($($field:ident)*) => {$(
                if fields == which {
                    mixed.$field = other.$field.clone();
                }
                fields += 1;
            )*};
        }
        one_of!(post service_id endpoint_id package_key params request_headers response_headers code
            request_payload request_coded response_payload response_coded relay eavs package_key_eavs method
            path query token routing remote);
        assert_eq!(fields, FIELDS);
        mixed
    }

    /// What is not sent makes no difference: the response at the request's point, and a coding of what is sent as
    /// base64 whether it is coded or not.
    fn as_sent(&self) -> Self {
        let mut sent = self.clone();
        let is_text =
            |payload: &[u8]| std::str::from_utf8(payload).is_ok_and(|text| !text.contains('\0'));
        sent.request_coded &= is_text(&self.request_payload);
        sent.response_coded &= is_text(&self.response_payload);
        sent.method.make_ascii_lowercase();
        if !self.post {
            sent.response_headers.clear();
            sent.response_payload.clear();
            sent.relay.clear();
            (sent.code, sent.response_coded) = (0, false);
        }
        sent
    }
}

const FIELDS: usize = 21;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn two_calls_share_a_key_only_if_nothing_in_their_envelopes_differs(
        one in everything(), other in everything(), which in 0..FIELDS,
    ) {
        for other in [one.with_one_of(&other, which), other] {
            let is_equal = one.as_sent() == other.as_sent();
            let is_one_key = one.question("1") == other.question("2");
            prop_assert_eq!(is_equal, is_one_key, "{:?}\n{:?}", one, other);
        }
    }
}

const ARN: &str = "arn:aws:lambda:us-east-1:123456789012:function:authz";

/// The keys that one envelope has for all of these functions.
#[test]
fn functions_that_differ_never_share_a_key() {
    let aws = |region: &str, arn: &str| {
        let arn = arn.replace("us-east-1", region);
        Sidecar::builder(Point::PreProcessor)
            .region(region)
            .function_arn(arn)
    };
    let role = |arn: &str, id: &str, session: &str| {
        let sidecar =
            aws("us-east-1", ARN).role_arn(format!("arn:aws:iam::123456789012:role/{arn}"));
        sidecar.external_id_key(id).session_name(session)
    };
    let sidecars = [
        Sidecar::local(Point::PreProcessor, "authz"),
        Sidecar::local(Point::PreProcessor, "authz2"),
        Sidecar::local(Point::PreProcessor, ARN),
        aws("us-east-1", ARN).process_credentials(),
        aws("eu-west-1", ARN).process_credentials(),
        aws("us-east-1", &format!("{ARN}:1")).process_credentials(),
        aws("us-east-1", &format!("{ARN}:prod")).process_credentials(),
        role("a", "id", "session"),
        role("b", "id", "session"),
        role("a", "ids", "session"),
        role("a", "id", "sessions"),
        role("a", "ids", "ession"),
    ];
    let questions = sidecars.map(|sidecar| {
        let sidecar = Arc::new(sidecar.build().unwrap());
        let envelope = r#"{"point":"PreProcessor","masheryMessageId":"a","synchronicity":"x"}"#;
        let identity = FunctionIdentity::new(&sidecar);
        let invocation = Invocation::new(sidecar, envelope, "a");
        identity.question(&invocation).unwrap()
    });
    for (at, question) in questions.iter().enumerate() {
        assert!(!questions[..at].contains(question), "{at}");
    }
}

/// Only by its name: how it is called is not who it is.
#[test]
fn what_a_sidecar_does_with_an_answer_is_no_part_of_the_key() {
    let question = |sidecar: SidecarBuilder| {
        let sidecar = Arc::new(sidecar.build().unwrap());
        let envelope = r#"{"point":"PreProcessor","masheryMessageId":"a"}"#;
        FunctionIdentity::new(&sidecar).question(&Invocation::new(sidecar, envelope, "a"))
    };
    let sidecar = || Sidecar::local(Point::PreProcessor, "f");
    let second = std::time::Duration::from_secs(1);
    let other = sidecar()
        .cache_max(second)
        .timeout(second)
        .max_concurrency(3);
    assert_eq!(question(sidecar()), question(other));
}

#[test]
fn what_is_not_to_be_shared_has_no_key() {
    let sidecar = Arc::new(Sidecar::local(Point::PreProcessor, "f").build().unwrap());
    let identity = FunctionIdentity::new(&sidecar);
    let envelope = r#"{"point":"PreProcessor","masheryMessageId":"a"}"#;
    let mut invocation = Invocation::new(Arc::clone(&sidecar), envelope, "a");
    assert!(identity.question(&invocation).is_some());
    invocation.payload_left_out = true;
    assert_eq!(identity.question(&invocation), None);
    let other = Invocation::new(sidecar, "{}", "a");
    assert_eq!(identity.question(&other), None);
}
