//! The command line.

use std::path::PathBuf;

use clap::ValueEnum;

use crate::{Result, role::Role, rounds::Pace};

/// Measures what a call costs, in ratios against what it is held against, and prints one Markdown table.
#[derive(Debug, clap::Parser)]
#[command(subcommand_negates_reqs = true, disable_help_subcommand = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) role: Option<Role>,
    /// Few and short rounds: shows that it runs, not what it costs
    #[arg(long)]
    pub(crate) quick: bool,
    /// How many rounds the contenders take turns in [default: 7, with --quick 3]
    #[arg(long)]
    pub(crate) rounds: Option<usize>,
    /// This part alone; can be given several times
    #[arg(long, value_enum)]
    pub(crate) only: Vec<Part>,
    /// Writes the plots into this folder
    #[arg(long)]
    pub(crate) plots: Option<PathBuf>,
    /// Writes the table into this file, between its two marker comments
    #[arg(long)]
    pub(crate) write: Option<PathBuf>,
    /// The gateway's program [default: lambda-sidecar-gateway beside this program]
    #[arg(long)]
    pub(crate) gateway: Option<PathBuf>,
    /// The folder with the peers' programs [default: what `tests/bench/peers` installs]
    #[arg(long)]
    pub(crate) peers: Option<PathBuf>,
}

/// What can be measured on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// A function call: lean transport and SDK against a plain POST
    Transport,
    /// The layer in instructions and allocations, counted
    Counts,
    /// The pure work, from the last `cargo bench -p lambda-sidecar-core`
    Pure,
    /// The whole application against the one without middleware and the naive one
    Application,
    /// Verdicts that are kept, as fewer and fewer calls ask the same
    Cache,
    /// TLS, the response half, a chain, gRPC, events, several threads
    More,
    /// Memory with many requests at once
    Memory,
    /// The gateway against other proxies
    Gateway,
    /// The cost as connections and payloads grow
    Growth,
    /// A function that becomes slow, with guards and without, simulated
    Overload,
}

impl Args {
    pub(crate) fn asks_for(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }

    pub(crate) fn pace(&self) -> Pace {
        let pace = if self.quick { Pace::QUICK } else { Pace::FULL };
        let rounds = self.rounds.unwrap_or(pace.rounds).max(1);
        Pace { rounds, ..pace }
    }

    /// The gateway's program, where it is.
    pub(crate) fn gateway(&self) -> Result<PathBuf> {
        let program = match &self.gateway {
            Some(program) => program.clone(),
            None => std::env::current_exe()?.with_file_name("lambda-sidecar-gateway"),
        };
        if program.is_file() {
            return Ok(program);
        }
        let program = program.display();
        Err(format!("no gateway at {program}: build it with `cargo build --profile dist -p lambda-sidecar-bench -p lambda-sidecar-gateway`").into())
    }

    /// The folder with the peers' programs, where `tests/bench/peers` put them: beside `release`.
    pub(crate) fn peers(&self) -> Result<PathBuf> {
        if let Some(folder) = &self.peers {
            return Ok(folder.clone());
        }
        let program = std::env::current_exe()?;
        let target = program.parent().and_then(|release| release.parent());
        let target = target.ok_or("this program is not in a target folder: say --peers DIR")?;
        Ok(target.join("peers/bin"))
    }

    /// Where cargo puts what it builds.
    pub(crate) fn target() -> Result<PathBuf> {
        let program = std::env::current_exe()?;
        let target = program.parent().and_then(|release| release.parent());
        Ok(target
            .ok_or("this program is not in a target folder")?
            .to_owned())
    }
}
