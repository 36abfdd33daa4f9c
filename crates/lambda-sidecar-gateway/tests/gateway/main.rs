//! The program as a process: what it answers, how it ends, what it does on signals.

// Helpers of tests may fail as tests do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod ask;
mod backend;
mod cache;
mod client;
mod commands;
mod demo;
mod environment;
mod events;
mod framing;
mod gone_clients;
mod guards;
mod http2;
mod metric_names;
mod metrics;
mod own_answers;
mod paths;
mod process;
mod relay;
mod reload;
mod resets;
mod sidecars;
mod stop;
mod streaming;
mod tls;
mod trailers;
mod unread;
mod upgrade;
mod walk;
