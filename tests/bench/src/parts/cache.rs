//! Goals 11 and 12: verdicts that are kept, and what they save as fewer and fewer calls ask the same.

use super::{Bench, spent};
use crate::{
    Result,
    contenders::{Kind, Sidecars, Transport},
    field::{Field, Load, Work},
    plots::{Line, Plot, Scale},
    rounds::Rounds,
    table::{Compared, Table},
};

/// So many calls of a hundred find their verdict.
const HITS: [u32; 7] = [100, 99, 95, 90, 75, 50, 0];

impl Bench<'_> {
    pub(super) async fn cache(&self, table: &mut Table) -> Result<()> {
        let mut field = Field::new(self.args.pace()).await?;
        let bare = field.app(&self.bare()?).await?;
        let naive = field.app(&self.naive()?).await?;
        let asking = self.layered(Sidecars::NoPayload, Transport::Lean)?;
        let asking = field.app(&asking).await?;
        let app = self.layered(Sidecars::Cached, Transport::Lean)?;
        let first = field.app(&app).await?;
        let cached = HITS.map(|hits| match hits {
            100 => first,
            _ => field.again(first, Work::Serves(unlike(100 - hits))),
        });
        let rounds = field.run().await?;

        let added = |of: usize| rounds.median(|round| round[of].cpu - round[bare].cpu);
        let against_naive = |of: usize| {
            let ratio = rounds.median(|round| {
                (round[of].cpu - round[bare].cpu) / (round[naive].cpu - round[bare].cpu)
            });
            Compared::ratio(ratio, "{} × the CPU that the naive one adds")
        };
        for (hits, of) in HITS.into_iter().zip(cached) {
            let what = format!(
                "+ request sidecar whose verdicts are kept, {hits} of 100 calls find theirs"
            );
            let allocations = rounds.allocations(of) - rounds.allocations(bare);
            let measured = format!("{} added", spent(added(of), allocations));
            match hits {
                100 => table.goal(11, what, measured, against_naive(of), 0.06),
                90 => table.goal(12, what, measured, against_naive(of), 0.09),
                _ => table.row(what, measured, against_naive(of)),
            }
        }
        self.hit_rates(&rounds, [bare, asking], cached)?;
        self.threads(table).await
    }

    /// How many calls two threads make whose verdict is kept, against one. Without a socket, for the load would take
    /// the second processor.
    async fn threads(&self, table: &mut Table) -> Result<()> {
        let mut field = Field::new(self.args.pace()).await?;
        let endpoint = self.endpoint()?;
        let one = field.caller_of(Kind::LayerHit, &endpoint, 1).await?;
        let two = field.caller_of(Kind::LayerHit, &endpoint, 2).await?;
        let rounds = field.run().await?;
        let rate = |of| rounds.rate(of) / 1000.0;
        let against =
            rounds.median(|round| round[one].calls_per_second / round[two].calls_per_second);
        table.goal(
            11,
            "a verdict that is kept, without HTTP, from two threads at once",
            format!(
                "{:.0} thousand calls/s; from one: {:.0}",
                rate(two),
                rate(one)
            ),
            Compared::ratio(against, "{} × the time that a call from one thread takes"),
            // 1.7 times the calls.
            0.59,
        );
        Ok(())
    }

    fn hit_rates(
        &self,
        rounds: &Rounds,
        [bare, asking]: [usize; 2],
        cached: [usize; 7],
    ) -> Result<()> {
        let line = |name: &str, of: [usize; 7]| Line {
            name: name.to_owned(),
            // From one call of a hundred that is made on, for the axis has no zero.
            points: HITS
                .into_iter()
                .zip(of)
                .skip(1)
                .map(|(hits, of)| {
                    let made = f64::from(100 - hits);
                    (made, rounds.cpu(of))
                })
                .collect(),
        };
        self.plot(
            "cache.svg",
            &Plot {
                title: "CPU a call as fewer verdicts are found",
                x: "function calls for a hundred calls",
                y: "CPU µs a call",
                scale: Scale::Logarithmic,
                lines: &[
                    line("no middleware", [bare; 7]),
                    line("request sidecar with a cache", cached),
                    line("request sidecar without", [asking; 7]),
                ],
            },
        )
    }
}

fn unlike(unlike: u32) -> Load {
    Load {
        unlike,
        ..Load::USUAL
    }
}
