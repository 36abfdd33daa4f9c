//! A process that has a role, and what becomes of the calls that a sidecar in it makes.

use std::{
    collections::BTreeSet,
    io,
    sync::{Arc, Mutex, PoisonError},
};

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use lambda_sidecar::{Decision, Functions, Sidecar};
use lambda_sidecar_tests::{
    config::sdk_config,
    failures::layer,
    real::StandIn,
    route::{call, get, over_each_transport},
};
use serde_json::json;
use tracing::subscriber::set_default;

use lambda_sidecar_test_support::page::Page;

/// A process with the credentials of a role, as a container or machine in AWS has them.
#[derive(Debug)]
pub(crate) struct Process {
    endpoint: String,
    region: &'static str,
    credentials: Credentials,
}

impl Process {
    pub(crate) fn with_role(
        aws: &StandIn,
        account: &str,
        region: &'static str,
        role: &str,
    ) -> Self {
        let arguments = json!({
            "RoleArn": format!("arn:aws:iam::{account}:role/{role}"),
            "RoleSessionName": "process",
        });
        let session = aws.administer_in((account, region), "sts", "assume_role", &arguments);
        let text = |name: &str| session["Credentials"][name].as_str().unwrap_or_default();
        let token = Some(text("SessionToken").to_owned());
        let (key, secret) = (text("AccessKeyId"), text("SecretAccessKey"));
        Self {
            endpoint: aws.there().endpoint.clone(),
            region,
            credentials: Credentials::new(key, secret, token, None, "the tests"),
        }
    }

    /// Functions of a process that has just started: nothing is kept of the calls before.
    async fn functions(&self) -> Functions {
        let config = sdk_config(&self.endpoint, self.region, "none", "none").await;
        let own = SharedCredentialsProvider::new(self.credentials.clone());
        let config = config.into_builder().credentials_provider(own).build();
        Functions::new(&config)
    }

    /// The function answers, and its answer lets the call pass.
    pub(crate) async fn is_allowed(&self, inputs: &str) {
        let sidecar = Sidecar::pre(inputs).expect("the inputs are right");
        for functions in over_each_transport(&self.functions().await) {
            let (log, _guard) = Log::listen();
            let called = call(&layer(&functions, sidecar.clone()), get()).await;
            assert_eq!(called.status, 200, "{called:?}\n{}", log.text());
            assert_eq!(called.outcome().failure(), None, "{called:?}");
            assert_eq!(called.outcome().decision(), Decision::Allow, "{called:?}");
        }
    }

    /// The call fails as this row says.
    pub(crate) async fn is_refused(&self, inputs: &str, row: &Row) {
        let sidecar = Sidecar::pre(inputs).expect("the inputs are right");
        for functions in over_each_transport(&self.functions().await) {
            let (log, _guard) = Log::listen();
            let called = call(&layer(&functions, sidecar.clone()), get()).await;
            let failure = called.outcome().failure();
            let class = failure.map(|class| class.as_str());
            assert_eq!(
                class,
                Some(row.class.as_str()),
                "{called:?}\n{}",
                log.text()
            );
            assert!(called.backend.is_none(), "{called:?}");
            assert!(log.has(&row.code), "{row:?}\n{}", log.text());
            // AWS says who may not do what, as in `sts:AssumeRole` and `lambda:InvokeFunction`.
            assert!(log.text().contains(&row.call), "{row:?}\n{}", log.text());
        }
    }
}

/// The page's table of what is in the log.
#[derive(Debug)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
    met: BTreeSet<String>,
}

/// A row of it.
#[derive(Debug)]
pub(crate) struct Row {
    code: String,
    call: String,
    class: String,
}

impl Table {
    pub(crate) fn of(page: &Page) -> Self {
        Self {
            rows: page.table("where-it-fails"),
            met: BTreeSet::new(),
        }
    }

    /// The row that begins so.
    pub(crate) fn row(&mut self, in_the_log: &str) -> Row {
        let row = self.rows.iter().find(|row| row[0] == in_the_log);
        let row = row.unwrap_or_else(|| panic!("no row {in_the_log:?} in {:?}", self.rows));
        self.met.insert(in_the_log.to_owned());
        let (code, call) = in_the_log.split_once(" of ").unwrap_or((in_the_log, ""));
        Row {
            code: code.to_owned(),
            call: call.to_owned(),
            class: row[1].clone(),
        }
    }

    /// Each row has been asked for.
    pub(crate) fn is_met(&self) {
        let rows = self.rows.iter().map(|row| row[0].clone());
        assert_eq!(self.met, rows.collect());
    }
}

/// What the thread logs, as long as the guard beside it lives.
#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn listen() -> (Self, tracing::subscriber::DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        (log, set_default(subscriber))
    }

    fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Whether it has a word, which another one does not only begin with.
    fn has(&self, word: &str) -> bool {
        let text = self.text();
        let mut words = text.split(|letter: char| !letter.is_alphanumeric());
        words.any(|other| other == word)
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
