//! The whole stack against servers that do as their script says.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers too"
)]

mod ask;
mod credentials;
mod faults;
mod observability;
mod retries;
