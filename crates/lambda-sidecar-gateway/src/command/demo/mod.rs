//! `demo`: the main job with nothing to set up.
//!
//! A backend, a function and the gateway, in one process and on the loopback interface. The gateway invokes
//! the function through the real AWS SDK; it may be a program of the user's. Neither credentials nor settings
//! of the environment are used.

mod backend;
mod function;

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
};

use axum::Router;

use super::{
    console::{announce, cannot_start, say, wrong_configuration},
    exit::Exit,
};
use crate::{
    config::Config,
    functions::FunctionSource,
    lambda_runtime::{FunctionCommand, LocalRuntime},
    proxy::Proxy,
    server::{self, Gateway, Signals},
};

const ANY_PORT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// Shows the gateway until a signal, with the demo's own function or a program.
///
/// # Errors
///
/// [`Exit::Start`] if no port can be had, or the program cannot be run.
pub(super) async fn demo(command: Option<FunctionCommand>) -> Result<(), Exit> {
    let mut signals = Signals::new().map_err(cannot_start)?;
    let program = match command {
        Some(command) => Some(LocalRuntime::begin(command).await.map_err(cannot_start)?),
        None => None,
    };
    let is_own = program.is_none();
    let backend = start(backend::router()).await?;
    let function = start(function::router(program)).await?;
    let listener = server::bind(ANY_PORT).await.map_err(cannot_start)?;
    let address = listener.local_addr().map_err(cannot_start)?;

    let config = Config::parse("demo.toml", &configuration(backend));
    let config = config.map_err(|problems| wrong_configuration(&problems))?;
    let (limit, limits) = (config.shutdown_timeout, config.limits);
    let functions = FunctionSource::at_address(function).map_err(cannot_start)?;
    let gateway = Gateway::new(functions, limits);
    let routes = gateway.routes(config).await.map_err(cannot_start)?;
    let proxy = Arc::new(Proxy::new(routes, limits));
    announce("listening on", &listener);
    say(if is_own {
        instructions(address)
    } else {
        own_function(address)
    });

    let graceful = server::accept(listener, &proxy, limits, signals.stop()).await;
    server::drain(graceful.shutdown(), gateway.events(), limit, &mut signals).await;
    Ok(())
}

async fn start(router: Router) -> Result<SocketAddr, Exit> {
    let listener = server::bind(ANY_PORT).await.map_err(cannot_start)?;
    let address = listener.local_addr().map_err(cannot_start)?;
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(%error, "a part of the demo stopped");
        }
    });
    Ok(address)
}

fn configuration(backend: SocketAddr) -> String {
    let timeout = function::TIME.as_millis();
    format!(
        r#"
listen = "127.0.0.1:0"

[[endpoints]]
endpoint_id = "orders"
service_id = "demo"
path = "/shop"
origin = "http://{backend}"
timeout_ms = {timeout}

  [[endpoints.pre]]
  inputs = """
  region: us-east-1
  functionARN: arn:aws:lambda:us-east-1:123456789012:function:demo
  useAssumeRole: false
  include-request-headers: authorization
  expand-input: operation
  """

  [[endpoints.post]]
  inputs = """
  region: us-east-1
  functionARN: arn:aws:lambda:us-east-1:123456789012:function:demo
  useAssumeRole: false
  expand-input: responsePayload
  """
"#
    )
}

fn instructions(gateway: SocketAddr) -> String {
    format!(
        r#"
A backend, a function and the gateway between them are running. The function is invoked before and
after every call. Try:

  curl -i http://{gateway}/shop/orders/7
      401: the function terminates calls without `authorization`; the backend is not called.

  curl -i -H 'authorization: Bearer alice' http://{gateway}/shop/orders/7
      200: the function adds `x-user: alice` on the way in (the backend shows it as `seen_user`), and on
      the way out it masks the card number and adds `x-checked-by: demo`.

  curl -i http://{gateway}/elsewhere
      404: no endpoint, no function.

Ctrl-C ends it."#
    )
}

fn own_function(gateway: SocketAddr) -> String {
    format!(
        r#"
A backend, your function and the gateway between them are running. Your function is invoked before and
after every call; its output appears here. Try:

  curl -i -H 'authorization: Bearer alice' http://{gateway}/shop/orders/7

Ctrl-C ends it."#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_configuration_is_fine() {
        let backend = SocketAddr::from(([127, 0, 0, 1], 9000));
        let config = Config::parse("demo.toml", &configuration(backend)).unwrap();
        assert!(config.blocked.is_empty());
        assert_eq!(config.endpoints.len(), 1);
    }
}
