#![no_main]
#![allow(dead_code, missing_docs)]

#[path = "../../crates/lambda-sidecar-core/tests/fuzz_bodies/mod.rs"]
mod fuzz_bodies;

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_bodies::envelope(data));
