//! The book, and the tests that hold it true.
//!
//! Every Rust block of a page is a doc test of this crate. What the other blocks say is held by the tests in
//! `tests/book` and by `crates/lambda-sidecar-gateway/tests/gateway/walk.rs`.

/// The pages with Rust blocks; `tests/book/blocks.rs` says where one is missing here.
macro_rules! pages {
    ($($name:ident: $file:literal,)*) => {
        $(
            #[cfg(doctest)]
            #[doc = include_str!(concat!("../../../docs/", $file))]
            pub mod $name {}
        )*
        /// The files of the pages whose Rust blocks are compiled.
        pub const WITH_RUST: &[&str] = &[$($file),*];
    };
}

pages! {
    builder: "builder.md",
    cache: "cache.md",
    envelope: "envelope.md",
    events: "events.md",
    failures: "failures.md",
    getting_started_axum: "getting-started-axum.md",
    getting_started_tonic: "getting-started-tonic.md",
    moving_from_the_connector: "moving-from-the-connector.md",
    operations: "operations.md",
    ordering: "ordering.md",
    relay: "relay.md",
    security: "security.md",
    writing_functions: "writing-functions.md",
}
