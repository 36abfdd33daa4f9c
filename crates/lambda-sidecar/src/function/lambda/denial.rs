//! An answer to a request that had a secret in it: of what AWS does not allow, who may not do what.

use std::error::Error;

use aws_sdk_lambda::error::ErrorMetadata;

use super::{encodings::gives_away, shown::line};

/// The codes by which STS and Parameter Store say that something is not allowed.
const DENIED: [&str; 2] = ["AccessDenied", "AccessDeniedException"];

/// An error and all its causes in one line, without this secret in whatever form.
pub(super) fn shown_without(error: &(dyn Error + 'static), secret: &str) -> String {
    line(error, |metadata| {
        denial(metadata).filter(|text| !gives_away(text, secret))
    })
}

/// AWS's own words for who may not do what, and nothing else of its message.
fn denial(metadata: &ErrorMetadata) -> Option<String> {
    metadata.code().filter(|code| DENIED.contains(code))?;
    let (user, rest) = metadata
        .message()?
        .strip_prefix("User: ")?
        .split_once(" is not authorized to perform: ")?;
    let (action, rest) = rest.split_once(" on resource: ")?;
    let resource = rest.split(' ').next().unwrap_or_default();
    let is_action = |text: &str| {
        let is_allowed = |byte: u8| byte.is_ascii_alphabetic() || byte == b':';
        text.len() < 64 && text.bytes().all(is_allowed)
    };
    let is_whole = is_arn(user) && is_arn(resource) && is_action(action);
    is_whole.then(|| {
        format!("User: {user} is not authorized to perform: {action} on resource: {resource}")
    })
}

fn is_arn(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@_/:-".contains(&byte);
    text.starts_with("arn:aws") && text.len() < 512 && text.bytes().all(is_allowed)
}

#[cfg(test)]
mod tests {
    use aws_credential_types::provider::error::CredentialsError;

    use super::{super::shown::HIDDEN, *};

    const SECRET: &str = "s3cr3t-external-id";

    fn of_sts(code: &str, message: &str) -> CredentialsError {
        let metadata = ErrorMetadata::builder().code(code).message(message);
        CredentialsError::provider_error(metadata.build())
    }

    #[test]
    fn of_what_aws_denies_it_is_shown_who_may_not_do_what() {
        let message = "User: arn:aws:sts::111111111111:assumed-role/api/i-7 is not authorized to perform: \
                       sts:AssumeRole on resource: arn:aws:iam::222222222222:role/r";
        let error = of_sts("AccessDenied", &format!("{message} because of {SECRET}"));
        let line = shown_without(&error, SECRET);
        assert!(line.ends_with(message), "{line}");
        for (code, message) in [
            ("ValidationError", message.to_owned()),
            ("AccessDenied", message.replace("api", SECRET)),
            ("AccessDenied", message.replace("api", &SECRET[2..11])),
            ("AccessDenied", message.replace("api", "a%2Fb")),
            ("AccessDenied", message.replace("sts:AssumeRole", "sts 7")),
            ("AccessDenied", message.replace("User", "Whoever")),
        ] {
            let line = shown_without(&of_sts(code, &message), SECRET);
            assert!(line.ends_with(HIDDEN), "{line}");
        }
    }
}
