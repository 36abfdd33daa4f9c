//! What is held against what: one part of the table in each file.

mod application;
mod cache;
mod counts;
mod gateway;
mod growth;
mod memory;
mod more;
mod overload;
mod pure;
mod transport;

use std::path::PathBuf;

use crate::{
    Result,
    args::{Args, Part},
    contenders::{App, Middleware, Sidecars, Transport},
    process::Process,
    table::Table,
};

/// What all parts use: the far end, and a folder for files of this run.
#[derive(Debug)]
struct Bench<'a> {
    args: &'a Args,
    far_end: Process,
    folder: PathBuf,
}

/// Runs the parts that are asked for.
pub(crate) async fn run(args: &Args) -> Result<Table> {
    let folder = std::env::temp_dir().join(format!("lambda-sidecar-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let bench = Bench {
        args,
        far_end: Process::role(&["far-end".to_owned()], &[]).await?,
        folder,
    };
    let mut table = Table::default();
    let result = bench.parts(&mut table).await;
    std::fs::remove_dir_all(&bench.folder)?;
    result.map(|()| table)
}

impl Bench<'_> {
    async fn parts(&self, table: &mut Table) -> Result<()> {
        let begins = |part: Part| {
            let asked = self.args.asks_for(part);
            if asked {
                eprintln!("{part:?} …");
            }
            asked
        };
        if begins(Part::Counts) {
            self.counts(table).await?;
        }
        if begins(Part::Transport) {
            self.transport(table).await?;
        }
        if begins(Part::Application) {
            self.application(table).await?;
        }
        if begins(Part::Cache) {
            self.cache(table).await?;
        }
        if begins(Part::Pure) {
            pure::rows(table)?;
        }
        if begins(Part::Memory) {
            self.memory(table).await?;
        }
        if begins(Part::Gateway) {
            self.gateway(table).await?;
        }
        if begins(Part::Growth) {
            self.growth(table).await?;
        }
        if begins(Part::Overload) {
            self.overload(table)?;
        }
        if begins(Part::More) {
            self.more(table).await?;
        }
        Ok(())
    }

    /// The URL of AWS Lambda.
    fn endpoint(&self) -> Result<String> {
        Ok(format!("http://{}", self.far_end.listens()?))
    }

    /// An application without middleware, of one thread.
    fn bare(&self) -> Result<App> {
        Ok(App {
            middleware: Middleware::None,
            sidecars: Sidecars::Absent,
            transport: Transport::Lean,
            endpoint: self.endpoint()?,
            threads: 1,
            grpc: false,
        })
    }

    /// An application with what a user writes today, of one thread.
    fn naive(&self) -> Result<App> {
        Ok(App {
            middleware: Middleware::Naive,
            ..self.bare()?
        })
    }

    /// An application with the layer, of one thread.
    fn layered(&self, sidecars: Sidecars, transport: Transport) -> Result<App> {
        Ok(App {
            middleware: Middleware::Layer,
            sidecars,
            transport,
            ..self.bare()?
        })
    }
}

/// CPU and allocations as a row says them.
fn spent(cpu: f64, allocations: f64) -> String {
    if allocations.is_nan() {
        return format!("{cpu:.1} µs");
    }
    format!("{cpu:.1} µs, {allocations:.0} allocations")
}
