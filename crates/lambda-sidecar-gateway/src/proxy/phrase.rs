//! The backend's reason phrase, which goes with its status: a status that a function sets has its own.

use http::{Response, StatusCode};
use hyper::ext::ReasonPhrase;

/// The status that the backend's phrase is about.
#[derive(Clone, Copy)]
struct PhraseOf(StatusCode);

/// Notes which status the phrase of a backend's response is about, if it has one.
pub(super) fn keep_status<B>(response: &mut Response<B>) {
    if response.extensions().get::<ReasonPhrase>().is_some() {
        let status = PhraseOf(response.status());
        response.extensions_mut().insert(status);
    }
}

/// Drops the phrase if the status is another one by now.
pub(super) fn drop_if_changed<B>(response: &mut Response<B>) {
    let status = response.status();
    let before = response.extensions_mut().remove::<PhraseOf>();
    if before.is_some_and(|PhraseOf(before)| before != status) {
        response.extensions_mut().remove::<ReasonPhrase>();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_goes_with_its_status_alone() {
        for (after, stays) in [(200, true), (201, false), (404, false)] {
            let mut response = Response::new(());
            let phrase = ReasonPhrase::from_static(b"All Good");
            response.extensions_mut().insert(phrase);
            keep_status(&mut response);
            *response.status_mut() = StatusCode::from_u16(after).unwrap();
            drop_if_changed(&mut response);
            let phrase = response.extensions().get::<ReasonPhrase>();
            assert_eq!(phrase.is_some(), stays, "{after}");
        }
    }
}
