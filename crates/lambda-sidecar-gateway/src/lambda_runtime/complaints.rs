//! What a process writes to its standard error: passed on, and the last lines kept.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::ChildStderr,
    task::JoinHandle,
    time::timeout,
};

/// How much is kept.
const KEPT: usize = 2 * 1024;
/// How many lines of it are shown.
const LINES: usize = 5;
/// How long the rest is waited for once the process has ended: what it started may hold the pipe open.
const REST: Duration = Duration::from_millis(200);

/// The end of a process's standard error.
#[derive(Debug)]
pub(super) struct Complaints {
    kept: Arc<Mutex<VecDeque<u8>>>,
    reader: Option<JoinHandle<()>>,
}

impl Complaints {
    /// Passes everything on to the standard error of this process. It ends with the pipe.
    pub(super) fn read(stderr: Option<ChildStderr>) -> Self {
        let kept = Arc::<Mutex<VecDeque<u8>>>::default();
        let copy = Arc::clone(&kept);
        let reader = stderr.map(|stderr| tokio::spawn(pass_on(stderr, copy)));
        Self { kept, reader }
    }

    /// The last lines, joined by ` | `, once the process has ended.
    pub(super) async fn last(&mut self) -> String {
        if let Some(reader) = &mut self.reader {
            let _ = timeout(REST, reader).await;
            self.reader = None;
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(kept.make_contiguous()).into_owned();
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        let lines: Vec<&str> = lines.into_iter().filter(|line| !line.is_empty()).collect();
        let from = lines.len().saturating_sub(LINES);
        lines[from..].join(" | ")
    }
}

async fn pass_on(mut stderr: ChildStderr, kept: Arc<Mutex<VecDeque<u8>>>) {
    let mut buffer = [0; 4096];
    let mut out = tokio::io::stderr();
    while let Ok(count @ 1..) = stderr.read(&mut buffer).await {
        let piece = &buffer[..count];
        {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.extend(piece);
            let excess = kept.len().saturating_sub(KEPT);
            kept.drain(..excess);
        }
        // The console may be gone; the function runs on.
        let _ = out.write_all(piece).await;
        let _ = out.flush().await;
    }
}
