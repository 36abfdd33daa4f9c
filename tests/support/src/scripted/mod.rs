//! Servers that do what no AWS does on request: break off, never end, throttle.
//!
//! They check nothing and know nothing of AWS but the outer form of three calls.

mod aws;
mod forward;
mod refused;
mod reply;
mod request;
mod serve;

pub use self::{
    aws::{EXTERNAL_ID, Leg, SECRET_KEY, SESSION_TOKEN, ScriptedAws},
    refused::{RefusedPort, SilentPort},
    reply::{Answer, Gate, Reply},
    request::Received,
};
