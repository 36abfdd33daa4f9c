//! Goal 10: the cost as connections and payloads grow.

use super::Bench;
use crate::{
    Result,
    contenders::{Kind, Sidecars, Transport},
    field::{BODY_SIZE, CONNECTIONS, Field, Load, Work},
    plots::{Line, Plot, Scale},
    rounds::Rounds,
    table::{Compared, Table},
};

const CONNECTION_COUNTS: [u16; 5] = [1, 4, 16, 64, 256];
const SIZES: [u32; 7] = [
    BODY_SIZE as u32,
    1 << 10,
    4 << 10,
    16 << 10,
    64 << 10,
    256 << 10,
    1 << 20,
];

/// Between these places of the sizes a payload's own cost is what is measured.
const MEASURED: [usize; 3] = [3, 5, SIZES.len() - 1];

/// Has glibc keep freed memory, of which by default it gives more than twice the largest block back to the
/// kernel after each call, to be faulted in again at the next.
const KEEPING: [(&str, &str); 2] = [
    ("MALLOC_TRIM_THRESHOLD_", "268435456"),
    ("MALLOC_MMAP_THRESHOLD_", "268435456"),
];

impl Bench<'_> {
    pub(super) async fn growth(&self, table: &mut Table) -> Result<()> {
        let connections = CONNECTION_COUNTS.map(|count| Load {
            connections: count.into(),
            ..Load::USUAL
        });
        let mut field = Field::new(self.args.pace()).await?;
        let apps = self.under(&mut field, &connections, &[]).await?;
        let mut plain = [0; CONNECTION_COUNTS.len()];
        let caller = field.caller(Kind::Plain, &self.endpoint()?).await?;
        for (contender, count) in plain.iter_mut().zip(CONNECTION_COUNTS) {
            *contender = field.again(caller, Work::Calls(count.into()));
        }
        self.connections(table, &field.run().await?, apps, plain)?;
        let sizes = SIZES.map(|size| Load {
            // A few clients are enough to keep it busy.
            connections: if size > 4 << 10 { 8 } else { CONNECTIONS },
            size: size as usize,
            ..Load::USUAL
        });
        let mut field = Field::new(self.args.pace()).await?;
        let apps = self.under(&mut field, &sizes, &[]).await?;
        let keeping = KEEPING.map(|(name, value)| (name, value.to_owned()));
        let loads = MEASURED.map(|place| sizes[place]);
        let keeping = self.under(&mut field, &loads, &keeping).await?;
        self.sizes(table, &field.run().await?, apps, keeping)
    }

    /// The bare application and the layered one under each of these loads.
    async fn under<const N: usize>(
        &self,
        field: &mut Field,
        loads: &[Load; N],
        variables: &[(&str, String)],
    ) -> Result<[[usize; N]; 2]> {
        let apps = [
            self.bare()?,
            self.layered(Sidecars::Request, Transport::Lean)?,
        ];
        let mut contenders = [[0; N]; 2];
        for (app, contenders) in apps.iter().zip(&mut contenders) {
            contenders[0] = field.app_with(app, variables, loads[0]).await?;
            for place in 1..N {
                contenders[place] = field.again(contenders[0], Work::Serves(loads[place]));
            }
        }
        Ok(contenders)
    }

    fn connections(
        &self,
        table: &mut Table,
        rounds: &Rounds,
        [bare, layered]: [[usize; 5]; 2],
        plain: [usize; 5],
    ) -> Result<()> {
        let flat = |contenders: [usize; 5]| {
            let flat = rounds.median(|round| {
                let of = contenders.map(|contender| round[contender].cpu);
                let most = of.iter().copied().fold(f64::MIN, f64::max);
                most / of.iter().copied().fold(f64::MAX, f64::min)
            });
            Compared::ratio(flat, "{} × from the cheapest to the dearest")
        };
        let costs = |contenders: [usize; 5]| {
            let costs = contenders.map(|contender| format!("{:.1}", rounds.cpu(contender)));
            format!("{} µs", costs.join(", "))
        };
        table.goal(
            10,
            "application with a request sidecar, lean transport, at 1, 4, 16, 64, 256 connections",
            costs(layered),
            flat(layered),
            1.5,
        );
        for (what, contenders) in [
            ("the same without middleware", bare),
            (
                "a plain hyper POST, without a server, as many at once",
                plain,
            ),
        ] {
            table.row(what, costs(contenders), flat(contenders));
        }
        let at = CONNECTION_COUNTS.map(f64::from);
        self.plot(
            "connections.svg",
            &Plot {
                title: "CPU a call as connections grow",
                x: "connections",
                y: "CPU µs a call",
                scale: Scale::Logarithmic,
                lines: &[
                    line("no middleware", rounds, bare, at),
                    line(LAYERED, rounds, layered, at),
                    line("a plain POST alone", rounds, plain, at),
                ],
            },
        )
    }

    fn sizes(
        &self,
        table: &mut Table,
        rounds: &Rounds,
        [bare, layered]: [[usize; 7]; 2],
        keeping: [[usize; 3]; 2],
    ) -> Result<()> {
        table.goal(
            10,
            "added with payloads of 0.4, 1, 4, 16, 64, 256 KB and 1 MB",
            added(rounds, bare, layered),
            linear(
                rounds,
                MEASURED.map(|at| bare[at]),
                MEASURED.map(|at| layered[at]),
            ),
            1.5,
        );
        let [bare_keeping, layered_keeping] = keeping;
        table.row(
            "added with 16 and 256 KB and 1 MB where glibc keeps freed memory",
            added(rounds, bare_keeping, layered_keeping),
            linear(rounds, bare_keeping, layered_keeping),
        );
        let at = SIZES.map(|size| f64::from(size) / 1024.0);
        self.plot(
            "payload.svg",
            &Plot {
                title: "CPU a call as the payload grows",
                x: "payload, KiB",
                y: "CPU µs a call",
                scale: Scale::Logarithmic,
                lines: &[
                    line("no middleware", rounds, bare, at),
                    line(LAYERED, rounds, layered, at),
                ],
            },
        )
    }

    pub(super) fn plot(&self, name: &str, plot: &Plot<'_>) -> Result<()> {
        let Some(folder) = &self.args.plots else {
            return Ok(());
        };
        std::fs::create_dir_all(folder)?;
        plot.draw(&folder.join(name))
    }
}

/// What the layer adds at each size.
fn added<const N: usize>(rounds: &Rounds, bare: [usize; N], layered: [usize; N]) -> String {
    let added = bare.iter().zip(layered).map(|(&bare, layered)| {
        let added = rounds.median(|round| round[layered].cpu - round[bare].cpu);
        format!("{added:.0}")
    });
    format!("{} µs", added.collect::<Vec<_>>().join(", "))
}

/// How many times what one more KiB adds between the two larger sizes is what it adds between the two
/// smaller ones.
fn linear(rounds: &Rounds, bare: [usize; 3], layered: [usize; 3]) -> Compared<'static> {
    let sizes = MEASURED.map(|place| f64::from(SIZES[place]));
    let ratio = rounds.median(|round| {
        let added = |at: usize| round[layered[at]].cpu - round[bare[at]].cpu;
        let slope = |from: usize, to: usize| (added(to) - added(from)) / (sizes[to] - sizes[from]);
        slope(1, 2) / slope(0, 1)
    });
    Compared::ratio(
        ratio,
        "{} × a KiB from 256 KB to 1 MB, against 16 KB to 256 KB",
    )
}

const LAYERED: &str = "request sidecar, lean transport";

fn line<const N: usize>(name: &str, rounds: &Rounds, of: [usize; N], at: [f64; N]) -> Line {
    let costs = of.map(|contender| rounds.cpu(contender));
    Line {
        name: name.to_owned(),
        points: at.into_iter().zip(costs).collect(),
    }
}
