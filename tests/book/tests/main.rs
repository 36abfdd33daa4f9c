//! What the pages of the book say is so.

// Helpers of tests may fail as tests do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod blocks;
mod broken;
mod functions;
mod links;
mod ordering;
mod scope;
mod tables;
mod walk;
