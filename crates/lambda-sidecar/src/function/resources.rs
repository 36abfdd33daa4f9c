//! Whether an error says that this process has run out of something.

use std::{error::Error, fmt, io};

use super::causes::causes;

/// What Linux and the BSDs report if a process, or its machine, has run out of something. The numbers are those of
/// Linux, with those of the BSDs if they differ.
const RUN_OUT: &[i32] = &[
    12, // ENOMEM
    23, // ENFILE
    24, // EMFILE
    NO_BUFFERS,
    NO_LOCAL_PORTS,
];

#[cfg(any(target_os = "linux", target_os = "android"))]
const NO_BUFFERS: i32 = 105;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const NO_BUFFERS: i32 = 55;

/// `EADDRNOTAVAIL`: all ports that a connection can begin at are taken.
#[cfg(any(target_os = "linux", target_os = "android"))]
const NO_LOCAL_PORTS: i32 = 99;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const NO_LOCAL_PORTS: i32 = 49;

/// Whether this process has run out of what a call needs: file descriptors, memory, ports. Clients can bring that
/// about, so it is not taken for a function that cannot be reached.
pub(crate) fn has_run_out(error: &(dyn Error + 'static)) -> bool {
    causes(error).any(|error| error.is::<RunOut>() || by_system(error))
}

/// The cause of an error of our own that says so, and of an error that was reduced to text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RunOut;

impl fmt::Display for RunOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this process has run out of resources")
    }
}

impl Error for RunOut {}

fn by_system(error: &(dyn Error + 'static)) -> bool {
    match error.downcast_ref::<io::Error>() {
        Some(error) => {
            error.kind() == io::ErrorKind::OutOfMemory
                || error
                    .raw_os_error()
                    .is_some_and(|code| RUN_OUT.contains(&code))
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::BoxError;

    #[test]
    fn what_a_process_can_run_out_of_is_found_behind_every_wrapper() {
        for code in RUN_OUT {
            let error = || io::Error::from_raw_os_error(*code);
            assert!(has_run_out(&error()), "{code}");
            assert!(has_run_out(&io::Error::other(error())), "{code}");
            let twice = io::Error::other(io::Error::other(error()));
            assert!(has_run_out(&twice), "{code}");
            let shared: Arc<dyn Error + Send + Sync> = Arc::new(error());
            assert!(has_run_out(&shared), "{code}");
            let any: BoxError = anyhow::Error::from(error()).context("call").into();
            assert!(has_run_out(&*any), "{code}");
        }
        assert!(has_run_out(&io::Error::from(io::ErrorKind::OutOfMemory)));
    }

    #[test]
    fn a_server_that_cannot_be_reached_is_something_else() {
        // EPERM, EACCES, ENETUNREACH, ECONNRESET, ETIMEDOUT, ECONNREFUSED, EHOSTUNREACH
        for code in [1, 13, 101, 104, 110, 111, 113] {
            let error = io::Error::from_raw_os_error(code);
            assert!(!has_run_out(&error), "{code}");
        }
        assert!(!has_run_out(&io::Error::other("Too many open files")));
    }
}
