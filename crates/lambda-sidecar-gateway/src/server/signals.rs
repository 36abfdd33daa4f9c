//! The signals the program listens to.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// SIGHUP, SIGINT and SIGTERM, from the moment this is made.
#[derive(Debug)]
pub(crate) struct Signals {
    hangup: Signal,
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// # Errors
    ///
    /// If the system takes no handler.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Waits for a signal that stops the program.
    pub(crate) async fn stop(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    /// Reloads at every SIGHUP until a signal stops the program. That one waits for no reload: the file may be
    /// on a disk that does not answer.
    pub(crate) async fn reload_until_stop(&mut self, mut reload: impl AsyncFnMut()) {
        let Self {
            hangup,
            interrupt,
            terminate,
        } = self;
        let reloads = async {
            while hangup.recv().await.is_some() {
                reload().await;
            }
            // No signal can come any more.
            std::future::pending::<()>().await;
        };
        tokio::select! {
            biased;
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            () = reloads => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{future::pending, process::Command};

    use super::*;

    fn send(signal: &str) {
        let kill = format!("kill -{signal} {}", std::process::id());
        let status = Command::new("sh").args(["-c", &kill]).status();
        assert!(status.unwrap().success());
    }

    #[tokio::test]
    async fn a_signal_that_stops_does_not_wait_for_a_reload_under_way() {
        let mut signals = Signals::new().unwrap();
        let mut begun = 0;
        send("HUP");
        signals
            .reload_until_stop(async || {
                begun += 1;
                send("TERM");
                pending::<()>().await;
            })
            .await;
        assert_eq!(begun, 1);
    }
}
