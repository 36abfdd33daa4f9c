//! What stands in the documentation: date, machine, command and table.

use std::{fs, path::Path, process::Command, time::SystemTime};

use aws_sdk_lambda::primitives::{DateTime, DateTimeFormat};

use crate::{Result, args::Args, table::Table};

const BEGIN: &str = "<!-- table: written by the benchmark program -->";
const END: &str = "<!-- end of the table -->";

/// The table with what has to be known about it.
pub(crate) fn section(args: &Args, table: &Table) -> String {
    let date = DateTime::from(SystemTime::now()).fmt(DateTimeFormat::DateTime);
    let date = date.unwrap_or_default();
    let date = date.split('T').next().unwrap_or_default();
    let pace = args.pace();
    format!(
        "{date}, {}; `{}`; {} rounds of {} ms a contender.\n\n{table}",
        machine(),
        command(),
        pace.rounds,
        pace.turn.as_millis(),
    )
}

fn command() -> String {
    let options: Vec<_> = std::env::args().skip(1).collect();
    let command = "cargo run --profile dist -p lambda-sidecar-bench --";
    format!("{command} {}", options.join(" ")).trim().to_owned()
}

fn machine() -> String {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpus
        .lines()
        .find_map(|line| line.strip_prefix("model name"));
    let model = model.map_or("unknown processor", |model| {
        model.trim_start_matches([' ', '\t', ':'])
    });
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    // What follows the number is the builder's.
    let kernel = kernel.split('-').next().unwrap_or_default();
    let rustc = Command::new("rustc").arg("--version").output();
    let rustc = rustc.map(|output| output.stdout).unwrap_or_default();
    let rustc = String::from_utf8_lossy(&rustc);
    let rustc = rustc.split(" (").next().unwrap_or_default();
    format!("{model}, {cores} cores, Linux {}, {rustc}", kernel.trim())
}

/// Puts the section between the two marker comments of a document.
pub(crate) fn write(path: &Path, section: &str) -> Result<()> {
    let document = fs::read_to_string(path)?;
    let replaced = replace(&document, section);
    let replaced = replaced.ok_or("the document does not have the two marker comments")?;
    Ok(fs::write(path, replaced)?)
}

fn replace(document: &str, section: &str) -> Option<String> {
    let (before, rest) = document.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n\n{section}\n{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_markers_is_replaced() {
        let document = format!("before\n{BEGIN}\nold\n{END}\nafter\n");
        let once = replace(&document, "new\n").unwrap();
        assert_eq!(once, format!("before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"));
        assert_eq!(replace(&once, "new\n"), Some(once));
        assert_eq!(replace("no markers", "new"), None);
    }
}
