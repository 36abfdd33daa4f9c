//! The external id appears nowhere.

use std::{
    fmt::Write as _,
    sync::{Arc, Mutex},
};

use lambda_sidecar::{FailureClass, InvocationError};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

use super::functions;
use crate::aws_functions::{
    assuming, call,
    far_end::{FarEnd, Reply, Service, in_an_hour},
    log_line,
};

const SECRET: &str = "s3cr3t-external-id";

/// Everything that is logged in this thread, down to `TRACE`.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl Visit for Log {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        writeln!(self.0.lock().unwrap(), "{field}={value:?}").unwrap();
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut self.clone());
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut self.clone());
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut self.clone());
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// Calls with a far end whose STS answers thus; what is logged, and what came of it.
async fn logged(parameter: &str, sts: fn() -> Reply) -> (String, Result<(), InvocationError>) {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let parameter = parameter.to_owned();
    let far_end = FarEnd::scripted(move |seen| match seen.service {
        Service::Lambda => Reply::ok("{}"),
        Service::Ssm => Reply::parameter(&parameter),
        Service::Sts => sts(),
    })
    .await;
    let functions = functions(&far_end.url);
    let result = call(&functions, &assuming("sidecar")).await.map(drop);
    assert!(!format!("{functions:?}").contains(SECRET));
    let log = log.0.lock().unwrap().clone();
    (log, result)
}

#[tokio::test]
async fn the_external_id_is_not_logged_at_any_level() {
    let (log, result) = logged(SECRET, || Reply::credentials("ASSUMED", in_an_hour())).await;
    result.unwrap();
    // What the SDK says of Parameter Store and STS, and what the transport says, is heard.
    assert!(!log.is_empty(), "nothing was logged at all");
    assert!(!log.contains(SECRET));
    assert!(!log.contains("assumed-secret"));
}

#[tokio::test]
async fn an_sts_that_repeats_the_external_id_gives_it_away_to_nobody() {
    let refuse: fn() -> Reply = || {
        Reply::sts_error(
            "ValidationError",
            &format!("Value '{SECRET}' at 'externalId'"),
        )
    };
    let (log, result) = logged(SECRET, refuse).await;
    let error = result.unwrap_err();
    assert_eq!(error.class(), FailureClass::Credentials);
    assert!(!log.contains(SECRET));
    assert!(
        log_line(&error).contains("ValidationError"),
        "{}",
        log_line(&error)
    );
    assert!(!format!("{error:?}").contains(SECRET));
}

#[tokio::test]
async fn a_parameter_that_cannot_be_an_external_id_is_not_sent_to_sts() {
    let malformed = format!("{SECRET}\\n");
    let (log, result) = logged(&malformed, || Reply::credentials("ASSUMED", in_an_hour())).await;
    let error = result.unwrap_err();
    assert_eq!(error.class(), FailureClass::Credentials);
    assert!(log_line(&error).contains("cannot be an external id"));
    assert!(!log.contains(SECRET));
    assert!(!format!("{error:?}").contains(SECRET));
}

#[tokio::test]
async fn an_answer_of_parameter_store_that_cannot_be_read_is_not_shown() {
    let far_end =
        FarEnd::scripted(|_| Reply::ok(format!(r#"{{"Parameter":{{"Value":"{SECRET}","Name":7"#)))
            .await;
    let error = call(&functions(&far_end.url), &assuming("sidecar"))
        .await
        .unwrap_err();
    assert_eq!(error.class(), FailureClass::Credentials);
    assert!(!format!("{error:?} {}", log_line(&error)).contains(SECRET));
}

#[tokio::test]
async fn an_answer_of_sts_that_cannot_be_read_is_not_shown() {
    let broken: [fn() -> Reply; 2] = [
        || credentials("<SecretAccessKey>assumed-secret"),
        || {
            credentials(
                "<SecretAccessKey>assumed-secret</SecretAccessKey><Expiration>soon</Expiration>",
            )
        },
    ];
    for broken in broken {
        let (log, result) = logged(SECRET, broken).await;
        let error = result.unwrap_err();
        assert_eq!(error.class(), FailureClass::Credentials);
        assert!(!log.contains("assumed-secret"));
        assert!(!format!("{error:?} {}", log_line(&error)).contains("assumed-secret"));
    }
}

fn credentials(content: &str) -> Reply {
    Reply::ok(format!(
        "<AssumeRoleResponse><AssumeRoleResult><Credentials>{content}</Credentials></AssumeRoleResult></AssumeRoleResponse>"
    ))
}
