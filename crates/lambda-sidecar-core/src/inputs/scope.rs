//! Compiles which calls concern a sidecar, and says whose choice that is.

use http::Method;

use super::{
    draft::Draft, error::InputsProblem, keys::InputsKey, lists, owned::can_be_owned,
    problems::InputsProblems,
};
use crate::{
    point::Point,
    scope::{Codes, HeaderTest, PathPattern, Rules, Scope},
    sidecar::Sidecar,
};

/// The scope of the draft; none if every call is in it.
pub(super) fn scope(draft: &Draft, problems: &mut InputsProblems) -> Option<Box<Scope>> {
    use InputsKey as Key;
    let mut reader = ScopeReader { draft, problems };
    let scope = Scope {
        methods: Rules {
            when: reader.list(Key::WhenMethods, |text| method(&text.to_ascii_uppercase())),
            unless: reader.list(Key::UnlessMethods, method),
        },
        paths: Rules {
            when: reader.list(Key::WhenPaths, PathPattern::read),
            unless: reader.list(Key::UnlessPaths, PathPattern::read),
        },
        request_headers: Rules {
            when: reader.list(Key::WhenRequestHeaders, HeaderTest::of_when),
            unless: reader.list(Key::UnlessRequestHeaders, HeaderTest::of_unless),
        },
        response_codes: Rules {
            when: reader.list(Key::WhenResponseCodes, Codes::read),
            unless: reader.list(Key::UnlessResponseCodes, Codes::read),
        },
        response_headers: Rules {
            when: reader.list(Key::WhenResponseHeaders, HeaderTest::of_when),
            unless: reader.list(Key::UnlessResponseHeaders, HeaderTest::of_unless),
        },
    };
    (scope != Scope::default()).then(|| Box::new(scope))
}

fn method(text: &str) -> Option<Method> {
    Method::from_bytes(text.as_bytes()).ok()
}

struct ScopeReader<'a> {
    draft: &'a Draft,
    problems: &'a mut InputsProblems,
}

impl ScopeReader<'_> {
    /// The items of a list, each once.
    fn list<T: PartialEq>(&mut self, key: InputsKey, read: impl Fn(&str) -> Option<T>) -> Box<[T]> {
        let mut kept = Vec::new();
        for item in lists::items(self.draft, key, self.problems) {
            if let Some(read) = self.problems.value(key, item, read(item))
                && !kept.contains(&read)
            {
                kept.push(read);
            }
        }
        kept.into()
    }
}

impl Sidecar {
    /// The headers of this sidecar's scope that none of the sidecars of its route owns, each under the key that
    /// names it: whoever sends the message chooses whether the function is invoked.
    ///
    /// A response header that nobody can own, such as `content-type`, is the backend's to choose in any case, and
    /// is not among them.
    ///
    /// ```
    /// use lambda_sidecar_core::{Point, Sidecar};
    ///
    /// let authz = Sidecar::local(Point::PreProcessor, "authz")
    ///     .unless_request_headers(["x-internal"])
    ///     .build()?;
    /// let warnings = authz.scope_warnings(&[&authz]);
    /// assert_eq!(warnings[0].key(), Some("unless-request-headers"));
    ///
    /// let edge = Sidecar::local(Point::PreProcessor, "edge").own_request_headers(["x-internal"]).build()?;
    /// assert!(authz.scope_warnings(&[&edge, &authz]).is_empty());
    /// # Ok::<(), lambda_sidecar_core::InputsError>(())
    /// ```
    #[must_use]
    pub fn scope_warnings(&self, route: &[&Self]) -> Vec<InputsProblem> {
        let Some(scope) = self.scope() else {
            return Vec::new();
        };
        let (request, response) = (&scope.request_headers, &scope.response_headers);
        let mut warnings = Vec::new();
        for (key, point, tests) in [
            (
                InputsKey::WhenRequestHeaders,
                Point::PreProcessor,
                &request.when,
            ),
            (
                InputsKey::UnlessRequestHeaders,
                Point::PreProcessor,
                &request.unless,
            ),
            (
                InputsKey::WhenResponseHeaders,
                Point::PostProcessor,
                &response.when,
            ),
            (
                InputsKey::UnlessResponseHeaders,
                Point::PostProcessor,
                &response.unless,
            ),
        ] {
            for test in tests {
                let name = test.name.as_str();
                let mut owned = route.iter().filter_map(|half| half.owned_at(point));
                let is_fixed = point == Point::PostProcessor && !can_be_owned(name);
                if !is_fixed && !owned.any(|owned| owned.owns(name)) {
                    warnings.push(key.chosen_by_sender(name, point));
                }
            }
        }
        warnings
    }
}

impl InputsKey {
    fn chosen_by_sender(self, name: &str, point: Point) -> InputsProblem {
        let (sender, own) = match point {
            Point::PreProcessor => ("client", Self::OwnRequestHeaders),
            Point::PostProcessor => ("backend", Self::OwnResponseHeaders),
        };
        let own = own.row().name;
        let message = format!(
            "the {sender} chooses `{name}`, and so whether the function is invoked: no sidecar of the \
             endpoint has it in `{own}`"
        );
        InputsProblem::new(Some(self.row().name.to_owned()), message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inputs::fixtures::{builder, post, pre, problems_of};

    #[test]
    fn by_default_every_call_is_in_scope() {
        assert_eq!(pre("").scope(), None);
        assert_eq!(post("").scope(), None);
    }

    #[test]
    fn what_behaves_the_same_is_the_same_scope() {
        for (one, other) in [
            ("when-methods: post, POST", "when-methods: Post"),
            (
                "when-request-headers: X_A, x.a",
                "when-request-headers: x-a",
            ),
            ("unless-request-headers: X-A", "unless-request-headers: x-a"),
            ("when-paths: /a, /b, /a", "when-paths: /a,/b"),
        ] {
            assert_eq!(pre(one), pre(other), "{one}");
        }
        let codes = post("unless-response-codes: 200-299, 2XX");
        assert_eq!(codes, post("unless-response-codes: 2xx"));
        // A lenient server may fold these, so they are not the same.
        assert_ne!(pre("unless-methods: get"), pre("unless-methods: GET"));
        assert_ne!(
            pre("unless-request-headers: x_a"),
            pre("unless-request-headers: x-a")
        );
    }

    #[test]
    fn what_is_no_item_is_an_error() {
        for (line, found) in [
            ("when-methods: GET, P OST", "P OST"),
            ("unless-methods: G@T", "G@T"),
            ("when-paths: /a, b", "b"),
            ("unless-paths: health", "health"),
            ("when-request-headers: a b", "a b"),
            ("unless-request-headers: a=", "a="),
        ] {
            let key = line.split(':').next().unwrap();
            let problems = problems_of(line);
            let start = format!("line 4, key `{key}`: found `{found}`, allowed: ");
            assert!(
                problems.len() == 1 && problems[0].starts_with(&start),
                "{problems:?}"
            );
        }
        for code in ["6xx", "99", "600", "299-200", "abc", "404, 20x"] {
            let text = crate::inputs::fixtures::with(&format!("when-response-codes: {code}"));
            assert_eq!(
                Sidecar::post(&text).unwrap_err().problems().len(),
                1,
                "{code}"
            );
        }
    }

    #[test]
    fn at_pre_there_is_no_response_to_look_at() {
        for key in [
            "when-response-codes: 200",
            "unless-response-codes: 5xx",
            "when-response-headers: a",
            "unless-response-headers: b",
        ] {
            let problems = problems_of(key);
            assert_eq!(problems.len(), 1);
            let end = "found at PreProcessor, allowed: only at PostProcessor";
            assert!(problems[0].ends_with(end), "{problems:?}");
        }
    }

    fn warned(sidecar: &Sidecar, route: &[&Sidecar]) -> Vec<String> {
        let warnings = sidecar.scope_warnings(route);
        warnings.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_header_that_no_half_owns_is_warned_of() {
        let scoped = post("when-request-headers: x-a, X_B=1\nunless-response-headers: x-c");
        let owner = builder(Point::PreProcessor).own_request_headers(["x.b"]);
        let owner = owner.build().unwrap();
        assert_eq!(
            warned(&scoped, &[&owner, &scoped]),
            [
                "key `when-request-headers`: the client chooses `x-a`, and so whether the function is \
                 invoked: no sidecar of the endpoint has it in `own-request-headers`",
                "key `unless-response-headers`: the backend chooses `x-c`, and so whether the function \
                 is invoked: no sidecar of the endpoint has it in `own-response-headers`",
            ],
        );
        // Another message's header is another header.
        let owner = builder(Point::PostProcessor).own_response_headers(["x-a"]);
        let owner = owner.build().unwrap();
        assert_eq!(
            warned(&pre("when-request-headers: x-a"), &[&owner]).len(),
            1
        );
    }

    #[test]
    fn a_header_that_only_the_backend_can_choose_is_not_warned_of() {
        let scoped = post("when-response-headers: content-type=application/json");
        assert_eq!(warned(&scoped, &[&scoped]), [""; 0]);
        let scoped = pre("when-request-headers: content-type=application/json");
        assert_eq!(warned(&scoped, &[&scoped]).len(), 1);
    }
}
