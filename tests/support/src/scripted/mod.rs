//! Servers that do what no AWS does on request: break off, never end, throttle.
//!
//! They check nothing and know nothing of AWS but the outer form of three calls. [`ScriptedAws`] is a whole server,
//! [`converse`] serves a connection of a server of another's in the same way, and [`Canned`] answers with bytes that
//! are ready, for measurements.

mod aws;
mod canned;
mod forward;
mod refused;
mod reply;
mod request;
mod serve;

pub use self::{
    aws::{EXTERNAL_ID, Leg, SECRET_KEY, SESSION_TOKEN, ScriptedAws},
    canned::Canned,
    refused::{RefusedPort, SilentPort},
    reply::{Answer, Gate, Reply},
    request::Received,
    serve::converse,
};
