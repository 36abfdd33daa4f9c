//! Which way a call of AWS Lambda goes.

use std::{error::Error, fmt, str::FromStr};

/// What carries a call to AWS Lambda. Functions, credentials, retries and failures are the same, and so is
/// what is sent, but for one statistic: the SDK's user agent says how it came by the credentials if
/// it knows, an assumed role for instance; over [`Lean`](Self::Lean) it does not.
///
/// ```
/// use lambda_sidecar::Transport;
///
/// assert_eq!("lean".parse(), Ok(Transport::Lean));
/// assert_eq!(Transport::default().as_str(), "sdk");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Transport {
    /// `aws-sdk-lambda` itself, orchestrator and all: four to six times the CPU of the HTTP call.
    #[default]
    Sdk,
    /// Requests as the SDK makes them, signed and sent over HTTP/1.1 without its orchestrator: little
    /// more than the HTTP call. Its connections are in a pool of its own; if the application gave the
    /// AWS configuration an HTTP client, or the environment names a proxy for the endpoint, they are
    /// used. Interceptors of the application's configuration are not run.
    Lean,
}

impl Transport {
    /// All transports.
    pub const ALL: &'static [Self] = &[Self::Sdk, Self::Lean];

    /// The name by which configurations choose it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sdk => "sdk",
            Self::Lean => "lean",
        }
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Transport {
    type Err = UnknownTransport;

    fn from_str(text: &str) -> Result<Self, UnknownTransport> {
        let named = Self::ALL
            .iter()
            .find(|transport| transport.as_str() == text);
        named
            .copied()
            .ok_or_else(|| UnknownTransport(text.to_owned()))
    }
}

/// A text that names no [`Transport`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownTransport(String);

impl fmt::Display for UnknownTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = Transport::ALL.iter().map(|it| it.as_str()).collect();
        write!(f, "found `{}`, allowed: {}", self.0, names.join(", "))
    }
}

impl Error for UnknownTransport {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transport_is_read_by_its_exact_name() {
        for transport in Transport::ALL {
            assert_eq!(transport.to_string().parse(), Ok(*transport));
        }
        for text in ["", "SDK", " lean", "http2"] {
            let error = text.parse::<Transport>().unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("found `{text}`, allowed: sdk, lean")
            );
        }
    }
}
