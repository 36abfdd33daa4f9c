//! How values of several keys are printed. None: nothing is to be printed.

use http::HeaderName;

use crate::{
    failure::FailureClass,
    policy::ErrorPolicy,
    sidecar::{HeaderSelection, RequiredHeader},
};

/// A value that is not the default.
pub(super) fn unless<T: Copy + PartialEq + ToString>(default: T, value: T) -> Option<String> {
    (value != default).then(|| value.to_string())
}

/// The items of a list. An empty list is one that is not given.
pub(super) fn joined(items: impl IntoIterator<Item = impl AsRef<str>>) -> Option<String> {
    let mut joined = String::new();
    for item in items {
        joined.push_str(if joined.is_empty() { "" } else { ", " });
        joined.push_str(item.as_ref());
    }
    (!joined.is_empty()).then_some(joined)
}

/// The items of a list, each as it shows itself.
pub(super) fn shown<T: ToString>(items: &[T]) -> Option<String> {
    joined(items.iter().map(ToString::to_string))
}

/// The named headers that are sent, less those that are required.
pub(super) fn included(selection: &HeaderSelection, required: &[RequiredHeader]) -> Option<String> {
    joined(
        sent(selection)
            .iter()
            .filter(|name| required.iter().all(|header| header.name != **name)),
    )
}

/// The skipped headers. Beside named headers they show only in what is left of those: a required
/// header that is not sent was skipped.
pub(super) fn skipped(selection: &HeaderSelection, required: &[RequiredHeader]) -> Option<String> {
    if let HeaderSelection::AllBut(names) = selection {
        return joined(names);
    }
    let sent = sent(selection);
    joined(
        required
            .iter()
            .map(|header| &header.name)
            .filter(|name| !sent.contains(name)),
    )
}

/// The classes by which a policy differs from the fail-safe one; none of a policy that blocks them all, which is
/// the sure-fire one.
pub(super) fn excepted(policy: ErrorPolicy) -> Option<String> {
    let classes = FailureClass::ALL.iter().copied();
    let differs = |class: &FailureClass| {
        policy != ErrorPolicy::SURE_FIRE
            && policy.action(*class) != ErrorPolicy::FAIL_SAFE.action(*class)
    };
    joined(classes.filter(differs).map(FailureClass::as_str))
}

fn sent(selection: &HeaderSelection) -> &[HeaderName] {
    match selection {
        HeaderSelection::Only(names) => names,
        HeaderSelection::None | HeaderSelection::AllBut(_) => &[],
    }
}
