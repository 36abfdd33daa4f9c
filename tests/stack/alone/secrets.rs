//! Secrets stay where they belong: no log level shows them, and no answer, receipt or error does.
//!
//! One test alone in its program, because it listens to all that the process logs.

#![allow(
    clippy::expect_used,
    reason = "a test fails by panicking, its helpers too"
)]

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use lambda_sidecar::Functions;
use lambda_sidecar_test_support::scripted::{
    Answer, EXTERNAL_ID, Leg, Reply, SECRET_KEY, SESSION_TOKEN, ScriptedAws,
};
use lambda_sidecar_tests::{
    config::sdk_config_for,
    failures::layer,
    inputs::Inputs,
    route::{call, over_each_transport, post},
};
use tracing::level_filters::LevelFilter;

/// All that is logged, at every level.
#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn listen() -> Self {
        let log = Self::default();
        let writer = log.clone();
        tracing_subscriber::fmt()
            .with_max_level(LevelFilter::TRACE)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .init();
        log
    }

    fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// STS repeats what it was sent in its messages.
fn refusal() -> Answer {
    let xml = format!(
        "<ErrorResponse><Error><Code>ValidationError</Code><Message>1 validation error detected: \
         Value '{EXTERNAL_ID}' at 'externalId' failed to satisfy constraint</Message></Error></ErrorResponse>"
    );
    Answer::new(400, xml).header("content-type", "text/xml")
}

#[tokio::test]
async fn no_log_level_and_no_answer_shows_a_secret() {
    let log = Log::listen();
    let far_end = ScriptedAws::start();
    let short_lived = Reply::credentials(Duration::from_secs(1));
    for script in [
        vec![short_lived],
        vec![Reply::answer(&refusal())],
        vec![Reply::reset_in_the_middle(&refusal())],
    ] {
        far_end.script(Leg::Sts, script);
        let functions = Functions::new(&sdk_config_for(&far_end).await);
        for functions in over_each_transport(&functions) {
            let sidecar = Inputs::scripted_with_role().timeout(10_000).pre();
            let warmed_up = functions.warm_up(&sidecar).await;
            let called = call(&layer(&functions, sidecar), post()).await;
            for text in [
                format!("{warmed_up:?}"),
                format!("{called:?}"),
                format!("{functions:?}"),
            ] {
                shows_no_secret(&text);
            }
        }
    }
    let log = log.text();
    assert!(
        log.contains("the function call failed"),
        "the log is listened to"
    );
    log.lines().for_each(shows_no_secret);
}

fn shows_no_secret(text: &str) {
    for secret in [EXTERNAL_ID, SECRET_KEY, SESSION_TOKEN] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}
