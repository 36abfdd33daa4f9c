//! The name of the durable execution that an event is.

use sha2::{Digest as _, Sha256};

use super::hex::hex;
use crate::Invocation;

/// What AWS Lambda takes.
const LONGEST: usize = 64;

/// The message id, if the sidecar has `durable-execution: true`. An id that Lambda does not take as a name (1 to 64
/// letters, digits, `-` and `_`) stands there as its SHA-256: a client that chooses the id must not choose whether its
/// event is taken.
///
/// See [execution names](https://docs.aws.amazon.com/lambda/latest/dg/durable-execution-idempotency.html) in AWS's
/// documentation.
pub(super) fn execution_name(invocation: &Invocation) -> Option<String> {
    invocation
        .sidecar
        .durable_execution()
        .then(|| name(&invocation.message_id))
}

fn name(id: &str) -> String {
    let is_taken = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if (1..=LONGEST).contains(&id.len()) && id.bytes().all(is_taken) {
        return id.to_owned();
    }
    hex(&Sha256::digest(id).into()).as_str().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_id_that_lambda_takes_is_the_name() {
        let longest = "x".repeat(LONGEST);
        for id in ["7632924a-8d8d-4d35-8a77-b57c4bb450af", "a_B-9", &longest] {
            assert_eq!(name(id), id);
        }
    }

    #[test]
    fn any_other_is_its_sha_256_so_that_different_ids_have_different_names() {
        let digest_of_nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(name(""), digest_of_nothing);
        let longer = "x".repeat(LONGEST + 1);
        for id in ["a.b", "a/b", "a b", &longer] {
            let name = name(id);
            assert_eq!(name.len(), LONGEST);
            assert!(name.bytes().all(|byte| byte.is_ascii_hexdigit()), "{name}");
        }
        assert_ne!(name("a.b"), name("a/b"));
    }
}
