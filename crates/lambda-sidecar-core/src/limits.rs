//! Limits of AWS Lambda that more than one crate keeps to.

/// The largest payload of an answer that AWS Lambda passes on, in bytes: 6 MB and 100 bytes.
pub const MAX_ANSWER: usize = 6_291_556;
