//! The command line.

use std::path::PathBuf;

use crate::file::Transport;

/// Drives the gateway with mixed traffic while everything around it misbehaves, and accounts for every call.
#[derive(Debug, clap::Parser)]
pub(crate) struct Args {
    /// How long calls are made
    #[arg(long, default_value_t = 60)]
    pub(crate) seconds: u64,
    /// Repeats the choices of an earlier run [default: another one each time]
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// What carries the function calls [default: what the gateway takes]
    #[arg(long, value_enum)]
    pub(crate) transport: Option<Transport>,
    /// The gateway's program [default: lambda-sidecar-gateway beside this program]
    #[arg(long)]
    pub(crate) gateway: Option<PathBuf>,
}

impl Args {
    pub(crate) fn seed(&self) -> u64 {
        self.seed.unwrap_or_else(|| {
            let now = std::time::SystemTime::now();
            let since = now.duration_since(std::time::UNIX_EPOCH);
            since.map_or(1, |since| u64::from(since.subsec_micros()))
        })
    }

    /// The program, where it is.
    pub(crate) fn program(&self) -> Result<PathBuf, String> {
        let beside = || {
            Some(
                std::env::current_exe()
                    .ok()?
                    .with_file_name("lambda-sidecar-gateway"),
            )
        };
        let program = self.gateway.clone().or_else(beside).unwrap_or_default();
        if program.is_file() {
            return Ok(program);
        }
        Err(format!(
            "there is no gateway at {}: build it with `cargo build -p lambda-sidecar-gateway`, or say --gateway PATH",
            program.display()
        ))
    }
}
