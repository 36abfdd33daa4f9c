//! What the kernel knows of a process: CPU time, the most memory it had.

use std::{fs, time::Duration};

use crate::Result;

/// User and system time of a process and its children so far.
pub(crate) fn time(pid: u32) -> Result<Duration> {
    let mut sum = Duration::ZERO;
    for task in fs::read_dir(format!("/proc/{pid}/task"))? {
        let task = task?.path();
        // A thread may have ended since it was listed.
        let Ok(statistics) = fs::read_to_string(task.join("schedstat")) else {
            continue;
        };
        let nanoseconds = statistics.split(' ').next();
        let nanoseconds = nanoseconds.and_then(|n| n.parse().ok());
        sum += Duration::from_nanos(nanoseconds.ok_or("the kernel keeps no CPU time of threads")?);
        let children = fs::read_to_string(task.join("children")).unwrap_or_default();
        for child in children.split_whitespace() {
            sum += time(child.parse()?)?;
        }
    }
    Ok(sum)
}

/// The most memory that was resident so far, in bytes.
pub(crate) fn peak_memory(pid: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|rest| rest.trim().split(' ').next());
    let kilobytes: u64 = peak.ok_or("the kernel keeps no peak of memory")?.parse()?;
    Ok(kilobytes * 1024)
}
