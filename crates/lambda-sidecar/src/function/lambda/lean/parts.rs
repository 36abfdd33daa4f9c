//! What all attempts at one call have in common, made ready to be sent.

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use bytes::Bytes;
use http::{HeaderName, header::CONTENT_LENGTH};
use lambda_sidecar_core::{Synchronicity, TenantId};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::{
    Invocation,
    function::lambda::{
        client_context,
        execution_name::execution_name,
        hex::{Hex, hex},
    },
};

pub(super) const CONTEXT: HeaderName = HeaderName::from_static("x-amz-client-context");
pub(super) const ID: HeaderName = HeaderName::from_static("amz-sdk-invocation-id");
pub(super) const KIND: HeaderName = HeaderName::from_static("x-amz-invocation-type");
pub(super) const TENANT: HeaderName = HeaderName::from_static("x-amz-tenant-id");
pub(super) const EXECUTION: HeaderName = HeaderName::from_static("x-amz-durable-execution-name");

/// What all attempts at a call have in common.
pub(super) struct InvocationParts {
    pub(super) id: String,
    pub(super) context: String,
    pub(super) kind: &'static str,
    pub(super) tenant: Option<TenantId>,
    pub(super) execution: Option<String>,
    pub(super) length: String,
    pub(super) payload: Bytes,
    pub(super) payload_digest: Hex,
}

impl InvocationParts {
    pub(super) fn new(invocation: &Invocation) -> Self {
        let payload = invocation.payload.clone();
        Self {
            id: invocation_id(),
            context: client_context::encoded(invocation),
            kind: match invocation.synchronicity() {
                Synchronicity::RequestResponse => "RequestResponse",
                Synchronicity::Event => "Event",
            },
            tenant: invocation.tenant_id.clone(),
            execution: execution_name(invocation),
            length: payload.len().to_string(),
            payload_digest: hex(&Sha256::digest(&payload).into()),
            payload,
        }
    }

    /// The parts of a request that the SDK made.
    pub(super) fn from_request(request: &HttpRequest) -> Option<Self> {
        let header = |name: HeaderName| request.headers().get(name).map(str::to_owned);
        let payload = Bytes::copy_from_slice(request.body().bytes()?);
        Some(Self {
            id: header(ID)?,
            context: header(CONTEXT)?,
            kind: "RequestResponse",
            tenant: header(TENANT).and_then(|tenant| TenantId::new(&tenant)),
            execution: header(EXECUTION),
            length: header(CONTENT_LENGTH)?,
            payload_digest: hex(&Sha256::digest(&payload).into()),
            payload,
        })
    }
}

/// As in the SDK it is random, but no secret.
fn invocation_id() -> String {
    let id = uuid::Builder::from_random_bytes(fastrand::u128(..).to_ne_bytes()).into_uuid();
    String::from(id.hyphenated().encode_lower(&mut Uuid::encode_buffer()))
}
