//! The fuzz targets' bodies as property tests, on the seeds and on changes of them, for toolchains that
//! cannot fuzz. An input that once failed is a seed from then on.

#![allow(
    clippy::expect_used,
    reason = "a test fails by panicking, its helpers too"
)]

use std::{fs, path::Path};

use proptest::{collection::vec, prelude::*, sample::select};

use super::fuzz_bodies;

/// The seeds of a target, its past failures among them.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/seeds")
        .join(target);
    let seeds: Vec<Vec<u8>> = fs::read_dir(folder)
        .expect("a folder of seeds")
        .map(|file| fs::read(file.expect("a seed").path()).expect("a seed"))
        .collect();
    assert!(!seeds.is_empty());
    seeds
}

/// A seed with some bytes replaced, inserted or cut away, or any bytes.
fn inputs(target: &str) -> impl Strategy<Value = Vec<u8>> + use<> {
    let change = (any::<prop::sample::Index>(), 0..3_u8, any::<u8>());
    let changed = (select(seeds(target)), vec(change, 0..8)).prop_map(|(mut data, changes)| {
        for (at, kind, byte) in changes {
            let at = at.index(data.len() + 1);
            match kind {
                0 => data.insert(at, byte),
                1 => data.truncate(at.max(1)),
                _ if at < data.len() => data[at] = byte,
                _ => data.push(byte),
            }
        }
        data
    });
    prop_oneof![4 => changed, 1 => vec(any::<u8>(), 0..512)]
}

macro_rules! on_stable {
    ($($target:ident)*) => {$(
        #[test]
        fn $target() {
            for seed in seeds(stringify!($target)) {
                fuzz_bodies::$target(&seed);
            }
            proptest!(ProptestConfig::with_cases(2_000), |(data in inputs(stringify!($target)))| {
                fuzz_bodies::$target(&data);
            });
        }
    )*};
}

on_stable! { inputs_text verdict_bytes verdict_applied envelope session }
