//! After the function was asked, or was not: outcome, plan, what the plan does, and the receipt.

use std::{borrow::Cow, error::Error, fmt, sync::Arc};

use bytes::Bytes;
use http::Response;
use lambda_sidecar_core::{
    Endpoint, ErrorContext, Failure, Modify, Outcome, Plan, Precondition, Sidecar, SidecarError,
    Synchronicity, Verdict,
};
use tokio::time::Instant;
use tracing::Span;

use super::{Call, Next, Turn};
use crate::{
    BoxError, Decision, Receipt, SidecarBody,
    function::{self, Answer, Invocation, InvocationError},
    watch::Watch,
};

/// A function call under way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    since: Instant,
    /// When the function has to have answered.
    pub(crate) until: Instant,
    /// Whether that is the sidecar's own timeout, rather than the end of the whole call.
    own: bool,
    envelope_length: usize,
}

impl<B, R> Call<B, R> {
    /// The function was not asked.
    pub(crate) fn not_asked(&mut self, turn: Turn, precondition: Precondition) -> Next<R> {
        let receipt = self.receipt(turn, None);
        self.follow(turn, receipt, Outcome::NotAsked(precondition))
    }

    /// The time of the whole call is over.
    pub(crate) fn too_late(&mut self, turn: Turn, asked: Option<Asked>) -> Next<R> {
        let receipt = self.receipt(turn, asked);
        self.follow(turn, receipt, Outcome::DeadlinePassed)
    }

    /// Starts the clock of a function call: the sidecar's own timeout, within the whole call's.
    pub(crate) fn start_asking(&mut self, turn: Turn, invocation: &Invocation) -> Asked {
        let half = self.half(turn);
        let watch = Watch::begin(
            &half.sidecar,
            &self.method,
            &invocation.message_id,
            #[cfg(feature = "metrics")]
            half.meters.begin(invocation.payload.len()),
        );
        self.watch = Some(watch);
        let since = Instant::now();
        let own = self.sidecar(turn).timeout().map(|timeout| since + timeout);
        let own = own.filter(|own| *own < self.deadline());
        Asked {
            since,
            until: own.unwrap_or(self.deadline()),
            own: own.is_some(),
            envelope_length: invocation.payload.len(),
        }
    }

    /// Does what belongs to the function call under way, so that its logs do.
    pub(crate) fn in_span<T>(&self, act: impl FnOnce() -> T) -> T {
        match &self.watch {
            Some(watch) => watch.span().in_scope(act),
            None => act(),
        }
    }

    /// What logs of the function call under way belong to.
    fn span(&self) -> Span {
        let watch = self.watch.as_ref();
        watch.map_or_else(Span::none, |watch| watch.span().clone())
    }

    /// The function did not answer in time.
    pub(crate) fn out_of_time(&mut self, turn: Turn, asked: Asked) -> Next<R> {
        if asked.own {
            self.asked(turn, asked, Err(InvocationError::timeout().into()))
        } else {
            self.too_late(turn, Some(asked))
        }
    }

    /// The function answered, or could not be asked.
    pub(crate) fn asked(
        &mut self,
        turn: Turn,
        asked: Asked,
        result: Result<Answer, BoxError>,
    ) -> Next<R> {
        let mut receipt = self.receipt(turn, Some(asked));
        let _span = self.span().entered();
        let outcome = match self.verdict(&mut receipt, result) {
            Ok(verdict) => Outcome::Answered(verdict),
            Err(failure) => Outcome::Failed(failure),
        };
        self.follow(turn, receipt, outcome)
    }

    fn receipt(&self, turn: Turn, asked: Option<Asked>) -> Receipt {
        let mut receipt = Receipt::new(self.sidecar(turn));
        if let Some(asked) = asked {
            receipt.latency = Some(asked.since.elapsed());
            receipt.envelope_length = asked.envelope_length;
        }
        receipt
    }

    fn verdict(
        &self,
        receipt: &mut Receipt,
        result: Result<Answer, BoxError>,
    ) -> Result<Verdict, Failure> {
        let sidecar = &receipt.sidecar;
        match result {
            Ok(mut answer) => {
                receipt.executed_version = answer.version.take();
                let (point, synchronicity) = (sidecar.point(), sidecar.synchronicity());
                let protected = &self.route.settings.protected;
                Verdict::from_answer(point, synchronicity, &answer, protected)
                    .inspect_err(|failure| log_failure(sidecar, failure, &reason(failure)))
            }
            Err(error) => Err(self.failure(sidecar, &*error)),
        }
    }

    /// The failure behind an error of a function service; an error of an unknown kind means that the
    /// function could not be reached.
    fn failure(&self, sidecar: &Sidecar, error: &(dyn Error + 'static)) -> Failure {
        let failure = function::failure(error);
        log_failure(sidecar, &failure, &Chain(error));
        match failure {
            Failure::Throttled(_) if self.route.settings.exception_text => {
                Failure::Throttled(Chain(error).to_string())
            }
            Failure::ServiceException(_) if self.route.settings.exception_text => {
                Failure::ServiceException(Chain(error).to_string())
            }
            failure => failure,
        }
    }

    /// Does what the plan says, and keeps the receipt.
    fn follow(&mut self, turn: Turn, mut receipt: Receipt, outcome: Outcome) -> Next<R> {
        let sidecar = Arc::clone(&receipt.sidecar);
        receipt.failure = match &outcome {
            Outcome::Failed(failure) => Some(failure.class()),
            _ => None,
        };
        let plan = Plan::of(&sidecar, outcome);
        receipt.decision = decision(&sidecar, &plan);
        let answer = match plan {
            Plan::Forward => None,
            Plan::Modify(modify) => {
                if let Err(precondition) = self.modify(turn, &modify) {
                    return self.follow(turn, receipt, Outcome::NotAsked(precondition));
                }
                receipt.refused_headers = modify.refused().to_vec();
                None
            }
            Plan::Terminate(terminate) => {
                receipt.refused_headers = terminate.refused().to_vec();
                Some(terminate.to_response(self.grpc.as_ref()))
            }
            Plan::Fail(error) => {
                receipt.error = Some(error.name());
                Some(self.error_response(&sidecar, &error))
            }
        };
        log_refused(&receipt);
        if let Some(watch) = self.watch.take() {
            let answered = answer.as_ref().map(|answer| answer.status().as_u16());
            watch.conclude(&receipt, answered);
        }
        #[cfg(feature = "metrics")]
        self.half(turn).meters.record(&receipt);
        self.outcomes.push(receipt);
        match answer {
            Some(response) => self.answer(response),
            None => self.after(turn),
        }
    }

    fn modify(&mut self, turn: Turn, modify: &Modify) -> Result<(), Precondition> {
        match turn {
            Turn::Request(_) => {
                let (parts, body) = &mut self.request;
                if let Some(new) = modify.apply_to_request(parts)? {
                    *body = SidecarBody::replaced(new);
                }
            }
            Turn::Response(_) => {
                let (parts, body) = &mut self.response;
                if let Some(new) = modify.apply_to_response(&self.method, parts)? {
                    *body = SidecarBody::replaced(new);
                }
            }
        }
        Ok(())
    }

    fn error_response(&self, sidecar: &Sidecar, error: &SidecarError) -> Response<Bytes> {
        let settings = &self.route.settings;
        let endpoint = self.known.context.endpoint.as_deref();
        let context = ErrorContext {
            message_id: &self.known.message_id,
            grpc: self.grpc.as_ref(),
            error_set: endpoint
                .and_then(Endpoint::errors)
                .filter(|_| sidecar.uses_error_set()),
            type_base: settings.error_type_base.as_deref(),
        };
        match &settings.error_format {
            Some(format) => format(error, &context),
            None => error.to_response(&context),
        }
    }
}

fn decision(sidecar: &Sidecar, plan: &Plan) -> Decision {
    match plan {
        Plan::Fail(_) => Decision::Error,
        _ if sidecar.synchronicity() == Synchronicity::Event => Decision::Event,
        Plan::Forward => Decision::Allow,
        Plan::Modify(_) => Decision::Modify,
        Plan::Terminate(_) => Decision::Terminate,
    }
}

/// The full text of an error goes to the log, and only there.
fn log_failure(sidecar: &Sidecar, failure: &Failure, cause: &dyn fmt::Display) {
    let (function, point, class) = (sidecar.name(), sidecar.point(), failure.class());
    tracing::warn!(function, %point, %class, %cause, "the function call failed");
}

/// What the log says of a failure; nothing of the function's payload.
fn reason(failure: &Failure) -> Cow<'_, str> {
    match failure {
        Failure::WrongAnswer(reason) => reason.into(),
        Failure::FunctionError { title, .. } => title.into(),
        Failure::UnexpectedStatus(status) => format!("status {status}").into(),
        failure => failure.message(),
    }
}

fn log_refused(receipt: &Receipt) {
    if !receipt.refused_headers.is_empty() {
        let (function, point) = (receipt.function(), receipt.point());
        let headers = receipt.refused_headers.join(", ");
        tracing::warn!(function, %point, headers, "headers refused: they are not the function's to touch");
    }
}

/// An error with everything that caused it.
struct Chain<'a>(&'a (dyn Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        std::iter::successors(self.0.source(), |error| (*error).source())
            .try_for_each(|error| write!(f, ": {error}"))
    }
}
