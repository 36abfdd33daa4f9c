//! Before the function is asked: conditions, payload, envelope.

use std::{
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{HeaderMap, header::CONTENT_LENGTH};
use http_body::Body;
use lambda_sidecar_core::{
    EnvelopeSource, Expand, Payload, PayloadCondition, Precondition, RequestSnapshot, RequestView,
    ResponseView, Sidecar, check_request, has_content_coding,
};

use super::{Call, Next, Turn};
use crate::{BoxError, SidecarBody, body::Peek, function::Invocation};

impl<B, R> Call<B, R>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
    R: Body<Data = Bytes>,
    R::Error: Into<BoxError>,
{
    /// Checks everything that depends on the request as it came in, and keeps what the response halves
    /// will send of it.
    pub(crate) fn poll_enter(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Next<R>, Precondition>> {
        while let Some(turn) = self.entering() {
            let sidecar = Arc::clone(self.sidecar(turn));
            let payload = ready!(self.poll_request(cx, &sidecar))?;
            match turn {
                Turn::Request(_) => self.first_payload = payload,
                Turn::Response(_) => {
                    self.snapshots
                        .push(RequestSnapshot::of(&sidecar, &self.request.0, payload))
                }
            }
            self.entered += 1;
        }
        if self.route.request.is_empty() {
            return Poll::Ready(Ok(Next::Inner));
        }
        let payload = std::mem::take(&mut self.first_payload);
        Poll::Ready(Ok(self.ask(Turn::Request(0), &payload)))
    }

    /// Checks the conditions of a half whose turn it is, and writes its envelope.
    pub(crate) fn poll_prepare(
        &mut self,
        cx: &mut Context<'_>,
        turn: Turn,
    ) -> Poll<Result<Next<R>, Precondition>> {
        let sidecar = Arc::clone(self.sidecar(turn));
        let payload = match turn {
            Turn::Request(_) => ready!(self.poll_request(cx, &sidecar))?,
            Turn::Response(_) => {
                let (parts, body) = &mut self.response;
                // The length an answer to HEAD announces is that of another answer's body.
                let source = Source {
                    headers: &parts.headers,
                    announced: None,
                };
                if sidecar.expands(Expand::ResponsePayload) {
                    ready!(poll_payload(cx, &sidecar, source, body))?
                } else {
                    Payload::NotAsked
                }
            }
        };
        Poll::Ready(Ok(self.ask(turn, &payload)))
    }

    /// A half's conditions on the request: headers, EAVs, then the payload.
    fn poll_request(
        &mut self,
        cx: &mut Context<'_>,
        sidecar: &Sidecar,
    ) -> Poll<Result<Payload, Precondition>> {
        let (parts, body) = &mut self.request;
        check_request(sidecar, &self.known.context, &parts.headers)?;
        if !sidecar.expands(Expand::RequestPayload) {
            return Poll::Ready(Ok(Payload::NotAsked));
        }
        let announced = parts.headers.get(CONTENT_LENGTH);
        let source = Source {
            headers: &parts.headers,
            announced: announced.and_then(|length| length.to_str().ok()?.parse().ok()),
        };
        poll_payload(cx, sidecar, source, body)
    }

    fn ask(&self, turn: Turn, payload: &Payload) -> Next<R> {
        let sidecar = self.sidecar(turn);
        let (request, response) = match turn {
            Turn::Request(_) => (self.request_view(payload), None),
            Turn::Response(at) => (
                self.snapshots[at].view(),
                Some(ResponseView {
                    status: self.response.0.status,
                    headers: &self.response.0.headers,
                    payload,
                }),
            ),
        };
        let envelope = EnvelopeSource {
            sidecar,
            context: &self.known.context,
            message_id: &self.known.message_id,
            request,
            response,
        };
        let invocation = Invocation::new(
            Arc::clone(sidecar),
            envelope.to_json(),
            self.known.message_id.clone(),
        )
        .traceparent(self.traceparent.clone());
        Next::Ask(turn, invocation)
    }

    fn request_view<'a>(&'a self, payload: &'a Payload) -> RequestView<'a> {
        let (parts, _) = &self.request;
        RequestView {
            method: &parts.method,
            uri: &parts.uri,
            headers: &parts.headers,
            payload,
        }
    }
}

/// What a message says of its body.
#[derive(Clone, Copy)]
struct Source<'a> {
    headers: &'a HeaderMap,
    announced: Option<u64>,
}

/// A body for the envelope.
fn poll_payload<B>(
    cx: &mut Context<'_>,
    sidecar: &Sidecar,
    source: Source<'_>,
    body: &mut SidecarBody<B>,
) -> Poll<Result<Payload, Precondition>>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    let payload = match ready!(body.poll_peek(cx, sidecar.max_payload(), source.announced)) {
        Ok(Peek::Whole(bytes)) => Ok(Payload::Whole {
            bytes,
            coded: has_content_coding(source.headers),
        }),
        Ok(Peek::TooLarge { exact, known }) => match sidecar.payload_condition() {
            PayloadCondition::Filtering => Ok(Payload::LeftOut { length: exact }),
            PayloadCondition::Blocking => Err(Precondition::PayloadTooLarge {
                known_length: known,
            }),
        },
        Err(error) => {
            let error: BoxError = error.into();
            tracing::debug!(function = sidecar.name(), error = %error, "the body broke off");
            Err(Precondition::NoEnvelope)
        }
    };
    Poll::Ready(payload)
}
