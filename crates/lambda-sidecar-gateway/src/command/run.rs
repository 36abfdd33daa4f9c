//! `run`: serves a file until a signal.

use std::{fs, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use tokio::net::TcpListener;

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
        self, Gateway, Signals,
        admin::{self, Readiness},
    },
};

/// Serves the file's configuration.
///
/// # Errors
///
/// [`Exit::Configuration`] for a wrong file, [`Exit::Start`] if an address cannot be had.
pub(super) async fn run(file: &Path) -> Result<(), Exit> {
    let mut signals = Signals::new().map_err(cannot_start)?;
    let started = tokio::select! {
        biased;
        () = signals.stop() => {
            tracing::info!("stopped before anything was served");
            return Ok(());
        }
        started = Box::pin(start(file)) => started?,
    };
    let Started {
        listener,
        readiness,
        gateway,
        proxy,
        mut running,
    } = started;
    let limits = running.limits;
    let stop = async {
        let reload = async || reload(file, &gateway, &proxy, &mut running).await;
        signals.reload_until_stop(reload).await;
        readiness.stop();
    };
    let graceful = server::accept(listener, &proxy, limits, stop).await;
    let (calls, limit) = (graceful.shutdown(), running.shutdown_timeout);
    server::drain(calls, gateway.events(), limit, &mut signals).await;
    Ok(())
}

/// What serves.
#[derive(Debug)]
struct Started {
    listener: TcpListener,
    readiness: Readiness,
    gateway: Gateway,
    proxy: Arc<Proxy>,
    running: Running,
}

async fn start(file: &Path) -> Result<Started, Exit> {
    let config = beside_calls(file, Config::load).await;
    let config = config.map_err(|problems| wrong_configuration(&problems))?;
    report(&config);
    let running = Running::from(&config);
    let (limits, places) = (config.limits, config.places.clone());
    let listener = server::bind(config.listen).await;
    let listener = listener.map_err(|error| cannot_start(places.listen(&error)))?;
    let readiness = Readiness::default();
    let admin = match config.admin {
        Some(address) => {
            let listener = server::bind(address).await;
            let listener = listener.map_err(|error| cannot_start(places.admin(&error)))?;
            Some(start_admin(listener, readiness.clone())?)
        }
        None => None,
    };
    let gateway = Gateway::new(FunctionSource::from_environment(), limits);
    let routes = gateway.routes(config).await.map_err(cannot_start)?;
    let proxy = Arc::new(Proxy::new(routes, limits));
    announce("listening on", &listener);
    if let Some(admin) = admin {
        say(format_args!("admin on http://{admin}"));
    }
    Ok(Started {
        listener,
        readiness,
        gateway,
        proxy,
        running,
    })
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

type Loaded = Result<Config, ConfigProblems>;

/// Reads the file where neither calls nor signals wait for a slow disk.
async fn beside_calls(file: &Path, load: impl FnOnce(&Path) -> Loaded + Send + 'static) -> Loaded {
    let name = file.display().to_string();
    let file = file.to_owned();
    let loaded = tokio::task::spawn_blocking(move || load(&file)).await;
    loaded.unwrap_or_else(|error| Err(ConfigProblems::whole_file(&name, error)))
}

fn load_again(file: &Path) -> Loaded {
    match fs::metadata(file) {
        // Reading a pipe could last for ever.
        Ok(about) if !about.is_file() => {
            let file = file.display().to_string();
            Err(ConfigProblems::whole_file(&file, "is not a regular file"))
        }
        _ => Config::load(file),
    }
}

/// Takes the file's new configuration; a wrong one is reported, and nothing changes.
async fn reload(file: &Path, gateway: &Gateway, proxy: &Proxy, running: &mut Running) {
    let config = match beside_calls(file, load_again).await {
        Ok(config) => config,
        Err(problems) => {
            for problem in problems.texts() {
                tracing::error!("{problem}");
            }
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

fn start_admin(listener: TcpListener, readiness: Readiness) -> Result<SocketAddr, Exit> {
    let address = listener.local_addr().map_err(cannot_start)?;
    let metrics = metrics::install().map_err(cannot_start)?;
    tokio::spawn(metrics::keep_up(metrics.clone()));
    tokio::spawn(admin::serve(listener, readiness, metrics));
    Ok(address)
}
