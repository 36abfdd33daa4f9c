//! An application: one route that reads the request's body and answers.

use axum::{Router, body::Body, middleware, routing::post, serve::ListenerExt};
use clap::ValueEnum;
use http_body_util::BodyExt;
use tokio::net::TcpListener;

use super::{
    aws::config,
    grpc,
    layered::{Sidecars, Transport, functions, layer},
    naive,
};
use crate::{
    Result,
    control::{Commands, ready, run_time},
    far_end::SLOW,
};

/// What stands before the route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Middleware {
    None,
    Naive,
    Layer,
}

/// An application with one of the middlewares, or none.
#[derive(Debug, clap::Args)]
pub(crate) struct App {
    #[arg(long, value_enum, default_value = "none")]
    pub(crate) middleware: Middleware,
    #[arg(long, value_enum, default_value = "request")]
    pub(crate) sidecars: Sidecars,
    #[arg(long, value_enum, default_value = "lean")]
    pub(crate) transport: Transport,
    /// The URL of AWS Lambda
    #[arg(long)]
    pub(crate) endpoint: String,
    #[arg(long, default_value_t = 1)]
    pub(crate) threads: usize,
    #[arg(long)]
    pub(crate) grpc: bool,
}

impl App {
    /// As a command line of this program.
    pub(crate) fn command(&self) -> Vec<String> {
        let name = |value: Option<clap::builder::PossibleValue>| {
            value.map_or_else(String::new, |value| value.get_name().to_owned())
        };
        let mut args = vec![
            "app".to_owned(),
            format!("--middleware={}", name(self.middleware.to_possible_value())),
            format!("--sidecars={}", name(self.sidecars.to_possible_value())),
            format!("--transport={}", name(self.transport.to_possible_value())),
            format!("--endpoint={}", self.endpoint),
            format!("--threads={}", self.threads),
        ];
        if self.grpc {
            args.push("--grpc".to_owned());
        }
        args
    }

    /// Serves. Every command is answered with the number of allocations since the one before, which is
    /// right for one thread alone.
    pub(crate) fn run(&self) -> Result<()> {
        let runtime = run_time(self.threads)?;
        let _guard = runtime.enter();
        let listener = runtime.block_on(TcpListener::bind(("127.0.0.1", 0)))?;
        let address = listener.local_addr()?;
        let app = self.router()?;
        let (grpc, endpoint) = (self.grpc, self.endpoint.clone());
        let sidecars =
            (self.middleware == Middleware::Layer).then_some((self.sidecars, self.transport));
        // Spawned, so that with several threads connections are accepted on them.
        runtime.spawn(async move {
            let served = if grpc {
                grpc::serve(listener, sidecars, &endpoint)
                    .await
                    .map_err(|error| error.to_string())
            } else {
                let listener = listener.tap_io(|socket| drop(socket.set_nodelay(true)));
                axum::serve(listener, app)
                    .await
                    .map_err(|error| error.to_string())
            };
            if let Err(error) = served {
                eprintln!("{error}");
            }
        });
        let mut commands = Commands::new();
        ready(Some(address));
        loop {
            let mut command = None;
            let counted =
                allocation_counter::measure(|| command = runtime.block_on(commands.next()));
            if command.is_none() {
                runtime.shutdown_background();
                return Ok(());
            }
            println!("{}", counted.count_total);
        }
    }

    /// Whether it is slow by itself, as others are by their function.
    fn is_slow(&self) -> bool {
        let slow = [Sidecars::Slow, Sidecars::SlowNoPayload];
        self.middleware == Middleware::None && slow.contains(&self.sidecars)
    }

    fn router(&self) -> Result<Router> {
        let router = Router::new();
        let router = if self.is_slow() {
            router.route("/orders", post(create_order_slowly))
        } else {
            router.route("/orders", post(create_order))
        };
        Ok(match self.middleware {
            Middleware::None => router,
            Middleware::Naive => {
                let function = naive::Function {
                    client: aws_sdk_lambda::Client::new(&config(&self.endpoint)),
                    arn: self.sidecars.function(),
                };
                router.layer(middleware::from_fn_with_state(function, naive::ask))
            }
            Middleware::Layer => {
                let functions = functions(self.transport, &self.endpoint);
                router.layer(layer(self.sidecars, functions)?)
            }
        })
    }
}

/// Reads the body as it comes and keeps nothing of it.
async fn create_order(mut body: Body) -> &'static str {
    while let Some(Ok(_)) = body.frame().await {}
    "created"
}

async fn create_order_slowly(body: Body) -> &'static str {
    tokio::time::sleep(SLOW).await;
    create_order(body).await
}
