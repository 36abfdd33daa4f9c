//! The paths of endpoints.

use std::collections::HashSet;

use http::uri::PathAndQuery;

use super::{document::Field, problem::SetAside, url::has_whole_escapes};
use crate::path::LenientPath;

/// What endpoint paths of other programs have and these have not: they are compared letter by letter.
const PATTERNS: [char; 3] = ['*', '{', '}'];

/// The path of an endpoint, without a slash at its end. None: it is wrong, which is reported.
pub(super) fn endpoint_path(
    field: &Field<'_, '_, &str>,
    paths: &mut HashSet<String>,
    aside: &mut SetAside,
) -> Option<String> {
    let text = field.value;
    let plain = text.starts_with('/')
        && !text.contains(['?', '#', ';', '\\'])
        && !text.contains("//")
        && has_whole_escapes(text)
        && PathAndQuery::try_from(text).is_ok();
    let lenient = LenientPath::new(text).filter(|lenient| lenient.is_the_only_reading(text));
    let (true, Some(lenient)) = (plain, lenient) else {
        let allowed = "a path that begins with `/` and can be read in one way: without query, parameters, empty or dot segments, with two hex digits \
             after each `%`";
        field.wrong(format!("found {}, allowed: {allowed}", shown_path(text)));
        return None;
    };
    if !paths.insert(lenient.certain().trim_end_matches('/').to_owned()) {
        field.wrong(format!("a second endpoint at `{text}`"));
        return None;
    }
    if text.contains(PATTERNS) || text.contains("/:") {
        aside.warnings.push(field.warning(format!(
            "`{text}` is no pattern: it is compared letter by letter, and stands for everything below it"
        )));
    }
    Some(text.trim_end_matches('/').to_owned())
}

/// A path that is wrong. What stands behind it, or in a whole URL, could be a key.
fn shown_path(text: &str) -> String {
    if !text.starts_with('/') {
        return "no `/` at its beginning".to_owned();
    }
    match text.split_once(['?', '#', ';']) {
        Some((path, _)) => format!("`{path}` and more behind it"),
        None => format!("`{text}`"),
    }
}
