//! The rules of the core, a file a topic, and what holds for any input.
// Helpers of tests may fail as tests do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod apply_rules;
mod envelope_bounds;
mod envelope_rules;
mod event_queue_in_a_session;
mod fuzz_bodies;
mod fuzz_on_stable;
mod inputs_properties;
mod model;
mod policy_matrix;
mod precondition_rules;
mod problem_rules;
mod properties;
mod relay_in_a_session;
mod terminate_in_a_session;
mod verdict_rules;
