//! The server: listeners, connections and their limits, signals, and the admin address.

mod accept;
pub(crate) mod admin;
mod first_request;
mod gateway;
mod limits;
mod listen;
mod shutdown;
mod signals;
mod unread;

pub(crate) use self::{
    accept::accept, gateway::Gateway, listen::bind, shutdown::drain, signals::Signals,
};
