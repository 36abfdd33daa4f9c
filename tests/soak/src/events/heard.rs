//! What the gateway's log says of events.

use std::collections::BTreeMap;

/// All that was said.
#[derive(Debug, Clone, Default)]
pub(crate) struct HeardEvents {
    /// By the number of their call: whether they were queued, or else dropped at once.
    pub(super) decided: BTreeMap<u64, bool>,
    /// How many were lost after they had been queued.
    pub(super) failed: usize,
    pub(super) expired: usize,
    /// How many were left when it stopped.
    pub(super) left: usize,
}

impl HeardEvents {
    pub(crate) fn take(&mut self, line: &str) {
        if let Some(number) = after(line, "url.path=\"/audit/") {
            for (decision, queued) in [("queued", true), ("dropped", false)] {
                if line.contains(&format!("audit PreProcessor {decision}")) {
                    self.decided.insert(number, queued);
                }
            }
        }
        let events = after(line, " events=").and_then(|count| usize::try_from(count).ok());
        let events = events.unwrap_or_default();
        if line.contains("events dropped") && line.contains("reason=\"failed\"") {
            self.failed += events;
        } else if line.contains("events dropped") && line.contains("reason=\"expired\"") {
            self.expired += events;
        } else if line.contains("events were not sent and are lost") {
            self.left += events;
        }
    }
}

/// The number behind this text.
fn after(line: &str, text: &str) -> Option<u64> {
    let (_, rest) = line.split_once(text)?;
    let end = rest.find(|c: char| !c.is_ascii_digit());
    rest[..end.unwrap_or(rest.len())].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_log_are_read() {
        let mut heard = HeardEvents::default();
        for line in [
            "INFO access: call answered url.path=\"/audit/7\" duration_ms=1.2 sidecars=audit PreProcessor queued",
            "INFO access: call aborted url.path=\"/audit/8\" duration_ms=1.2 sidecars=audit PreProcessor dropped",
            "WARN x: events dropped function=\"audit\" point=PreProcessor events=1 reason=\"failed\"",
            "WARN x: events dropped function=\"audit\" point=PreProcessor events=3 reason=\"shutdown\"",
            "WARN x: stopped at once, events were not sent and are lost events=3",
        ] {
            heard.take(line);
        }
        assert!(heard.decided.into_iter().eq([(7, true), (8, false)]));
        assert_eq!((heard.failed, heard.expired, heard.left), (1, 0, 3));
    }
}
