//! What is behind an error.

use std::{error::Error, io, iter, sync::Arc};

/// An error and everything behind it.
pub(super) fn causes<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    iter::successors(Some(error), |error| inner(*error))
}

/// The next error behind one, also if it is a wrapper that does not give it as its source.
fn inner<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    if let Some(error) = error.downcast_ref::<io::Error>() {
        return error.get_ref().map(|inner| inner as _);
    }
    match error.downcast_ref::<Arc<dyn Error + Send + Sync>>() {
        Some(inner) => Some(&**inner),
        None => error.source(),
    }
}
