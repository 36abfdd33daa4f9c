//! The configuration file: read as a whole, with all its mistakes at once.
//!
//! Nothing is called and nothing is resolved here; what comes out is checked.

mod applications;
#[cfg(test)]
mod book;
mod document;
mod endpoint;
mod error_sets;
mod inputs;
mod lines;
mod problem;
mod reader;
#[cfg(test)]
mod tests;

use std::{net::SocketAddr, path::Path, time::Duration};

use lambda_sidecar::{Transport, UnknownTransport};
use toml::de::DeTable;

pub(crate) use self::{
    applications::{Caller, Callers},
    endpoint::{EndpointConfig, KeyPlaces},
    inputs::Sidecars,
    problem::Problems,
};
use self::{
    document::{Document, Field},
    problem::Problem,
    reader::Table,
};

const DEFAULT_SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);

/// A file that may be started with.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) listen: SocketAddr,
    pub(crate) admin: Option<SocketAddr>,
    pub(crate) shutdown_timeout: Duration,
    /// What carries calls to AWS.
    pub(crate) transport: Transport,
    pub(crate) callers: Callers,
    pub(crate) endpoints: Vec<EndpointConfig>,
    /// What `on_invalid_inputs = "block"` lets start, though it is wrong.
    pub(crate) blocked: Problems,
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it; `on_invalid_inputs = "block"` alone is no reason.
    pub(crate) fn load(path: &Path) -> Result<Self, Problems> {
        let file = path.display().to_string();
        let bytes = std::fs::read(path)
            .map_err(|error| Problems::whole_file(&file, format!("cannot be read: {error}")))?;
        match std::str::from_utf8(&bytes) {
            Ok(text) => Self::parse(&file, text),
            Err(error) => Err(not_utf8(&file, &bytes[..error.valid_up_to()])),
        }
    }

    /// Reads a file's text; `file` is its name in messages.
    ///
    /// # Errors
    ///
    /// As for [`load`](Self::load).
    pub(crate) fn parse(file: &str, text: &str) -> Result<Self, Problems> {
        let document = Document::new(text);
        let (tree, errors) = DeTable::parse_recoverable(text);
        if !errors.is_empty() {
            // A tree that was guessed would only add mistakes nobody made.
            for error in &errors {
                document.report_syntax(error);
            }
            return Err(Problems::new(file, document.into_problems()));
        }
        let mut blocked = Vec::new();
        let config = read(&document, tree.get_ref(), &mut blocked);
        let mut refusing = document.into_problems();
        match config {
            Some(config) if refusing.is_empty() => Ok(Self {
                blocked: Problems::new(file, blocked),
                ..config
            }),
            _ => {
                refusing.append(&mut blocked);
                Err(Problems::new(file, refusing))
            }
        }
    }
}

fn read(document: &Document<'_>, tree: &DeTable<'_>, blocked: &mut Vec<Problem>) -> Option<Config> {
    let mut root = Table::root(document, tree);
    let listen = root.string("listen");
    let listen = root.require("listen", listen).and_then(address);
    let admin = root.string("admin").map(address);
    let shutdown_timeout = root.milliseconds("shutdown_timeout_ms", 0);
    let chosen = root.string("transport");
    let chosen = chosen.and_then(|field| {
        field.read(|text| {
            text.parse()
                .map_err(|error: UnknownTransport| error.to_string())
        })
    });
    let callers = applications::read(root.tables("applications"));
    let sets = root.table("error_sets").map(|sets| error_sets::read(&sets));
    let endpoints = endpoint::read(root.tables("endpoints"), &sets.unwrap_or_default(), blocked);
    root.finish();
    Some(Config {
        listen: listen?,
        admin: match admin {
            Some(address) => Some(address?),
            None => None,
        },
        shutdown_timeout: shutdown_timeout.unwrap_or(DEFAULT_SHUTDOWN_TIMEOUT),
        transport: chosen.unwrap_or_default(),
        callers,
        endpoints,
        blocked: Problems::default(),
    })
}

fn address(field: Field<'_, '_, &str>) -> Option<SocketAddr> {
    field.read(|text| {
        text.parse().map_err(|_| {
            format!("found `{text}`, allowed: an IP address and a port, as in `127.0.0.1:8080`")
        })
    })
}

fn not_utf8(file: &str, valid: &[u8]) -> Problems {
    let line = 1 + valid.iter().filter(|byte| **byte == b'\n').count();
    let problem = Problem {
        line: Some(line),
        key: None,
        message: "not UTF-8".to_owned(),
    };
    Problems::new(file, vec![problem])
}
