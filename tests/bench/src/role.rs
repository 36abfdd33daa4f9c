//! What this program is when it started itself.

use std::path::PathBuf;

use crate::{
    Result,
    contenders::{App, Caller},
    far_end, load,
};

/// A process of the benchmark's own. It is told by lines on standard input what to do.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Role {
    /// The function, or a backend: answers everything at once
    #[command(hide = true)]
    FarEnd {
        /// Serve TLS, and write the certificate here
        #[arg(long)]
        certificate: Option<PathBuf>,
    },
    /// The clients
    #[command(hide = true)]
    Load,
    /// An application
    #[command(hide = true)]
    App(App),
    /// Somebody who calls the function
    #[command(hide = true)]
    Caller(Caller),
}

impl Role {
    pub(crate) fn play(&self) -> Result<()> {
        match self {
            Self::FarEnd { certificate } => far_end::run(certificate.as_deref()),
            Self::Load => load::run(),
            Self::App(app) => app.run(),
            Self::Caller(caller) => caller.run(),
        }
    }
}
