//! The configuration of a sidecar: the connector's text form, the typed builder, one validation.
//!
//! [`text`] and the application's own code fill the same [`SidecarBuilder`]; [`validate`] alone
//! makes a [`Sidecar`](crate::Sidecar) of it. What a key is called, where it may stand and what it
//! may hold is one table, [`keys`].

mod builder;
mod error;
#[cfg(test)]
mod fixtures;
mod keys;
mod lists;
mod params;
mod print;
mod read;
mod target;
mod text;
mod timeouts;
mod validate;
mod values;

pub use self::{
    builder::SidecarBuilder,
    error::{InputsError, InputsProblem},
    timeouts::{TimeoutsError, check_timeouts},
};
pub(crate) use self::{params::Params, text::parse};
