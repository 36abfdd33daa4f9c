//! Events in the background: the gateway is stopped and killed under load, and every event is accounted for.

mod client;
mod function;
mod heard;
mod tally;

use std::{io, path::Path, time::Duration};

use lambda_sidecar_test_support::scripted::{Answer, Reply, SECRET_KEY, converse};
use tokio::time::sleep;

pub(crate) use self::heard::HeardEvents;
use self::{client::Clients, function::EventFunction, tally::Tally};
use crate::{door::Door, file::Transport, process::Gateway, report::Line};

/// How many events wait at most, and how many are sent at a time.
pub(crate) const QUEUE: usize = 200;
pub(crate) const AT_ONCE: usize = 16;

/// How long calls are made.
const LOAD: Duration = Duration::from_millis(2500);

/// How the gateway ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// SIGTERM, and time enough.
    Stopped,
    /// SIGTERM, and a function that is too slow for the time that is left.
    StoppedShort,
    /// SIGKILL.
    Killed,
}

impl Ending {
    const ALL: [Self; 3] = [Self::Stopped, Self::StoppedShort, Self::Killed];

    /// `shutdown_timeout_ms`.
    fn patience(self) -> u32 {
        match self {
            Self::StoppedShort => 500,
            _ => 10_000,
        }
    }
}

/// Makes calls until the gateway ends, once in each way.
///
/// # Errors
///
/// Where something cannot be started, or the gateway does not end.
pub(crate) async fn run(
    program: &Path,
    transport: Option<Transport>,
    seed: u64,
) -> io::Result<Vec<Line>> {
    let mut lines = Vec::new();
    for ending in Ending::ALL {
        lines.extend(once(program, transport, seed, ending).await?.lines());
    }
    Ok(lines)
}

async fn once(
    program: &Path,
    transport: Option<Transport>,
    seed: u64,
    ending: Ending,
) -> io::Result<Tally> {
    let function = EventFunction::new(seed, ending == Ending::StoppedShort);
    let lambda = function.clone().start()?;
    let backend = Door::open_to(|stream| async {
        // The gateway may leave whenever it likes.
        drop(converse(stream, |_| Reply::answer(&Answer::new(200, "ok"))).await);
    })?;
    let file = file(&backend, transport, ending);
    let mut gateway = Gateway::start(program, &file, &variables(&lambda)).await?;
    let clients = Clients::start(gateway.address);
    sleep(LOAD).await;
    let exit = match ending {
        Ending::Killed => gateway.kill().await?,
        Ending::Stopped | Ending::StoppedShort => gateway.stop().await?,
    };
    Ok(Tally {
        ending,
        exit: exit.code(),
        answered: clients.stop().await,
        heard: gateway.heard_events(),
        function: function.seen(),
    })
}

fn file(backend: &Door, transport: Option<Transport>, ending: Ending) -> String {
    let transport = match transport {
        None => "",
        Some(Transport::Sdk) => "transport = \"sdk\"\n",
        Some(Transport::Lean) => "transport = \"lean\"\n",
    };
    format!(
        "listen = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\nshutdown_timeout_ms = {}\n{transport}\n\
         [[endpoints]]\npath = \"/audit\"\norigin = \"http://{}/\"\n\n\
         [[endpoints.pre]]\ninputs = \"\"\"\nregion: us-east-1\n\
         functionARN: arn:aws:lambda:us-east-1:123456789012:function:audit\n\
         useAssumeRole: false\nsynchronicity: event\nevent-queue: {QUEUE}\ntimeout: 5000\n\
         include-request-headers: {}\n\"\"\"\n",
        ending.patience(),
        backend.address,
        client::NUMBER,
    )
}

fn variables(lambda: &Door) -> Vec<(&'static str, String)> {
    vec![
        ("AWS_ACCESS_KEY_ID", "AKIASOAK".into()),
        ("AWS_SECRET_ACCESS_KEY", SECRET_KEY.into()),
        ("AWS_REGION", "us-east-1".into()),
        ("AWS_CONFIG_FILE", "/dev/null".into()),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null".into()),
        (
            "AWS_ENDPOINT_URL_LAMBDA",
            format!("http://{}", lambda.address),
        ),
    ]
}
