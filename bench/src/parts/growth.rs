//! Goal 10: the cost as connections and payloads grow.

use super::Bench;
use crate::{
    Result,
    contenders::{Sidecars, Transport},
    field::{BODY_SIZE, CONNECTIONS, Field, Load},
    load::Protocol,
    plots::{Line, Plot},
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

/// Between these a payload's own cost is what is measured.
const MIDDLE: usize = 3;
const LARGE: usize = 5;

impl Bench<'_> {
    pub(super) async fn growth(&self, table: &mut Table) -> Result<()> {
        let connections = CONNECTION_COUNTS.map(|count| Load {
            connections: count.into(),
            size: BODY_SIZE,
            protocol: Protocol::Http1,
        });
        let (rounds, apps) = self.under(&connections).await?;
        self.connections(table, &rounds, &apps)?;
        let sizes = SIZES.map(|size| Load {
            // A few clients are enough to keep it busy.
            connections: if size > 4 << 10 { 8 } else { CONNECTIONS },
            size: size as usize,
            protocol: Protocol::Http1,
        });
        let (rounds, apps) = self.under(&sizes).await?;
        self.sizes(table, &rounds, &apps)
    }

    /// The bare application and the layered one under each of these loads.
    async fn under<const N: usize>(&self, loads: &[Load; N]) -> Result<(Rounds, [[usize; N]; 2])> {
        let mut field = Field::new(self.args.pace()).await?;
        let apps = [
            self.bare()?,
            self.layered(Sidecars::Request, Transport::Lean)?,
        ];
        let mut contenders = [[0; N]; 2];
        for (app, contenders) in apps.iter().zip(&mut contenders) {
            contenders[0] = field.app_with(app, &[], loads[0]).await?;
            for place in 1..N {
                contenders[place] = field.again(contenders[0], loads[place]);
            }
        }
        Ok((field.run().await?, contenders))
    }

    fn connections(
        &self,
        table: &mut Table,
        rounds: &Rounds,
        apps: &[[usize; 5]; 2],
    ) -> Result<()> {
        let [bare, layered] = apps;
        let flat = rounds.median(|round| {
            let of = layered.map(|contender| round[contender].cpu);
            let most = of.iter().copied().fold(f64::MIN, f64::max);
            most / of.iter().copied().fold(f64::MAX, f64::min)
        });
        let costs = layered.map(|contender| format!("{:.1}", rounds.cpu(contender)));
        table.goal(
            10,
            "application with a request sidecar, lean transport, at 1, 4, 16, 64, 256 connections",
            format!("{} µs", costs.join(", ")),
            Compared::ratio(flat, "{} × from the cheapest to the dearest"),
            1.5,
        );
        let costs = bare.map(|contender| format!("{:.1}", rounds.cpu(contender)));
        table.plain(
            "the same without middleware",
            format!("{} µs", costs.join(", ")),
            "",
        );
        let at = CONNECTION_COUNTS.map(f64::from);
        self.plot(
            "connections.svg",
            &Plot {
                title: "CPU a call as connections grow",
                x: "connections",
                y: "CPU µs a call",
                lines: &lines(rounds, apps, &at),
            },
        )
    }

    fn sizes(&self, table: &mut Table, rounds: &Rounds, apps: &[[usize; 7]; 2]) -> Result<()> {
        let [bare, layered] = apps;
        let added = |place: usize| {
            rounds.median(|round| round[layered[place]].cpu - round[bare[place]].cpu)
        };
        // What one more KiB costs, between two sizes.
        let slope = |from: usize, to: usize| {
            (added(to) - added(from)) / f64::from((SIZES[to] - SIZES[from]) >> 10)
        };
        let (small, large) = (slope(MIDDLE, LARGE), slope(LARGE, SIZES.len() - 1));
        let costs: Vec<_> = (0..SIZES.len())
            .map(|place| format!("{:.0}", added(place)))
            .collect();
        table.goal(
            10,
            "added with payloads of 0.4, 1, 4, 16, 64, 256 KB and 1 MB",
            format!("{} µs", costs.join(", ")),
            Compared::ratio(
                large / small,
                "{} × a KiB from 256 KB to 1 MB, against 16 KB to 256 KB",
            ),
            1.5,
        );
        let at = SIZES.map(|size| f64::from(size) / 1024.0);
        self.plot(
            "payload.svg",
            &Plot {
                title: "CPU a call as the payload grows",
                x: "payload, KiB",
                y: "CPU µs a call",
                lines: &lines(rounds, apps, &at),
            },
        )
    }

    fn plot(&self, name: &str, plot: &Plot<'_>) -> Result<()> {
        let Some(folder) = &self.args.plots else {
            return Ok(());
        };
        std::fs::create_dir_all(folder)?;
        plot.draw(&folder.join(name))
    }
}

fn lines<const N: usize>(rounds: &Rounds, apps: &[[usize; N]; 2], at: &[f64; N]) -> [Line; 2] {
    let line = |name: &str, contenders: &[usize; N]| Line {
        name: name.to_owned(),
        points: at
            .iter()
            .copied()
            .zip(contenders.iter().map(|of| rounds.cpu(*of)))
            .collect(),
    };
    [
        line("no middleware", &apps[0]),
        line("request sidecar, lean transport", &apps[1]),
    ]
}
