//! Sections 3 and 4: from the parts of a call to its envelope.

use std::{collections::BTreeMap, net::IpAddr, sync::Arc};

use http::{HeaderMap, Method, StatusCode, Uri};
use lambda_sidecar_core::{
    Application, CallContext, Endpoint, EnvelopeSource, Expand, PackageKey, Payload, Point, Relay,
    RequestView, ResponseView, Sidecar, Synchronicity, Token,
};
use serde_json::{Map, Value, json};

use super::lines;

/// The EAVs that the sidecar names; others are not sent.
pub(crate) const EAVS: &[&str] = &["a", "A", "ä b", "quote\"", "back\\", "brace{", "e"];

#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) headers: HeaderMap,
    pub(crate) payload: Payload,
}

pub(crate) type Attributes = BTreeMap<String, String>;

/// All that an envelope can show of a call, and what its sidecar asks for.
#[derive(Debug, Clone)]
pub(crate) struct Parts {
    pub(crate) point: Point,
    pub(crate) event: bool,
    pub(crate) expands: bool,
    pub(crate) has_params: bool,
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) request: Message,
    pub(crate) status: StatusCode,
    pub(crate) response: Message,
    pub(crate) texts: Texts,
    pub(crate) routing: Option<Uri>,
    pub(crate) address: Option<IpAddr>,
}

/// What the application knows of the call, as text.
#[derive(Debug, Clone)]
pub(crate) struct Texts {
    pub(crate) message_id: String,
    pub(crate) endpoint: Option<PublicEndpoint>,
    pub(crate) application: Option<Attributes>,
    pub(crate) package_key: Option<(String, Attributes)>,
    /// Scope, user context, type of grant, expiry.
    pub(crate) token: Option<[Option<String>; 4]>,
}

#[derive(Debug, Clone)]
pub(crate) struct PublicEndpoint {
    pub(crate) service_id: Option<String>,
    pub(crate) endpoint_id: Option<String>,
    pub(crate) path: &'static str,
    pub(crate) base: Option<&'static str>,
}

impl Parts {
    fn context(&self) -> CallContext {
        let mut context = CallContext::new();
        let texts = &self.texts;
        if let Some(public) = &texts.endpoint {
            let mut endpoint = Endpoint::new().path(public.path);
            endpoint = match &public.service_id {
                Some(id) => endpoint.service_id(id),
                None => endpoint,
            };
            endpoint = match &public.endpoint_id {
                Some(id) => endpoint.endpoint_id(id),
                None => endpoint,
            };
            endpoint = match public.base {
                Some(base) => endpoint.public_base(base),
                None => endpoint,
            };
            context = context.endpoint(Arc::new(endpoint));
        }
        if let Some(eavs) = &texts.application {
            context = context.application(Arc::new(Application::new(eavs.clone())));
        }
        if let Some((key, eavs)) = &texts.package_key {
            context = context.package_key(Arc::new(PackageKey::new(key, eavs.clone())));
        }
        if let Some([scope, user_context, grant_type, expires]) = texts.token.clone() {
            let mut token = Token::new();
            (token.scope, token.user_context) = (scope, user_context);
            (token.grant_type, token.expires) = (grant_type, expires);
            context = context.token(token);
        }
        context.routing = self.routing.clone().map(std::sync::Arc::new);
        context.remote_addr = self.address;
        if self.has_params {
            let mut relay = Relay::new();
            relay.insert("user \"", &json!({ "ä": [1.5, null] }));
            relay.insert("", &json!(7));
            context.set_relay(Some(std::sync::Arc::new(relay)));
        }
        context
    }

    fn sidecar(&self) -> Sidecar {
        let at_response = self.point == Point::PostProcessor;
        let mut sidecar = Sidecar::local(self.point, "f")
            .skip_request_headers(["x-skipped"])
            .include_eavs(EAVS.iter().copied())
            .include_package_key_eavs(EAVS.iter().copied());
        if at_response {
            sidecar = sidecar.skip_response_headers(["x-skipped"]);
        }
        if self.event {
            sidecar = sidecar.synchronicity(Synchronicity::Event);
        }
        if self.has_params {
            sidecar = sidecar.param("strict", true).param("limit", 12.5);
            sidecar = sidecar.param("realm \"", "a\\ä");
        }
        if self.expands {
            let parts = Expand::ALL.iter().copied();
            sidecar =
                sidecar.expand_input(parts.filter(|part| at_response || part.only_at().is_none()));
        }
        sidecar.build().expect("right inputs")
    }

    /// The envelope as a value.
    fn shown(&self) -> Value {
        let texts = &self.texts;
        let verb = self.method.as_str().to_ascii_lowercase();
        let mut shown = json!({
            "point": self.point.as_str(),
            "masheryMessageId": texts.message_id,
            "synchronicity": if self.event { "Event" } else { "RequestResponse" },
        });
        if let Some(public) = &texts.endpoint {
            put(&mut shown, "serviceId", json!(public.service_id));
            put(&mut shown, "endpointId", json!(public.endpoint_id));
        }
        if self.has_params {
            shown["params"] = json!({"strict": true, "limit": 12.5, "realm \"": "a\\ä"});
        }
        put(&mut shown, "request", message_shown(&self.request));
        if self.point == Point::PostProcessor {
            shown["response"] = message_shown(&self.response);
            shown["response"]["code"] = self.status.as_u16().into();
        }
        if let Some(eavs) = &texts.application {
            put(&mut shown, "eavs", eavs_shown(eavs));
        }
        if let Some((key, eavs)) = &texts.package_key {
            shown["packageKey"] = json!(key);
            put(&mut shown, "packageKeyEAVs", eavs_shown(eavs));
        }
        if !self.expands {
            return shown;
        }
        if self.has_params && self.point == Point::PostProcessor {
            shown["relay"] = json!({ "user \"": { "ä": [1.5, null] }, "": 7 });
        }
        shown["operation"] = self.operation_shown(&verb);
        if let Some(token) = &texts.token {
            let mut object = json!({});
            let names = ["scope", "userContext", "grantType", "expires"];
            for (name, text) in names.into_iter().zip(token) {
                put(&mut object, name, json!(text));
            }
            put(&mut shown, "token", object);
        }
        if let Some(routing) = &self.routing {
            shown["routing"] = json!({"httpVerb": verb, "uri": routing.to_string()});
        }
        if let Some(address) = self.address {
            shown["remoteAddr"] = address.to_canonical().to_string().into();
        }
        shown
    }

    fn operation_shown(&self, verb: &str) -> Value {
        let (path, query) = (self.uri.path(), self.uri.query());
        let public = self.texts.endpoint.as_ref();
        let below = match path.strip_prefix(public.map_or("", |public| public.path)) {
            Some("") => "/",
            Some(rest) if rest.starts_with('/') => rest,
            _ => path,
        };
        let mut shown = json!({"httpVerb": verb, "path": below});
        put(&mut shown, "query", query.map_or(Value::Null, query_shown));
        let query = query.map_or(String::new(), |query| format!("?{query}"));
        let host = self.request.headers.get("host");
        let host = host.and_then(|host| host.to_str().ok());
        let base = public.and_then(|public| public.base);
        shown["uri"] = match (base, self.uri.authority(), host) {
            (Some(base), ..) => format!("{}{path}{query}", base.trim_end_matches('/')).into(),
            (None, Some(_), _) => self.uri.to_string().into(),
            (None, None, Some(host)) => format!("http://{host}{path}{query}").into(),
            (None, None, None) => format!("{path}{query}").into(),
        };
        shown
    }
}

/// Puts a member in unless it has nothing to say.
fn put(object: &mut Value, name: &str, value: Value) {
    let nothing = value.is_null() || value.as_object().is_some_and(Map::is_empty);
    if !nothing {
        object[name] = value;
    }
}

fn headers_shown(headers: &HeaderMap) -> Value {
    let text = |value: &Vec<u8>| match String::from_utf8(value.clone()) {
        Ok(text) => text,
        Err(_) => value.iter().map(|byte| char::from(*byte)).collect(),
    };
    let mut shown = Map::new();
    for (name, values) in lines(headers) {
        let values: Vec<String> = values.iter().map(text).collect();
        let value = match name.as_str() {
            "x-skipped" => continue,
            "set-cookie" if values.len() > 1 => values.into(),
            "cookie" => values.join("; ").into(),
            _ => values.join(", ").into(),
        };
        shown.insert(name, value);
    }
    shown.into()
}

fn eavs_shown(eavs: &Attributes) -> Value {
    let named = eavs
        .iter()
        .filter(|(name, _)| EAVS.contains(&name.as_str()));
    named
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

fn message_shown(message: &Message) -> Value {
    let mut shown = json!({});
    put(&mut shown, "headers", headers_shown(&message.headers));
    let (body, coded) = match &message.payload {
        Payload::NotExpanded => return shown,
        Payload::LeftOut { length } => {
            put(&mut shown, "payloadLength", json!(length));
            return shown;
        }
        Payload::Whole { bytes, coded } => (bytes, *coded),
    };
    shown["payloadLength"] = body.len().into();
    if body.is_empty() {
        return shown;
    }
    let plain = |text: &&str| {
        !text
            .chars()
            .any(|c| c.is_control() && !"\t\r\n".contains(c))
    };
    let text = str::from_utf8(body).ok().filter(plain).filter(|_| !coded);
    shown["payload"] = match text {
        Some(text) => text.into(),
        None => base64_simd::STANDARD.encode_to_string(body).into(),
    };
    shown["payloadBase64Encoded"] = text.is_none().into();
    shown
}

/// A piece of a query, decoded as a form is.
fn decoded(piece: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = piece.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = tail
            .get(..2)
            .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        match (first, hex) {
            (b'%', Some(digits)) => {
                let digits = str::from_utf8(digits).expect("digits");
                bytes.push(u8::from_str_radix(digits, 16).expect("digits"));
                rest = &tail[2..];
                continue;
            }
            (b'+', _) => bytes.push(b' '),
            (byte, _) => bytes.push(*byte),
        }
        rest = tail;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn query_shown(query: &str) -> Value {
    let mut pairs = BTreeMap::<String, Vec<String>>::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        pairs.entry(decoded(name)).or_default().push(decoded(value));
    }
    pairs
        .into_iter()
        .map(|(name, mut values)| match values.len() {
            1 => (name, Value::from(values.remove(0))),
            _ => (name, Value::from(values)),
        })
        .collect()
}

/// The envelope of these parts is JSON that says of them what they are, and nothing else.
pub(crate) fn check(parts: &Parts) {
    let envelope = EnvelopeSource {
        sidecar: &parts.sidecar(),
        context: &parts.context(),
        message_id: &parts.texts.message_id,
        request: RequestView {
            method: &parts.method,
            uri: &parts.uri,
            headers: &parts.request.headers,
            payload: &parts.request.payload,
        },
        response: (parts.point == Point::PostProcessor).then_some(ResponseView {
            status: parts.status,
            headers: &parts.response.headers,
            payload: &parts.response.payload,
        }),
    }
    .to_json();
    let expected = parts.shown();
    let parsed: Value = serde_json::from_slice(&envelope).expect("an envelope is JSON");
    assert_eq!(parsed, expected);
    // No member stands twice, which a `Value` would not show: escapes aside, the lengths agree.
    assert_eq!(quotes(&envelope), quotes(expected.to_string().as_bytes()));

    let (request, response) = (&parts.request.payload, &parts.response.payload);
    for (member, payload) in [("request", request), ("response", response)] {
        let (Some(text), Payload::Whole { bytes, .. }) =
            (parsed[member]["payload"].as_str(), payload)
        else {
            continue;
        };
        let received = match &parsed[member]["payloadBase64Encoded"] {
            Value::Bool(true) => base64_simd::STANDARD.decode_to_vec(text).expect("base64"),
            _ => text.as_bytes().to_vec(),
        };
        assert_eq!(received, **bytes);
    }

    // It was measured before it was written: the buffer neither grew nor has room left.
    let length = envelope.len();
    assert_eq!(Vec::from(envelope).capacity(), length);
}

/// How many quotation marks a JSON text has, escaped ones too.
fn quotes(json: &[u8]) -> usize {
    json.iter().filter(|byte| **byte == b'"').count()
}
