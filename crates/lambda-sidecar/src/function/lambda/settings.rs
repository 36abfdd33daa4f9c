//! Settings of AWS that cannot be used, found before the SDK takes them.

use std::{env, error::Error, fmt};

use aws_config::SdkConfig;
use aws_smithy_types::retry::RetryMode;
use aws_types::service_config::ServiceConfigKey;
use http::{Uri, uri::Scheme};

/// Settings in the environment, or in the profile, that AWS cannot be called with.
///
/// Its text names each of them and what is allowed there, and no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsSettingsError(Vec<String>);

impl AwsSettingsError {
    pub(super) fn new(problem: impl Into<String>) -> Self {
        Self(vec![problem.into()])
    }
}

impl fmt::Display for AwsSettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AWS cannot be called: {}", self.0.join("; "))
    }
}

impl Error for AwsSettingsError {}

/// What a variable may say, in words, and a test of it.
type Rule = (&'static str, fn(&str) -> bool);

const ATTEMPTS: Rule = ("a whole number from 1", |text| {
    text.parse::<u32>().is_ok_and(|attempts| attempts > 0)
});
const MODE: Rule = ("`standard` or `adaptive`", |text| {
    text.parse::<RetryMode>().is_ok()
});
const REGION: Rule = ("the name of a region", is_region);
const SWITCH: Rule = ("`true` or `false`", |text| {
    text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false")
});
const ADDRESS: Rule = (
    "an address that begins with `http://` or `https://`",
    is_address,
);
const PROXY: Rule = ("the address of a proxy", |text| {
    is_address(text) || (!text.contains("://") && is_address(&format!("http://{text}")))
});
const TOKEN: Rule = ("visible ASCII characters", |text| {
    text.bytes().all(|byte| byte.is_ascii_graphic())
});

const VARIABLES: &[(&str, Rule)] = &[
    ("AWS_ACCESS_KEY_ID", TOKEN),
    ("AWS_SECRET_ACCESS_KEY", TOKEN),
    ("AWS_SESSION_TOKEN", TOKEN),
    ("AWS_REGION", REGION),
    ("AWS_DEFAULT_REGION", REGION),
    ("AWS_MAX_ATTEMPTS", ATTEMPTS),
    ("AWS_RETRY_MODE", MODE),
    ("AWS_USE_FIPS_ENDPOINT", SWITCH),
    ("AWS_USE_DUALSTACK_ENDPOINT", SWITCH),
    ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", SWITCH),
    ("AWS_EC2_METADATA_DISABLED", SWITCH),
    ("AWS_EC2_METADATA_SERVICE_ENDPOINT", ADDRESS),
    ("AWS_CONTAINER_CREDENTIALS_FULL_URI", ADDRESS),
    ("AWS_ENDPOINT_URL", ADDRESS),
    ("AWS_ENDPOINT_URL_LAMBDA", ADDRESS),
    ("AWS_ENDPOINT_URL_SSM", ADDRESS),
    ("AWS_ENDPOINT_URL_STS", ADDRESS),
    ("HTTP_PROXY", PROXY),
    ("HTTPS_PROXY", PROXY),
    ("ALL_PROXY", PROXY),
    ("http_proxy", PROXY),
    ("https_proxy", PROXY),
    ("all_proxy", PROXY),
];

/// Names of the services as the SDK's settings have them.
const SERVICES: [&str; 3] = ["Lambda", "STS", "SSM"];

/// Checks the process's environment. An empty variable is an unset one here.
pub(super) fn check_environment() -> Result<(), AwsSettingsError> {
    check(|name| env::var_os(name).map(|value| value.into_string().ok()))
}

/// Of a variable that is set, `read` gives the text if it is UTF-8.
fn check(read: impl Fn(&str) -> Option<Option<String>>) -> Result<(), AwsSettingsError> {
    let problems = VARIABLES
        .iter()
        .filter_map(|(name, (allowed, is_allowed))| {
            let text = read(name)?;
            let is_usable = text.is_some_and(|text| text.is_empty() || is_allowed(&text));
            // The value is not shown: it may be a secret, or an address with a password.
            (!is_usable).then(|| format!("{name} is not {allowed}"))
        });
    none(problems.collect())
}

/// Checks what the profile may have said too.
pub(super) fn check_loaded(config: &SdkConfig) -> Result<(), AwsSettingsError> {
    let (allowed, is_allowed) = ADDRESS;
    let mut problems = Vec::new();
    let region = config.region().map(AsRef::as_ref);
    if region.is_some_and(|region| !is_region(region)) {
        problems.push(format!("the region is not {}", REGION.0));
    }
    if config.endpoint_url().is_some_and(|url| !is_allowed(url)) {
        problems.push(format!("`endpoint_url` is not {allowed}"));
    }
    for service in SERVICES {
        if endpoint(config, service).is_some_and(|url| !is_allowed(&url)) {
            problems.push(format!("`endpoint_url` of {service} is not {allowed}"));
        }
    }
    none(problems)
}

fn endpoint(config: &SdkConfig, service: &str) -> Option<String> {
    let key = ServiceConfigKey::builder()
        .service_id(service)
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build()
        .ok()?;
    let url = config.service_config()?.load_config(key)?;
    (!url.is_empty()).then_some(url)
}

fn none(problems: Vec<String>) -> Result<(), AwsSettingsError> {
    match problems.is_empty() {
        true => Ok(()),
        false => Err(AwsSettingsError(problems)),
    }
}

/// It becomes a part of host names.
fn is_region(text: &str) -> bool {
    let is_edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    is_edge(bytes.first())
        && is_edge(bytes.last())
        && bytes.len() < 64
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
}

fn is_address(text: &str) -> bool {
    text.parse::<Uri>().is_ok_and(|uri| {
        let is_http = |scheme: &Scheme| *scheme == Scheme::HTTP || *scheme == Scheme::HTTPS;
        uri.scheme().is_some_and(is_http) && uri.host().is_some_and(|host| !host.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn only(name: &str, value: &str) -> Result<(), AwsSettingsError> {
        check(|asked| (asked == name).then(|| Some(value.to_owned())))
    }

    #[test]
    fn a_value_that_cannot_be_used_is_named_and_not_shown() {
        for (name, value) in [
            ("AWS_MAX_ATTEMPTS", "0"),
            ("AWS_MAX_ATTEMPTS", "-1"),
            ("AWS_MAX_ATTEMPTS", "4294967296"),
            ("AWS_MAX_ATTEMPTS", "three"),
            ("AWS_RETRY_MODE", "legacy-ish"),
            ("AWS_REGION", "eu west"),
            ("AWS_REGION", "evil.example/"),
            ("AWS_DEFAULT_REGION", "-eu"),
            ("AWS_ENDPOINT_URL", "localhost:9100"),
            ("AWS_ENDPOINT_URL_LAMBDA", "localhost"),
            ("AWS_ENDPOINT_URL_STS", "ftp://localhost"),
            ("AWS_ENDPOINT_URL_SSM", "http:///path"),
            ("AWS_EC2_METADATA_DISABLED", "yes"),
            ("AWS_SESSION_TOKEN", "line\n"),
            ("https_proxy", "http://"),
        ] {
            let error = only(name, value).unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
            assert!(!error.contains(&format!("`{value}`")), "{error}");
        }
    }

    #[test]
    fn a_value_that_can_be_used_passes_and_so_does_an_empty_one() {
        for (name, value) in [
            ("AWS_MAX_ATTEMPTS", "1"),
            ("AWS_RETRY_MODE", "adaptive"),
            ("AWS_REGION", "us-gov-west-1"),
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:4566"),
            ("AWS_ENDPOINT_URL", "https://[::1]/base"),
            ("AWS_EC2_METADATA_DISABLED", "TRUE"),
            ("HTTP_PROXY", "proxy:3128"),
            ("HTTP_PROXY", "http://user:password@proxy:3128"),
        ] {
            assert_eq!(only(name, value), Ok(()), "{name}={value}");
        }
        for (name, _) in VARIABLES {
            assert_eq!(only(name, ""), Ok(()), "{name}");
        }
    }

    #[test]
    fn a_value_that_is_no_text_cannot_be_used() {
        for (name, _) in VARIABLES {
            let error = check(|asked| (asked == *name).then_some(None)).unwrap_err();
            assert!(error.to_string().contains(name));
        }
    }

    proptest! {
        #[test]
        fn no_value_panics(value in any::<String>()) {
            for (name, _) in VARIABLES {
                let _ = only(name, &value);
            }
        }
    }
}
