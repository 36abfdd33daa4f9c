//! Owned headers against a plain model.

#![allow(
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers too"
)]

use http::{HeaderMap, HeaderName, HeaderValue};
use lambda_sidecar_core::OwnedHeaders;
use proptest::{collection::vec, prelude::*};

/// A name with every spelling made the same, the slow way.
fn plain(name: &str) -> String {
    name.to_lowercase().replace(['_', '.'], "-")
}

fn kept(owned: &[String], lines: &[(String, u8)]) -> Vec<(String, u8)> {
    let owned: Vec<String> = owned.iter().map(|name| plain(name)).collect();
    lines
        .iter()
        .filter(|(name, _)| !owned.contains(&plain(name)))
        .map(|(name, value)| (name.to_lowercase(), *value))
        .collect()
}

fn map(lines: &[(String, u8)]) -> HeaderMap {
    lines
        .iter()
        .map(|(name, value)| {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            (name, HeaderValue::from(u16::from(*value)))
        })
        .fold(HeaderMap::new(), |mut map, (name, value)| {
            map.append(name, value);
            map
        })
}

/// Short names of few letters, so that spellings meet.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![8 => "[aA][-_.]{0,2}[bB]?", 1 => "[A-Za-z0-9!#$%&'*+.^_`|~-]{1,12}"]
}

proptest! {
    #[test]
    fn every_spelling_of_an_owned_name_goes_and_every_other_line_stays_in_its_order(
        owned in vec(name(), 0..4),
        lines in vec((name(), any::<u8>()), 0..20),
    ) {
        let set = OwnedHeaders::new(&owned);
        let mut headers = map(&lines);
        set.remove_from(&mut headers);
        prop_assert_eq!(&headers, &map(&kept(&owned, &lines)));

        // Once removed, there is nothing left to remove.
        let once = headers.clone();
        set.remove_from(&mut headers);
        prop_assert_eq!(headers, once);
    }

    #[test]
    fn a_name_is_owned_if_it_folds_to_an_owned_one(owned in vec(name(), 0..4), name in name()) {
        let set = OwnedHeaders::new(&owned);
        let expected = owned.iter().any(|owned| plain(owned) == plain(&name));
        prop_assert_eq!(set.owns(&name), expected);
        prop_assert_eq!(set.is_empty(), owned.is_empty());
        prop_assert!(set.names().all(|name| set.owns(name) && plain(name) == name));
    }

    #[test]
    fn the_set_is_the_same_however_its_names_are_spelled(owned in vec(name(), 0..4)) {
        let folded: Vec<String> = owned.iter().map(|name| plain(name)).collect();
        prop_assert_eq!(OwnedHeaders::new(&owned), OwnedHeaders::new(folded));
    }
}

#[test]
fn nothing_is_allocated_if_there_is_nothing_to_remove() {
    let lines: Vec<_> = (0..40).map(|at| (format!("x-{at}"), 1)).collect();
    let mut headers = map(&lines);
    for owned in [
        OwnedHeaders::default(),
        OwnedHeaders::new(["x-user", "x_role", "x-99"]),
    ] {
        let counted = allocation_counter::measure(|| owned.remove_from(&mut headers));
        assert_eq!(counted.count_total, 0);
    }
    let counted = allocation_counter::measure(|| drop(OwnedHeaders::default()));
    assert_eq!(counted.count_total, 0);
}
