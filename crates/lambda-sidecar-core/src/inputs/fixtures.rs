//! What the tests of the inputs share.

use super::error::InputsError;
use crate::{Point, Sidecar};

pub(super) const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:authz";

/// All that is required, in three lines, and these lines after it.
pub(super) fn with(lines: &str) -> String {
    format!("region: us-east-1\nfunctionARN: {FUNCTION}\nuseAssumeRole: false\n{lines}")
}

/// A sidecar of these lines, with all that is required.
pub(super) fn pre(lines: &str) -> Sidecar {
    Sidecar::pre(&with(lines)).unwrap()
}

pub(super) fn post(lines: &str) -> Sidecar {
    Sidecar::post(&with(lines)).unwrap()
}

/// A builder that has all that is required.
pub(super) fn builder(point: Point) -> crate::SidecarBuilder {
    Sidecar::builder(point)
        .region("us-east-1")
        .function_arn(FUNCTION)
        .process_credentials()
}

/// The problems that these lines have, with all that is required before them: they are lines 4
/// and following.
pub(super) fn problems_of(lines: &str) -> Vec<String> {
    shown(Sidecar::pre(&with(lines)))
}

pub(super) fn shown(result: Result<Sidecar, InputsError>) -> Vec<String> {
    match result {
        Ok(_) => Vec::new(),
        Err(error) => error.problems().iter().map(ToString::to_string).collect(),
    }
}
