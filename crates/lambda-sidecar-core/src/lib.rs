//! What a sidecar says and what it means, without any I/O.
//!
//! A call meets a **sidecar** at a **point**; the sidecar makes an **envelope** of the call, a
//! **function** answers it with a **verdict**, and a pure **plan** of what happens to the call follows.
//! Every step is a function without clock, I/O or randomness:
//!
//! | step | here |
//! | --- | --- |
//! | inputs text to sidecar | [`Sidecar::pre`], [`Sidecar::post`], [`Sidecar::builder`] |
//! | preconditions of a call | [`check_request`] |
//! | call to envelope | [`EnvelopeSource::to_json`] |
//! | answer to verdict | [`Verdict::from_answer`], or with what stands beside it [`Ruling::from_answer`] |
//! | outcome and policy to plan | [`Plan::new`] |
//! | plan to message | [`Modify::apply_to_request`], [`Modify::apply_to_response`], [`Terminate::to_response`], [`SidecarError::to_response`] |
//!
//! ```
//! use http::StatusCode;
//! use lambda_sidecar_core::{Answer, Outcome, Plan, ProtectedHeaders, Sidecar, Verdict};
//!
//! let sidecar = Sidecar::pre(
//!     "region: eu-west-1
//!      functionARN: arn:aws:lambda:eu-west-1:123456789012:function:authz
//!      useAssumeRole: false",
//! )?;
//! let answer = Answer::ok(r#"{"terminate":{"code":403}}"#);
//! let verdict = Verdict::from_answer(
//!     sidecar.point(),
//!     sidecar.synchronicity(),
//!     &answer,
//!     &ProtectedHeaders::default(),
//! )?;
//! let Plan::Terminate(terminate) = Plan::new(&sidecar, Outcome::Answered(verdict)) else {
//!     panic!("the function said no");
//! };
//! assert_eq!(terminate.status(), StatusCode::FORBIDDEN);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Examples of what the crate `lambda-sidecar` hands on are written for its users, with its name in them.
//!
//! # Two verdicts
//!
//! The types of an envelope and a verdict for authors of functions are in the crate `lambda-sidecar-function`. What
//! both crates mean alike, they share: [`Point`], [`Synchronicity`], [`Token`], [`VerdictError`]. [`Verdict`],
//! [`Modify`] and [`Terminate`] are two families, because they say two things. Over there is what a function may
//! say, and nothing illegal can be built; it has no dependency but serde. Here is what an answer turned out to
//! mean: with the bytes of its body, values that are no UTF-8, and what of it was refused.

mod answer;
mod apply;
mod blank;
mod context;
mod envelope;
mod error_chain;
mod failure;
mod folded;
mod function_error;
mod inputs;
mod invocation;
mod message_id;
mod plan;
mod policy;
mod precondition;
mod problem;
mod scope;
pub mod session;
mod sidecar;
mod trailers;
mod verdict;

/// What functions are sent and answer in the same words as here. They stand in the crate for authors of functions,
/// which is the smaller one.
pub use lambda_sidecar_function::{MAX_HEADER_LINES, Point, Synchronicity, Token, VerdictError};

pub use self::{
    answer::{Answer, AnswerResult, AnswerSource},
    apply::{NoRoom, keeps_no_body},
    context::{Application, CallContext, Endpoint, PackageKey},
    envelope::{
        EnvelopeSource, Payload, RequestSnapshot, RequestView, ResponseView, has_content_coding,
    },
    error_chain::ErrorChain,
    failure::{Failure, FailureClass},
    inputs::{InputsError, InputsProblem, SidecarBuilder, TimeoutsError, check_timeouts},
    invocation::Invocation,
    message_id::MessageId,
    plan::{Enqueued, Outcome, Plan},
    policy::{Action, ErrorPolicy},
    precondition::{Precondition, check_request},
    problem::{
        ErrorContext, ErrorSet, ErrorSetEntry, PROBLEM_JSON, SidecarError, X_ERROR_DETAIL_HEADER,
        X_SIDECAR_ERROR, grpc_answer, is_grpc,
    },
    session::{Decision, Receipt},
    sidecar::{
        AssumedRole, AwsFunction, Connection, Expand, HeaderSelection, OwnedHeaders,
        PayloadCondition, RequiredHeader, Sidecar, Target, TenantId,
    },
    trailers::{is_forbidden_trailer, remove_forbidden_trailers},
    verdict::{
        Modify, ProtectedHeaders, Relay, Ruling, Terminate, Unchanged, Verdict, VerdictBody,
        VerdictMember,
    },
};
