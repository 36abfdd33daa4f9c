//! The field: contenders that take turns under one load.

use std::net::SocketAddr;

use crate::{
    Result,
    contenders::{App, Caller, Kind},
    cpu,
    load::{Protocol, keep_sending, open},
    process::Process,
    rounds::{Pace, Rounds, Sample},
};

/// The size of a request's body, where nothing else is said.
pub(crate) const BODY_SIZE: usize = 400;
/// Connections, where nothing else is said.
pub(crate) const CONNECTIONS: usize = 64;
/// Calls at once by somebody without an application.
const AT_ONCE: usize = 16;

/// The load, the processes that run, and the contenders among them.
#[derive(Debug)]
pub(crate) struct Field {
    load: Process,
    running: Vec<Process>,
    contenders: Vec<Contender>,
    pace: Pace,
}

#[derive(Debug, Clone, Copy)]
struct Contender {
    process: usize,
    work: Work,
}

/// What a contender does in its turn.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Work {
    /// Calls the function itself, so many calls at once.
    Calls(usize),
    /// Serves what the load sends.
    Serves(Load),
}

/// What the load sends to a contender.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    pub(crate) connections: usize,
    pub(crate) size: usize,
    pub(crate) protocol: Protocol,
    /// So many requests of a hundred are unlike all others.
    pub(crate) unlike: u32,
}

impl Load {
    pub(crate) const USUAL: Self = Self {
        connections: CONNECTIONS,
        size: BODY_SIZE,
        protocol: Protocol::Http1,
        unlike: 0,
    };
}

impl Field {
    pub(crate) async fn new(pace: Pace) -> Result<Self> {
        Ok(Self {
            load: Process::role(&["load".to_owned()], &[]).await?,
            running: Vec::new(),
            contenders: Vec::new(),
            pace,
        })
    }

    /// An application that serves the usual load.
    pub(crate) async fn app(&mut self, app: &App) -> Result<usize> {
        self.app_with(app, &[], Load::USUAL).await
    }

    pub(crate) async fn app_with(
        &mut self,
        app: &App,
        variables: &[(&str, String)],
        load: Load,
    ) -> Result<usize> {
        let process = Process::role(&app.command(), variables).await?;
        Ok(self.serving(process, load))
    }

    /// Somebody who calls the function.
    pub(crate) async fn caller(&mut self, kind: Kind, endpoint: &str) -> Result<usize> {
        self.caller_of(kind, endpoint, 1).await
    }

    /// The same, from so many threads.
    pub(crate) async fn caller_of(
        &mut self,
        kind: Kind,
        endpoint: &str,
        threads: usize,
    ) -> Result<usize> {
        let caller = Caller {
            kind,
            endpoint: endpoint.to_owned(),
            calls: None,
            threads,
        };
        let process = Process::role(&caller.command(), &[]).await?;
        Ok(self.add(process, Work::Calls(AT_ONCE)))
    }

    /// A process that serves this load. What comes back is its place among the contenders.
    pub(crate) fn serving(&mut self, process: Process, load: Load) -> usize {
        self.add(process, Work::Serves(load))
    }

    /// The process of another contender with other work.
    pub(crate) fn again(&mut self, contender: usize, work: Work) -> usize {
        let process = self.contenders[contender].process;
        self.contenders.push(Contender { process, work });
        self.contenders.len() - 1
    }

    fn add(&mut self, process: Process, work: Work) -> usize {
        self.running.push(process);
        let process = self.running.len() - 1;
        self.contenders.push(Contender { process, work });
        self.contenders.len() - 1
    }

    /// Lets all contenders take their turns. The first round is a warm-up.
    pub(crate) async fn run(&mut self) -> Result<Rounds> {
        let mut rounds = Rounds::default();
        for round in 0..=self.pace.rounds {
            let mut samples = Vec::with_capacity(self.contenders.len());
            for contender in 0..self.contenders.len() {
                samples.push(self.turn(contender).await?);
            }
            if round > 0 {
                rounds.0.push(samples);
            }
        }
        Ok(rounds)
    }

    async fn turn(&mut self, contender: usize) -> Result<Sample> {
        let Contender { process, work } = self.contenders[contender];
        match work {
            Work::Calls(at_once) => self.calls(process, at_once).await,
            Work::Serves(load) => self.serves(process, load).await,
        }
    }

    async fn calls(&mut self, process: usize, at_once: usize) -> Result<Sample> {
        let pace = self.pace;
        let process = &mut self.running[process];
        process
            .ask(&Caller::keep_calling(pace.warm_up, at_once))
            .await?;
        let before = cpu::time(process.pid)?;
        let answer = process
            .ask(&Caller::keep_calling(pace.turn, at_once))
            .await?;
        let [calls, allocations] = answer[..] else {
            return Err("a caller said something else".into());
        };
        let spent = cpu::time(process.pid)? - before;
        Ok(pace.sample(spent.as_secs_f64(), calls, Some(allocations)))
    }

    async fn serves(&mut self, process: usize, load: Load) -> Result<Sample> {
        let pace = self.pace;
        let process = &mut self.running[process];
        let address: SocketAddr = process.listens()?;
        let open = open(address, load.connections, load.protocol);
        self.load.ask(&open).await?;
        self.load
            .ask(&keep_sending(pace.warm_up, load.size, load.unlike))
            .await?;
        if process.answers {
            process.ask("count").await?;
        }
        let before = cpu::time(process.pid)?;
        let send = keep_sending(pace.turn, load.size, load.unlike);
        let answer = self.load.ask(&send).await?;
        let spent = cpu::time(process.pid)? - before;
        let allocations = if process.answers {
            process.ask("count").await?.first().copied()
        } else {
            None
        };
        match answer[..] {
            [calls, 0] => Ok(pace.sample(spent.as_secs_f64(), calls, allocations)),
            [calls, failed] => Err(format!("{failed} calls failed, {calls} did not").into()),
            _ => Err("the load said something else".into()),
        }
    }
}

impl Pace {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a number of calls is far below 2^52"
    )]
    fn sample(&self, cpu_seconds: f64, calls: u64, allocations: Option<u64>) -> Sample {
        let calls = calls as f64;
        Sample {
            cpu: cpu_seconds * 1e6 / calls,
            allocations: allocations.map_or(f64::NAN, |count| count as f64 / calls),
            calls_per_second: calls / self.turn.as_secs_f64(),
        }
    }
}
