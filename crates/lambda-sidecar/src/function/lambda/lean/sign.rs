//! Signature Version 4: the keys that sign, kept as long as they are good.

use aws_credential_types::Credentials;
use aws_smithy_runtime_api::box_error::BoxError;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::function::lambda::hex::{Hex, hex};

/// `YYYYMMDD`.
const DAY: usize = 8;

/// What one day's requests in one region are signed with, for one secret key.
pub(super) struct SigningKey {
    credentials: Credentials,
    /// Day, region and service, as they stand in the signature.
    scope: String,
    key: Hmac<Sha256>,
}

impl SigningKey {
    pub(super) fn new(
        credentials: &Credentials,
        time: &str,
        region: &str,
        service: &str,
    ) -> Result<Self, BoxError> {
        let day = day(time);
        let mut key = format!("AWS4{}", credentials.secret_access_key()).into_bytes();
        for part in [day, region, service, "aws4_request"] {
            key = keyed(&key)?
                .chain_update(part)
                .finalize()
                .into_bytes()
                .to_vec();
        }
        Ok(Self {
            credentials: credentials.clone(),
            scope: format!("{day}/{region}/{service}/aws4_request"),
            key: keyed(&key)?,
        })
    }

    /// Whether it is the key for these credentials on the day of this time.
    pub(super) fn is_for(&self, credentials: &Credentials, time: &str) -> bool {
        self.scope.starts_with(day(time))
            && self.credentials.access_key_id() == credentials.access_key_id()
            && self.credentials.secret_access_key() == credentials.secret_access_key()
    }

    /// The `authorization` header of a request, of which the digest of its canonical form is given.
    pub(super) fn authorization(&self, time: &str, signed_headers: &str, digest: &Hex) -> String {
        let signature = self
            .key
            .clone()
            .chain_update("AWS4-HMAC-SHA256\n")
            .chain_update(time)
            .chain_update("\n")
            .chain_update(&self.scope)
            .chain_update("\n")
            .chain_update(digest)
            .finalize()
            .into_bytes();
        [
            "AWS4-HMAC-SHA256 Credential=",
            self.credentials.access_key_id(),
            "/",
            &self.scope,
            ", SignedHeaders=",
            signed_headers,
            ", Signature=",
            hex(&signature.into()).as_str(),
        ]
        .concat()
    }
}

fn keyed(key: &[u8]) -> Result<Hmac<Sha256>, BoxError> {
    Ok(Hmac::new_from_slice(key)?)
}

fn day(time: &str) -> &str {
    time.get(..DAY).unwrap_or(time)
}
