//! The crate as an author of functions uses it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[cfg(feature = "schema")]
mod schemas;
mod verdicts;
