//! The configuration file: read as a whole, with all its mistakes at once.
//!
//! Nothing is called and nothing is resolved here; what comes out is checked.

mod addresses;
mod applications;
mod cache;
mod defaults;
mod document;
mod endpoint;
mod endpoint_path;
mod error_sets;
mod inputs;
mod key_places;
mod limits;
mod lines;
mod origins;
mod problem;
mod reader;
mod syntax;
#[cfg(test)]
mod tests;
mod url;

use std::{net::SocketAddr, path::Path, time::Duration};

use toml::de::DeTable;

pub(crate) use self::{
    addresses::AddressLines,
    applications::{Caller, Callers},
    endpoint::EndpointConfig,
    inputs::{Blocked, Sidecars},
    key_places::KeyPlaces,
    limits::Limits,
    problem::ConfigProblems,
};
use self::{
    addresses::{address, exclude_each_other},
    document::{Document, Field},
    endpoint::Around,
    problem::{ConfigProblem, SetAside},
    reader::Table,
};
use crate::functions::{Transport, UnknownTransport};

/// A file that may be started with.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) listen: SocketAddr,
    pub(crate) admin: Option<SocketAddr>,
    pub(crate) shutdown_timeout: Duration,
    pub(crate) limits: Limits,
    /// How many bytes the verdicts that are kept may take.
    pub(crate) cache_bytes: u64,
    /// What carries invocations to the functions.
    pub(crate) transport: Transport,
    pub(crate) callers: Callers,
    pub(crate) endpoints: Vec<EndpointConfig>,
    /// Where the addresses stand.
    pub(crate) places: AddressLines,
    /// What `on_invalid_inputs = "block"` lets start, though it is wrong.
    pub(crate) blocked: ConfigProblems,
    /// What is accepted and has no effect.
    pub(crate) warnings: ConfigProblems,
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it; `on_invalid_inputs = "block"` alone is no reason.
    pub(crate) fn load(path: &Path) -> Result<Self, ConfigProblems> {
        let file = path.display().to_string();
        let bytes = std::fs::read(path).map_err(|error| {
            ConfigProblems::whole_file(&file, format!("cannot be read: {error}"))
        })?;
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
    pub(crate) fn parse(file: &str, text: &str) -> Result<Self, ConfigProblems> {
        let document = Document::new(text);
        let (tree, errors) = DeTable::parse_recoverable(text);
        if !errors.is_empty() {
            // A tree that was guessed would only add mistakes nobody made.
            syntax::report(&document, &errors);
            return Err(ConfigProblems::new(file, document.into_problems()));
        }
        let mut aside = SetAside::default();
        let config = read(&document, tree.get_ref(), &mut aside);
        let mut refusing = document.into_problems();
        match config {
            Some(config) if refusing.is_empty() => Ok(Self {
                places: AddressLines {
                    file: file.to_owned(),
                    ..config.places
                },
                blocked: ConfigProblems::new(file, aside.blocked),
                warnings: ConfigProblems::new(file, aside.warnings),
                ..config
            }),
            _ => {
                refusing.append(&mut aside.blocked);
                refusing.append(&mut aside.warnings);
                Err(ConfigProblems::new(file, refusing))
            }
        }
    }
}

fn read(document: &Document<'_>, tree: &DeTable<'_>, aside: &mut SetAside) -> Option<Config> {
    let mut root = Table::root(document, tree);
    let listen = root.string("listen");
    let listen = root.require("listen", listen);
    let admin = root.string("admin");
    let places = AddressLines {
        listen: listen.as_ref().map(Field::line),
        admin: admin.as_ref().map(Field::line),
        ..AddressLines::default()
    };
    let listen = listen.and_then(|field| address(&field));
    let admin = admin.map(|field| admin_address(&field, listen));
    let shutdown_timeout = root.milliseconds("shutdown_timeout_ms", 0);
    let limits = root.table("limits").map(limits::read);
    let cache = root.table("cache").map(cache::read);
    let chosen = root.string("transport");
    let chosen = chosen.and_then(|field| {
        field.read(|text| {
            text.parse()
                .map_err(|error: UnknownTransport| error.to_string())
        })
    });
    let callers = applications::read(root.tables("applications"));
    let sets = root.table("error_sets").map(|sets| error_sets::read(&sets));
    let sets = sets.unwrap_or_default();
    let around = Around::new(&sets, !callers.is_empty());
    let endpoints = endpoint::read(root.tables("endpoints"), around, listen, aside);
    root.finish();
    Some(Config {
        listen: listen?,
        admin: match admin {
            Some(address) => Some(address?),
            None => None,
        },
        shutdown_timeout: shutdown_timeout.unwrap_or(defaults::SHUTDOWN_TIMEOUT),
        limits: limits.unwrap_or_default(),
        cache_bytes: cache.unwrap_or(defaults::CACHE_BYTES),
        transport: chosen.unwrap_or_default(),
        callers,
        endpoints,
        places,
        blocked: ConfigProblems::default(),
        warnings: ConfigProblems::default(),
    })
}

fn admin_address(field: &Field<'_, '_, &str>, listen: Option<SocketAddr>) -> Option<SocketAddr> {
    let admin = address(field)?;
    if listen.is_some_and(|listen| exclude_each_other(listen, admin)) {
        field.wrong("is the address of `listen`, allowed: another one");
        return None;
    }
    Some(admin)
}

fn not_utf8(file: &str, valid: &[u8]) -> ConfigProblems {
    let line = 1 + valid.iter().filter(|byte| **byte == b'\n').count();
    let problem = ConfigProblem {
        line: Some(line),
        key: None,
        message: "not UTF-8".to_owned(),
    };
    ConfigProblems::new(file, vec![problem])
}
