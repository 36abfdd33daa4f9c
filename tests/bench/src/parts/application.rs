//! Goal 3: what a middleware adds to an application.

use super::{Bench, spent};
use crate::{
    Result,
    contenders::{Sidecars, Transport},
    field::Field,
    table::{Compared, Table},
};

impl Bench<'_> {
    pub(super) async fn application(&self, table: &mut Table) -> Result<()> {
        let mut field = Field::new(self.args.pace()).await?;
        let bare = field.app(&self.bare()?).await?;
        let naive = field.app(&self.naive()?).await?;
        let sdk = self.layered(Sidecars::Request, Transport::Sdk)?;
        let sdk = field.app(&sdk).await?;
        let lean = self.layered(Sidecars::Request, Transport::Lean)?;
        let lean = field.app(&lean).await?;
        let rounds = field.run().await?;
        let rate = |of| format!("{:.0} requests/s", rounds.rate(of));
        table.plain(
            "axum application without middleware",
            spent(rounds.cpu(bare), rounds.allocations(bare)),
            rate(bare),
        );
        let added = |of: usize| {
            let cpu = rounds.median(|round| round[of].cpu - round[bare].cpu);
            let allocations = rounds.allocations(of) - rounds.allocations(bare);
            format!("{} added", spent(cpu, allocations))
        };
        let against_naive = |of: usize| {
            rounds.median(|round| {
                (round[of].cpu - round[bare].cpu) / (round[naive].cpu - round[bare].cpu)
            })
        };
        let naive_rate = rate(naive);
        table.plain(
            "+ naive `from_fn`, `Value` and SDK",
            added(naive),
            naive_rate,
        );
        table.row(
            "+ request sidecar over the SDK",
            added(sdk),
            Compared::ratio(against_naive(sdk), "{} × the CPU that the naive one adds"),
        );
        table.goal(
            3,
            format!("+ request sidecar over the lean transport ({})", rate(lean)),
            added(lean),
            Compared::ratio(against_naive(lean), "{} × the CPU that the naive one adds"),
            0.2,
        );
        Ok(())
    }
}
