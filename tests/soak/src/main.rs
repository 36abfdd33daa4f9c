//! The soak: the gateway under mixed traffic while everything around it misbehaves.
//!
//! Far end, backends and clients know of each call what is going to happen to it: all of it is chosen
//! by the seed and the call's number. Each notes what it saw under that number, and in the end what was
//! seen has to be one of the courses that the book allows.
//!
//! | files | role |
//! | --- | --- |
//! | `dice`, `plan`, `action`, `odd`, `endpoints`, `file` | what is going to happen |
//! | `client`, `connection`, `raw`, `outgoing`, `sending` | who calls |
//! | `process` | who is called |
//! | `far_end`, `backend`, `door`, `weather` | what misbehaves |
//! | `ledger`, `content`, `trouble` | what was seen |
//! | `events` | another run for events in the background, with a function and clients of its own |
//! | `expect`, `course`, `judge`, `account`, `coverage`, `report` | what is made of it |

mod account;
mod action;
mod args;
mod backend;
mod client;
mod connection;
mod content;
mod course;
mod coverage;
mod dice;
mod door;
mod endpoints;
mod events;
mod expect;
mod far_end;
mod file;
mod judge;
mod ledger;
mod odd;
mod outgoing;
mod plan;
mod process;
mod raw;
mod report;
mod sending;
mod soak;
mod trouble;
mod weather;

use std::{io, process::ExitCode};

use clap::Parser;
use tokio::signal::{
    ctrl_c,
    unix::{SignalKind, signal},
};

#[tokio::main]
async fn main() -> ExitCode {
    let args = args::Args::parse();
    let seed = args.seed();
    println!(
        "seed {seed}, {} s, transport {:?}",
        args.seconds, args.transport
    );
    let results = tokio::select! {
        results = Box::pin(soak::run(&args, seed)) => results,
        interrupted = interrupted() => Err(interrupted),
    };
    match results {
        Ok(results) => {
            print!("{results}");
            ExitCode::from(u8::from(!results.all_hold()))
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Comes when somebody wants this to end early. The gateway is not to outlive it.
async fn interrupted() -> io::Error {
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => drop(terminate.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = terminated => {}
        _ = ctrl_c() => {}
    }
    io::Error::other("interrupted")
}
