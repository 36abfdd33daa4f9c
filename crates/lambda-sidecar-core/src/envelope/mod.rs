//! What the function is sent (`docs/envelope.md`): one JSON object, written from borrowed parts into one
//! buffer of its exact length. The same code measures first and writes then.

mod headers;
mod json;
mod message_id;
mod operation;
mod payload;
mod short;
mod sink;
mod view;

use bytes::Bytes;
use http::Method;

pub(crate) use self::{
    headers::selected, message_id::around_message_id, operation::path as operation_path,
    sink::push_string,
};
use self::{
    json::Json,
    operation::Query,
    payload::ShownPayload,
    short::{Short, short},
    sink::{Buffer, Length, Sink},
};
pub use self::{
    payload::{Payload, has_content_coding},
    view::{RequestSnapshot, RequestView, ResponseView},
};
use crate::{CallContext, Expand, Sidecar};

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

/// What is found out once, although the envelope is gone through twice.
struct Prepared<'a> {
    query: Query<'a>,
    request_headers: headers::ShownHeaders<'a>,
    request_payload: ShownPayload<'a>,
    response_payload: ShownPayload<'a>,
    remote_addr: Option<Short>,
}

impl<'a> EnvelopeSource<'a> {
    /// Writes the envelope. It makes one allocation, unless names or values of an expanded query have to
    /// be decoded or there are more than 8 of them.
    #[must_use]
    pub fn to_json(&self) -> Bytes {
        let prepared = self.prepare();
        let length = self.write(&prepared, Length::default());
        self.json_of(&prepared, length)
    }

    /// The same, or nothing if it would be longer than this, in bytes. Nothing is written then.
    pub(crate) fn json_within(&self, limit: usize) -> Option<Bytes> {
        let prepared = self.prepare();
        let length = self.write(&prepared, Length::default());
        (length.bytes() <= limit).then(|| self.json_of(&prepared, length))
    }

    /// Whether it is not longer than this, in bytes.
    pub(crate) fn fits(&self, limit: usize) -> bool {
        self.write(&self.prepare(), Length::default()).bytes() <= limit
    }

    fn json_of(&self, prepared: &Prepared<'_>, length: Length) -> Bytes {
        let buffer = self.write(prepared, Buffer::with_length(length));
        buffer.into_text().into()
    }

    fn prepare(&self) -> Prepared<'a> {
        let response_payload = self.response.map(|response| response.payload.shown());
        let remote_addr = self.context.remote_addr;
        let remote_addr = remote_addr.filter(|_| self.sidecar.expands(Expand::RemoteAddress));
        Prepared {
            remote_addr: remote_addr.map(|address| short(address.to_canonical())),
            query: Query::of(self),
            request_headers: headers::ShownHeaders::of(
                self.sidecar.request_headers(),
                self.request.headers,
            ),
            request_payload: self.request.payload.shown(),
            response_payload: response_payload.unwrap_or(ShownPayload::Nothing),
        }
    }

    fn write<S: Sink>(&self, prepared: &Prepared<'_>, sink: S) -> S {
        let mut json = Json::new(sink);
        json.object(|json| {
            self.write_ids(json);
            self.write_messages(json, prepared);
            self.write_eavs(json);
            self.write_expanded(json, prepared);
        });
        json.into_inner()
    }

    fn write_ids(&self, json: &mut Json<impl Sink>) {
        json.key("point").plain(self.sidecar.point().as_str());
        json.key("masheryMessageId").text(self.message_id);
        json.key("synchronicity")
            .plain(self.sidecar.synchronicity().as_str());
        if let Some(endpoint) = &self.context.endpoint {
            json.optional("serviceId", endpoint.service_id.as_deref());
            json.optional("endpointId", endpoint.endpoint_id.as_deref());
        }
        let package_key = self.context.package_key.as_deref();
        json.optional("packageKey", package_key.map(|key| key.key.as_str()));
        if !self.sidecar.params().is_empty() {
            json.key("params").raw(self.sidecar.params());
        }
        if let Some(relay) = &self.context.relay
            && self.sidecar.expands(Expand::Relay)
        {
            json.object_of("relay", relay.members(), |json, (name, value)| {
                json.name(name).raw(value)
            });
        }
    }

    fn write_messages(&self, json: &mut Json<impl Sink>, prepared: &Prepared<'_>) {
        let has_payload = !matches!(prepared.request_payload, ShownPayload::Nothing);
        if has_payload || !prepared.request_headers.is_empty() {
            json.key("request").object(|json| {
                prepared.request_headers.write(json);
                prepared.request_payload.write(json);
            });
        }
        if let Some(response) = &self.response {
            json.key("response").object(|json| {
                json.key("code").number(response.status.as_u16().into());
                headers::ShownHeaders::of(self.sidecar.response_headers(), response.headers)
                    .write(json);
                prepared.response_payload.write(json);
            });
        }
    }

    fn write_eavs(&self, json: &mut Json<impl Sink>) {
        let application = self.context.application.as_deref().map(|a| &a.eavs);
        let package_key = self.context.package_key.as_deref().map(|key| &key.eavs);
        for (member, names, values) in [
            ("eavs", self.sidecar.eavs(), application),
            (
                "packageKeyEAVs",
                self.sidecar.package_key_eavs(),
                package_key,
            ),
        ] {
            let Some(values) = values else { continue };
            let eavs = names
                .iter()
                .filter_map(|name| Some((name, values.get(name)?)));
            json.object_of(member, eavs, |json, (name, value)| {
                json.name(name).text(value)
            });
        }
    }

    fn write_expanded(&self, json: &mut Json<impl Sink>, prepared: &Prepared<'_>) {
        if self.sidecar.expands(Expand::Operation) {
            operation::write(json, self, &prepared.query);
        }
        if let (true, Some(token)) = (self.sidecar.expands(Expand::Token), &self.context.token) {
            let members = [
                ("scope", &token.scope),
                ("userContext", &token.user_context),
                ("grantType", &token.grant_type),
                ("expires", &token.expires),
            ];
            let members = members
                .iter()
                .filter_map(|(key, text)| Some((key, text.as_deref()?)));
            json.object_of("token", members, |json, (key, text)| {
                json.key(key).text(text)
            });
        }
        if let (true, Some(uri)) = (self.sidecar.expands(Expand::Routing), &self.context.routing) {
            json.key("routing").object(|json| {
                write_verb(json, self.request.method);
                json.key("uri").display(uri);
            });
        }
        if let Some(address) = &prepared.remote_addr {
            json.key("remoteAddr").plain(address.as_str());
        }
    }
}

fn write_verb(json: &mut Json<impl Sink>, method: &Method) {
    json.key("httpVerb").lower_case(method.as_str());
}
