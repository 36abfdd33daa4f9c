//! Names are looked up without threads, and a name server that is silent holds up nobody but who asks for its names.
//!
//! | file | role |
//! | --- | --- |
//! | `system` | the files that say how, read again when they change |
//! | `names` | one look-up of both kinds of addresses |
//! | `under_way` | how many names are looked up at once |
//! | `service` | it as HTTP clients have one |
//! | `error` | why there is no address |

mod error;
mod names;
mod service;
mod system;
mod under_way;

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use hickory_resolver::net::NetError;
use tokio::time::timeout;

pub use self::error::ResolveError;
use self::{names::NameSources, system::System, under_way::NamesUnderWay};

/// No look-up takes longer, whatever the system's files say: as long as two attempts take that last as long as
/// they do by default.
const LONGEST: Duration = Duration::from_secs(10);

/// Looks up the addresses of names: in `/etc/hosts`, then at the name servers of `/etc/resolv.conf`.
///
/// [`AwsLambda`](crate::AwsLambda) has one for all it calls. A clone is cheap and shares everything; use it in one
/// Tokio runtime.
///
/// Search domains, `ndots`, `timeout` and `attempts` are those of `resolv.conf`; if there is none, the name server of
/// this machine is asked. All are asked at once. Either file is read again when it changes. IPv4 addresses come first; if one kind of
/// addresses is there, the other one is waited for 50 ms at most. Other sources of names that a system may have, those
/// of `nsswitch.conf` for instance, are not asked.
///
/// ```
/// # use std::net::Ipv4Addr;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use lambda_sidecar::Resolver;
///
/// let resolver = Resolver::from_system();
/// assert_eq!(resolver.look_up("127.0.0.1").await?, [Ipv4Addr::LOCALHOST]);
/// # Ok(())
/// # }
/// ```
///
/// It is a [`Service`](tower_service::Service) of hyper-util's names, so that an `HttpConnector` can have it.
///
/// # Limits
///
/// A look-up ends after 10 seconds. No more than 256 names are looked up at once, by however many calls each. Up to 1024
/// answers of each name server are kept as long as it allows, that there is no such name for 10 seconds at most.
#[derive(Clone)]
pub struct Resolver(Arc<Inner>);

struct Inner {
    source: Source,
    under_way: NamesUnderWay,
}

enum Source {
    System(System),
    NameServers(Result<Arc<NameSources>, NetError>),
}

impl Resolver {
    /// As the system says. Its files are read when the first name is looked up.
    #[must_use]
    pub fn from_system() -> Self {
        Self::new(Source::System(System::default()))
    }

    /// Asks these name servers, over UDP and TCP, and none of the system's files.
    ///
    /// ```
    /// use lambda_sidecar::Resolver;
    ///
    /// let resolver = Resolver::from_name_servers([([10, 0, 0, 2], 53).into()]);
    /// # let _ = resolver;
    /// ```
    #[must_use]
    pub fn from_name_servers(servers: impl IntoIterator<Item = SocketAddr>) -> Self {
        let names = NameSources::of_name_servers(servers).map(Arc::new);
        Self::new(Source::NameServers(names))
    }

    fn new(source: Source) -> Self {
        Self(Arc::new(Inner {
            source,
            under_way: NamesUnderWay::default(),
        }))
    }

    /// The addresses of a name; at least one. That of an IP address is itself.
    ///
    /// # Errors
    ///
    /// The name has no address, no name server answered in time, or too many other names are being looked up.
    ///
    /// # Panics
    ///
    /// It needs a Tokio runtime with I/O and timer enabled.
    pub async fn look_up(&self, name: &str) -> Result<Vec<IpAddr>, ResolveError> {
        if let Ok(address) = name.trim_matches(['[', ']']).parse() {
            return Ok(vec![address]);
        }
        let failed = |error| ResolveError::new(name, error);
        let names = match &self.0.source {
            Source::System(system) => system.names(),
            Source::NameServers(names) => names.clone(),
        };
        let names = names.map_err(failed)?;
        if let Some(found) = names.in_hosts(name) {
            return Ok(found);
        }
        let under_way = self.0.under_way.begin(name);
        let _under_way = under_way.ok_or_else(|| ResolveError::no_place(name))?;
        match timeout(LONGEST, names.ask(name)).await {
            Ok(found) => found.map_err(failed),
            Err(_) => Err(failed(NetError::Timeout)),
        }
    }
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolver").finish_non_exhaustive()
    }
}
