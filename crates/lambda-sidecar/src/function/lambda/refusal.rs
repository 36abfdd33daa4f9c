//! How AWS says that credentials are not valid any more.

/// The codes by which Lambda, STS and Parameter Store say that credentials are not valid any more.
const REFUSED: [&str; 6] = [
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    // What STS says of a secret key that is not the access key's.
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];

/// Whether this code of an exception says that credentials are not valid any more.
pub(super) fn is_refusal(code: &str) -> bool {
    REFUSED.contains(&code)
}

/// Whether this text of an error of the SDK says so.
pub(super) fn tells_of_refusal(text: &str) -> bool {
    let unknown = text.strip_prefix("unhandled error (");
    let code = match unknown.and_then(|rest| rest.strip_suffix(')')) {
        Some(code) => code,
        None => text.split(':').next().unwrap_or_default(),
    };
    is_refusal(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_known_by_its_code_and_not_by_what_a_message_says() {
        for code in REFUSED {
            assert!(tells_of_refusal(&format!("unhandled error ({code})")));
            assert!(tells_of_refusal(&format!("{code}: the token has expired")));
            assert!(tells_of_refusal(code));
            assert!(!tells_of_refusal(&format!("AccessDenied: {code}")));
            assert!(!tells_of_refusal(&format!("a role called {code}")));
        }
        for code in ["AccessDenied", "AccessDeniedException", "ExpiredTokens", ""] {
            assert!(!is_refusal(code), "{code}");
        }
    }
}
