//! The codes of AWS's exceptions.

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

/// What else STS and Parameter Store may say.
const OTHERS: [&str; 40] = [
    "AccessDenied",
    "AccessDeniedException",
    "IDPCommunicationError",
    "IDPRejectedClaim",
    "IncompleteSignature",
    "InternalError",
    "InternalFailure",
    "InternalServerError",
    "InternalServiceError",
    "InvalidAction",
    "InvalidIdentityToken",
    "InvalidKeyId",
    "InvalidParameterCombination",
    "InvalidParameterValue",
    "InvalidQueryParameter",
    "KMSAccessDeniedException",
    "KMSInvalidStateException",
    "MalformedPolicyDocument",
    "MalformedPolicyDocumentException",
    "MalformedQueryString",
    "MissingAuthenticationToken",
    "MissingParameter",
    "NoSuchEntity",
    "NotAuthorized",
    "OptInRequired",
    "PackedPolicyTooLarge",
    "PackedPolicyTooLargeException",
    "ParameterNotFound",
    "ParameterVersionNotFound",
    "RegionDisabledException",
    "RequestExpired",
    "RequestLimitExceeded",
    "RequestTimeout",
    "ServiceUnavailable",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "UnknownOperationException",
    "ValidationError",
    "ValidationException",
];

/// Whether this code of an exception says that credentials are not valid any more.
pub(super) fn is_refusal(code: &str) -> bool {
    REFUSED.contains(&code)
}

/// Whether this text of an error of the SDK says that credentials are not valid any more.
pub(super) fn tells_of_refusal(text: &str) -> bool {
    is_refusal(code_in(text))
}

/// The code that an error of the SDK begins its text with, if it is one that is known.
pub(super) fn known_code_in(text: &str) -> Option<&'static str> {
    let code = code_in(text);
    let mut known = REFUSED.into_iter().chain(OTHERS);
    known.find(|known| *known == code)
}

fn code_in(text: &str) -> &str {
    let unknown = text.strip_prefix("unhandled error (");
    match unknown.and_then(|rest| rest.strip_suffix(')')) {
        Some(code) => code,
        None => text.split([':', ' ']).next().unwrap_or_default(),
    }
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

    #[test]
    fn a_code_that_is_not_known_may_be_anything() {
        assert_eq!(
            known_code_in("unhandled error (AccessDenied)"),
            Some("AccessDenied")
        );
        assert_eq!(
            known_code_in("ParameterNotFound: it"),
            Some("ParameterNotFound")
        );
        assert_eq!(
            known_code_in("ParameterNotFound"),
            Some("ParameterNotFound")
        );
        for text in [
            "",
            "unhandled error",
            "unhandled error (s3cr3t)",
            "s3cr3t: AccessDenied",
        ] {
            assert_eq!(known_code_in(text), None, "{text}");
        }
    }
}
