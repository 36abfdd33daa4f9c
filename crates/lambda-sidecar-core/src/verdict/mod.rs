//! What a function answers.
//!
//! A [`Verdict`] is checked completely when it is made: whatever is in it can be applied.

mod content;
mod json;
mod members;
mod modify;
mod parse;
mod parse_headers;
mod parse_terminate;
mod parse_values;
mod print;
mod protected;
mod relay;
mod ruling;
mod terminate;
mod text;
mod unchanged;
mod wrong;

use http::StatusCode;

pub(crate) use self::{content::AddedHeaders, terminate::DEFAULT_TEXT, text::text};
pub use self::{
    content::VerdictBody, members::VerdictMember, modify::Modify, protected::ProtectedHeaders,
    relay::Relay, ruling::Ruling, terminate::Terminate, unchanged::Unchanged,
};

/// The function's answer to *may I?*
///
/// ```
/// use http::StatusCode;
/// use lambda_sidecar_core::{Modify, Point, ProtectedHeaders, Terminate, Verdict};
///
/// let verdict = Verdict::parse(
///     Point::PreProcessor,
///     &br#"{"terminate":{"code":403,"message":"not for you"}}"#[..].into(),
///     &ProtectedHeaders::default(),
/// )?;
/// assert_eq!(verdict, Terminate::new(StatusCode::FORBIDDEN).message("not for you").into());
///
/// let verdict = Verdict::parse(
///     Point::PreProcessor,
///     &br#"{"modify":{"addHeaders":{"x-tier":"gold"}}}"#[..].into(),
///     &ProtectedHeaders::default(),
/// )?;
/// assert_eq!(verdict, Modify::new().header("x-tier", "gold")?.into());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// Yes, as it is.
    Allow,
    /// Yes, with these changes.
    Modify(Modify),
    /// No: answer the client with this.
    Terminate(Terminate),
}

impl Verdict {
    /// *No*, with this status and the connector's default text.
    /// [`Terminate`] says more.
    #[must_use]
    pub fn terminate(status: StatusCode) -> Self {
        Terminate::new(status).into()
    }
}

impl From<Modify> for Verdict {
    fn from(modify: Modify) -> Self {
        Self::Modify(modify)
    }
}

impl From<Terminate> for Verdict {
    fn from(terminate: Terminate) -> Self {
        Self::Terminate(terminate)
    }
}
