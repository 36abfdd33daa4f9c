//! How the text of a key whose value has a type of its own gets into the builder. None: the text is
//! no such value, and the builder is as it was.

use super::{
    builder::{Credentials, SidecarBuilder},
    values,
};
use crate::ErrorPolicy;

pub(super) fn use_assume_role(to: &mut SidecarBuilder, text: &str) -> Option<()> {
    let value = values::boolean(text);
    // Where it cannot be read, nobody knows whether a role is missing.
    to.credentials = Some(match value {
        Some(true) => Credentials::AssumedRole,
        Some(false) | None => Credentials::Process,
    });
    value.map(drop)
}

pub(super) fn expiration_duration(to: &mut SidecarBuilder, text: &str) -> Option<()> {
    to.expiration_duration = Some(values::minutes(text)?);
    Some(())
}

pub(super) fn synchronicity(to: &mut SidecarBuilder, text: &str) -> Option<()> {
    to.synchronicity = values::synchronicity(text)?;
    Some(())
}

pub(super) fn max_payload_size(to: &mut SidecarBuilder, text: &str) -> Option<()> {
    to.max_payload_size = values::number(text)?;
    Some(())
}

pub(super) fn max_payload_condition(to: &mut SidecarBuilder, text: &str) -> Option<()> {
    to.max_payload_condition = values::payload_condition(text)?;
    Some(())
}

pub(super) fn fail_safe(to: &mut SidecarBuilder, text: &str) -> Option<()> {
    to.policy = match values::boolean(text)? {
        true => ErrorPolicy::FAIL_SAFE,
        false => ErrorPolicy::SURE_FIRE,
    };
    Some(())
}

pub(super) fn enable_error_set(to: &mut SidecarBuilder, text: &str) -> Option<()> {
    to.error_set = values::boolean(text)?;
    Some(())
}

pub(super) fn timeout(to: &mut SidecarBuilder, text: &str) -> Option<()> {
    to.timeout = Some(values::milliseconds(text)?);
    Some(())
}
