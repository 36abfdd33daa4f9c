//! Everything that is asked about, read and checked before anything is started.

use std::{fmt::Display, sync::Arc};

use bytes::Bytes;
use http::{Request, Response};
use lambda_sidecar::Target;

use super::{
    super::{
        console::{fatal, wrong_configuration},
        exit::Exit,
    },
    Arguments, source,
};
use crate::{
    config::{Callers, Config, EndpointConfig, Sidecars},
    functions::Transport,
    lambda_runtime::FunctionCommand,
    path::{PathMatch, Paths},
};

/// Who answers for the functions.
#[derive(Debug)]
pub(super) enum Choice {
    /// A program on this machine.
    Command(FunctionCommand),
    /// AWS Lambda.
    Aws,
    /// Nobody is asked.
    Nobody,
}

/// One request to one endpoint.
#[derive(Debug)]
pub(super) struct Case {
    /// The endpoint as the command line names it.
    pub(super) name: String,
    pub(super) endpoint: Arc<EndpointConfig>,
    pub(super) sidecars: Sidecars,
    pub(super) callers: Callers,
    pub(super) transport: Transport,
    pub(super) function: Choice,
    /// The path below the endpoint's.
    pub(super) rest: String,
    pub(super) request: Request<Bytes>,
    pub(super) response: Option<Response<Bytes>>,
}

impl Case {
    /// # Errors
    ///
    /// [`Exit::Configuration`] or [`Exit::CommandLine`]; what is wrong is in the log.
    pub(super) fn of(arguments: Arguments) -> Result<Self, Exit> {
        let config = Config::load(&arguments.config);
        let mut config = config.map_err(|problems| wrong_configuration(&problems))?;
        let host = config.listen.to_string();
        let request = source::request(&arguments, &host).map_err(wrong)?;
        let response = arguments.response.as_deref().map(source::response);
        let response = response.transpose().map_err(wrong)?;
        let endpoints = std::mem::take(&mut config.endpoints);
        let path = request.uri().path();
        let (endpoint, rest) = find(endpoints, &arguments.endpoint, path).map_err(wrong)?;
        let Ok(sidecars) = endpoint.sidecars.clone() else {
            return Err(wrong_configuration(&config.blocked));
        };
        let function = choice(&arguments, &sidecars).map_err(wrong)?;
        Ok(Self {
            name: arguments.endpoint,
            endpoint,
            sidecars,
            callers: config.callers,
            transport: config.transport,
            function,
            rest,
            request,
            response,
        })
    }
}

fn wrong(message: impl Display) -> Exit {
    fatal(message);
    Exit::CommandLine
}

/// The endpoint that this path belongs to, which has to be the one that was named, and the rest of the path.
fn find(
    endpoints: Vec<EndpointConfig>,
    name: &str,
    path: &str,
) -> Result<(Arc<EndpointConfig>, String), String> {
    let shown: Vec<String> = endpoints.iter().map(label).collect();
    let named = |endpoint: &EndpointConfig| {
        endpoint.id.as_deref() == Some(name) || public_path(endpoint) == name
    };
    let Some(wanted) = endpoints.iter().find(|endpoint| named(endpoint)).map(label) else {
        let allowed = shown.join(", ");
        return Err(format!("--endpoint: found `{name}`, allowed: {allowed}"));
    };
    let mut paths = Paths::default();
    for endpoint in endpoints {
        paths.insert(&endpoint.path.clone(), endpoint);
    }
    let found = match paths.find(path) {
        PathMatch::Endpoint { endpoint, rest } if named(endpoint) => {
            return Ok((Arc::clone(endpoint), rest.to_owned()));
        }
        PathMatch::Endpoint { endpoint, .. } => format!("is of the endpoint {}", label(endpoint)),
        PathMatch::Nothing => "is of no endpoint (404)".to_owned(),
        PathMatch::Unclear => "can be read as another endpoint's (400)".to_owned(),
    };
    Err(format!(
        "the path `{path}` {found}, allowed: those of {wanted}"
    ))
}

fn label(endpoint: &EndpointConfig) -> String {
    let path = public_path(endpoint);
    match &endpoint.id {
        Some(id) => format!("`{id}` (at `{path}`)"),
        None => format!("`{path}`"),
    }
}

fn public_path(endpoint: &EndpointConfig) -> &str {
    match endpoint.path.as_str() {
        "" => "/",
        path => path,
    }
}

fn choice(arguments: &Arguments, sidecars: &Sidecars) -> Result<Choice, String> {
    if let Some(command) = &arguments.function {
        return Ok(Choice::Command(command.clone()));
    }
    if arguments.aws {
        return Ok(Choice::Aws);
    }
    let remote = sidecars
        .iter()
        .filter(|sidecar| !matches!(sidecar.target(), Target::Local(_)));
    let names: Vec<_> = remote
        .map(|sidecar| format!("`{}`", sidecar.name()))
        .collect();
    if names.is_empty() {
        return Ok(Choice::Nobody);
    }
    Err(format!(
        "one of `--function CMD` and `--aws` is needed, for not every function is a local one: {}",
        names.join(", ")
    ))
}
