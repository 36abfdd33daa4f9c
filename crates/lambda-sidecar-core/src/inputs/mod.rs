//! The configuration of a sidecar: the connector's text form, the typed builder, one validation.
//!
//! [`text`] and the application's own code, through [`SidecarBuilder`], fill the same [`draft`];
//! [`validate`] alone makes a [`Sidecar`](crate::Sidecar) of it. One table, [`keys`], says what each
//! key is called, where it may stand, what it may hold, how it is read and how it is printed.

mod builder;
mod cache;
mod draft;
mod error;
#[cfg(test)]
mod fixtures;
mod keys;
mod limits;
mod lists;
mod owned;
mod print;
mod problems;
mod scope;
mod target;
mod tenant;
mod text;
mod timeouts;
mod validate;
mod values;
mod warnings;

pub use self::{
    builder::SidecarBuilder,
    error::{InputsError, InputsProblem},
    timeouts::{TimeoutsError, check_timeouts},
};
