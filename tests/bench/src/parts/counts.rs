//! Goals 1, 4, 11 and 14, counted: instructions under callgrind, and allocations.

use std::process::Stdio;

use tokio::process::Command;

use super::Bench;
use crate::{
    Result,
    contenders::{Caller, Kind},
    field::Field,
    rounds::Pace,
    table::{Compared, Table},
};

/// The difference of these two is counted, so that starting and warming up are not.
const CALLS: [u32; 2] = [200, 700];

impl Bench<'_> {
    pub(super) async fn counts(&self, table: &mut Table) -> Result<()> {
        let kinds = [
            Kind::Bare,
            Kind::Absent,
            Kind::Invoke,
            Kind::LayerSdkNoPayload,
            Kind::LayerSdk,
            Kind::LayerHit,
            Kind::LayerSkipped,
        ];
        let [bare, absent, invoke, no_payload, payload, hit, skipped] =
            self.allocations(kinds).await?;
        for (asks, layered) in [
            ("no payload asked for", no_payload),
            ("payload asked for", payload),
        ] {
            table.goal(
                1,
                format!("a call: request sidecar over the SDK, less the bare application, {asks}"),
                format!("{:.0} allocations", layered - bare),
                Compared::count(
                    layered - bare - invoke,
                    "{} allocations more than `invoke()` alone",
                ),
                10.0,
            );
        }
        table.goal(
            4,
            "a layer whose halves are absent",
            format!("{absent:.0} allocations"),
            Compared::count(absent - bare, "{} allocations more than without it"),
            0.0,
        );
        for (goal, what, count, at_most) in [
            (
                11,
                "a verdict that is kept, no payload asked for",
                hit,
                14.0,
            ),
            (14, "a sidecar that a call does not concern", skipped, 3.0),
        ] {
            table.goal(
                goal,
                what,
                format!("{count:.0} allocations"),
                Compared::count(count - bare, "{} allocations more than without the layer"),
                at_most,
            );
        }
        if !has_valgrind().await {
            table.leave_out("instructions (goals 1, 4, 11 and 14): valgrind is not installed");
            return Ok(());
        }
        let mut counts = [0.0; 7];
        for (kind, count) in kinds.into_iter().zip(&mut counts) {
            *count = self.instructions(kind).await?;
        }
        let [bare, absent, invoke, _, layered, hit, skipped] = counts;
        table.goal(
            1,
            "a call: request sidecar over the SDK, less the bare application, payload asked for",
            format!("{:.0} instructions", layered - bare),
            Compared::ratio((layered - bare) / invoke, "{} × those of `invoke()` alone"),
            1.05,
        );
        table.goal(
            4,
            "a layer whose halves are absent",
            format!("{absent:.0} instructions"),
            Compared::count(absent - bare, "{} instructions more than without it"),
            200.0,
        );
        table.goal(
            14,
            "a sidecar that a call does not concern",
            format!("{skipped:.0} instructions"),
            Compared::count(
                skipped - bare,
                "{} instructions more than without the layer",
            ),
            2000.0,
        );
        table.plain(
            "a verdict that is kept, no payload asked for",
            format!("{hit:.0} instructions"),
            format!("{:.0} instructions more than without the layer", hit - bare),
        );
        Ok(())
    }

    /// Of one call of each kind.
    async fn allocations<const N: usize>(&self, kinds: [Kind; N]) -> Result<[f64; N]> {
        // Counts are the same in every round.
        let mut field = Field::new(Pace::QUICK).await?;
        for kind in kinds {
            field.caller(kind, &self.endpoint()?).await?;
        }
        let rounds = field.run().await?;
        // Taking turns makes a few of its own, spread over thousands of calls.
        Ok(std::array::from_fn(|contender| {
            rounds.allocations(contender).round()
        }))
    }

    /// Of one call.
    async fn instructions(&self, kind: Kind) -> Result<f64> {
        let mut counts = [0.0; 2];
        for (calls, count) in CALLS.into_iter().zip(&mut counts) {
            let caller = Caller {
                kind,
                endpoint: self.endpoint()?,
                calls: Some(calls.into()),
                threads: 1,
            };
            let mut command = Command::new("valgrind");
            command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
            command.arg(std::env::current_exe()?).args(caller.command());
            let output = command
                .stdin(Stdio::null())
                .kill_on_drop(true)
                .output()
                .await?;
            let said = String::from_utf8_lossy(&output.stderr);
            let collected = said
                .lines()
                .find_map(|line| line.split_once("Collected : "));
            let (_, collected) = collected.ok_or_else(|| format!("valgrind said: {said}"))?;
            *count = collected.trim().parse()?;
        }
        Ok((counts[1] - counts[0]) / f64::from(CALLS[1] - CALLS[0]))
    }
}

async fn has_valgrind() -> bool {
    let mut command = Command::new("valgrind");
    let output = command.arg("--version").output().await;
    output.is_ok_and(|output| output.status.success())
}
