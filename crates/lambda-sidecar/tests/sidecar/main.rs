//! The layers and the functions they invoke, a file a topic.

// Helpers of tests may fail as tests do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[cfg(feature = "aws")]
mod aws_functions;
mod bodies;
mod cache;
mod cancellation;
mod chains;
mod common;
mod deadlines;
mod events;
mod failure_table;
mod guards;
mod halves;
mod local_function;
#[cfg(feature = "aws")]
mod names;
mod owned_headers;
mod preconditions;
mod readiness;
mod receipts;
mod relay;
mod scope;
mod trailers;
mod whole_response;
#[cfg(feature = "axum")]
mod with_axum;
