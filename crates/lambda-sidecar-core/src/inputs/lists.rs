//! Checks the lists: which headers and attributes are required, and what is sent.

use std::collections::BTreeSet;

use http::HeaderName;

use super::{draft::Draft, keys::InputsKey, problems::InputsProblems, values};
use crate::{
    Point,
    failure::FailureClass,
    policy::{Action, ErrorPolicy},
    sidecar::{Expand, HeaderSelection, RequiredHeader},
};

/// The request headers that are required, and those that are sent.
pub(super) fn request_headers(
    draft: &Draft,
    problems: &mut InputsProblems,
) -> (Vec<RequiredHeader>, HeaderSelection) {
    let mut list = |key| headers(draft, key, problems);
    let required = list(InputsKey::RequireRequestHeaders);
    let included = list(InputsKey::IncludeRequestHeaders);
    let skipped = list(InputsKey::SkipRequestHeaders);
    let sent = selection(&required, &included, &skipped);
    (required, sent)
}

/// The response headers that are sent.
pub(super) fn response_headers(draft: &Draft, problems: &mut InputsProblems) -> HeaderSelection {
    let included = headers(draft, InputsKey::IncludeResponseHeaders, problems);
    let skipped = headers(draft, InputsKey::SkipResponseHeaders, problems);
    match draft.point {
        // The connector's page lists them there too, and nothing of a response is sent.
        Point::PreProcessor => HeaderSelection::None,
        Point::PostProcessor => selection(&[], &included, &skipped),
    }
}

/// The attributes that are required, and those that are sent: the required ones, then the included
/// ones.
pub(super) fn attributes(
    draft: &Draft,
    [require, include]: [InputsKey; 2],
    problems: &mut InputsProblems,
) -> (Vec<String>, Vec<String>) {
    let required = names(draft, require, problems);
    let included = names(draft, include, problems);
    let sent = without_doubles(required.iter().cloned().chain(included));
    (required, sent)
}

/// The headers of a list, each as it was written; none if the list is not given.
pub(super) fn headers(
    draft: &Draft,
    key: InputsKey,
    problems: &mut InputsProblems,
) -> Vec<RequiredHeader> {
    let mut headers: Vec<RequiredHeader> = Vec::new();
    for item in items(draft, key, problems) {
        let name = HeaderName::from_bytes(item.as_bytes()).ok();
        let Some(name) = problems.value(key, item, name) else {
            continue;
        };
        if headers.iter().all(|header| header.name != name) {
            let configured = item.clone();
            headers.push(RequiredHeader { name, configured });
        }
    }
    headers
}

/// Which headers are sent: the required ones, then the included ones, less the skipped ones. If
/// only skipped ones are named: all others.
fn selection(
    required: &[RequiredHeader],
    included: &[RequiredHeader],
    skipped: &[RequiredHeader],
) -> HeaderSelection {
    let names = |headers: &[RequiredHeader]| -> Vec<HeaderName> {
        headers.iter().map(|header| header.name.clone()).collect()
    };
    let skipped = names(skipped);
    let named = [names(required), names(included)].concat();
    if named.is_empty() {
        return match skipped.is_empty() {
            true => HeaderSelection::None,
            false => HeaderSelection::AllBut(skipped),
        };
    }
    let sent = without_doubles(named.into_iter().filter(|name| !skipped.contains(name)));
    match sent.is_empty() {
        true => HeaderSelection::None,
        false => HeaderSelection::Only(sent),
    }
}

/// The attributes of a list; none if the list is not given.
fn names(draft: &Draft, key: InputsKey, problems: &mut InputsProblems) -> Vec<String> {
    let items = items(draft, key, problems);
    // The builder takes what the text form could not say.
    for item in items.iter().filter(|item| item.contains([',', '\n'])) {
        problems.note(key.problem(item));
    }
    without_doubles(items.iter().cloned())
}

/// The parts of the envelope that are sent on request.
pub(super) fn expand(draft: &Draft, problems: &mut InputsProblems) -> BTreeSet<Expand> {
    let mut parts = BTreeSet::new();
    for item in items(draft, InputsKey::ExpandInput, problems) {
        let has_place = |part: &Expand| part.only_at().is_none_or(|at| at == draft.point);
        let part = values::expand(item).filter(has_place);
        parts.extend(problems.value(InputsKey::ExpandInput, item, part));
    }
    parts
}

/// What `failSafe` says, less the classes that `fail-safe-except` names.
pub(super) fn policy(draft: &Draft, problems: &mut InputsProblems) -> ErrorPolicy {
    let key = InputsKey::FailSafeExcept;
    let fail_safe = draft.handling.policy;
    let items = items(draft, key, problems);
    if fail_safe == ErrorPolicy::SURE_FIRE && !items.is_empty() {
        problems.note(key.misplaced("without `failSafe: true`", "beside it"));
    }
    items.iter().fold(fail_safe, |policy, item| {
        let mut classes = FailureClass::ALL.iter().copied();
        let class = classes.find(|class| class.as_str().eq_ignore_ascii_case(item));
        let class = problems.value(key, item, class);
        class.map_or(policy, |class| policy.on(class, Action::Block))
    })
}

/// The items of a list. One that is given must have some.
pub(super) fn items<'a>(
    draft: &'a Draft,
    key: InputsKey,
    problems: &mut InputsProblems,
) -> &'a [String] {
    let Some(items) = draft.lists.get(&key) else {
        return &[];
    };
    if items.is_empty() {
        problems.note(key.problem(""));
    }
    items
}

fn without_doubles<T: PartialEq>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut kept = Vec::new();
    for item in items {
        if !kept.contains(&item) {
            kept.push(item);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Sidecar,
        inputs::fixtures::{post, pre, problems_of},
    };

    fn only(names: &[&'static str]) -> HeaderSelection {
        HeaderSelection::Only(names.iter().copied().map(HeaderName::from_static).collect())
    }

    fn all_but(names: &[&'static str]) -> HeaderSelection {
        HeaderSelection::AllBut(names.iter().copied().map(HeaderName::from_static).collect())
    }

    #[test]
    fn by_default_no_header_is_sent() {
        assert_eq!(pre("").request_headers(), &HeaderSelection::None);
        assert_eq!(post("").response_headers(), &HeaderSelection::None);
    }

    #[test]
    fn included_request_headers_are_sent() {
        let sidecar = pre("include-request-headers: X-A , x-b");
        assert_eq!(sidecar.request_headers(), &only(&["x-a", "x-b"]));
        assert!(sidecar.required_request_headers().is_empty());
    }

    #[test]
    fn required_request_headers_are_also_sent_and_keep_their_writing() {
        let sidecar = pre("require-request-headers: X-Req\ninclude-request-headers: x-b, x-req");
        assert_eq!(sidecar.request_headers(), &only(&["x-req", "x-b"]));
        let [required] = sidecar.required_request_headers() else {
            panic!("one header is required");
        };
        assert_eq!(required.name, "x-req");
        assert_eq!(required.configured, "X-Req");
    }

    #[test]
    fn skip_given_alone_means_all_request_headers_but_these() {
        let sidecar = pre("skip-request-headers: Authorization, host");
        assert_eq!(
            sidecar.request_headers(),
            &all_but(&["authorization", "host"])
        );
    }

    #[test]
    fn skip_wins_over_include_and_require() {
        let sidecar = pre("include-request-headers: x-a, x-b\n\
             require-request-headers: x-c, x-d\n\
             skip-request-headers: X-B, X-D");
        assert_eq!(sidecar.request_headers(), &only(&["x-c", "x-a"]));
        assert_eq!(sidecar.required_request_headers().len(), 2);
        let nothing_left = pre("include-request-headers: x-a\nskip-request-headers: x-a");
        assert_eq!(nothing_left.request_headers(), &HeaderSelection::None);
    }

    #[test]
    fn response_headers_are_selected_in_the_same_way() {
        let sidecar = post("include-response-headers: x-a, X-B\nskip-response-headers: x-b");
        assert_eq!(sidecar.response_headers(), &only(&["x-a"]));
        let sidecar = post("skip-response-headers: Date");
        assert_eq!(sidecar.response_headers(), &all_but(&["date"]));
        assert_eq!(sidecar.request_headers(), &HeaderSelection::None);
    }

    #[test]
    fn attributes_are_case_sensitive_and_required_ones_are_also_sent() {
        let sidecar = pre("include-eavs: tier, EAV1, tier\nrequire-eavs: eav1, none");
        assert_eq!(sidecar.required_eavs(), ["eav1", "none"]);
        assert_eq!(sidecar.eavs(), ["eav1", "none", "tier", "EAV1"]);
        assert!(sidecar.package_key_eavs().is_empty());
    }

    #[test]
    fn package_key_attributes_are_a_list_of_their_own() {
        let sidecar = pre("require-packageKey-eavs: quota\ninclude-packageKey-eavs: a b, quota");
        assert_eq!(sidecar.required_package_key_eavs(), ["quota"]);
        assert_eq!(sidecar.package_key_eavs(), ["quota", "a b"]);
        assert!(sidecar.eavs().is_empty() && sidecar.required_eavs().is_empty());
    }

    fn expanded(sidecar: &Sidecar) -> Vec<Expand> {
        let parts = Expand::ALL.iter().copied();
        parts.filter(|part| sidecar.expands(*part)).collect()
    }

    #[test]
    fn expand_input_names_the_parts_that_are_sent() {
        use Expand::{
            Operation, Relay, RemoteAddress, RequestPayload, ResponsePayload, Routing, Token,
        };

        let sidecar = post("expand-input: requestPayload,RESPONSEPAYLOAD, remoteAddress");
        let sent = [RequestPayload, ResponsePayload, RemoteAddress];
        assert_eq!(expanded(&sidecar), sent);
        let sidecar = pre("expand-input: token, operation, routing");
        assert_eq!(expanded(&sidecar), [Token, Operation, Routing]);
        assert_eq!(expanded(&post("expand-input: relay")), [Relay]);
        assert_eq!(expanded(&pre("")), []);
    }

    #[test]
    fn the_response_payload_is_for_post_processors_only() {
        let problems = problems_of("expand-input: operation, responsePayload");
        assert_eq!(problems.len(), 1);
        assert!(problems[0].contains("found `responsePayload`"));
        assert!(problems[0].contains("responsePayload (PostProcessor only)"));
    }

    #[test]
    fn every_item_that_cannot_be_read_is_named() {
        let problems = problems_of("expand-input: operation, everything, more");
        assert_eq!(problems.len(), 2);
        assert!(
            problems[0].starts_with("line 4, key `expand-input`: found `everything`, allowed: ")
        );
        assert!(problems[1].starts_with("line 4, key `expand-input`: found `more`, allowed: "));
        assert_eq!(
            problems_of("include-request-headers: x-a, x b"),
            [
                "line 4, key `include-request-headers`: found 3 characters (not shown: it could be a \
                 secret), with a space as character 2, allowed: header names, separated by commas"
            ],
        );
    }

    #[test]
    fn empty_items_and_doubles_do_not_count() {
        let sidecar = pre("include-request-headers: ,x-a,, X-A ,\ninclude-eavs: a,,a");
        assert_eq!(sidecar.request_headers(), &only(&["x-a"]));
        assert_eq!(sidecar.eavs(), ["a"]);
    }

    #[test]
    fn a_list_without_items_is_an_error() {
        for key in [
            "include-request-headers",
            "require-request-headers",
            "skip-request-headers",
            "require-eavs",
            "include-eavs",
            "require-packageKey-eavs",
            "include-packageKey-eavs",
            "expand-input",
        ] {
            for items in ["", ",", " , ,"] {
                let problems = problems_of(&format!("{key}: {items}"));
                assert_eq!(problems.len(), 1, "{key}: {items}");
                assert!(
                    problems[0].starts_with(&format!("line 4, key `{key}`: found ``, allowed: "))
                );
            }
        }
    }
}
