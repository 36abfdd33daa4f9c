//! The table `cache` of the file.

use super::{defaults, reader::Table};

/// How many bytes the verdicts that are kept may take.
pub(super) fn read(mut table: Table<'_, '_>) -> u64 {
    let max = table.integer("max_mb", 1, 65_536);
    table.finish();
    max.map_or(defaults::CACHE_BYTES, |mb| mb * 1024 * 1024)
}
