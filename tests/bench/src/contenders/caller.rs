//! Somebody who calls the function, without an application around it.

use std::time::{Duration, Instant};

use clap::ValueEnum;
use futures_util::future::join_all;

use super::in_process::Callee;
use crate::{
    Result,
    control::{Commands, ready, run_time},
};

/// What is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// The same bytes by a plain HTTP client, unsigned.
    Plain,
    /// The function over the lean transport.
    Lean,
    /// The SDK's `invoke()`.
    Invoke,
    /// An application in this process, without a layer.
    Bare,
    /// An application in this process, with a layer that has no sidecar.
    Absent,
    /// An application in this process, with a request sidecar over the SDK.
    LayerSdk,
    /// The same, with a sidecar that asks for no payload.
    LayerSdkNoPayload,
    /// An application in this process, with a request sidecar over the lean transport.
    LayerLean,
    /// The same, with a sidecar whose verdict is kept after the first call.
    LayerHit,
    /// The same, with a sidecar that the calls do not concern.
    LayerSkipped,
}

/// Calls when it is told to, or a number of times.
#[derive(Debug, clap::Args)]
pub(crate) struct Caller {
    #[arg(long, value_enum)]
    pub(crate) kind: Kind,
    /// The URL of AWS Lambda
    #[arg(long)]
    pub(crate) endpoint: String,
    /// Make so many calls one by one, and end
    #[arg(long)]
    pub(crate) calls: Option<u64>,
    /// Call from so many threads
    #[arg(long, default_value_t = 1)]
    pub(crate) threads: usize,
}

impl Caller {
    /// As a command line of this program.
    pub(crate) fn command(&self) -> Vec<String> {
        let kind = self.kind.to_possible_value();
        let kind = kind
            .as_ref()
            .map_or("", clap::builder::PossibleValue::get_name);
        let mut args = vec![
            "caller".to_owned(),
            format!("--kind={kind}"),
            format!("--endpoint={}", self.endpoint),
            format!("--threads={}", self.threads),
        ];
        args.extend(self.calls.map(|calls| format!("--calls={calls}")));
        args
    }

    /// The command to make so many calls at once, one after the other, for so long.
    pub(crate) fn keep_calling(time: Duration, at_once: usize) -> String {
        format!("for {} {at_once}", time.as_millis())
    }

    pub(crate) fn run(&self) -> Result<()> {
        let runtime = run_time(1)?;
        let callee = runtime.block_on(Callee::new(self.kind, &self.endpoint))?;
        if let Some(calls) = self.calls {
            return runtime.block_on(async {
                for _ in 0..calls {
                    callee.call().await?;
                }
                Ok(())
            });
        }
        let mut commands = Commands::new();
        ready(None);
        while let Some(command) = runtime.block_on(commands.next()) {
            let words: Vec<_> = command.split(' ').collect();
            let ["for", milliseconds, at_once] = words[..] else {
                return Err(format!("no command: {command}").into());
            };
            let time = Duration::from_millis(milliseconds.parse()?);
            let at_once: usize = at_once.parse()?;
            let mut made = Ok(0);
            let counted = allocation_counter::measure(|| {
                made = if self.threads == 1 {
                    runtime.block_on(keep_calling(&callee, time, at_once))
                } else {
                    self.on_threads(&callee, time, at_once)
                };
            });
            println!("{} {}", made?, counted.count_total);
        }
        Ok(())
    }

    /// Every thread has a clone, which shares what clones share.
    fn on_threads(&self, callee: &Callee, time: Duration, at_once: usize) -> Result<u64> {
        let call = |callee: Callee| {
            let runtime = run_time(1).map_err(|error| error.to_string())?;
            let made = runtime.block_on(keep_calling(&callee, time, at_once));
            made.map_err(|error| error.to_string())
        };
        let clones = vec![callee.clone(); self.threads];
        let made = std::thread::scope(|scope| {
            let threads = clones
                .into_iter()
                .map(|callee| scope.spawn(move || call(callee)));
            // All are there before the first is waited for.
            let threads: Vec<_> = threads.collect();
            let ended = threads.into_iter().map(std::thread::ScopedJoinHandle::join);
            let made = ended.map(|made| made.map_err(|_| "a caller panicked".to_owned())?);
            made.collect::<std::result::Result<Vec<u64>, String>>()
        });
        Ok(made?.iter().sum())
    }
}

async fn keep_calling(callee: &Callee, time: Duration, at_once: usize) -> Result<u64> {
    let end = Instant::now() + time;
    let callers = (0..at_once).map(|_| async {
        let mut made = 0;
        while Instant::now() < end {
            callee.call().await?;
            made += 1;
        }
        Ok(made)
    });
    let made: Result<Vec<u64>> = join_all(callers).await.into_iter().collect();
    Ok(made?.iter().sum())
}
