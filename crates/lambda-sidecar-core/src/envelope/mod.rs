//! What the function is sent (section 3 of the connector): one JSON object, written in one pass from
//! borrowed parts into one buffer.

mod headers;
mod json;
mod operation;
mod payload;
mod view;

use bytes::Bytes;
use http::Method;

use self::json::Json;
pub use self::{
    payload::{Payload, has_content_coding},
    view::{RequestSnapshot, RequestView, ResponseView},
};
use crate::{CallContext, Endpoint, Expand, PackageKey, Sidecar};

/// A call as an envelope sees it.
#[derive(Debug, Clone, Copy)]
pub struct EnvelopeSource<'a> {
    /// The sidecar that asks; it says what is sent.
    pub sidecar: &'a Sidecar,
    /// What the application knows of the call.
    pub context: &'a CallContext,
    /// The id of the call.
    pub message_id: &'a str,
    /// The request: as it is at this point, or as it came in where the point is the response's.
    pub request: RequestView<'a>,
    /// The response, at `PostProcessor`.
    pub response: Option<ResponseView<'a>>,
}

impl EnvelopeSource<'_> {
    /// Writes the envelope. It makes one allocation, unless an unusual number of characters has to be
    /// escaped, a header is repeated or no UTF-8, or a query has to be decoded.
    #[must_use]
    pub fn to_json(&self) -> Bytes {
        let mut json = Json::with_capacity(self.capacity());
        json.begin();
        json.key("point").text(self.sidecar.point().as_str());
        json.key("masheryMessageId").text(self.message_id);
        json.key("synchronicity")
            .text(self.sidecar.synchronicity().as_str());
        let endpoint = self.context.endpoint.as_deref();
        json.optional("serviceId", endpoint.and_then(|e| e.service_id.as_deref()));
        json.optional(
            "endpointId",
            endpoint.and_then(|e| e.endpoint_id.as_deref()),
        );
        let package_key = self.context.package_key.as_deref();
        json.optional("packageKey", package_key.map(|key| key.key.as_str()));
        if !self.sidecar.params().is_empty() {
            json.key("params").raw(self.sidecar.params());
        }
        self.write_messages(&mut json);
        self.write_eavs(&mut json, package_key);
        self.write_expanded(&mut json, endpoint);
        json.end();
        json.into_bytes()
    }

    fn write_messages(&self, json: &mut Json) {
        json.key("request").begin();
        headers::write(json, self.sidecar.request_headers(), self.request.headers);
        self.request.payload.write(json);
        json.end_unless_empty("request");
        if let Some(response) = &self.response {
            json.key("response").begin();
            json.key("code").number(response.status.as_u16());
            headers::write(json, self.sidecar.response_headers(), response.headers);
            response.payload.write(json);
            json.end();
        }
    }

    fn write_eavs(&self, json: &mut Json, package_key: Option<&PackageKey>) {
        let application = self.context.application.as_deref().map(|a| &a.eavs);
        for (member, names, values) in [
            ("eavs", self.sidecar.eavs(), application),
            (
                "packageKeyEAVs",
                self.sidecar.package_key_eavs(),
                package_key.map(|key| &key.eavs),
            ),
        ] {
            let Some(values) = values else { continue };
            json.key(member).begin();
            for name in names {
                if let Some(value) = values.get(name) {
                    json.name(name).text(value);
                }
            }
            json.end_unless_empty(member);
        }
    }

    fn write_expanded(&self, json: &mut Json, endpoint: Option<&Endpoint>) {
        let RequestView {
            method,
            uri,
            headers,
            ..
        } = self.request;
        if self.sidecar.expands(Expand::Operation) {
            operation::write(json, endpoint, method, uri, headers);
        }
        if let (true, Some(token)) = (self.sidecar.expands(Expand::Token), &self.context.token) {
            json.key("token").begin();
            json.optional("scope", token.scope.as_deref());
            json.optional("userContext", token.user_context.as_deref());
            json.optional("grantType", token.grant_type.as_deref());
            json.optional("expires", token.expires.as_deref());
            json.end_unless_empty("token");
        }
        if let (true, Some(uri)) = (self.sidecar.expands(Expand::Routing), &self.context.routing) {
            json.key("routing").begin();
            write_verb(json, method);
            json.key("uri").text(&uri.to_string());
            json.end();
        }
        if let (true, Some(address)) = (
            self.sidecar.expands(Expand::RemoteAddress),
            self.context.remote_addr,
        ) {
            json.key("remoteAddr").display(&address.to_canonical());
        }
    }

    /// How long the envelope will be, rather more than less.
    fn capacity(&self) -> usize {
        let uri = self.request.uri.path().len() + self.request.uri.query().map_or(0, str::len);
        let response = self.response.as_ref().map_or(0, |response| {
            headers::size(self.sidecar.response_headers(), response.headers)
                + response.payload.size()
        });
        512 + self.sidecar.params().len()
            + headers::size(self.sidecar.request_headers(), self.request.headers)
            + self.request.payload.size()
            + response
            + if self.sidecar.expands(Expand::Operation) {
                4 * uri
            } else {
                0
            }
            + if self.sidecar.expands(Expand::Routing) {
                2 * uri
            } else {
                0
            }
            + 64 * (self.sidecar.eavs().len() + self.sidecar.package_key_eavs().len())
    }
}

fn write_verb(json: &mut Json, method: &Method) {
    json.key("httpVerb").lower_case(method.as_str());
}
