//! The crate as an author of functions uses it.

#[cfg(feature = "schema")]
mod schemas;
mod verdicts;
