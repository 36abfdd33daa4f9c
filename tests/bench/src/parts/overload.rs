//! What guards and a cache do for a function that becomes slow.

use super::Bench;
use crate::{
    Result,
    overload::{Protection, SLOW, Second, minute},
    plots::{Line, Plot, Scale},
    table::Table,
};

impl Bench<'_> {
    pub(super) fn overload(&self, table: &mut Table) -> Result<()> {
        let mut lines = Vec::new();
        for protection in Protection::ALL {
            let seconds = apart(protection)?;
            let slow = &seconds[SLOW];
            let each = |of: fn(&Second) -> u32| {
                f64::from(slow.iter().map(of).sum::<u32>())
                    / f64::from(u32::try_from(slow.len()).unwrap_or(1))
            };
            table.plain(
                format!(
                    "500 calls/s over ten gateways, a function of 100 places that takes 2 s: {}",
                    protection.name()
                ),
                format!("{:.1} verdicts/s", each(|second| second.verdicts)),
                format!(
                    "{:.1} runs begun/s, {:.1} refused by AWS",
                    each(|second| second.begun),
                    each(|second| second.throttled)
                ),
            );
            lines.push(Line {
                name: protection.name().to_owned(),
                points: (0u32..)
                    .zip(&seconds)
                    .map(|(at, second)| {
                        let runs = u32::try_from(second.runs).unwrap_or(u32::MAX);
                        (at.into(), runs.into())
                    })
                    .collect(),
            });
        }
        self.plot(
            "overload.svg",
            &Plot {
                title: "Runs of a function that takes 2 s instead of 20 ms for half a minute",
                x: "second",
                y: "runs at once, of 100",
                scale: Scale::Linear,
                lines: &lines,
            },
        )
    }
}

/// In a thread of its own: the simulation has its own run time.
fn apart(protection: Protection) -> Result<Vec<Second>> {
    let simulated =
        std::thread::spawn(move || minute(protection).map_err(|error| error.to_string()));
    let simulated = simulated.join().map_err(|_| "the simulation panicked")?;
    Ok(simulated?)
}
