//! Log lines on standard error.

use std::{
    env,
    ffi::OsString,
    io::{self, IsTerminal},
};

use clap::ValueEnum;
use tracing::{Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{FilterExt, Targets},
    fmt::{self, MakeWriter},
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// The log targets that there are; `RUST_LOG` chooses among them. Those of other crates are off at every level: the
/// SDK's name addresses with passwords, external ids and what programs of a profile say, as warnings too, and the
/// HTTP stack's requests. What an operator needs of that, our own lines say.
const TARGETS: [&str; 2] = ["lambda_sidecar", "access"];

/// The target of what the program ends with. `RUST_LOG` does not choose about it: a program that ends without a word
/// tells nobody what to mend.
pub(crate) const FATAL: &str = "lambda_sidecar_gateway::fatal";

/// Sends log lines to standard error, as `RUST_LOG` selects them, and why the program ends whatever it selects.
///
/// # Errors
///
/// What `RUST_LOG` says cannot be read. Lines are written all the same, those of `info` and above.
pub(crate) fn install(format: LogFormat) -> Result<(), String> {
    let (filter, result) = match chosen(env::var_os("RUST_LOG")) {
        Ok(filter) => (filter, Ok(())),
        Err(reason) => (
            EnvFilter::default().add_directive(DEFAULT.into()),
            Err(reason),
        ),
    };
    let layer = layer(format, filter, io::stderr);
    // Fails only if a subscriber is installed already, which serves as well.
    let _ = tracing_subscriber::registry().with(layer).try_init();
    result
}

const DEFAULT: LevelFilter = LevelFilter::INFO;

fn chosen(directives: Option<OsString>) -> Result<EnvFilter, String> {
    let builder = EnvFilter::builder().with_default_directive(DEFAULT.into());
    let directives = directives.unwrap_or_default().into_string().ok();
    directives
        .and_then(|directives| builder.parse(directives).ok())
        .ok_or_else(|| {
            "RUST_LOG cannot be read, allowed: levels and targets, as in `info,access=off`"
                .to_owned()
        })
}

fn layer<S, W>(format: LogFormat, chosen: EnvFilter, writer: W) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'s> LookupSpan<'s>,
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let own = TARGETS.map(|target| (target, LevelFilter::TRACE));
    let cap = Targets::new().with_targets(own);
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

    /// A line at each level, with this target.
    macro_rules! every_level {
        ($($target:literal),+) => { $(
            tracing::trace!(target: $target, "SECRET");
            tracing::debug!(target: $target, "SECRET");
            tracing::info!(target: $target, "SECRET");
            tracing::warn!(target: $target, "SECRET");
            tracing::error!(target: $target, "SECRET");
        )+ };
    }

    #[test]
    fn no_rust_log_has_lines_of_other_crates() {
        for directives in [
            "trace",
            "aws_config=trace,aws_smithy_runtime=trace,hyper=trace,h2=trace,rustls=trace,tower=trace",
            "debug,aws_smithy_runtime::client=trace,hyper_util=trace,aws_sigv4=trace",
            "info,aws_config::profile::credentials=info",
            "aws_config[{chain}]=trace",
        ] {
            let output = logged(LogFormat::Text, directives, || {
                every_level!(
                    "aws_config::profile::credentials",
                    "aws_smithy_runtime::client::orchestrator",
                    "aws_sigv4::http_request::sign",
                    "hyper_util::client::legacy::pool",
                    "hyper::proto::h1::io",
                    "h2::codec::framed_read",
                    "rustls::client::hs",
                    "tower::buffer",
                    "a_crate_of_tomorrow"
                );
            });
            assert_eq!(output, "", "{directives}");
        }
    }

    #[test]
    fn rust_log_selects_among_own_targets() {
        let log = || {
            tracing::debug!(target: "lambda_sidecar_gateway::proxy", "quiet");
            tracing::info!(target: "lambda_sidecar::function", "loud");
            tracing::info!(target: "access", "a call");
        };
        for (directives, expected) in [
            ("info", [false, true, true]),
            ("info,access=off", [false, true, false]),
            ("lambda_sidecar_gateway=debug", [true, false, false]),
        ] {
            let output = logged(LogFormat::Text, directives, log);
            let found = ["quiet", "loud", "a call"].map(|word| output.contains(word));
            assert_eq!(found, expected, "{directives}: {output}");
        }
    }

    #[test]
    fn a_rust_log_that_cannot_be_read_is_an_error_and_an_empty_one_is_none() {
        for good in ["", "info", "info,access=off", "lambda_sidecar=trace,"] {
            assert!(chosen(Some(good.into())).is_ok(), "{good}");
        }
        assert!(chosen(None).is_ok());
        for wrong in ["=,=[{", "lambda_sidecar=loud", "a=b=c"] {
            let error = chosen(Some(wrong.into())).unwrap_err();
            assert!(error.starts_with("RUST_LOG cannot be read"), "{error}");
        }
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
