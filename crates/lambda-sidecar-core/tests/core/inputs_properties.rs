//! What holds for every inputs text, and for every sidecar that one can describe.

use std::{collections::BTreeMap, time::Duration};

use lambda_sidecar_core::{
    Action, ErrorPolicy, Expand, FailureClass, InputsError, PayloadCondition, Point, Sidecar,
    SidecarBuilder, Synchronicity,
};
use proptest::{
    collection::{btree_map, vec},
    option,
    prelude::*,
    sample::{select, subsequence},
};

mod parts;

use self::parts::{GivenCache, GivenGuards, Role, cache, guards, role};

/// The names of all keys that hold text or a value, for texts that come near to real ones.
const KEYS: &[&str] = &[
    "region",
    "functionARN",
    "useAssumeRole",
    "roleARN",
    "externalIdKey",
    "sessionName",
    "expirationDuration",
    "synchronicity",
    "include-request-headers",
    "require-request-headers",
    "skip-request-headers",
    "include-response-headers",
    "skip-response-headers",
    "own-request-headers",
    "own-response-headers",
    "when-methods",
    "when-paths",
    "unless-request-headers",
    "unless-response-codes",
    "require-eavs",
    "include-eavs",
    "require-packageKey-eavs",
    "include-packageKey-eavs",
    "expand-input",
    "max-payload-size",
    "max-payload-condition",
    "sidecar-param-x",
    "sidecar-param-",
    "failSafe",
    "fail-safe-except",
    "enable_error_set",
    "timeout",
    "max-concurrency",
    "breaker-failures",
    "breaker-open-seconds",
    "cache-max-seconds",
    "cache-default-seconds",
    "cache-stale-seconds",
    "event-queue",
    "Region",
    "FAILSAFE",
    "regoin",
    "#",
    "",
];

const VALUES: &[&str] = &[
    "us-east-1",
    "eu-west-1",
    "arn:aws:lambda:us-east-1:123456789012:function:f",
    "arn:aws:sts::123456789012:role/r",
    "true",
    "FALSE",
    "event",
    "filtering",
    "x-a, X-A,, x-b",
    "X_a, content_length",
    "responsePayload, token",
    "Relay, operation",
    "timeout, Throttled",
    "/a/**, *b",
    "5XX, 200-299,404",
    "x-a=b c, X_B",
    "0",
    "1",
    "60",
    "4294967295",
    "18446744073709551616",
    "-1.50",
    "",
    ",",
    ":",
];

fn point() -> impl Strategy<Value = Point> {
    select(vec![Point::PreProcessor, Point::PostProcessor])
}

/// Lines that look like inputs, with anything for a key or a value now and then.
fn near_text() -> impl Strategy<Value = String> {
    let key = prop_oneof![4 => select(KEYS).prop_map(String::from), 1 => any::<String>()];
    let value = prop_oneof![4 => select(VALUES).prop_map(String::from), 1 => any::<String>()];
    let line = (key, select(vec![":", " : ", ""]), value)
        .prop_map(|(key, colon, value)| format!("{key}{colon}{value}"));
    let end = select(vec!["\n", "\r\n", "\n\n"]);
    vec((line, end), 0..30).prop_map(|lines| {
        let lines = lines.into_iter().map(|(line, end)| line + end);
        lines.collect()
    })
}

/// What a sidecar is to be, to be said in both forms.
#[derive(Debug, Clone)]
struct Given {
    point: Point,
    region: String,
    function: String,
    role: Option<Role>,
    /// By key; both forms take them as they are.
    lists: BTreeMap<&'static str, Vec<String>>,
    expand: Option<Vec<Expand>>,
    params: BTreeMap<String, String>,
    max_payload_size: Option<u32>,
    filtering: bool,
    event: bool,
    event_queue: Option<u32>,
    fail_safe: Option<Vec<FailureClass>>,
    error_set: bool,
    timeout: Option<u32>,
    guards: GivenGuards,
    cache: Option<GivenCache>,
}

fn lists(point: Point) -> impl Strategy<Value = BTreeMap<&'static str, Vec<String>>> {
    let header = "[A-Za-z0-9!#$%&'*+.^_`|~-]{1,3}";
    // Few letters, so that lists overlap.
    let near_header = "(x-)?[aAbB]";
    let headers = vec(prop_oneof![near_header, header], 1..5);
    let names = vec(prop_oneof!["[abAB]", "[^,\n]*[^,\\s][^,\n]*"], 1..5);
    let mut header_keys = vec![
        "include-request-headers",
        "require-request-headers",
        "skip-request-headers",
    ];
    if point == Point::PostProcessor {
        header_keys.extend(["include-response-headers", "skip-response-headers"]);
    }
    let name_keys = vec![
        "require-eavs",
        "include-eavs",
        "require-packageKey-eavs",
        "include-packageKey-eavs",
    ];
    let own_key = match point {
        Point::PreProcessor => "own-request-headers",
        Point::PostProcessor => "own-response-headers",
    };
    let (method, path) = ("[a-zA-Z]{1,3}", "[/*][a*/.]{0,5}");
    let header_test = "[aAx][-_.][bB](=[a-z=\"]{1,3})?";
    let codes = "[1-5](xx|XX|0[0-9])|20[0-4]-(20[4-9]|[2-5]99)";
    let mut scope_keys = vec![
        ("when-methods", method),
        ("unless-methods", method),
        ("when-paths", path),
        ("unless-paths", path),
        ("when-request-headers", header_test),
        ("unless-request-headers", header_test),
    ];
    if point == Point::PostProcessor {
        scope_keys.extend([
            ("when-response-codes", codes),
            ("unless-response-codes", codes),
            ("when-response-headers", header_test),
            ("unless-response-headers", header_test),
        ]);
    }
    let scope_list = select(scope_keys)
        .prop_flat_map(|(key, item)| vec(item, 1..4).prop_map(move |items| (key, items)));
    let scope = vec(scope_list, 0..4);
    // None of these is a header that the other lists require.
    let owned = option::of(vec("[oO]wn[-_.][a-c]", 1..5));
    let headers = btree_map(select(header_keys), headers, 0..4);
    let names = btree_map(select(name_keys), names, 0..4);
    (headers, names, owned, scope).prop_map(move |(mut headers, names, owned, scope)| {
        headers.extend(names);
        headers.extend(scope);
        headers.extend(owned.map(|owned| (own_key, owned)));
        headers
    })
}

fn expand(point: Point) -> impl Strategy<Value = Option<Vec<Expand>>> {
    let has_place = |part: &Expand| part.only_at().is_none_or(|at| at == point);
    let parts: Vec<Expand> = Expand::ALL.iter().copied().filter(has_place).collect();
    let some = 1..=parts.len();
    option::of(subsequence(parts, some).prop_shuffle())
}

/// With the classes that are excepted.
fn fail_safe() -> impl Strategy<Value = Option<Vec<FailureClass>>> {
    let some = 0..=FailureClass::ALL.len();
    option::of(subsequence(FailureClass::ALL, some).prop_shuffle())
}

fn params() -> impl Strategy<Value = BTreeMap<String, String>> {
    let name = prop_oneof!["[a-zA-Z_]{1,4}", "[^:\n]*[^:\\s][^:\n]*"];
    let value = prop_oneof![
        "-?[0-9]{1,22}(\\.[0-9]{1,3})?(e[0-9])?",
        "true|false|True|null|",
        "[^\n]*",
    ];
    let trimmed = |params: BTreeMap<String, String>| {
        let params = params.into_iter();
        params
            .map(|(name, text)| (name.trim().to_owned(), text))
            .collect()
    };
    btree_map(name, value, 0..5).prop_map(trimmed)
}

fn given() -> impl Strategy<Value = Given> {
    point().prop_flat_map(|point| {
        let target = (
            "[a-z]{2}(-[a-z0-9]{1,5}){1,3}",
            "[A-Za-z0-9_-]{1,10}(:([$]LATEST|[a-z0-9]{1,5}))?",
            option::of(role()),
        );
        let sent = (lists(point), expand(point), params());
        let size = (option::of(1_u32..=1024), any::<bool>());
        let flags = (any::<bool>(), fail_safe(), any::<bool>());
        let times = (
            option::of(1_u32..),
            guards(),
            option::of(cache()),
            option::of(1_u32..=100_000),
        );
        (target, sent, size, flags, times).prop_map(
            move |(target, sent, size, flags, (timeout, guards, cache, queue))| Given {
                point,
                region: target.0.clone(),
                function: format!(
                    "arn:aws:lambda:{}:123456789012:function:{}",
                    target.0, target.1
                ),
                role: target.2,
                lists: sent.0,
                expand: sent.1,
                params: sent.2,
                max_payload_size: size.0,
                filtering: size.1,
                event: flags.0,
                event_queue: queue.filter(|_| flags.0),
                fail_safe: flags.1,
                error_set: flags.2,
                timeout,
                guards,
                // An event has no verdict.
                cache: cache.filter(|_| !flags.0),
            },
        )
    })
}

impl Given {
    fn lines(&self) -> Vec<String> {
        let mut lines = vec![
            format!("region: {}", self.region),
            format!("functionARN: {}", self.function),
        ];
        match &self.role {
            Some(role) => lines.extend(role.lines()),
            None => lines.push("useAssumeRole: false".to_owned()),
        }
        for (key, items) in &self.lists {
            lines.push(format!("{key}: {}", items.join(",")));
        }
        if let Some(parts) = &self.expand {
            let words: Vec<&str> = parts.iter().map(|part| part.as_str()).collect();
            lines.push(format!("expand-input: {}", words.join(",")));
        }
        for (name, text) in &self.params {
            lines.push(format!("sidecar-param-{name}: {text}"));
        }
        let size = self.max_payload_size;
        lines.extend(size.map(|size| format!("max-payload-size: {size}")));
        let filtering = "max-payload-condition: filtering";
        lines.extend(self.filtering.then(|| filtering.to_owned()));
        lines.extend(self.event.then(|| "synchronicity: event".to_owned()));
        let queue = self.event_queue;
        lines.extend(queue.map(|length| format!("event-queue: {length}")));
        if let Some(except) = &self.fail_safe {
            lines.push("failSafe: true".to_owned());
            let classes: Vec<&str> = except.iter().map(|class| class.as_str()).collect();
            if !classes.is_empty() {
                lines.push(format!("fail-safe-except: {}", classes.join(",")));
            }
        }
        lines.extend(self.error_set.then(|| "enable_error_set: true".to_owned()));
        lines.extend(self.timeout.map(|timeout| format!("timeout: {timeout}")));
        lines.extend(self.guards.lines());
        lines.extend(self.cache.iter().flat_map(GivenCache::lines));
        lines
    }

    fn read(&self) -> Result<Sidecar, InputsError> {
        Sidecar::parse(self.point, &self.lines().join("\n"))
    }

    fn build(&self) -> Result<Sidecar, InputsError> {
        let mut builder = Sidecar::builder(self.point)
            .region(&self.region)
            .function_arn(&self.function);
        builder = match &self.role {
            Some(role) => role.fill(builder),
            None => builder.process_credentials(),
        };
        for (key, items) in &self.lists {
            builder = list(builder, key, items);
        }
        if let Some(parts) = &self.expand {
            builder = builder.expand_input(parts.iter().copied());
        }
        for (name, text) in &self.params {
            builder = builder.param(name, text);
        }
        if let Some(size) = self.max_payload_size {
            builder = builder.max_payload_size(size);
        }
        if self.filtering {
            builder = builder.max_payload_condition(PayloadCondition::Filtering);
        }
        if self.event {
            builder = builder.synchronicity(Synchronicity::Event);
        }
        if let Some(length) = self.event_queue {
            builder = builder.event_queue(length);
        }
        if let Some(except) = &self.fail_safe {
            let policy = except.iter().fold(ErrorPolicy::FAIL_SAFE, |policy, class| {
                policy.on(*class, Action::Block)
            });
            builder = builder.policy(policy);
        }
        if self.error_set {
            builder = builder.enable_error_set();
        }
        if let Some(timeout) = self.timeout {
            builder = builder.timeout(Duration::from_millis(timeout.into()));
        }
        if let Some(cache) = &self.cache {
            builder = cache.fill(builder);
        }
        self.guards.fill(builder).build()
    }
}

fn list(builder: SidecarBuilder, key: &str, items: &[String]) -> SidecarBuilder {
    match key {
        "include-request-headers" => builder.include_request_headers(items),
        "require-request-headers" => builder.require_request_headers(items),
        "skip-request-headers" => builder.skip_request_headers(items),
        "include-response-headers" => builder.include_response_headers(items),
        "skip-response-headers" => builder.skip_response_headers(items),
        "own-request-headers" => builder.own_request_headers(items),
        "own-response-headers" => builder.own_response_headers(items),
        "when-methods" => builder.when_methods(items),
        "unless-methods" => builder.unless_methods(items),
        "when-paths" => builder.when_paths(items),
        "unless-paths" => builder.unless_paths(items),
        "when-request-headers" => builder.when_request_headers(items),
        "unless-request-headers" => builder.unless_request_headers(items),
        "when-response-codes" => builder.when_response_codes(items),
        "unless-response-codes" => builder.unless_response_codes(items),
        "when-response-headers" => builder.when_response_headers(items),
        "unless-response-headers" => builder.unless_response_headers(items),
        "require-eavs" => builder.require_eavs(items),
        "include-eavs" => builder.include_eavs(items),
        "require-packageKey-eavs" => builder.require_package_key_eavs(items),
        _ => builder.include_package_key_eavs(items),
    }
}

/// What holds for the outcome of reading any text.
fn check_reading(point: Point, text: &str) -> Result<(), TestCaseError> {
    let error = match Sidecar::parse(point, text) {
        Ok(sidecar) => {
            prop_assert_eq!(Sidecar::parse(point, &sidecar.to_string()), Ok(sidecar));
            return Ok(());
        }
        Err(error) => error,
    };
    prop_assert!(!error.problems().is_empty());
    let count = text.lines().count();
    let lines: Vec<_> = error
        .problems()
        .iter()
        .map(|problem| problem.line())
        .collect();
    prop_assert!(
        lines
            .iter()
            .flatten()
            .all(|line| (1..=count).contains(line))
    );
    prop_assert!(lines.is_sorted_by_key(|line| line.unwrap_or(usize::MAX)));
    let message = error.to_string();
    prop_assert!(!message.contains(char::is_control), "{message:?}");
    Ok(())
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_with_lines_of_its_own(
        point in point(),
        text in any::<String>(),
    ) {
        check_reading(point, &text)?;
    }

    #[test]
    fn a_text_near_to_inputs_is_read_or_refused_with_lines_of_its_own(
        point in point(),
        text in near_text(),
    ) {
        check_reading(point, &text)?;
    }

    #[test]
    fn every_sidecar_is_read_back_from_what_it_prints(given in given()) {
        let sidecar = given.read()?;
        let text = sidecar.to_string();
        let again = Sidecar::parse(given.point, &text)?;
        prop_assert_eq!(&again, &sidecar);
        prop_assert_eq!(again.to_string(), text);
    }

    #[test]
    fn the_builder_and_the_text_form_agree(given in given()) {
        prop_assert_eq!(given.build()?, given.read()?);
    }

    #[test]
    fn where_a_line_stands_is_without_effect(given in given()) {
        // Parameters alone keep the order in which they are written.
        let is_param = |line: &String| line.starts_with("sidecar-param-");
        let (params, mut others): (Vec<_>, Vec<_>) = given.lines().into_iter().partition(is_param);
        others.reverse();
        let text = [params, others].concat().join("\n");
        prop_assert_eq!(Sidecar::parse(given.point, &text)?, given.read()?);
    }

    #[test]
    fn params_are_a_json_object_with_every_name(given in given()) {
        let sidecar = given.read()?;
        if given.params.is_empty() {
            prop_assert_eq!(sidecar.params(), "");
        } else {
            let object: BTreeMap<String, serde_json::Value> =
                serde_json::from_str(sidecar.params())?;
            prop_assert!(object.keys().eq(given.params.keys()));
        }
    }

    #[test]
    fn an_unknown_key_is_reported_at_its_own_line(given in given(), broken in 0_usize..40) {
        let mut lines = given.lines();
        let at = broken % (lines.len() + 1);
        lines.insert(at, "failsave: true".to_owned());
        let Err(error) = Sidecar::parse(given.point, &lines.join("\n")) else {
            return Err(TestCaseError::fail("an unknown key was taken"));
        };
        let found: Vec<_> = error.problems().iter().map(|problem| problem.line()).collect();
        prop_assert_eq!(found, [Some(at + 1)]);
    }
}
