//! `run`: serves a file until a signal.

use std::{fmt::Display, io::Write, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
};

use crate::{
    admin::{self, Readiness},
    config::Config,
    exit::Exit,
    gateway::Gateway,
    metrics,
    proxy::Proxy,
    server,
};

/// Serves the file's configuration.
///
/// # Errors
///
/// [`Exit::Configuration`] for a wrong file, [`Exit::Start`] where an address cannot be had.
pub(crate) async fn run(file: &Path) -> Result<(), Exit> {
    let config = Config::load(file).map_err(|problems| {
        problems
            .texts()
            .for_each(|problem| tracing::error!("{problem}"));
        Exit::Configuration
    })?;
    report_blocked(&config);
    let mut signals = Signals::new()?;
    let mut running = Running::of(&config);
    let listener = bind(config.listen).await?;
    let readiness = Readiness::default();
    let admin = match config.admin {
        Some(address) => Some(start_admin(address, readiness.clone()).await?),
        None => None,
    };
    let gateway = Gateway::new();
    let routes = gateway.routes(config).await.map_err(cannot_start)?;
    let proxy = Arc::new(Proxy::new(routes));
    announce("listening on", &listener);
    if let Some(admin) = admin {
        say(format_args!("admin on http://{admin}"));
    }

    // Boxed for its size: reading a file can mean starting the AWS SDK.
    let stop = Box::pin(async {
        while signals.next().await == Asked::Reload {
            reload(file, &gateway, &proxy, &mut running).await;
        }
        readiness.stop();
    });
    let graceful = server::accept(listener, &proxy, stop).await;
    finish(graceful.shutdown(), running.shutdown_timeout, &mut signals).await;
    Ok(())
}

/// What a reload does not change, or is needed at the end.
#[derive(Debug)]
struct Running {
    listen: SocketAddr,
    admin: Option<SocketAddr>,
    shutdown_timeout: Duration,
}

impl Running {
    fn of(config: &Config) -> Self {
        Self {
            listen: config.listen,
            admin: config.admin,
            shutdown_timeout: config.shutdown_timeout,
        }
    }
}

/// Takes the file's new configuration; a wrong one is reported, and nothing changes.
async fn reload(file: &Path, gateway: &Gateway, proxy: &Proxy, running: &mut Running) {
    let config = match Config::load(file) {
        Ok(config) => config,
        Err(problems) => {
            problems
                .texts()
                .for_each(|problem| tracing::error!("{problem}"));
            tracing::error!("configuration not read again, the running one stays");
            return;
        }
    };
    report_blocked(&config);
    let new = Running::of(&config);
    match gateway.routes(config).await {
        Ok(routes) => proxy.exchange(routes),
        Err(error) => {
            tracing::error!(%error, "configuration not taken, the running one stays");
            return;
        }
    }
    running.shutdown_timeout = new.shutdown_timeout;
    if (new.listen, new.admin) != (running.listen, running.admin) {
        tracing::warn!("changed addresses (listen, admin) need a restart");
    }
    tracing::info!("configuration read again");
}

fn report_blocked(config: &Config) {
    for problem in config.blocked.texts() {
        tracing::error!("{problem}, calls to this endpoint are blocked");
    }
}

/// Waits for calls in flight, but not past the limit nor a second signal.
pub(crate) async fn finish(
    calls: impl Future<Output = ()>,
    limit: Duration,
    signals: &mut Signals,
) {
    tracing::info!("stopping, calls in flight are finished");
    tokio::select! {
        () = calls => tracing::info!("stopped"),
        () = tokio::time::sleep(limit) => tracing::warn!("stopped, some calls were cut off"),
        () = signals.stop() => tracing::warn!("stopped at once, some calls were cut off"),
    }
}

/// Listens there.
///
/// # Errors
///
/// [`Exit::Start`] where that is impossible.
pub(crate) async fn bind(address: SocketAddr) -> Result<TcpListener, Exit> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|error| cannot_start(format_args!("cannot listen on {address}: {error}")))
}

async fn start_admin(address: SocketAddr, readiness: Readiness) -> Result<SocketAddr, Exit> {
    let listener = bind(address).await?;
    let address = listener.local_addr().map_err(cannot_start)?;
    let metrics = metrics::install().map_err(cannot_start)?;
    tokio::spawn(metrics::keep_up(metrics.clone()));
    tokio::spawn(admin::serve(listener, readiness, metrics));
    Ok(address)
}

/// Logs why.
pub(crate) fn cannot_start(reason: impl Display) -> Exit {
    tracing::error!("{reason}");
    Exit::Start
}

/// Says on standard output where a listener is.
pub(crate) fn announce(what: &str, listener: &TcpListener) {
    if let Ok(address) = listener.local_addr() {
        say(format_args!("{what} http://{address}"));
    }
}

/// One line on standard output. Nobody has to read it, so a closed one is no failure.
pub(crate) fn say(line: impl Display) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// The signals the program listens to.
#[derive(Debug)]
pub(crate) struct Signals {
    hangup: Signal,
    interrupt: Signal,
    terminate: Signal,
}

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Reload,
    Stop,
}

impl Signals {
    /// # Errors
    ///
    /// [`Exit::Start`] where signals cannot be had.
    pub(crate) fn new() -> Result<Self, Exit> {
        let of = |kind| signal(kind).map_err(cannot_start);
        Ok(Self {
            hangup: of(SignalKind::hangup())?,
            interrupt: of(SignalKind::interrupt())?,
            terminate: of(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.hangup.recv() => Asked::Reload,
            _ = self.interrupt.recv() => Asked::Stop,
            _ = self.terminate.recv() => Asked::Stop,
        }
    }

    /// The next one that asks to stop.
    pub(crate) async fn stop(&mut self) {
        while self.next().await == Asked::Reload {}
    }
}
