#![no_main]
#![allow(dead_code, missing_docs)]

#[path = "../../../crates/lambda-sidecar-core/tests/core/fuzz_bodies/mod.rs"]
mod fuzz_bodies;
#[path = "../../../crates/lambda-sidecar-core/tests/core/model/mod.rs"]
mod model;

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_bodies::verdict_applied(data));
