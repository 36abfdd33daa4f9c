//! Checks which headers only functions may set.

use super::{draft::Draft, keys::InputsKey, lists, problems::InputsProblems};
use crate::{
    sidecar::{OwnedHeaders, RequiredHeader},
    verdict::ProtectedHeaders,
};

/// Headers that the call itself depends on before a function could set them.
const NEVER_OWNED: [&str; 3] = ["content-encoding", "content-type", "expect"];

/// The owned headers of the draft's point.
pub(super) fn owned(
    draft: &Draft,
    required: &[RequiredHeader],
    problems: &mut InputsProblems,
) -> OwnedHeaders {
    let request = names(draft, InputsKey::OwnRequestHeaders, problems);
    let of_request = OwnedHeaders::new(&request);
    for header in required {
        if of_request.owns(header.name.as_str()) {
            let allowed = "names that `require-request-headers` does not hold, as nobody could \
                           send them";
            let key = InputsKey::OwnRequestHeaders;
            problems.note(key.problem_but(&header.configured, allowed));
        }
    }
    let response = names(draft, InputsKey::OwnResponseHeaders, problems);
    // At each point one of the two is misplaced.
    OwnedHeaders::new(request.iter().chain(&response))
}

/// The names of a list as they were written; those that cannot be owned are problems.
fn names(draft: &Draft, key: InputsKey, problems: &mut InputsProblems) -> Vec<String> {
    let headers = lists::headers(draft, key, problems);
    for header in &headers {
        if !can_be_owned(header.name.as_str()) {
            problems.note(key.problem(&header.configured));
        }
    }
    headers
        .into_iter()
        .map(|header| header.configured)
        .collect()
}

pub(super) fn can_be_owned(name: &str) -> bool {
    let alone = OwnedHeaders::new([name]);
    let protected = ProtectedHeaders::default();
    // Folded, because protected names are written with `-`.
    let is_protected = alone.names().any(|folded| protected.contains(folded));
    !is_protected && !NEVER_OWNED.iter().any(|name| alone.owns(name))
}

#[cfg(test)]
mod tests {
    use crate::{
        OwnedHeaders, Point, Sidecar,
        inputs::fixtures::{builder, post, pre, problems_of, shown, with},
    };

    const ALLOWED: &str = "header names, separated by commas, but no protected one, \
                           content-encoding, content-type or expect";

    #[test]
    fn by_default_no_header_is_owned() {
        assert!(pre("").owned_headers().is_empty());
        assert!(post("").owned_headers().is_empty());
    }

    #[test]
    fn each_point_owns_headers_of_its_own_message() {
        let owned = OwnedHeaders::new(["x-user", "x-role"]);
        let request = pre("own-request-headers:  X_User , X.Role");
        assert_eq!(request.owned_headers(), &owned);
        let response = post("own-response-headers: x-user,,x_role, X-User");
        assert_eq!(response.owned_headers(), &owned);
    }

    #[test]
    fn at_the_other_point_the_key_is_misplaced() {
        assert_eq!(
            problems_of("own-response-headers: x-user"),
            [
                "line 4, key `own-response-headers`: found at PreProcessor, allowed: only at \
                 PostProcessor"
            ],
        );
        assert_eq!(
            shown(Sidecar::post(&with("own-request-headers: x-user"))),
            [
                "line 4, key `own-request-headers`: found at PostProcessor, allowed: only at \
                 PreProcessor"
            ],
        );
    }

    #[test]
    fn a_protected_name_cannot_be_owned_in_any_spelling() {
        for name in [
            "Content-Length",
            "content_length",
            "HOST",
            "keep.alive",
            "TE",
        ] {
            assert_eq!(
                problems_of(&format!("own-request-headers: x-user, {name}")),
                [format!(
                    "line 4, key `own-request-headers`: found `{name}`, allowed: {ALLOWED}"
                )],
            );
        }
    }

    #[test]
    fn a_name_that_the_call_depends_on_cannot_be_owned() {
        for name in [
            "Content_Type",
            "content-encoding",
            "content.encoding",
            "Expect",
        ] {
            let text = with(&format!("own-response-headers: x-a, {name}"));
            assert_eq!(
                shown(Sidecar::post(&text)),
                [format!(
                    "line 4, key `own-response-headers`: found `{name}`, allowed: {ALLOWED}"
                )],
            );
        }
    }

    #[test]
    fn a_name_that_the_same_sidecar_requires_cannot_be_owned_in_any_spelling() {
        for (owned, required) in [
            ("x-user", "X-User"),
            ("X-User", "x_user"),
            ("x.u", "a, X_U"),
        ] {
            let problems = problems_of(&format!(
                "require-request-headers: {required}\nown-request-headers: {owned}"
            ));
            let [problem] = &problems[..] else {
                panic!("{problems:?}");
            };
            let name = required.rsplit(' ').next().unwrap();
            let start = format!("line 5, key `own-request-headers`: found `{name}`, allowed: ");
            assert!(problem.starts_with(&start), "{problem}");
            assert!(problem.contains("`require-request-headers`"), "{problem}");
        }
        let response = "require-request-headers: x-user\nown-response-headers: x-user";
        assert!(Sidecar::post(&with(response)).is_ok());
        let included = "include-request-headers: x-user\nown-request-headers: x-user";
        assert!(Sidecar::pre(&with(included)).is_ok());
    }

    #[test]
    fn a_list_without_items_and_a_name_that_is_none_are_errors() {
        for (items, found) in [("", ""), (" , ", ""), ("x-a, x b", "x b")] {
            assert_eq!(
                problems_of(&format!("own-request-headers: {items}")),
                [format!(
                    "line 4, key `own-request-headers`: found `{found}`, allowed: {ALLOWED}"
                )],
            );
        }
    }

    #[test]
    fn the_setters_say_what_the_keys_say() {
        let request = builder(Point::PreProcessor).own_request_headers(["X_User"]);
        assert_eq!(request.build(), Ok(pre("own-request-headers: x-user")));
        let name = http::HeaderName::from_static("x-user");
        let response = builder(Point::PostProcessor).own_response_headers([name]);
        assert_eq!(response.build(), Ok(post("own-response-headers: X.User")));
    }

    #[test]
    fn owned_headers_are_printed_folded_and_read_back() {
        let request = pre("own-request-headers: X_User, x-role, X-USER");
        let text = with("own-request-headers: x-user, x-role\n");
        assert_eq!(request.to_string(), text);
        assert_eq!(Sidecar::pre(&text), Ok(request));
        let response = post("own-response-headers: X_User");
        assert_eq!(response.to_string(), with("own-response-headers: x-user\n"));
    }
}
