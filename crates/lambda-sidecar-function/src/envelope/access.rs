//! Reading an envelope: one method for each question a function has.

use std::borrow::Cow;

use super::{Body, Envelope, Operation, Param, Point, Token, Values};

/// To read it. What the sidecar's inputs do not select is not there: `None`.
impl Envelope {
    /// The place in the call. A function that serves both halves tells them apart by it.
    #[must_use]
    pub fn point(&self) -> Point {
        self.point
    }

    /// Whether the request half invoked the function: *may I send this request to the backend?*
    #[must_use]
    pub fn is_request_half(&self) -> bool {
        self.point == Point::PreProcessor
    }

    /// Whether the response half invoked the function: *may I send this response to the client?*
    #[must_use]
    pub fn is_response_half(&self) -> bool {
        self.point == Point::PostProcessor
    }

    /// The id of the call, the same in both halves and in every sidecar of a chain.
    #[must_use]
    pub fn message_id(&self) -> &str {
        &self.message_id
    }

    /// The id of the service that the endpoint belongs to.
    #[must_use]
    pub fn service_id(&self) -> Option<&str> {
        self.service_id.as_deref()
    }

    /// The id of the endpoint.
    #[must_use]
    pub fn endpoint_id(&self) -> Option<&str> {
        self.endpoint_id.as_deref()
    }

    /// The package key that the client called with.
    #[must_use]
    pub fn package_key(&self) -> Option<&str> {
        self.package_key.as_deref()
    }

    /// The method in lower case, if the sidecar expands `operation` or `routing`.
    #[must_use]
    pub fn method(&self) -> Option<&str> {
        let operation = self.operation.as_ref().map(|of| &of.http_verb);
        let routing = || self.routing.as_ref().map(|of| &of.http_verb);
        operation.or_else(routing).map(String::as_str)
    }

    /// The path below the endpoint's public path, starting with `/`, not decoded (`expand-input: operation`).
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        Some(&self.operation.as_ref()?.path)
    }

    /// A value of the query, decoded as a form is; of several the first (`expand-input: operation`).
    #[must_use]
    pub fn query(&self, name: &str) -> Option<&str> {
        let Operation { query, .. } = self.operation.as_ref()?;
        query.get(name).and_then(Values::first)
    }

    /// The public URI as the client called it (`expand-input: operation`).
    #[must_use]
    pub fn uri(&self) -> Option<&str> {
        Some(&self.operation.as_ref()?.uri)
    }

    /// The access token's data (`expand-input: token`).
    #[must_use]
    pub fn token(&self) -> Option<&Token> {
        self.token.as_ref()
    }

    /// The client's IP address, without port (`expand-input: remoteAddress`).
    #[must_use]
    pub fn remote_addr(&self) -> Option<&str> {
        self.remote_addr.as_deref()
    }

    /// A request header that the sidecar selects; its name in any case. Several lines are joined by `, `.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.request.headers.get(name)
    }

    /// A response header that the sidecar selects; its name in any case. Of several `set-cookie` lines it is
    /// the first; `response.headers` has all.
    #[must_use]
    pub fn response_header(&self, name: &str) -> Option<&str> {
        self.response.as_ref()?.headers.get(name)
    }

    /// The status of the response; `None` in the request half.
    #[must_use]
    pub fn response_code(&self) -> Option<u16> {
        Some(self.response.as_ref()?.code)
    }

    /// The request's body, if it travels as text (`expand-input: requestPayload`).
    ///
    /// A body that is not UTF-8 or has a content coding travels as bytes.
    #[must_use]
    pub fn payload(&self) -> Option<&str> {
        self.request.body.text()
    }

    /// The request's body as bytes, however it travels.
    #[must_use]
    pub fn payload_bytes(&self) -> Option<Cow<'_, [u8]>> {
        bytes(&self.request.body)
    }

    /// The request's body as JSON: `None` if [`payload`](Self::payload) is `None` or no JSON.
    #[cfg(feature = "json")]
    #[must_use]
    pub fn request_json(&self) -> Option<serde_json::Value> {
        self.request.body.json().ok().flatten()
    }

    /// The response's body, if it travels as text (`expand-input: responsePayload`).
    #[must_use]
    pub fn response_payload(&self) -> Option<&str> {
        self.response.as_ref()?.body.text()
    }

    /// The response's body as bytes, however it travels.
    #[must_use]
    pub fn response_payload_bytes(&self) -> Option<Cow<'_, [u8]>> {
        bytes(&self.response.as_ref()?.body)
    }

    /// The response's body as JSON: `None` if [`response_payload`](Self::response_payload) is `None` or no
    /// JSON.
    #[cfg(feature = "json")]
    #[must_use]
    pub fn response_json(&self) -> Option<serde_json::Value> {
        self.response.as_ref()?.body.json().ok().flatten()
    }

    /// The value of a `sidecar-param-NAME` line.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<&Param> {
        self.params.get(name)
    }

    /// What a request half of the call relayed under this name ([`Verdict::relay`](crate::Verdict::relay)), at
    /// `PostProcessor` only (`expand-input: relay`).
    #[cfg(feature = "json")]
    #[must_use]
    pub fn relay(&self, name: &str) -> Option<&serde_json::Value> {
        self.relay.get(name)
    }

    /// An extended attribute value of the application; its name is case-sensitive.
    #[must_use]
    pub fn eav(&self, name: &str) -> Option<&str> {
        self.eavs.get(name).map(String::as_str)
    }

    /// An extended attribute value of the package key; its name is case-sensitive.
    #[must_use]
    pub fn package_key_eav(&self, name: &str) -> Option<&str> {
        self.package_key_eavs.get(name).map(String::as_str)
    }
}

/// Only the sidecar could write a payload that is no base64; there is nothing a function could do about it.
fn bytes(body: &Body) -> Option<Cow<'_, [u8]>> {
    body.bytes().ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::super::{Response, Routing};
    use super::*;

    #[test]
    fn an_envelope_that_says_nothing_has_nothing_to_read() {
        let envelope = Envelope::new(Point::PreProcessor, "m");
        assert_eq!(
            (envelope.point(), envelope.message_id()),
            (Point::PreProcessor, "m")
        );
        for missing in [
            envelope.service_id(),
            envelope.endpoint_id(),
            envelope.package_key(),
            envelope.method(),
            envelope.path(),
            envelope.query("q"),
            envelope.uri(),
            envelope.remote_addr(),
            envelope.header("x-a"),
            envelope.response_header("x-a"),
            envelope.payload(),
            envelope.response_payload(),
            envelope.eav("tier"),
            envelope.package_key_eav("plan"),
        ] {
            assert_eq!(missing, None);
        }
        assert_eq!((envelope.token(), envelope.param("p")), (None, None));
        assert_eq!(envelope.payload_bytes(), None);
        assert_eq!(envelope.response_payload_bytes(), None);
        assert_eq!(envelope.response_code(), None);
    }

    #[test]
    fn operation_token_and_address_are_read() {
        let mut envelope = Envelope::new(Point::PreProcessor, "m");
        let mut operation = Operation::new("POST", "/orders/7");
        let several = Values::Several(vec!["1".into(), "2".into()]);
        operation.query.insert("page".into(), several);
        operation.uri = "https://api.acme.com/shop/orders/7?page=1&page=2".into();
        envelope.operation = Some(operation);
        let token = Token {
            scope: Some("orders".into()),
            ..Token::default()
        };
        envelope.token = Some(token);
        envelope.remote_addr = Some("203.0.113.7".into());
        assert_eq!(
            (envelope.method(), envelope.path()),
            (Some("post"), Some("/orders/7"))
        );
        assert_eq!(
            (envelope.query("page"), envelope.query("Page")),
            (Some("1"), None)
        );
        assert_eq!(
            envelope.uri(),
            Some("https://api.acme.com/shop/orders/7?page=1&page=2")
        );
        assert_eq!(envelope.token().unwrap().scope.as_deref(), Some("orders"));
        assert_eq!(envelope.remote_addr(), Some("203.0.113.7"));
    }

    #[test]
    fn the_method_is_that_of_the_operation_or_of_the_routing() {
        let mut envelope = Envelope::new(Point::PreProcessor, "m");
        envelope.routing = Some(Routing {
            http_verb: "put".into(),
            uri: "/".into(),
        });
        assert_eq!(envelope.method(), Some("put"));
        envelope.operation = Some(Operation::new("get", "/"));
        assert_eq!(envelope.method(), Some("get"));
    }

    #[test]
    fn headers_are_found_in_any_case() {
        let mut envelope = Envelope::new(Point::PostProcessor, "m");
        envelope.request.headers.insert("X-Client", "one");
        let mut response = Response::new(201);
        response.headers.insert("etag", "\"1\"");
        envelope.response = Some(response);
        for name in ["x-client", "X-Client", "X-CLIENT"] {
            assert_eq!(envelope.header(name), Some("one"));
        }
        assert_eq!(envelope.response_header("ETag"), Some("\"1\""));
        assert_eq!(envelope.response_header("x-client"), None);
        assert_eq!(envelope.response_code(), Some(201));
        assert!(envelope.is_response_half() && !envelope.is_request_half());
    }

    #[test]
    fn a_body_is_bytes_and_if_it_travels_as_text_text_too() {
        let mut envelope = Envelope::new(Point::PostProcessor, "m");
        envelope.request.body = Body::from_text("order");
        let mut response = Response::new(200);
        response.body = Body::from_bytes(b"\xff\0");
        envelope.response = Some(response);
        assert_eq!(envelope.payload(), Some("order"));
        assert_eq!(envelope.payload_bytes().as_deref(), Some(&b"order"[..]));
        assert_eq!(envelope.response_payload(), None);
        assert_eq!(
            envelope.response_payload_bytes().as_deref(),
            Some(&b"\xff\0"[..])
        );
    }

    #[cfg(feature = "json")]
    #[test]
    fn a_body_is_read_as_json_if_it_is_text_and_json() {
        for (body, expected) in [
            (
                Body::from_text(r#"{"id":7}"#),
                Some(serde_json::json!({ "id": 7 })),
            ),
            (Body::from_text("null"), Some(serde_json::Value::Null)),
            (Body::from_text("order"), None),
            (Body::from_text(r#"{"id":7} x"#), None),
            (Body::from_bytes(b"7777"), None),
            (Body::default(), None),
        ] {
            let mut envelope = Envelope::new(Point::PostProcessor, "m");
            envelope.request.body = body.clone();
            let mut response = Response::new(200);
            response.body = body;
            envelope.response = Some(response);
            assert_eq!(envelope.request_json(), expected);
            assert_eq!(envelope.response_json(), expected);
        }
    }
}
