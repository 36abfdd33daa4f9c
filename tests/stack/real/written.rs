//! What functions write while nobody waits for them.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::time::{sleep, timeout};

/// A file for a function to write, which is not there yet.
pub(crate) fn file(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_file(&path);
    path
}

/// All its lines, once there are so many of them.
pub(crate) async fn lines_once_there(path: &Path, count: usize) -> Vec<String> {
    let written = async {
        loop {
            let text = fs::read_to_string(path).unwrap_or_default();
            if text.ends_with('\n') && text.lines().count() >= count {
                return text.lines().map(str::to_owned).collect();
            }
            sleep(Duration::from_millis(10)).await;
        }
    };
    let lines = timeout(Duration::from_secs(20), written).await;
    lines.expect("the function runs")
}
