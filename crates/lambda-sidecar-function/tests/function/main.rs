//! The crate as an author of functions uses it.

// Helpers of tests may fail as tests do.
#![allow(clippy::unwrap_used)]

#[cfg(feature = "json")]
mod relays;
#[cfg(feature = "schema")]
mod schemas;
mod unchanged;
mod verdicts;
