//! One look-up of both kinds of addresses.

use std::{
    net::{IpAddr, SocketAddr},
    pin::pin,
    time::Duration,
};

use futures_util::{StreamExt as _, future::select, stream::FuturesUnordered};
use hickory_resolver::{
    Hosts, TokioResolver,
    config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts},
    lookup::Lookup,
    net::{DnsError, NetError, runtime::TokioRuntimeProvider},
    proto::{
        op::Query,
        rr::{Name, RecordType},
    },
};
use tokio::time::timeout;

use super::under_way::MOST;

/// How long the other kind of addresses is waited for if there are some of one kind (RFC 8305, section 3). Some name
/// servers never answer if they are asked for IPv6.
const OTHER_KIND: Duration = Duration::from_millis(50);

/// So many answers are kept.
const KEPT: u64 = 1024;

/// How long it is believed that there is no such name. The name server may say longer, and somebody who has just made
/// the name would wait.
const NEGATIVE: Duration = Duration::from_secs(10);

/// Where names are looked up.
pub(super) struct NameSources {
    hosts: Hosts,
    /// Each name server alone.
    servers: Vec<TokioResolver>,
}

impl NameSources {
    pub(super) fn new(
        hosts: Hosts,
        config: &ResolverConfig,
        mut options: ResolverOpts,
    ) -> Result<Self, NetError> {
        // A name that is there with addresses of one kind would still be asked for with the other one.
        options.use_hosts_file = ResolveHosts::Never;
        options.cache_size = KEPT;
        options.negative_max_ttl = Some(NEGATIVE);
        // So many that none is refused over TCP: each name is asked for with two kinds.
        options.max_active_requests = 2 * MOST;
        let servers = config.name_servers().iter().map(|server| {
            let search = config.search().to_vec();
            let config = ResolverConfig::from_parts(None, search, vec![server.clone()]);
            let provider = TokioRuntimeProvider::default();
            let server = TokioResolver::builder_with_config(config, provider);
            server.with_options(options.clone()).build()
        });
        Ok(Self {
            hosts,
            servers: servers.collect::<Result<_, _>>()?,
        })
    }

    pub(super) fn of_name_servers(
        servers: impl IntoIterator<Item = SocketAddr>,
    ) -> Result<Self, NetError> {
        let server = |address: SocketAddr| {
            let mut connections = vec![ConnectionConfig::udp(), ConnectionConfig::tcp()];
            for connection in &mut connections {
                connection.port = address.port();
            }
            NameServerConfig::new(address.ip(), true, connections)
        };
        let servers = servers.into_iter().map(server).collect();
        let config = ResolverConfig::from_parts(None, Vec::new(), servers);
        Self::new(Hosts::default(), &config, ResolverOpts::default())
    }

    /// What the file of hosts says of a name.
    pub(super) fn in_hosts(&self, name: &str) -> Option<Vec<IpAddr>> {
        let name = Name::from_str_relaxed(name).ok()?;
        let of = |kind| {
            let found = Query::query(name.clone(), kind);
            self.hosts.lookup_static_host(&found)
        };
        let found = [of(RecordType::A), of(RecordType::AAAA)];
        let found: Vec<_> = found.iter().flatten().flat_map(addresses).collect();
        (!found.is_empty()).then_some(found)
    }

    /// What the name servers say of it.
    pub(super) async fn ask(&self, name: &str) -> Result<Vec<IpAddr>, NetError> {
        let name = Name::from_str_relaxed(name)?;
        let v4 = pin!(self.ask_for(name.clone(), RecordType::A));
        let v6 = pin!(self.ask_for(name, RecordType::AAAA));
        let (first, other) = select(v4, v6).await.into_inner();
        let mut found = both(first, other).await?;
        found.sort_by_key(IpAddr::is_ipv6);
        Ok(found)
    }

    /// All are asked at once. The first that knows decides, also if it knows that there is nothing; the library takes
    /// a refusal for an answer, too.
    async fn ask_for(&self, name: Name, kind: RecordType) -> Result<Lookup, NetError> {
        let servers = self.servers.iter();
        let asked = servers.map(|server| server.lookup(name.clone(), kind));
        let mut asked: FuturesUnordered<_> = asked.collect();
        let mut failed = NetError::NoConnections;
        while let Some(answer) = asked.next().await {
            match answer {
                Err(error) if !is_no_address(&error) => failed = error,
                answer => return answer,
            }
        }
        Err(failed)
    }
}

fn is_no_address(error: &NetError) -> bool {
    matches!(error, NetError::Dns(DnsError::NoRecordsFound(_)))
}

/// The addresses that were found first, and the others if they come soon.
async fn both(
    first: Result<Lookup, NetError>,
    other: impl Future<Output = Result<Lookup, NetError>>,
) -> Result<Vec<IpAddr>, NetError> {
    let none = match first {
        Ok(first) if addresses(&first).next().is_some() => {
            let other = timeout(OTHER_KIND, other).await;
            // Domains are searched for each kind, and must not be those of two machines.
            let is_same = |other: &Lookup| other.query().name() == first.query().name();
            let other = other.ok().and_then(Result::ok).filter(is_same);
            let others = other.iter().flat_map(addresses);
            return Ok(addresses(&first).chain(others).collect());
        }
        none => none,
    };
    let other = other.await;
    match (none, &other) {
        (_, Ok(found)) if addresses(found).next().is_some() => Ok(addresses(found).collect()),
        // That there are none of one kind says less than why nothing is known of the other.
        (Err(error), Err(other)) if is_no_address(&error) => Err(other.clone()),
        (Err(error), _) => Err(error),
        (Ok(_), _) => Err(other.err().unwrap_or(NetError::Message("no addresses"))),
    }
}

fn addresses(lookup: &Lookup) -> impl Iterator<Item = IpAddr> {
    let records = lookup.answers().iter();
    records.filter_map(|record| record.data.ip_addr())
}
