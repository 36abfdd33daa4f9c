//! Names of headers as a lenient server reads them: without regard to case, and with `-`, `_` and `.` equal.

use http::{HeaderMap, HeaderName};
use smallvec::SmallVec;

/// A character of a name, the same for all spellings.
pub(crate) fn folded(character: char) -> char {
    match character {
        '_' | '.' => '-',
        other => other.to_ascii_lowercase(),
    }
}

/// Whether a name is a spelling of one that is folded already.
pub(crate) fn is_spelling_of(folded_name: &str, name: &str) -> bool {
    folded_name.len() == name.len() && folded_name.chars().eq(name.chars().map(folded))
}

/// Whether two names are spellings of one.
pub(crate) fn are_spellings_of_one(one: &str, other: &str) -> bool {
    one.len() == other.len() && one.chars().map(folded).eq(other.chars().map(folded))
}

/// Whether a name begins with a spelling of one that is folded already.
pub(crate) fn begins_with_spelling_of(folded_name: &str, name: &str) -> bool {
    let start = name.get(..folded_name.len());
    start.is_some_and(|start| is_spelling_of(folded_name, start))
}

/// Removes every line of the headers with such a name. It looks at each name once, and allocates nothing if
/// there is nothing to remove.
pub(crate) fn remove_all<T>(headers: &mut HeaderMap<T>, is_one: impl Fn(&str) -> bool) {
    // A client that means no harm sends one spelling. Only more of them go to the heap.
    let found: SmallVec<[HeaderName; 2]> = headers
        .keys()
        .filter(|name| is_one(name.as_str()))
        .cloned()
        .collect();
    for name in found {
        headers.remove(name);
    }
}
