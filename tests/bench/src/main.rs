//! What a call costs, in ratios against what it is held against.
//!
//! The program starts its own far end, contenders and load, each as a process of its own (itself, with
//! a hidden subcommand), lets the contenders run in turns (A B C A B C …), and prints one Markdown table
//! of the medians of the ratios. What is measured is CPU time as the kernel accounts it, allocations,
//! instructions and memory; never the time that something took.
//!
//! | files | role |
//! | --- | --- |
//! | `args`, `role` | the command line: the user's, and the hidden one |
//! | `process`, `control`, `cpu` | processes: started, asked, measured |
//! | `far_end`, `load` | the function and the backends; the clients |
//! | `contenders` | what is measured |
//! | `field`, `rounds` | taking turns, and what comes of it |
//! | `parts` | what is held against what |
//! | `peers` | other proxies, where they are installed |
//! | `overload` | a function that becomes slow, simulated |
//! | `table`, `document`, `plots` | what is said about it |

mod args;
mod contenders;
mod control;
mod cpu;
mod document;
mod far_end;
mod field;
mod load;
mod overload;
mod parts;
mod peers;
mod plots;
mod process;
mod role;
mod rounds;
mod table;

use std::{error::Error, process::ExitCode};

use clap::Parser;

use crate::args::Args;

/// An error of any kind: this program only says it and ends.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let args = Args::parse();
    let result = match &args.role {
        Some(role) => role.play(),
        None => bench(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn bench(args: &Args) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let table = runtime.block_on(Box::pin(parts::run(args)))?;
    let section = document::section(args, &table);
    print!("{section}");
    if let Some(path) = &args.write {
        document::write(path, &section)?;
    }
    Ok(())
}
