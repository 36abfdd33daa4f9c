//! Goals 6 to 8: memory at the peak, with many requests at once.

use super::Bench;
use crate::{
    Result,
    contenders::{Sidecars, Transport},
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
            let payload = self.peak(Sidecars::Slow, transport, 100, 1 << 20).await?;
            table.goal(
                7,
                format!("100 requests of 1 MB at once, payload asked for, {over}"),
                format!("{:.0} MB", payload / MIB),
                Compared::ratio(payload / MIB / 100.0, "{} MB each"),
                2.6,
            );
            let many = self
                .peak(Sidecars::SlowNoPayload, transport, 1_000, 400)
                .await?;
            table.goal(
                8,
                format!("1,000 requests in flight, {over}"),
                format!("{:.0} MB", many / MIB),
                Compared::count(many / KIB / 1_000.0, "{} KiB each"),
                60.0,
            );
            let small = self
                .peak(Sidecars::SlowNoPayload, transport, 100, 1 << 10)
                .await?;
            let large = self
                .peak(Sidecars::SlowNoPayload, transport, 100, 1 << 20)
                .await?;
            table.goal(
                6,
                format!("100 requests of 1 MB at once, no payload asked for, {over}"),
                format!("{:.1} MB; of 1 KB: {:.1} MB", large / MIB, small / MIB),
                Compared::count(
                    (large - small) / KIB / 100.0,
                    "{} KiB each more than of 1 KB",
                ),
                // What hyper reads ahead of a body that nobody reads.
                64.0,
            );
        }
        Ok(())
    }

    /// How much more memory a new application has at its peak with so many requests at once.
    #[expect(clippy::cast_precision_loss, reason = "memory is far below 2^52 bytes")]
    async fn peak(
        &self,
        sidecars: Sidecars,
        transport: Transport,
        requests: usize,
        size: usize,
    ) -> Result<f64> {
        let app = self.layered(sidecars, transport)?;
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
}
