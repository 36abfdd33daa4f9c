//! What a function is sent.

mod access;
mod call;
mod headers;
mod message;
mod param;
mod point;
mod values;

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use self::values::NamesOnly;

pub use self::{
    call::{Operation, Routing, Token},
    headers::Headers,
    message::{Body, Request, Response},
    param::Param,
    point::{Point, Synchronicity},
    values::Values,
};

/// A call, as far as the sidecar's configuration has it sent to the function.
///
/// Read it by its methods. Its members are public so that a test can set them.
///
/// Members that have nothing to say are left out by the sidecar: a map is empty then, anything else
/// `None`. Members this version does not know are ignored, so that a function keeps working when the
/// envelope grows.
///
/// Its `Debug` shows which parts are there, not what they hold: an envelope carries secrets.
///
/// ```
/// use lambda_sidecar_function::{Envelope, Point};
///
/// let envelope: Envelope = serde_json::from_str(
///     r#"{
///         "point": "PreProcessor",
///         "masheryMessageId": "7632924a-8d8d-4d35-8a77-b57c4bb450af",
///         "synchronicity": "RequestResponse",
///         "request": { "headers": { "authorization": "Bearer qwerty" } },
///         "eavs": { "tier": "gold" }
///     }"#,
/// )?;
/// assert_eq!(envelope.point(), Point::PreProcessor);
/// assert_eq!(envelope.header("Authorization"), Some("Bearer qwerty"));
/// assert_eq!(envelope.eav("tier"), Some("gold"));
/// assert_eq!(envelope.path(), None); // the sidecar does not expand the operation
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(transform = crate::schema_rules::response_at_post))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Envelope {
    /// The place in the call at which the function is invoked.
    pub point: Point,
    /// One id for the whole call, the same at both points and in every sidecar of a chain.
    #[serde(rename = "masheryMessageId")]
    pub message_id: String,
    /// Whether the call waits for the verdict.
    pub synchronicity: Synchronicity,
    /// Id of the service that the endpoint belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_id: Option<String>,
    /// Id of the endpoint that is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint_id: Option<String>,
    /// The package key that was presented.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package_key: Option<String>,
    /// The `sidecar-param-NAME` values of the configuration.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, Param>,
    /// What the request halves of the call relayed, at `PostProcessor` only (`expand-input: relay`).
    #[cfg(feature = "json")]
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub relay: serde_json::Map<String, serde_json::Value>,
    /// The request: as it is at `PreProcessor`, as it came in at `PostProcessor`.
    #[serde(default, skip_serializing_if = "Request::is_empty")]
    pub request: Request,
    /// The response; always there at `PostProcessor`, never at `PreProcessor`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<Response>,
    /// Extended attribute values of the application, by their case-sensitive names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub eavs: BTreeMap<String, String>,
    /// Extended attribute values of the package key, by their case-sensitive names.
    #[serde(
        rename = "packageKeyEAVs",
        default,
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub package_key_eavs: BTreeMap<String, String>,
    /// The call as the client made it (`expand-input: operation`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<Operation>,
    /// What the access token says (`expand-input: token`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Token>,
    /// Where the request would be sent (`expand-input: routing`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub routing: Option<Routing>,
    /// The peer's IP address, without port (`expand-input: remoteAddress`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_addr: Option<String>,
}

impl Envelope {
    /// An envelope that says nothing beyond its id, for the tests of a function.
    ///
    /// Set the members that the function reads:
    ///
    /// ```
    /// use lambda_sidecar_function::{Body, Envelope, Operation, Point, Response};
    ///
    /// let mut envelope = Envelope::new(Point::PostProcessor, "an-id");
    /// envelope.request.headers.insert("authorization", "Bearer qwerty");
    /// envelope.request.body = Body::from_text(r#"{"id":7}"#);
    /// envelope.operation = Some(Operation::new("POST", "/orders"));
    /// envelope.eavs.insert("tier".into(), "gold".into());
    /// envelope.params.insert("limit".into(), 100.into());
    ///
    /// let mut response = Response::new(201);
    /// response.headers.insert("etag", "\"1\"");
    /// response.body = Body::from_bytes(b"\xff\0");
    /// envelope.response = Some(response);
    ///
    /// assert_eq!(envelope.method(), Some("post"));
    /// assert_eq!(envelope.response_header("ETag"), Some("\"1\""));
    /// ```
    #[must_use]
    pub fn new(point: Point, message_id: impl Into<String>) -> Self {
        Self {
            point,
            message_id: message_id.into(),
            synchronicity: Synchronicity::RequestResponse,
            service_id: None,
            endpoint_id: None,
            package_key: None,
            params: BTreeMap::new(),
            #[cfg(feature = "json")]
            relay: serde_json::Map::new(),
            request: Request::default(),
            response: None,
            eavs: BTreeMap::new(),
            package_key_eavs: BTreeMap::new(),
            operation: None,
            token: None,
            routing: None,
            remote_addr: None,
        }
    }
}

/// Shows which parts are there; keys, values and tokens are not shown.
impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Envelope");
        shown
            .field("point", &self.point)
            .field("message_id", &self.message_id)
            .field("synchronicity", &self.synchronicity)
            .field("service_id", &self.service_id)
            .field("endpoint_id", &self.endpoint_id)
            .field("package_key", &self.package_key.is_some())
            .field("params", &NamesOnly(&self.params))
            .field("request", &self.request)
            .field("response", &self.response)
            .field("eavs", &NamesOnly(&self.eavs))
            .field("package_key_eavs", &NamesOnly(&self.package_key_eavs))
            .field("operation", &self.operation)
            .field("token", &self.token)
            .field("routing", &self.routing)
            .field("remote_addr", &self.remote_addr);
        #[cfg(feature = "json")]
        shown.field("relay", &self.relay.keys().collect::<Vec<_>>());
        shown.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let mut envelope = Envelope::new(Point::PostProcessor, "id");
        envelope.package_key = Some("secret".into());
        envelope.params.insert("p".into(), "secret".into());
        envelope.eavs.insert("e".into(), "secret".into());
        envelope
            .package_key_eavs
            .insert("k".into(), "secret".into());
        envelope.request.headers.insert("authorization", "secret");
        envelope.request.body = Body::from_text("secret");
        let mut response = Response::new(200);
        response.headers.insert("set-cookie", "secret");
        response.body = Body::from_text("secret");
        envelope.response = Some(response);
        let mut operation = Operation::new("GET", "/");
        operation.query.insert("q".into(), "secret".into());
        operation.uri = "/?q=secret".into();
        envelope.operation = Some(operation);
        let mut token = Token::default();
        (token.scope, token.user_context) = (Some("secret".into()), Some("secret".into()));
        envelope.token = Some(token);
        envelope.routing = Some(Routing {
            http_verb: "get".into(),
            uri: "/?q=secret".into(),
        });
        let shown = format!("{envelope:?}");
        assert!(!shown.contains("secret"), "{shown}");
        assert!(shown.contains("authorization"), "{shown}");
    }

    #[test]
    fn members_that_are_not_known_are_ignored() {
        let envelope: Envelope = serde_json::from_str(
            r#"{"point":"PostProcessor","masheryMessageId":"m","synchronicity":"Event","new":{"a":[1]},
                "request":{"new":1},"response":{"code":200,"new":null},"token":{"new":"x"}}"#,
        )
        .unwrap();
        let mut expected = Envelope::new(Point::PostProcessor, "m");
        expected.synchronicity = Synchronicity::Event;
        expected.response = Some(Response::new(200));
        expected.token = Some(Token::default());
        assert_eq!(envelope, expected);
    }
}
