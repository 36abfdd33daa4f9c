//! Log lines on standard error.

use std::io::{self, IsTerminal};

use clap::ValueEnum;
use tracing::{Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{FilterExt, Targets},
    fmt::{self, MakeWriter},
    layer::SubscriberExt,
    registry::LookupSpan,
    util::{SubscriberInitExt, TryInitError},
};

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Log targets that may be louder than `info`. Those of the SDK and of the HTTP stack print requests, with
/// credentials and payloads, at `debug` and `trace`.
const OWN_TARGETS: &str = "lambda_sidecar";

/// The target of what the program ends with. `RUST_LOG` does not choose about it: a program that ends without a word
/// tells nobody what to mend.
pub(crate) const FATAL: &str = "lambda_sidecar_gateway::fatal";

/// Sends log lines to standard error, as `RUST_LOG` selects them, and why the program ends whatever it selects.
///
/// # Errors
///
/// If a subscriber is installed already.
pub(crate) fn install(format: LogFormat) -> Result<(), TryInitError> {
    let filter = EnvFilter::builder().with_default_directive(LevelFilter::INFO.into());
    let layer = layer(format, filter.from_env_lossy(), io::stderr);
    tracing_subscriber::registry().with(layer).try_init()
}

fn layer<S, W>(format: LogFormat, chosen: EnvFilter, writer: W) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'s> LookupSpan<'s>,
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let cap = Targets::new()
        .with_default(LevelFilter::INFO)
        .with_target(OWN_TARGETS, LevelFilter::TRACE);
    let fatal = Targets::new().with_target(FATAL, LevelFilter::ERROR);
    let filter = chosen.and(cap).or(fatal);
    let lines = fmt::layer().with_writer(writer);
    match format {
        LogFormat::Json => lines.json().with_filter(filter).boxed(),
        LogFormat::Text => {
            let colours = io::stderr().is_terminal();
            lines.with_ansi(colours).with_filter(filter).boxed()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What is logged under this `RUST_LOG`.
    fn logged(format: LogFormat, directives: &str, log: impl FnOnce()) -> String {
        let buffer = Buffer::default();
        let writer = buffer.clone();
        let layer = layer(format, EnvFilter::new(directives), move || writer.clone());
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::with_default(subscriber, log);
        let bytes = buffer.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn no_rust_log_lifts_sdk_and_http_targets_above_info() {
        for directives in [
            "trace",
            "aws_smithy_runtime=trace,hyper=trace,h2=trace,rustls=trace,tower=trace",
            "debug,aws_smithy_runtime::client=trace,hyper_util=trace,aws_sigv4=trace",
        ] {
            let output = logged(LogFormat::Text, directives, || {
                tracing::trace!(target: "aws_smithy_runtime::client::orchestrator", "SECRET");
                tracing::debug!(target: "aws_smithy_runtime::client::orchestrator", "SECRET");
                tracing::debug!(target: "aws_sigv4::http_request::sign", "SECRET");
                tracing::trace!(target: "hyper_util::client::legacy::pool", "SECRET");
                tracing::trace!(target: "hyper::proto::h1::io", "SECRET");
                tracing::debug!(target: "h2::codec::framed_read", "SECRET");
                tracing::trace!(target: "rustls::client::hs", "SECRET");
                tracing::trace!(target: "tower::buffer", "SECRET");
            });
            assert_eq!(output, "", "{directives}");
        }
    }

    #[test]
    fn rust_log_selects_among_own_targets() {
        let log = || {
            tracing::debug!(target: "lambda_sidecar_gateway::proxy", "quiet");
            tracing::info!(target: "aws_config", "loud");
        };
        let output = logged(LogFormat::Text, "info", log);
        assert!(
            !output.contains("quiet") && output.contains("loud"),
            "{output}"
        );
        let output = logged(LogFormat::Text, "lambda_sidecar_gateway=debug", log);
        assert!(
            output.contains("quiet") && !output.contains("loud"),
            "{output}"
        );
    }

    #[test]
    fn no_rust_log_hides_why_the_program_ends() {
        for directives in ["off", "lambda_sidecar_gateway=off", "hyper=warn", "error"] {
            let output = logged(LogFormat::Text, directives, || {
                tracing::error!(target: FATAL, "the reason");
                tracing::warn!(target: FATAL, "a warning");
                tracing::warn!(target: "lambda_sidecar_gateway::proxy", "another");
            });
            assert!(output.contains("the reason"), "{directives}: {output}");
            assert_eq!(output.lines().count(), 1, "{directives}: {output}");
        }
    }

    #[test]
    fn a_json_line_is_one_object() {
        let output = logged(LogFormat::Json, "info", || tracing::info!(n = 7, "hello"));
        let line: serde_json::Value = serde_json::from_str(output.trim()).unwrap();
        assert_eq!(line["fields"]["message"], "hello");
        assert_eq!(line["fields"]["n"], 7);
    }
}
