//! What the far end does with one invocation, and what that means by `docs/verdict.md` and `docs/failures.md`.

use crate::{dice::Dice, endpoints::Point};

/// What is done with one attempt at a function call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Allow,
    /// Allows, somewhat slowly.
    AllowInTime,
    /// Allows, and resets the connection although it could be used again.
    AllowThenReset,
    ModifyHeaders,
    ModifyBody,
    Terminate(u16),
    Nothing,
    Null,
    NotJson,
    Misspelt,
    NoCode,
    FunctionError,
    Throttle,
    /// An exception of the service, by status and code.
    Exception(u16, &'static str),
    /// A status without a code.
    Status(u16),
    Reset,
    Close,
    Garbage,
    /// Half of an answer, then the connection is reset.
    Half,
    /// Headers that announce more than comes.
    Short,
    /// Headers, and nothing more for as long as the gateway waits.
    HeadersOnly,
    Never,
    /// Allows, after the time-out.
    TooLate,
}

/// What that does to the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    Allow,
    ModifyHeaders,
    ModifyBody,
    Terminate(u16),
    Fail(Failure),
    /// Nothing comes in time.
    Wait,
}

/// A failure of the function call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    NothingReturned,
    WrongAnswer,
    NoSuccess,
    NotConnected,
    Exception(&'static str),
    Timeout,
    FunctionError,
}

/// An error as the client sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ConnectorError {
    pub(crate) name: &'static str,
    pub(crate) status: u16,
    pub(crate) detail: &'static str,
}

/// The function's own message in a function error.
pub(crate) const FUNCTION_SAYS: &str = "the function says no";
pub(crate) const THROTTLED: &str = "TooManyRequestsException";

const FAULTS: [Action; 20] = [
    Action::Nothing,
    Action::Null,
    Action::NotJson,
    Action::Misspelt,
    Action::NoCode,
    Action::FunctionError,
    Action::Throttle,
    Action::Throttle,
    Action::Throttle,
    Action::Exception(500, "ServiceException"),
    Action::Exception(503, "ServiceUnavailableException"),
    Action::Exception(400, "InvalidRequestContentException"),
    Action::Status(500),
    Action::Reset,
    Action::Close,
    Action::Garbage,
    Action::Half,
    Action::Short,
    Action::HeadersOnly,
    Action::Never,
];

impl Action {
    /// What is done with this attempt at this function for this call.
    pub(crate) fn of(seed: u64, id: u64, function: &str, attempt: u32) -> Self {
        let mut dice = Dice::of(seed, &format!("call {id} {function} {attempt}"));
        let codes = [400, 401, 403, 404, 429, 503];
        match dice.between(0, 1000) {
            0..420 => Self::Allow,
            420..460 => Self::AllowInTime,
            460..462 => Self::AllowThenReset,
            462..540 => Self::ModifyHeaders,
            540..600 => Self::ModifyBody,
            600..690 => Self::Terminate(dice.pick(&codes).unwrap_or(403)),
            690..700 => Self::TooLate,
            _ => dice.pick(&FAULTS).unwrap_or(Self::Never),
        }
    }

    /// All but the one that is rare.
    pub(crate) fn frequent() -> impl Iterator<Item = Self> {
        let others = [
            Self::Allow,
            Self::AllowInTime,
            Self::ModifyHeaders,
            Self::ModifyBody,
            Self::Terminate(403),
            Self::TooLate,
        ];
        FAULTS.into_iter().chain(others)
    }

    /// Its name, the same for all codes of a kind.
    pub(crate) fn name(self) -> String {
        let text = format!("{self:?}");
        let name = text.split('(').next().unwrap_or_default();
        format!("far end: {name}")
    }

    pub(crate) fn effect(self) -> Effect {
        Effect::Fail(match self {
            Self::Allow | Self::AllowInTime | Self::AllowThenReset => return Effect::Allow,
            Self::ModifyHeaders => return Effect::ModifyHeaders,
            Self::ModifyBody => return Effect::ModifyBody,
            Self::Terminate(code) => return Effect::Terminate(code),
            Self::HeadersOnly | Self::Never | Self::TooLate => return Effect::Wait,
            Self::Nothing | Self::Null => Failure::NothingReturned,
            Self::NotJson | Self::Misspelt | Self::NoCode => Failure::WrongAnswer,
            Self::FunctionError => Failure::FunctionError,
            Self::Throttle => Failure::Exception(THROTTLED),
            Self::Exception(_, code) => Failure::Exception(code),
            Self::Status(_) => Failure::NoSuccess,
            Self::Reset | Self::Close | Self::Garbage | Self::Half | Self::Short => {
                Failure::NotConnected
            }
        })
    }
}

impl Failure {
    /// What a sure-fire sidecar at this point answers.
    pub(crate) fn error(self, point: Point) -> ConnectorError {
        let (name, status, detail) = match self {
            Self::Timeout => return ConnectorError::TIMEOUT,
            Self::FunctionError => ("FunctionError", 502, FUNCTION_SAYS),
            Self::NothingReturned => (wrong(point), 500, "AWS Lambda Response is not returned"),
            Self::WrongAnswer => (wrong(point), 500, "Invalid output from AWS Lambda function"),
            Self::NoSuccess => (
                wrong(point),
                500,
                "Success Response not returned from AWS Lambda",
            ),
            Self::NotConnected => (wrong(point), 500, "Error while connecting to AWS lambda."),
            Self::Exception(code) => (wrong(point), 500, code),
        };
        ConnectorError {
            name,
            status,
            detail,
        }
    }
}

const fn wrong(point: Point) -> &'static str {
    match point {
        Point::Pre => "InvalidResponseFromAWSLambdaInPreProcess",
        Point::Post => "InvalidResponseFromAWSLambdaInPostProcess",
    }
}

impl ConnectorError {
    pub(crate) const TIMEOUT: Self = Self {
        name: "GatewayTimeout",
        status: 504,
        detail: "Timeout occurred while connecting to AWS Service",
    };
    pub(crate) const NO_TOKEN: Self = Self {
        name: "RequiredHeaderConditionFailure",
        status: 400,
        detail: "Required Header - x-token Unavailable",
    };
    pub(crate) const TOO_LARGE: Self = Self {
        name: "MaxPayloadConditionFailure",
        status: 413,
        detail: "Payload length is more than max allowed payload",
    };
    /// The backend's body broke off while it was read for the envelope.
    pub(crate) const ANSWER_BROKE_OFF: Self = Self {
        name: "InvalidJSONInputForAWSLambda",
        status: 500,
        detail: "Error while creating json input for AWS Lambda in post-process",
    };
}
