#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use lambda_sidecar_core::{Invocation, Point, Sidecar};

use super::*;
use crate::guard::cache::key::FunctionIdentity;

const LIFETIME: Duration = Duration::from_secs(60);

fn question(number: usize) -> Question {
    let sidecar = Arc::new(Sidecar::local(Point::PreProcessor, "f").build().unwrap());
    let envelope = format!(r#"{{"point":"PreProcessor","masheryMessageId":"","number":{number}}}"#);
    let identity = FunctionIdentity::new(&sidecar);
    identity
        .question(&Invocation::new(sidecar, envelope, ""))
        .unwrap()
}

fn store(max_bytes: u64) -> Store {
    Store::new(max_bytes, CacheBytes::new())
}

/// However many questions clients make up, and the more room there is the more is kept.
#[test]
fn what_is_kept_takes_no_more_bytes_than_the_bound() {
    for max_bytes in [1 << 18, 4 << 18] {
        let store = store(max_bytes);
        let answer = Answer::ok("a".repeat(2048 - 256));
        for number in 0..2000 {
            store.keep(&question(number), &answer, LIFETIME);
            assert!(store.bytes() <= max_bytes, "{number}");
        }
        assert!(store.bytes() > max_bytes / 2, "{}", store.bytes());
        let kept = (0..2000).filter(|number| store.find(&question(*number)).is_some());
        assert_eq!(kept.count() as u64 * 2048, store.bytes());
    }
}

#[test]
fn an_answer_that_takes_more_than_a_sixteenth_is_not_kept() {
    for max_bytes in [1 << 16, 4 << 16] {
        let largest = usize::try_from(max_bytes / 16 - OVERHEAD).unwrap();
        for (length, version, is_kept) in [
            (largest, "", true),
            (largest + 1, "", false),
            (largest - 7, "version", true),
            (largest - 6, "version", false),
        ] {
            let store = store(max_bytes);
            let answer = Answer::ok("a".repeat(length)).version(version.to_owned());
            store.keep(&question(0), &answer, LIFETIME);
            assert_eq!(store.find(&question(0)).is_some(), is_kept, "{length}");
        }
    }
}

/// A payload that is a part of a larger buffer would keep all of it.
#[test]
fn what_is_kept_holds_nothing_else() {
    let store = store(1 << 20);
    let buffer = Bytes::from(vec![b' '; 1 << 20]);
    store.keep(&question(0), &Answer::ok(buffer.slice(..2)), LIFETIME);
    assert!(buffer.is_unique());
}

#[test]
fn a_newer_answer_takes_the_place_of_an_older_one() {
    let store = store(1 << 20);
    for text in ["first", "second"] {
        store.keep(&question(0), &Answer::ok(text), LIFETIME);
    }
    let (kept, _) = store.find(&question(0)).unwrap();
    assert_eq!(kept.answer.payload, "second");
    assert_eq!(store.bytes(), OVERHEAD + 6);
}
