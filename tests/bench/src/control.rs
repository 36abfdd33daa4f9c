//! The other end of [`Process`](crate::process::Process): what a process of the benchmark hears and says.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines, Stdin},
    runtime::{Builder, Runtime},
};

use crate::Result;

/// The lines on standard input.
#[derive(Debug)]
pub(crate) struct Commands(Lines<BufReader<Stdin>>);

impl Commands {
    pub(crate) fn new() -> Self {
        Self(BufReader::new(tokio::io::stdin()).lines())
    }

    /// The next; none when whoever started this process has ended.
    pub(crate) async fn next(&mut self) -> Option<String> {
        self.0.next_line().await.ok().flatten()
    }
}

/// Says that this process can be used, and where it listens.
pub(crate) fn ready(address: Option<SocketAddr>) {
    match address {
        Some(address) => println!("ready {address}"),
        None => println!("ready"),
    }
}

/// A run time of one thread, or of several.
pub(crate) fn run_time(threads: usize) -> Result<Runtime> {
    let mut builder = if threads > 1 {
        Builder::new_multi_thread()
    } else {
        Builder::new_current_thread()
    };
    if threads > 1 {
        builder.worker_threads(threads);
    }
    Ok(builder.enable_all().build()?)
}
