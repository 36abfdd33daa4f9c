//! Goal 5: the pure work, as the last `cargo bench -p lambda-sidecar-core` measured it.

use std::{fs, path::Path};

use crate::{
    Result,
    args::Args,
    table::{Compared, Table},
};

pub(super) fn rows(table: &mut Table) -> Result<()> {
    let results = Args::target()?.join("criterion");
    let time = |group: &str, what: &str| median(&results, group, what);
    let envelope = ["written", "borrowing_serialize", "value"].map(|what| time("envelope", what));
    let base64 = ["payload", "base64_simd", "memcpy"].map(|what| time("base64_1_mib", what));
    let verdict = ["allow", "modify", "terminate"].map(|what| time("verdict", what));
    let (
        [Some(written), Some(borrowing), Some(value)],
        [Some(payload), Some(simd), Some(memcpy)],
        [Some(allow), Some(modify), Some(terminate)],
    ) = (envelope, base64, verdict)
    else {
        table.leave_out("the pure work: run `cargo bench -p lambda-sidecar-core` before");
        return Ok(());
    };
    table.goal(
        5,
        "envelope of 761 B",
        format!("{written:.0} ns; `Value`: {value:.0} ns"),
        Compared::ratio(
            written / borrowing,
            "{} × the time of a borrowing `Serialize`",
        ),
        1.0,
    );
    table.goal(
        5,
        "envelope with 1 MiB as base64",
        format!("{:.0} µs; memcpy: {:.0} µs", payload / 1e3, memcpy / 1e3),
        Compared::ratio(payload / simd, "{} × the time of `base64-simd` alone"),
        1.5,
    );
    table.plain(
        "verdict: `{}`, a modify of three headers, a terminate",
        format!("{allow:.0}, {modify:.0}, {terminate:.0} ns"),
        "",
    );
    Ok(())
}

/// In nanoseconds, where it was measured.
fn median(results: &Path, group: &str, what: &str) -> Option<f64> {
    let path = results.join(group).join(what).join("new/estimates.json");
    let estimates: serde_json::Value = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    estimates["median"]["point_estimate"].as_f64()
}
