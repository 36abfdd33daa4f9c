//! One request sent and its answer read, whole.

use std::{future::Future, pin::Pin};

use aws_sdk_lambda::{error::SdkError, operation::invoke::InvokeError};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        http::{HttpConnector as _, SharedHttpConnector},
        orchestrator::HttpResponse,
        result::ConnectorError,
    },
};
use aws_smithy_types::body::SdkBody;
use bytes::{Bytes, BytesMut};
use http::{Request, Response, header::CONTENT_LENGTH, response::Parts};
use http_body::Body;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::ResponseFuture;

use super::client::Client;
use crate::{Answer, function::lambda::http::TooLarge};

/// How an attempt failed.
pub(super) type AttemptError = SdkError<InvokeError>;

/// What requests are sent over.
pub(super) enum Wire {
    Direct(Box<Client>),
    /// The application's own HTTP client, or the way through a proxy.
    OverSdk(SharedHttpConnector),
}

/// A request on its way; it is sent when this is awaited.
pub(super) enum Sent {
    Direct(ResponseFuture),
    OverSdk(Pin<Box<dyn Future<Output = Result<Response<SdkBody>, ConnectorError>> + Send>>),
}

impl Wire {
    /// Takes the request, so that a call that waits for the answer holds no room for it.
    pub(super) fn send(&self, request: Request<Bytes>) -> Sent {
        match self {
            Self::Direct(client) => Sent::Direct(client.request(request.map(Full::new))),
            Self::OverSdk(connector) => {
                Sent::OverSdk(Box::pin(over_sdk(connector.clone(), request)))
            }
        }
    }
}

impl Sent {
    /// # Errors
    ///
    /// As the SDK classes them.
    pub(super) async fn answer(self) -> Result<Response<Bytes>, AttemptError> {
        match self {
            Self::Direct(response) => match response.await {
                Ok(response) => read(response).await,
                Err(error) => Err(SdkError::dispatch_failure(ConnectorError::io(error.into()))),
            },
            Self::OverSdk(response) => {
                read(response.await.map_err(SdkError::dispatch_failure)?).await
            }
        }
    }
}

async fn over_sdk(
    connector: SharedHttpConnector,
    request: Request<Bytes>,
) -> Result<Response<SdkBody>, ConnectorError> {
    let user = |error| ConnectorError::user(BoxError::from(error));
    let request = request.map(SdkBody::from).try_into().map_err(user)?;
    let response = connector.call(request).await?;
    response.try_into_http1x().map_err(user)
}

async fn read<B>(response: Response<B>) -> Result<Response<Bytes>, AttemptError>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BoxError>,
{
    let (parts, body) = response.into_parts();
    match collect(&parts, body).await {
        Ok(bytes) => Ok(Response::from_parts(parts, bytes)),
        Err(error) => Err(SdkError::response_error(error, raw(parts, Bytes::new())?)),
    }
}

async fn collect<B>(parts: &Parts, mut body: B) -> Result<Bytes, BoxError>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BoxError>,
{
    let announced = parts.headers.get(CONTENT_LENGTH);
    let announced = announced.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > Answer::MAX_PAYLOAD) {
        return Err(TooLarge.into());
    }
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(Into::into)?.into_data() else {
            continue;
        };
        if first.len().max(all.len()) + data.len() > Answer::MAX_PAYLOAD {
            return Err(TooLarge.into());
        }
        // Most answers are one piece, which need not be copied.
        if first.is_empty() {
            first = data;
            continue;
        }
        if all.is_empty() {
            all.extend_from_slice(&first);
        }
        all.extend_from_slice(&data);
    }
    Ok(if all.is_empty() { first } else { all.freeze() })
}

/// An answer as the SDK has it.
#[allow(clippy::result_large_err, reason = "the SDK's errors are of that size")]
pub(super) fn raw(parts: Parts, body: Bytes) -> Result<HttpResponse, AttemptError> {
    let response = Response::from_parts(parts, SdkBody::from(body));
    let user = |error| SdkError::dispatch_failure(ConnectorError::user(BoxError::from(error)));
    HttpResponse::try_from(response).map_err(user)
}
