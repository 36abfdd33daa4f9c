//! Which questions are equal.

use lambda_sidecar_core::{Invocation, Sidecar, Target};
use sha2::{Digest as _, Sha256};

/// What a function is asked, and which function: a SHA-256 of both. Each part is preceded by its length, so that no
/// two different lists of parts read the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Question([u8; 32]);

impl Question {
    /// Its first byte, to spread questions by.
    pub(super) fn first(&self) -> usize {
        self.0[0].into()
    }
}

/// A function, as far as its answers can depend on who it is.
#[derive(Clone)]
pub(crate) struct FunctionIdentity(Sha256);

impl FunctionIdentity {
    pub(crate) fn new(sidecar: &Sidecar) -> Self {
        let mut hash = Sha256::new();
        if let Target::Aws(function) = sidecar.target() {
            let connection = &function.connection;
            push(&mut hash, b"aws");
            push(&mut hash, connection.region.as_bytes());
            push(&mut hash, function.arn.as_bytes());
            match &connection.role {
                None => push(&mut hash, b"process"),
                Some(role) => {
                    push(&mut hash, b"role");
                    push(&mut hash, role.arn.as_bytes());
                    push(&mut hash, role.external_id_key.as_bytes());
                    push(&mut hash, role.session_name.as_bytes());
                }
            }
        } else {
            push(&mut hash, b"local");
            push(&mut hash, sidecar.name().as_bytes());
        }
        Self(hash)
    }

    /// The question of an invocation of this function. None if it is not to be shared: the function does not see
    /// everything that it is asked about, or is sent something else than an envelope.
    pub(crate) fn question(&self, invocation: &Invocation) -> Option<Question> {
        if invocation.payload_left_out {
            return None;
        }
        let mut hash = self.0.clone();
        if let Some(tenant) = &invocation.tenant_id {
            push(&mut hash, b"tenant");
            push(&mut hash, tenant.as_bytes());
        }
        for part in invocation.question()? {
            push(&mut hash, part);
        }
        Some(Question(hash.finalize().into()))
    }
}

/// The state of a hash says nothing to anybody.
impl std::fmt::Debug for FunctionIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FunctionIdentity")
    }
}

fn push(hash: &mut Sha256, part: &[u8]) {
    hash.update((part.len() as u64).to_le_bytes());
    hash.update(part);
}

#[cfg(test)]
mod tests;
