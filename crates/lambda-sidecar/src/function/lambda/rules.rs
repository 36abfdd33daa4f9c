//! What a setting of AWS may say, be it in the environment or in a profile.

use std::{fs, io, path::Path};

use aws_smithy_types::retry::RetryMode;
use aws_types::app_name::AppName;
use http::{HeaderValue, uri::PathAndQuery};
use rustls::RootCertStore;

use super::addresses::{address, has_whole_escapes, is_proxy};

/// What is allowed, in words, and a test of it. An empty text is allowed by none.
pub(super) type Rule = (&'static str, fn(&str) -> bool);

/// A setting: its variable, its key in a profile, and its rule. A name that it does not have is empty.
pub(super) struct Setting {
    pub(super) variable: &'static str,
    pub(super) key: &'static str,
    pub(super) rule: Rule,
}

const fn setting(variable: &'static str, key: &'static str, rule: Rule) -> Setting {
    Setting {
        variable,
        key,
        rule,
    }
}

/// Every variable that the SDK, its HTTP client and its TLS read, but those that may say anything. What is not text is
/// unset for most of them, so they are here as well if any text will do.
pub(super) const SETTINGS: &[Setting] = &[
    setting("AWS_ACCESS_KEY_ID", "aws_access_key_id", TOKEN),
    setting("AWS_SECRET_ACCESS_KEY", "aws_secret_access_key", TOKEN),
    setting("SECRET_ACCESS_KEY", "", TOKEN),
    setting("AWS_SESSION_TOKEN", "aws_session_token", TOKEN),
    setting("AWS_ACCOUNT_ID", "aws_account_id", TOKEN),
    setting("AWS_REGION", "region", REGION),
    setting("AWS_DEFAULT_REGION", "", REGION),
    setting("AWS_PROFILE", "", TEXT),
    setting("AWS_CONFIG_FILE", "", PROFILES),
    setting("AWS_SHARED_CREDENTIALS_FILE", "", PROFILES),
    setting("AWS_LOGIN_CACHE_DIRECTORY", "", TEXT),
    setting("AWS_MAX_ATTEMPTS", "max_attempts", ATTEMPTS),
    setting("AWS_RETRY_MODE", "retry_mode", RETRY_MODE),
    setting("AWS_NEW_RETRIES_2026", "", SWITCH),
    setting("AWS_DEFAULTS_MODE", "defaults_mode", DEFAULTS_MODE),
    setting("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint", SWITCH),
    setting(
        "AWS_USE_DUALSTACK_ENDPOINT",
        "use_dualstack_endpoint",
        SWITCH,
    ),
    setting(
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
        "ignore_configured_endpoint_urls",
        SWITCH,
    ),
    setting(
        "AWS_ACCOUNT_ID_ENDPOINT_MODE",
        "account_id_endpoint_mode",
        ACCOUNT_ID_MODE,
    ),
    setting("AWS_AUTH_SCHEME_PREFERENCE", "auth_scheme_preference", LIST),
    setting(
        "AWS_SIGV4A_SIGNING_REGION_SET",
        "sigv4a_signing_region_set",
        LIST,
    ),
    setting(
        "AWS_DISABLE_CLOCK_SKEW_CORRECTION",
        "disable_clock_skew_correction",
        SWITCH,
    ),
    setting(
        "AWS_DISABLE_REQUEST_COMPRESSION",
        "disable_request_compression",
        SWITCH,
    ),
    setting(
        "AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES",
        "request_min_compression_size_bytes",
        NUMBER,
    ),
    setting(
        "AWS_REQUEST_CHECKSUM_CALCULATION",
        "request_checksum_calculation",
        CHECKSUMS,
    ),
    setting(
        "AWS_RESPONSE_CHECKSUM_VALIDATION",
        "response_checksum_validation",
        CHECKSUMS,
    ),
    setting("AWS_SDK_UA_APP_ID", "sdk_ua_app_id", APP_ID),
    setting("AWS_EXECUTION_ENV", "", TOKEN),
    setting("AWS_ENDPOINT_URL", "endpoint_url", ENDPOINT),
    setting("AWS_ENDPOINT_URL_LAMBDA", "", ENDPOINT),
    setting("AWS_ENDPOINT_URL_SSM", "", ENDPOINT),
    setting("AWS_ENDPOINT_URL_STS", "", ENDPOINT),
    setting("AWS_EC2_METADATA_DISABLED", "", SWITCH),
    setting(
        "AWS_EC2_METADATA_SERVICE_ENDPOINT",
        "ec2_metadata_service_endpoint",
        ENDPOINT,
    ),
    setting(
        "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
        "ec2_metadata_service_endpoint_mode",
        IP_VERSION,
    ),
    setting("AWS_CONTAINER_CREDENTIALS_FULL_URI", "", URI),
    setting("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "", PATH),
    setting("AWS_CONTAINER_AUTHORIZATION_TOKEN", "", HEADER),
    setting("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "", TEXT),
    setting("AWS_WEB_IDENTITY_TOKEN_FILE", "", TEXT),
    setting("AWS_ROLE_ARN", "role_arn", ARN),
    setting("AWS_ROLE_SESSION_NAME", "role_session_name", SESSION),
    setting("HTTP_PROXY", "", PROXY),
    setting("HTTPS_PROXY", "", PROXY),
    setting("ALL_PROXY", "", PROXY),
    setting("http_proxy", "", PROXY),
    setting("https_proxy", "", PROXY),
    setting("all_proxy", "", PROXY),
    setting("NO_PROXY", "", TEXT),
    setting("no_proxy", "", TEXT),
    setting("AWS_CA_BUNDLE", "", CERTIFICATES),
    setting("SSL_CERT_FILE", "", CERTIFICATES),
    setting("SSL_CERT_DIR", "", FOLDERS),
];

pub(super) const ENDPOINT: Rule = (
    "an address `http://HOST:PORT/PATH` or `https://…`, without a user, a query or a fragment",
    |text| address(text).is_some_and(|uri| uri.query().is_none()),
);
/// A query may be a secret that the container's agent wants to see.
const URI: Rule = (
    "an address `http://HOST:PORT/PATH` or `https://…`, without a user or a fragment",
    |text| address(text).is_some(),
);
const PATH: Rule = ("a path that begins with `/`", |text| {
    text.starts_with('/') && has_whole_escapes(text) && text.parse::<PathAndQuery>().is_ok()
});
const PROXY: Rule = (
    "the address of a proxy, `http://USER:PASSWORD@HOST:PORT`",
    is_proxy,
);
const REGION: Rule = ("the name of a region", is_region);
const ATTEMPTS: Rule = ("a whole number from 1", |text| {
    text.parse::<u32>().is_ok_and(|attempts| attempts > 0)
});
const NUMBER: Rule = ("a whole number", |text| text.parse::<u32>().is_ok());
const RETRY_MODE: Rule = ("`standard` or `adaptive`", |text| {
    text.parse::<RetryMode>().is_ok()
});
const DEFAULTS_MODE: Rule = (
    "`standard`, `in-region`, `cross-region`, `mobile`, `auto` or `legacy`",
    |text| {
        let modes = [
            "standard",
            "in-region",
            "cross-region",
            "mobile",
            "auto",
            "legacy",
        ];
        is_one_of(text, &modes)
    },
);
const SWITCH: Rule = ("`true` or `false`", |text| {
    is_one_of(text, &["true", "false"])
});
const ACCOUNT_ID_MODE: Rule = ("`preferred`, `required` or `disabled`", |text| {
    is_one_of(text, &["preferred", "required", "disabled"])
});
const CHECKSUMS: Rule = ("`when_supported` or `when_required`", |text| {
    is_one_of(text, &["when_supported", "when_required"])
});
const IP_VERSION: Rule = ("`IPv4` or `IPv6`", |text| {
    is_one_of(text, &["ipv4", "ipv6"])
});
const LIST: Rule = ("names separated by commas", |text| {
    text.split(',').all(|name| is_token(name.trim()))
});
const APP_ID: Rule = ("what the name of an HTTP header may consist of", |text| {
    AppName::new(text.to_owned()).is_ok()
});
const ARN: Rule = ("the ARN of a role", |text| {
    text.starts_with("arn:") && text.split(':').count() >= 6 && is_token(text)
});
const SESSION: Rule = ("2 to 64 letters, digits and `_=,.@-`", |text| {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    (2..=64).contains(&text.len()) && text.bytes().all(is_allowed)
});
const TOKEN: Rule = ("visible ASCII characters", is_token);
const HEADER: Rule = ("the value of an HTTP header", |text| {
    !text.is_empty() && HeaderValue::from_str(text).is_ok()
});
const TEXT: Rule = ("text in UTF-8", |text| !text.is_empty());
/// The SDK takes one that it cannot read for an empty one. A pipe would be empty for whoever reads it next.
const PROFILES: Rule = ("a file of text, or one that is not there yet", |text| {
    let is_pipe = fs::metadata(text).is_ok_and(|about| !about.is_file() && !about.is_dir());
    let is_readable = || match fs::read_to_string(text) {
        Ok(_) => true,
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    };
    !text.is_empty() && (is_pipe || is_readable())
});
const CERTIFICATES: Rule = ("a file with a certificate in PEM", |text| {
    let read = rustls_native_certs::load_certs_from_paths(Some(Path::new(text)), None);
    let (usable, _) = RootCertStore::empty().add_parsable_certificates(read.certs);
    usable > 0
});
const FOLDERS: Rule = ("a folder, or several separated by `:`", |text| {
    std::env::split_paths(text).any(|folder| folder.is_dir())
});

fn is_one_of(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.eq_ignore_ascii_case(word))
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is(rule: Rule, text: &str) -> bool {
        rule.1(text)
    }

    #[test]
    fn an_endpoint_has_no_query_and_what_gives_credentials_may_have_one() {
        let with_query = "http://h/?token=secret";
        assert!(is(URI, with_query) && !is(ENDPOINT, with_query));
    }

    #[test]
    fn a_file_of_certificates_has_one() {
        for wrong in ["", "/nowhere.pem", "/dev/null", "/", file!()] {
            assert!(!is(CERTIFICATES, wrong), "{wrong}");
        }
    }

    #[test]
    fn nothing_is_allowed_to_be_empty() {
        for Setting { variable, rule, .. } in SETTINGS {
            assert!(!is(*rule, ""), "{variable}");
        }
    }

    proptest! {
        #[test]
        fn no_value_panics(value in any::<String>()) {
            for Setting { rule, .. } in SETTINGS {
                let _ = is(*rule, &value);
            }
        }
    }
}
