//! Settings of AWS that cannot be used, found before the SDK takes them.

use std::{env, error::Error, fmt};

use aws_config::{
    SdkConfig,
    profile::{self, ProfileFileLoadError, ProfileSet},
};
use aws_types::{
    os_shim_internal::{Env, Fs},
    service_config::ServiceConfigKey,
};
use tracing::{Dispatch, instrument::WithSubscriber as _};

use super::rules::{ENDPOINT, SETTINGS, Setting};

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

/// A file of partitions in place of the SDK's own. The SDK panics at the first call if it cannot read the file.
const PARTITIONS: &str = "SMITHY_CLIENT_SDK_CUSTOM_PARTITION";

/// Names of the services as the SDK's settings have them.
const SERVICES: [&str; 3] = ["Lambda", "STS", "SSM"];

/// Checks the process's environment, and the profile that it names.
pub(super) async fn check_settings() -> Result<ProfileSet, AwsSettingsError> {
    none(wrong_variables(|name| {
        env::var_os(name).map(|value| value.into_string().ok())
    }))?;
    let profile = profile().await.map_err(|error| unreadable(&error))?;
    let name = profile.selected_profile();
    let mut problems = wrong_keys(name, |key| profile.get(key), is_set);
    if is_set("AWS_PROFILE") && profile.get_profile(name).is_none() {
        problems.push("AWS_PROFILE is not the name of a profile in the files of profiles".into());
    }
    none(problems)?;
    Ok(profile)
}

/// Whether there is a file of root certificates that only other SDKs read.
pub(super) fn has_unread_certificates() -> bool {
    is_set("AWS_CA_BUNDLE") && !is_set("SSL_CERT_FILE")
}

fn is_set(name: &str) -> bool {
    env::var_os(name).is_some_and(|value| !value.is_empty())
}

/// The selected profile and all others, of the files that the SDK reads.
async fn profile() -> Result<ProfileSet, ProfileFileLoadError> {
    #[allow(
        deprecated,
        reason = "the name that is not is in a crate of the SDK's own"
    )]
    let files = profile::profile_file::ProfileFiles::default();
    let (fs, env) = (Fs::real(), Env::real());
    let profile = profile::load(&fs, &env, &files, None);
    // What it warns of is found here too.
    profile.with_subscriber(Dispatch::none()).await
}

/// File and line, and what is wrong there, but nothing of what the line says.
fn unreadable(error: &ProfileFileLoadError) -> AwsSettingsError {
    let error = error.source().unwrap_or(error).to_string();
    let words: Vec<_> = error.split_whitespace().collect();
    AwsSettingsError::new(words.join(" "))
}

/// An empty variable is an unset one. Of one that is set, `read` gives the text if it is UTF-8.
fn wrong_variables(read: impl Fn(&str) -> Option<Option<String>>) -> Vec<String> {
    let rules = SETTINGS
        .iter()
        .filter(|setting| !setting.variable.is_empty());
    let wrong = rules.filter_map(|setting| {
        let Setting { variable, rule, .. } = setting;
        let (allowed, is_allowed) = rule;
        let text = read(variable)?;
        let is_usable = text.is_some_and(|text| text.is_empty() || is_allowed(&text));
        // The value is not shown: it may be a secret, or an address with a password.
        (!is_usable).then(|| format!("{variable} is not {allowed}"))
    });
    let partitions = read(PARTITIONS).map(|_| format!("{PARTITIONS} is set, allowed: nothing"));
    wrong.chain(partitions).collect()
}

/// What is wrong in the selected profile, but for what a variable says in its place. An empty key is an unset one too.
fn wrong_keys<'p>(
    profile: &str,
    read: impl Fn(&str) -> Option<&'p str>,
    is_set: impl Fn(&str) -> bool,
) -> Vec<String> {
    let rules = SETTINGS.iter().filter(|setting| !setting.key.is_empty());
    let wrong = rules.filter_map(|setting| {
        let Setting {
            variable,
            key,
            rule: (allowed, is_allowed),
        } = setting;
        let text = read(key).filter(|text| !text.is_empty())?;
        let is_wrong = !is_allowed(text) && !is_set(variable);
        is_wrong.then(|| format!("`{key}` of the profile `{profile}` is not {allowed}"))
    });
    wrong.collect()
}

/// Checks what a profile says of single services.
pub(super) fn check_loaded(config: &SdkConfig) -> Result<(), AwsSettingsError> {
    let (allowed, is_allowed) = ENDPOINT;
    let wrong = SERVICES.into_iter().filter(|service| {
        let url = endpoint(config, service);
        url.is_some_and(|url| !is_allowed(&url))
    });
    let problems = wrong.map(|service| {
        format!("`endpoint_url` of {service} in the profile's services is not {allowed}")
    });
    none(problems.collect())
}

fn endpoint(config: &SdkConfig, service: &str) -> Option<String> {
    let key = ServiceConfigKey::builder()
        .service_id(service)
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build()
        .ok()?;
    config.service_config()?.load_config(key)
}

fn none(problems: Vec<String>) -> Result<(), AwsSettingsError> {
    match problems.is_empty() {
        true => Ok(()),
        false => Err(AwsSettingsError(problems)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(name: &str, value: &str) -> Vec<String> {
        wrong_variables(|asked| (asked == name).then(|| Some(value.to_owned())))
    }

    fn variables() -> impl Iterator<Item = &'static str> {
        let variables = SETTINGS.iter().map(|setting| setting.variable);
        variables.filter(|variable| !variable.is_empty())
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
            ("AWS_ENDPOINT_URL", "http://user:s3cr3t@h:99999"),
            ("AWS_ENDPOINT_URL_LAMBDA", "http://h/?token=s3cr3t"),
            ("AWS_ENDPOINT_URL_STS", "ftp://localhost"),
            ("AWS_ENDPOINT_URL_SSM", "http:///path"),
            (
                "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                "http://user:s3cr3t@h/",
            ),
            ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "http://h/"),
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "s3cr3t\n"),
            ("AWS_EC2_METADATA_DISABLED", "yes"),
            ("AWS_SESSION_TOKEN", "line\n"),
            ("AWS_DEFAULTS_MODE", "zz"),
            ("AWS_USE_FIPS_ENDPOINT", "maybe"),
            ("AWS_CA_BUNDLE", "/nowhere"),
            ("SSL_CERT_DIR", "/nowhere:/nor/here"),
            ("AWS_SDK_UA_APP_ID", "a b"),
            ("AWS_ROLE_ARN", "my-role"),
            ("https_proxy", "user:s3cr3t@127.0.0.1:xx"),
        ] {
            let problems = only(name, value);
            assert_eq!(problems.len(), 1, "{name}={value}: {problems:?}");
            assert!(problems[0].starts_with(name), "{problems:?}");
            assert!(!problems[0].contains(&format!("`{value}`")), "{problems:?}");
            assert!(!problems[0].contains("s3cr3t"), "{problems:?}");
        }
    }

    #[test]
    fn a_value_that_can_be_used_passes_and_so_does_an_empty_one() {
        for (name, value) in [
            ("AWS_MAX_ATTEMPTS", "1"),
            ("AWS_RETRY_MODE", "adaptive"),
            ("AWS_REGION", "us-gov-west-1"),
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:4566"),
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Basic abc="),
            (
                "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                "/v2/credentials?id=7",
            ),
            ("AWS_EC2_METADATA_DISABLED", "TRUE"),
            ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/path/r"),
            ("HTTP_PROXY", "http://user:password@proxy:3128"),
            ("NO_PROXY", "[,*,,/33"),
        ] {
            assert_eq!(only(name, value), <[&str; 0]>::default(), "{name}={value}");
        }
        for name in variables() {
            assert_eq!(only(name, ""), <[&str; 0]>::default(), "{name}");
        }
    }

    #[test]
    fn a_value_that_is_no_text_cannot_be_used() {
        for name in variables() {
            let problems = wrong_variables(|asked| (asked == name).then_some(None));
            assert!(problems[0].starts_with(name), "{name}: {problems:?}");
        }
    }

    #[test]
    fn a_file_with_which_the_sdk_may_panic_is_not_taken() {
        for value in ["", "/nowhere", "/etc/partitions.json"] {
            assert_eq!(only(PARTITIONS, value).len(), 1, "{value}");
        }
    }

    #[test]
    fn what_a_profile_says_is_held_to_the_rules_of_the_environment() {
        for (key, value) in [
            ("max_attempts", "0"),
            ("retry_mode", "zz"),
            ("region", "a b"),
            ("endpoint_url", "http://user:s3cr3t@h:99999"),
            ("use_fips_endpoint", "s3cr3t"),
            ("aws_secret_access_key", "s3cr3t\n"),
        ] {
            let read = |asked: &str| (asked == key).then_some(value);
            let problems = wrong_keys("p", read, |_| false);
            assert_eq!(problems.len(), 1, "{key} = {value}: {problems:?}");
            assert!(problems[0].contains(&format!("`{key}` of the profile `p`")));
            assert!(!problems[0].contains("s3cr3t"), "{problems:?}");
        }
    }

    #[test]
    fn an_empty_key_of_a_profile_is_an_unset_one() {
        assert!(wrong_keys("p", |_| Some(""), |_| false).is_empty());
    }

    #[test]
    fn what_a_variable_says_goes_before_what_the_profile_says() {
        let read = |asked: &str| (asked == "max_attempts").then_some("0");
        assert!(wrong_keys("p", read, |name| name == "AWS_MAX_ATTEMPTS").is_empty());
        assert_eq!(wrong_keys("p", read, |name| name == "AWS_REGION").len(), 1);
    }
}
