//! `run`: serves a file until a signal.

use std::{fs, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use super::{
    console::{announce, cannot_start, say, wrong_configuration},
    exit::Exit,
};
use crate::{
    config::{Config, ConfigProblems, Limits},
    functions::FunctionSource,
    observe::metrics,
    proxy::Proxy,
    server::{
        self, Gateway, SignalAction, Signals,
        admin::{self, Readiness},
    },
};

/// Serves the file's configuration.
///
/// # Errors
///
/// [`Exit::Configuration`] for a wrong file, [`Exit::Start`] if an address cannot be had.
pub(super) async fn run(file: &Path) -> Result<(), Exit> {
    let config = Config::load(file).map_err(|problems| wrong_configuration(&problems))?;
    report(&config);
    let mut signals = Signals::new().map_err(cannot_start)?;
    let mut running = Running::from(&config);
    let limits = config.limits;
    let listener = server::bind(config.listen).await.map_err(cannot_start)?;
    let readiness = Readiness::default();
    let admin = match config.admin {
        Some(address) => Some(start_admin(address, readiness.clone()).await?),
        None => None,
    };
    let gateway = Gateway::new(FunctionSource::from_environment(), limits);
    let routes = gateway.routes(config).await.map_err(cannot_start)?;
    let proxy = Arc::new(Proxy::new(routes, limits));
    announce("listening on", &listener);
    if let Some(admin) = admin {
        say(format_args!("admin on http://{admin}"));
    }

    let stop = async {
        while signals.next().await == SignalAction::Reload {
            reload(file, &gateway, &proxy, &mut running).await;
        }
        readiness.stop();
    };
    let graceful = server::accept(listener, &proxy, limits, stop).await;
    server::drain(graceful.shutdown(), running.shutdown_timeout, &mut signals).await;
    Ok(())
}

/// What a reload does not change, or is needed at the end.
#[derive(Debug)]
struct Running {
    listen: SocketAddr,
    admin: Option<SocketAddr>,
    limits: Limits,
    shutdown_timeout: Duration,
}

impl From<&Config> for Running {
    fn from(config: &Config) -> Self {
        Self {
            listen: config.listen,
            admin: config.admin,
            limits: config.limits,
            shutdown_timeout: config.shutdown_timeout,
        }
    }
}

/// Reads the file beside the calls, which do not wait for a slow disk.
async fn load_again(file: &Path) -> Result<Config, ConfigProblems> {
    let name = file.display().to_string();
    let file = file.to_owned();
    let load = move || match fs::metadata(&file) {
        // Reading a pipe could last for ever.
        Ok(about) if !about.is_file() => {
            let file = file.display().to_string();
            Err(ConfigProblems::whole_file(&file, "is not a regular file"))
        }
        _ => Config::load(&file),
    };
    let loaded = tokio::task::spawn_blocking(load).await;
    loaded.unwrap_or_else(|error| Err(ConfigProblems::whole_file(&name, error)))
}

/// Takes the file's new configuration; a wrong one is reported, and nothing changes.
async fn reload(file: &Path, gateway: &Gateway, proxy: &Proxy, running: &mut Running) {
    let config = match load_again(file).await {
        Ok(config) => config,
        Err(problems) => {
            wrong_configuration(&problems);
            tracing::error!("configuration not read again, the running one stays");
            return;
        }
    };
    report(&config);
    let new = Running::from(&config);
    match gateway.routes(config).await {
        Ok(routes) => {
            // First: what the new file forbids does not wait for credentials.
            proxy.exchange(routes);
            gateway.read_credentials_again().await;
        }
        Err(error) => {
            tracing::error!(%error, "configuration not taken, the running one stays");
            return;
        }
    }
    running.shutdown_timeout = new.shutdown_timeout;
    if (new.listen, new.admin) != (running.listen, running.admin) {
        tracing::warn!("changed addresses (listen, admin) need a restart");
    }
    if new.limits != running.limits {
        tracing::warn!("changed limits need a restart");
    }
    tracing::info!("configuration read again");
}

/// Logs what the file has that keeps nothing from starting.
fn report(config: &Config) {
    for warning in config.warnings.texts() {
        tracing::warn!("{warning}");
    }
    for problem in config.blocked.texts() {
        tracing::error!("{problem}, calls to this endpoint are blocked");
    }
}

async fn start_admin(address: SocketAddr, readiness: Readiness) -> Result<SocketAddr, Exit> {
    let listener = server::bind(address).await.map_err(cannot_start)?;
    let address = listener.local_addr().map_err(cannot_start)?;
    let metrics = metrics::install().map_err(cannot_start)?;
    tokio::spawn(metrics::keep_up(metrics.clone()));
    tokio::spawn(admin::serve(listener, readiness, metrics));
    Ok(address)
}
