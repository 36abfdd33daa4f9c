//! The one table of keys: what a key is called, where it may stand, what it may hold, how its text
//! is read and how it is printed.

mod find;
mod printed;
mod secrets;

use self::printed::{excepted, included, joined, shown, skipped, unless};
use super::{
    limits::{DEFAULT_EXPIRATION, DEFAULT_SESSION_NAME},
    values,
};
use crate::{
    Point, Synchronicity,
    policy::ErrorPolicy,
    sidecar::{Handling, PayloadCondition, Sidecar},
};

/// A key of the inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum InputsKey {
    Region,
    FunctionArn,
    UseAssumeRole,
    RoleArn,
    ExternalId,
    SessionName,
    ExpirationDuration,
    Synchronicity,
    IncludeRequestHeaders,
    RequireRequestHeaders,
    SkipRequestHeaders,
    IncludeResponseHeaders,
    SkipResponseHeaders,
    OwnRequestHeaders,
    OwnResponseHeaders,
    WhenMethods,
    UnlessMethods,
    WhenPaths,
    UnlessPaths,
    WhenRequestHeaders,
    UnlessRequestHeaders,
    WhenResponseCodes,
    UnlessResponseCodes,
    WhenResponseHeaders,
    UnlessResponseHeaders,
    RequireEavs,
    IncludeEavs,
    RequirePackageKeyEavs,
    IncludePackageKeyEavs,
    ExpandInput,
    MaxPayloadSize,
    MaxPayloadCondition,
    Param,
    FailSafe,
    FailSafeExcept,
    EnableErrorSet,
    Timeout,
    MaxConcurrency,
    BreakerFailures,
    BreakerOpenSeconds,
    CacheMaxSeconds,
    CacheDefaultSeconds,
    CacheStaleSeconds,
    EventQueue,
    TenantId,
    DurableExecution,
}

/// One key.
pub(super) struct Row {
    key: InputsKey,
    /// The key as the documentation writes it.
    pub(super) name: &'static str,
    pub(super) form: Form,
    /// What it may hold, in the words of a message.
    pub(super) allowed: &'static str,
    /// Its text for a sidecar; none at the default. Parameters have many lines and are printed
    /// otherwise.
    pub(super) print: fn(&Sidecar) -> Option<String>,
}

/// How a key's text gets into the draft. The validation alone judges text and lists.
pub(super) enum Form {
    Text,
    List,
    /// A list that may stand at this point alone.
    ListAt(Point),
    /// A list that has an effect at this point alone; at the other it is accepted, as the connector does.
    ListUsedAt(Point),
    /// A value for `params`, under the NAME that ends the key.
    Param,
    /// A value of a type of its own; none if the text is no such value.
    Handling(fn(&mut Handling, &str) -> Option<()>),
}

const BOOLEAN: &str = "true or false";
const HEADERS: &str = "header names, separated by commas";
const OWNED: &str = "header names, separated by commas, but no protected one, content-encoding, \
     content-type or expect";
const METHODS: &str = "HTTP methods, separated by commas";
const PATHS: &str =
    "patterns of paths that begin with / or *, of at most 1023 bytes, separated by commas";
const HEADER_TESTS: &str = "NAME or NAME=VALUE of a header, separated by commas";
const CODES: &str = "status codes from 100 to 599, as 404, 5xx or 200-299, separated by commas";
const EAVS: &str = "names of extended attributes, separated by commas";

/// Every key, in the order in which they are documented, checked and printed.
#[rustfmt::skip] // A table is read by its columns.
static TABLE: [Row; 46] = [
    row(InputsKey::Region, "region", Form::Text,
        "an AWS region, such as us-east-1",
        |sidecar| Some(sidecar.target.aws()?.connection.region.clone())),
    row(InputsKey::FunctionArn, "functionARN", Form::Text,
        "arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME, with or without :QUALIFIER",
        |sidecar| Some(sidecar.target.aws()?.arn.clone())),
    row(InputsKey::UseAssumeRole, "useAssumeRole", Form::Text,
        BOOLEAN,
        |sidecar| sidecar.target.aws()?.connection.role.is_none().then(|| "false".to_owned())),
    row(InputsKey::RoleArn, "roleARN", Form::Text,
        "arn:PARTITION:iam::ACCOUNT:role/NAME",
        |sidecar| Some(sidecar.target.role()?.arn.clone())),
    row(InputsKey::ExternalId, "externalIdKey", Form::Text,
        "the name of a Parameter Store entry, of letters, digits and . - _ / :",
        |sidecar| Some(sidecar.target.role()?.external_id_key.clone())),
    row(InputsKey::SessionName, "sessionName", Form::Text,
        "2 to 64 letters, digits and _ + = , . @ -",
        |sidecar| unless(DEFAULT_SESSION_NAME, &*sidecar.target.role()?.session_name)),
    row(InputsKey::ExpirationDuration, "expirationDuration", Form::Text,
        "a whole number of minutes from 15 to 720",
        |sidecar| {
            let duration = sidecar.target.role()?.duration;
            (duration != DEFAULT_EXPIRATION).then(|| values::in_minutes(duration))
        }),
    row(InputsKey::Synchronicity, "synchronicity",
        Form::Handling(|to, text| { to.synchronicity = values::synchronicity(text)?; Some(()) }),
        "request-response or event",
        |sidecar| (sidecar.synchronicity() == Synchronicity::Event).then(|| "event".to_owned())),
    row(InputsKey::IncludeRequestHeaders, "include-request-headers", Form::List,
        HEADERS,
        |sidecar| included(&sidecar.request_headers, &sidecar.required_request_headers)),
    row(InputsKey::RequireRequestHeaders, "require-request-headers", Form::List,
        HEADERS,
        |sidecar| joined(sidecar.required_request_headers.iter().map(|header| &header.configured))),
    row(InputsKey::SkipRequestHeaders, "skip-request-headers", Form::List,
        HEADERS,
        |sidecar| skipped(&sidecar.request_headers, &sidecar.required_request_headers)),
    row(InputsKey::IncludeResponseHeaders, "include-response-headers",
        Form::ListUsedAt(Point::PostProcessor),
        HEADERS,
        |sidecar| included(&sidecar.response_headers, &[])),
    row(InputsKey::SkipResponseHeaders, "skip-response-headers",
        Form::ListUsedAt(Point::PostProcessor),
        HEADERS,
        |sidecar| skipped(&sidecar.response_headers, &[])),
    row(InputsKey::OwnRequestHeaders, "own-request-headers", Form::ListAt(Point::PreProcessor),
        OWNED,
        |sidecar| joined(sidecar.owned_at(Point::PreProcessor)?.names())),
    row(InputsKey::OwnResponseHeaders, "own-response-headers", Form::ListAt(Point::PostProcessor),
        OWNED,
        |sidecar| joined(sidecar.owned_at(Point::PostProcessor)?.names())),
    row(InputsKey::WhenMethods, "when-methods", Form::List,
        METHODS,
        |sidecar| shown(&sidecar.scope()?.methods.when)),
    row(InputsKey::UnlessMethods, "unless-methods", Form::List,
        METHODS,
        |sidecar| shown(&sidecar.scope()?.methods.unless)),
    row(InputsKey::WhenPaths, "when-paths", Form::List,
        PATHS,
        |sidecar| shown(&sidecar.scope()?.paths.when)),
    row(InputsKey::UnlessPaths, "unless-paths", Form::List,
        PATHS,
        |sidecar| shown(&sidecar.scope()?.paths.unless)),
    row(InputsKey::WhenRequestHeaders, "when-request-headers", Form::List,
        HEADER_TESTS,
        |sidecar| shown(&sidecar.scope()?.request_headers.when)),
    row(InputsKey::UnlessRequestHeaders, "unless-request-headers", Form::List,
        HEADER_TESTS,
        |sidecar| shown(&sidecar.scope()?.request_headers.unless)),
    row(InputsKey::WhenResponseCodes, "when-response-codes", Form::ListAt(Point::PostProcessor),
        CODES,
        |sidecar| shown(&sidecar.scope()?.response_codes.when)),
    row(InputsKey::UnlessResponseCodes, "unless-response-codes", Form::ListAt(Point::PostProcessor),
        CODES,
        |sidecar| shown(&sidecar.scope()?.response_codes.unless)),
    row(InputsKey::WhenResponseHeaders, "when-response-headers", Form::ListAt(Point::PostProcessor),
        HEADER_TESTS,
        |sidecar| shown(&sidecar.scope()?.response_headers.when)),
    row(InputsKey::UnlessResponseHeaders, "unless-response-headers", Form::ListAt(Point::PostProcessor),
        HEADER_TESTS,
        |sidecar| shown(&sidecar.scope()?.response_headers.unless)),
    row(InputsKey::RequireEavs, "require-eavs", Form::List,
        EAVS,
        |sidecar| joined(&sidecar.required_eavs)),
    row(InputsKey::IncludeEavs, "include-eavs", Form::List,
        EAVS,
        |sidecar| joined(sidecar.eavs.iter().skip(sidecar.required_eavs.len()))),
    row(InputsKey::RequirePackageKeyEavs, "require-packageKey-eavs", Form::List,
        EAVS,
        |sidecar| joined(&sidecar.required_package_key_eavs)),
    row(InputsKey::IncludePackageKeyEavs, "include-packageKey-eavs", Form::List,
        EAVS,
        |sidecar| joined(sidecar.package_key_eavs.iter().skip(sidecar.required_package_key_eavs.len()))),
    row(InputsKey::ExpandInput, "expand-input", Form::List,
        "requestPayload, responsePayload (PostProcessor only), remoteAddress, token, operation, \
         routing, relay (PostProcessor only), separated by commas",
        |sidecar| joined(sidecar.expand.iter().map(|part| part.as_str()))),
    row(InputsKey::MaxPayloadSize, "max-payload-size",
        Form::Handling(|to, text| { to.max_payload_size = values::number(text)?; Some(()) }),
        "a whole number of KB from 1 to 1024",
        |sidecar| unless(Handling::DEFAULT.max_payload_size, sidecar.handling.max_payload_size)),
    row(InputsKey::MaxPayloadCondition, "max-payload-condition",
        Form::Handling(|to, text| { to.payload_condition = values::payload_condition(text)?; Some(()) }),
        "blocking or filtering",
        |sidecar| unless(PayloadCondition::Blocking.as_str(), sidecar.payload_condition().as_str())),
    row(InputsKey::Param, "sidecar-param-NAME", Form::Param,
        "one line of text, under a NAME of one line and without a colon",
        |_| None),
    row(InputsKey::FailSafe, "failSafe",
        Form::Handling(|to, text| { to.policy = values::policy(text)?; Some(()) }),
        BOOLEAN,
        |sidecar| unless(false, sidecar.policy() != ErrorPolicy::SURE_FIRE)),
    row(InputsKey::FailSafeExcept, "fail-safe-except", Form::List,
        "classes of failures, separated by commas: connect, credentials, throttled, service_exception, \
         timeout, function_error, wrong_answer, rejected, no_resources",
        |sidecar| excepted(sidecar.policy())),
    row(InputsKey::EnableErrorSet, "enable_error_set",
        Form::Handling(|to, text| { to.error_set = values::boolean(text)?; Some(()) }),
        BOOLEAN,
        |sidecar| unless(false, sidecar.uses_error_set())),
    row(InputsKey::Timeout, "timeout",
        Form::Handling(|to, text| { to.timeout = Some(values::milliseconds(text)?); Some(()) }),
        "a whole number of milliseconds from 1 to 4294967295",
        |sidecar| Some(sidecar.timeout()?.as_millis().to_string())),
    row(InputsKey::MaxConcurrency, "max-concurrency",
        Form::Handling(|to, text| { to.max_concurrency = Some(values::number(text)?); Some(()) }),
        "a whole number from 1 to 10000",
        |sidecar| Some(sidecar.max_concurrency()?.to_string())),
    row(InputsKey::BreakerFailures, "breaker-failures",
        Form::Handling(|to, text| { to.breaker_failures = Some(values::number(text)?); Some(()) }),
        "a whole number from 1 to 1000",
        |sidecar| Some(sidecar.breaker_failures()?.to_string())),
    row(InputsKey::BreakerOpenSeconds, "breaker-open-seconds",
        Form::Handling(|to, text| { to.breaker_open = Some(values::seconds(text)?); Some(()) }),
        "a whole number of seconds from 1 to 3600",
        |sidecar| unless(Handling::BREAKER_OPEN.as_secs(), sidecar.breaker_open().as_secs())),
    row(InputsKey::CacheMaxSeconds, "cache-max-seconds",
        Form::Handling(|to, text| { to.cache_max = Some(values::seconds(text)?); Some(()) }),
        "a whole number of seconds from 1 to 86400",
        |sidecar| Some(sidecar.cache_max()?.as_secs().to_string())),
    row(InputsKey::CacheDefaultSeconds, "cache-default-seconds",
        Form::Handling(|to, text| { to.cache_default = Some(values::seconds(text)?); Some(()) }),
        "a whole number of seconds from 0 to 86400",
        |sidecar| unless(0, sidecar.cache_default().as_secs())),
    row(InputsKey::CacheStaleSeconds, "cache-stale-seconds",
        Form::Handling(|to, text| { to.cache_stale = Some(values::seconds(text)?); Some(()) }),
        "a whole number of seconds from 0 to 4294967295",
        |sidecar| unless(0, sidecar.cache_stale().as_secs())),
    row(InputsKey::EventQueue, "event-queue",
        Form::Handling(|to, text| { to.event_queue = Some(values::number(text)?); Some(()) }),
        "a whole number from 1 to 100000",
        |sidecar| Some(sidecar.event_queue()?.to_string())),
    row(InputsKey::TenantId, "tenant-id", Form::Text,
        "packageKey, eav NAME, packageKey-eav NAME, header NAME, or value TEXT with a TEXT of 1 to 256 letters, digits, \
         spaces and . : / = + - @ _",
        |sidecar| Some(sidecar.tenant.as_ref()?.to_string())),
    row(InputsKey::DurableExecution, "durable-execution", Form::Text,
        BOOLEAN,
        |sidecar| unless(false, sidecar.durable_execution())),
];

const fn row(
    key: InputsKey,
    name: &'static str,
    form: Form,
    allowed: &'static str,
    print: fn(&Sidecar) -> Option<String>,
) -> Row {
    Row {
        key,
        name,
        form,
        allowed,
        print,
    }
}

/// A key's row is found by the key's number; this does not compile if one stands elsewhere.
const _: () = {
    assert!(TABLE.len() == InputsKey::DurableExecution as usize + 1);
    let mut index = 0;
    while index < TABLE.len() {
        assert!(TABLE[index].key as usize == index);
        index += 1;
    }
};

impl Sidecar {
    /// Every key of the inputs as the documentation writes it, in its order.
    /// `sidecar-param-NAME` stands for all parameters.
    ///
    /// ```
    /// # use lambda_sidecar_core as lambda_sidecar;
    /// use lambda_sidecar::Sidecar;
    ///
    /// assert!(Sidecar::KEYS.contains(&"expand-input"));
    /// ```
    pub const KEYS: &'static [&'static str] = &{
        let mut names = [""; TABLE.len()];
        let mut index = 0;
        while index < names.len() {
            names[index] = TABLE[index].name;
            index += 1;
        }
        names
    };
}

/// Every row, in the order in which keys are printed.
pub(super) fn rows() -> &'static [Row] {
    &TABLE
}

impl InputsKey {
    pub(super) fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::limits::{
            BREAKER_FAILURES, BREAKER_OPEN, CACHE_DEFAULT, CACHE_MAX, CACHE_STALE, EVENT_QUEUE,
            EXPIRATION, MAX_CONCURRENCY, MAX_PAYLOAD_SIZE, TIMEOUT,
        },
        *,
    };

    #[test]
    fn the_messages_name_the_bounds_that_are_checked() {
        for (key, low, high) in [
            (
                InputsKey::ExpirationDuration,
                EXPIRATION.start().to_string(),
                EXPIRATION.end().to_string(),
            ),
            (
                InputsKey::MaxPayloadSize,
                MAX_PAYLOAD_SIZE.start().to_string(),
                MAX_PAYLOAD_SIZE.end().to_string(),
            ),
            (
                InputsKey::Timeout,
                TIMEOUT.start().to_string(),
                TIMEOUT.end().to_string(),
            ),
            (
                InputsKey::MaxConcurrency,
                MAX_CONCURRENCY.start().to_string(),
                MAX_CONCURRENCY.end().to_string(),
            ),
            (
                InputsKey::BreakerFailures,
                BREAKER_FAILURES.start().to_string(),
                BREAKER_FAILURES.end().to_string(),
            ),
            (
                InputsKey::BreakerOpenSeconds,
                BREAKER_OPEN.start().to_string(),
                BREAKER_OPEN.end().to_string(),
            ),
            (
                InputsKey::CacheMaxSeconds,
                CACHE_MAX.start().to_string(),
                CACHE_MAX.end().to_string(),
            ),
            (
                InputsKey::CacheDefaultSeconds,
                CACHE_DEFAULT.start().to_string(),
                CACHE_DEFAULT.end().to_string(),
            ),
            (
                InputsKey::CacheStaleSeconds,
                CACHE_STALE.start().to_string(),
                CACHE_STALE.end().to_string(),
            ),
            (
                InputsKey::EventQueue,
                EVENT_QUEUE.start().to_string(),
                EVENT_QUEUE.end().to_string(),
            ),
        ] {
            let bounds = format!("from {low} to {high}");
            assert!(key.row().allowed.ends_with(&bounds), "{key:?}");
        }
    }
}
