//! Goals 6 to 8: memory at the peak, with many requests at once. That a body which nobody asks for is not
//! touched is what the tests show; here stands what the HTTP server itself reads of it ahead.

use super::Bench;
use crate::{
    Result,
    contenders::{App, Middleware, Sidecars, Transport},
    cpu::peak_memory,
    load::{Protocol, open, send_once},
    process::Process,
    table::{Compared, Table},
};

const KIB: f64 = 1024.0;
const MIB: f64 = 1024.0 * 1024.0;

impl Bench<'_> {
    pub(super) async fn memory(&self, table: &mut Table) -> Result<()> {
        for transport in [Transport::Lean, Transport::Sdk] {
            let over = match transport {
                Transport::Lean => "lean transport",
                Transport::Sdk => "SDK",
            };
            let asks = self.layered(Sidecars::Slow, transport)?;
            let asks_nothing = self.layered(Sidecars::SlowNoPayload, transport)?;
            let payload = peak(&asks, 100, 1 << 20).await?;
            table.goal(
                7,
                format!("100 requests of 1 MB at once, payload asked for, {over}"),
                format!("{:.0} MB", payload / MIB),
                Compared::ratio(payload / MIB / 100.0, "{} MB each"),
                2.6,
            );
            let many = peak(&asks_nothing, 1_000, 400).await?;
            table.goal(
                8,
                format!("1,000 requests in flight, {over}"),
                format!("{:.0} MB", many / MIB),
                Compared::count(many / KIB / 1_000.0, "{} KiB each"),
                60.0,
            );
            let large = peak(&asks_nothing, 100, 1 << 20).await?;
            let bare_large = peak(&self.slow()?, 100, 1 << 20).await?;
            table.row(
                format!("100 requests of 1 MB at once, no payload asked for, {over}"),
                format!("{:.0} MB", large / MIB),
                Compared::ratio(
                    large / bare_large,
                    "{} × a slow application's without middleware",
                ),
            );
        }
        let naive = App {
            middleware: Middleware::Naive,
            sidecars: Sidecars::Slow,
            ..self.bare()?
        };
        for (what, app) in [
            ("the naive middleware, SDK", naive),
            ("a slow application without middleware", self.slow()?),
        ] {
            let peak = peak(&app, 1_000, 400).await?;
            table.plain(
                format!("1,000 requests in flight, {what}"),
                format!("{:.0} MB", peak / MIB),
                format!("{:.1} KiB each", peak / KIB / 1_000.0),
            );
        }
        Ok(())
    }

    /// An application that takes the time itself that others wait for their function.
    fn slow(&self) -> Result<App> {
        Ok(App {
            sidecars: Sidecars::SlowNoPayload,
            ..self.bare()?
        })
    }
}

/// How much more memory a new application has at its peak with so many requests at once.
#[expect(clippy::cast_precision_loss, reason = "memory is far below 2^52 bytes")]
async fn peak(app: &App, requests: usize, size: usize) -> Result<f64> {
    let app = Process::role(&app.command(), &[]).await?;
    let mut load = Process::role(&["load".to_owned()], &[]).await?;
    // What the process has for its whole life it has after the first request.
    load.ask(&open(app.listens()?, 1, Protocol::Http1)).await?;
    load.ask(&send_once(size.min(1 << 10))).await?;
    let before = peak_memory(app.pid)?;
    load.ask(&open(app.listens()?, requests, Protocol::Http1))
        .await?;
    let answer = load.ask(&send_once(size)).await?;
    if answer.get(1) != Some(&0) {
        return Err(format!("with {requests} requests at once some failed: {answer:?}").into());
    }
    Ok((peak_memory(app.pid)? - before) as f64)
}
