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
//! | answer to verdict | [`Verdict::from_answer`] |
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
mod point;
mod policy;
mod precondition;
mod problem;
mod scope;
pub mod session;
mod sidecar;
mod trailers;
mod verdict;

pub use self::{
    answer::{Answer, AnswerResult},
    apply::{NoRoom, keeps_no_body},
    context::{Application, CallContext, Endpoint, PackageKey, Token},
    envelope::{
        EnvelopeSource, Payload, RequestSnapshot, RequestView, ResponseView, has_content_coding,
    },
    error_chain::ErrorChain,
    failure::{Failure, FailureClass},
    inputs::{InputsError, InputsProblem, SidecarBuilder, TimeoutsError, check_timeouts},
    invocation::Invocation,
    message_id::MessageId,
    plan::{Outcome, Plan},
    point::{Point, Synchronicity},
    policy::{Action, ErrorPolicy},
    precondition::{Precondition, check_request},
    problem::{
        ErrorContext, ErrorSet, ErrorSetEntry, PROBLEM_JSON, SidecarError, X_ERROR_DETAIL_HEADER,
        X_SIDECAR_ERROR, grpc_answer, is_grpc,
    },
    session::{Decision, Receipt},
    sidecar::{
        AssumedRole, AwsFunction, Connection, Expand, HeaderSelection, OwnedHeaders,
        PayloadCondition, RequiredHeader, Sidecar, Target,
    },
    trailers::{is_forbidden_trailer, remove_forbidden_trailers},
    verdict::{
        MAX_HEADER_LINES, Modify, ProtectedHeaders, Terminate, Verdict, VerdictBody, VerdictMember,
    },
};
