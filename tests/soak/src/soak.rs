//! One run: start everything, warm up, drive, be idle, stop.

use std::{
    io,
    process::ExitStatus,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use lambda_sidecar_test_support::scripted::{SECRET_KEY, ScriptedAws};
use tokio::time::{interval, sleep, timeout};

use crate::{
    account::Account,
    args::Args,
    backend::Backend,
    client::Traffic,
    dice::Dice,
    events,
    far_end::FarEnd,
    file::{self, Transport},
    ledger::Ledger,
    process::{Gateway, Heard, InFlight},
    report::Line,
    trouble::Troubles,
    weather::{Happened, Surroundings},
};

/// How often the state of the process is looked at while it comes to rest.
const LOOK: Duration = Duration::from_millis(50);
/// At rest nothing changes for so many looks.
const RESTS: u32 = 20;
/// It has to come to rest within this.
const COMES_TO_REST: Duration = Duration::from_secs(20);

/// The process at rest.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AtRest {
    pub(crate) resident: u64,
    pub(crate) descriptors: usize,
    /// Whether it said by then that no call is under way.
    pub(crate) none_in_flight: bool,
}

/// All that is known in the end.
#[derive(Debug)]
pub(crate) struct Results {
    pub(crate) seed: u64,
    pub(crate) seconds: u64,
    pub(crate) account: Account,
    pub(crate) happened: Happened,
    pub(crate) warm: AtRest,
    pub(crate) end: AtRest,
    /// The most that was seen while calls were made.
    pub(crate) in_flight: InFlight,
    pub(crate) heard: Heard,
    pub(crate) exit: Result<ExitStatus, String>,
    pub(crate) last_lines: String,
    /// What has to hold of events in the background.
    pub(crate) events: Vec<Line>,
}

#[derive(Debug)]
struct Soak {
    seed: u64,
    ledger: Arc<Ledger>,
    surroundings: Surroundings,
    gateway: Gateway,
    next: Arc<AtomicU64>,
    account: Account,
    happened: Happened,
    in_flight: InFlight,
}

/// Runs it.
///
/// # Errors
///
/// Where something cannot be started, or the gateway does not say what became of a reload.
pub(crate) async fn run(args: &Args, seed: u64) -> io::Result<Results> {
    let program = args.program().map_err(io::Error::other)?;
    let ledger = Arc::<Ledger>::default();
    let surroundings = surroundings(seed, args.transport, &ledger).await?;
    let mut dice = Dice::of(seed, "files");
    let file = file::right(&surroundings.basis(), &mut dice);
    let variables = variables(&surroundings);
    let gateway = Gateway::start(&program, &file, &variables).await?;
    let mut soak = Soak {
        seed,
        ledger,
        surroundings,
        gateway,
        next: Arc::default(),
        account: Account::default(),
        happened: Happened::default(),
        in_flight: InFlight::default(),
    };
    let warm_up = Duration::from_secs((args.seconds / 4).max(1));
    let rest = Duration::from_secs(args.seconds).saturating_sub(warm_up);
    soak.drive(warm_up, "weather of the warm-up").await?;
    let warm = soak.come_to_rest().await?;
    soak.drive(rest, "weather").await?;
    let end = soak.come_to_rest().await?;
    let exit = soak.gateway.stop().await;
    let Soak {
        ledger,
        surroundings,
        mut account,
        ..
    } = soak;
    account.close(seed, &ledger, &surroundings.troubles);
    Ok(Results {
        seed,
        seconds: args.seconds,
        account,
        happened: soak.happened,
        warm,
        end,
        in_flight: soak.in_flight,
        heard: soak.gateway.heard(),
        exit: exit.map_err(|error| error.to_string()),
        last_lines: soak.gateway.last_lines(),
        events: {
            // Its folder is the next one's.
            drop(soak.gateway);
            events::run(&program, args.transport, seed).await?
        },
    })
}

async fn surroundings(
    seed: u64,
    transport: Option<Transport>,
    ledger: &Arc<Ledger>,
) -> io::Result<Surroundings> {
    let troubles = Arc::<Troubles>::default();
    let backend = || Backend {
        seed,
        ledger: Arc::clone(ledger),
    };
    let far_end = FarEnd {
        seed,
        ledger: Arc::clone(ledger),
        troubles: Arc::clone(&troubles),
    };
    let surroundings = Surroundings {
        backends: [backend().start()?, backend().start()?],
        lambda: far_end.start()?,
        aws: ScriptedAws::start(),
        troubles,
        transport,
    };
    surroundings.script_credentials();
    Ok(surroundings)
}

/// All of the gateway's environment, so that nothing of the machine's own gets in.
fn variables(surroundings: &Surroundings) -> Vec<(&'static str, String)> {
    let aws = surroundings.aws.endpoint();
    let lambda = format!("http://{}", surroundings.lambda.address);
    vec![
        ("AWS_ACCESS_KEY_ID", "AKIASOAK".into()),
        ("AWS_SECRET_ACCESS_KEY", SECRET_KEY.into()),
        ("AWS_REGION", "us-east-1".into()),
        ("AWS_CONFIG_FILE", "/dev/null".into()),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null".into()),
        ("AWS_ENDPOINT_URL_LAMBDA", lambda),
        ("AWS_ENDPOINT_URL_STS", aws.clone()),
        ("AWS_ENDPOINT_URL_SSM", aws),
    ]
}

impl Soak {
    /// Makes calls for so long while things happen, and judges them as they settle.
    async fn drive(&mut self, time: Duration, weather: &str) -> io::Result<()> {
        let Self {
            seed,
            ledger,
            surroundings,
            gateway,
            account,
            happened,
            in_flight,
            ..
        } = self;
        let gateway = &*gateway;
        let traffic = Traffic {
            seed: *seed,
            gateway: gateway.address,
            ledger: Arc::clone(ledger),
            next: Arc::clone(&self.next),
        };
        let mut dice = Dice::of(*seed, weather);
        let settling = async {
            let mut interval = interval(Duration::from_secs(1));
            loop {
                interval.tick().await;
                account.settle(*seed, ledger, &surroundings.troubles);
                // Before the first call it does not say anything.
                if let Ok(now) = gateway.in_flight().await {
                    *in_flight = in_flight.max(now);
                }
            }
        };
        let changing = surroundings.change(time, &mut dice, gateway, happened);
        let driving = async {
            let ((), changed) = tokio::join!(traffic.run(time), changing);
            changed
        };
        tokio::select! {
            changed = driving => changed,
            () = settling => Ok(()),
        }
    }

    /// Waits until nothing is under way and nothing changes any more.
    async fn come_to_rest(&self) -> io::Result<AtRest> {
        let none_in_flight = timeout(COMES_TO_REST, async {
            while self.gateway.in_flight().await? != InFlight::default() {
                sleep(LOOK).await;
            }
            Ok::<_, io::Error>(())
        });
        let none_in_flight = none_in_flight.await.is_ok_and(|looked| looked.is_ok());
        self.surroundings.end_connections().await;
        let (mut size, mut unchanged) = (self.gateway.size()?, 0);
        let at_rest = async {
            while unchanged < RESTS {
                sleep(LOOK).await;
                let now = self.gateway.size()?;
                unchanged = if now == size { unchanged + 1 } else { 0 };
                size = now;
            }
            Ok::<_, io::Error>(())
        };
        // One that never rests is what the descriptors at the end will tell.
        if let Ok(failed) = timeout(COMES_TO_REST, at_rest).await {
            failed?;
        }
        let (resident, descriptors) = size;
        Ok(AtRest {
            resident,
            descriptors,
            none_in_flight,
        })
    }
}
