//! The files by which the system says how names are looked up, read again when they change.

use std::{
    fs, io,
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
    time::SystemTime,
};

use hickory_resolver::{
    Hosts,
    config::{ResolverConfig, ResolverOpts},
    net::NetError,
    system_conf,
};

use super::{super::resources::has_run_out, names::NameSources};

/// What the files look like from outside: when each was changed, and its length.
type Stamps = [Option<(SystemTime, u64)>; 2];

/// The system's names.
pub(super) struct System {
    hosts: PathBuf,
    servers: PathBuf,
    read: RwLock<Option<(Stamps, Arc<NameSources>)>>,
}

impl Default for System {
    fn default() -> Self {
        Self::of_files("/etc/hosts", "/etc/resolv.conf")
    }
}

impl System {
    fn of_files(hosts: impl Into<PathBuf>, servers: impl Into<PathBuf>) -> Self {
        Self {
            hosts: hosts.into(),
            servers: servers.into(),
            read: RwLock::default(),
        }
    }

    /// # Errors
    ///
    /// The files cannot be read now, but can when the process has file descriptors again.
    pub(super) fn names(&self) -> Result<Arc<NameSources>, NetError> {
        let stamps = self.stamps();
        let read = self.read.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, names)) = read.as_ref().filter(|(of, _)| *of == stamps) {
            return Ok(Arc::clone(names));
        }
        drop(read);
        let (config, options) = self.configuration()?;
        let names = Arc::new(NameSources::new(self.hosts()?, &config, options)?);
        let mut read = self.read.write().unwrap_or_else(PoisonError::into_inner);
        *read = Some((stamps, Arc::clone(&names)));
        Ok(names)
    }

    fn stamps(&self) -> Stamps {
        [&self.hosts, &self.servers].map(|path| {
            let file = fs::metadata(path).ok()?;
            Some((file.modified().ok()?, file.len()))
        })
    }

    fn hosts(&self) -> io::Result<Hosts> {
        let mut hosts = Hosts::default();
        match fs::read(&self.hosts) {
            // It would end at the first line that is no UTF-8.
            Ok(text) => hosts.read_hosts_conf(String::from_utf8_lossy(&text).as_bytes())?,
            Err(error) if has_run_out(&error) => return Err(error),
            Err(error) => {
                tracing::debug!(path = %self.hosts.display(), %error, "hosts not read");
            }
        }
        Ok(hosts)
    }

    #[cfg(all(unix, not(any(target_os = "android", target_vendor = "apple"))))]
    fn configuration(&self) -> io::Result<(ResolverConfig, ResolverOpts)> {
        let path = self.servers.display();
        match fs::read(&self.servers) {
            Ok(text) => Ok(parse(&text)),
            Err(error) if has_run_out(&error) => Err(error),
            Err(error) => {
                tracing::warn!(%path, %error, "not read: the name server of this machine is asked");
                Ok(parse(b""))
            }
        }
    }

    #[cfg(not(all(unix, not(any(target_os = "android", target_vendor = "apple")))))]
    fn configuration(&self) -> Result<(ResolverConfig, ResolverOpts), NetError> {
        let (config, options) = system_conf::read_system_conf()?;
        Ok((searching(&config), options))
    }
}

/// The name server that is asked if none is named, as resolv.conf(5) has it.
#[cfg(all(unix, not(any(target_os = "android", target_vendor = "apple"))))]
const LOCAL: &[u8] = b"\nnameserver 127.0.0.1\n";

/// A line that cannot be used is logged and passed over.
#[cfg(all(unix, not(any(target_os = "android", target_vendor = "apple"))))]
fn parse(text: &[u8]) -> (ResolverConfig, ResolverOpts) {
    // It refuses the whole of a text without name servers, or with a domain that is none.
    let domains: [&[u8]; 2] = [b"search", b"domain"];
    let is_domain = |line: &&[u8]| domains.iter().any(|word| line.starts_with(word));
    let lines = text.split_inclusive(|byte| *byte == b'\n');
    let without: Vec<u8> = lines
        .filter(|line| !is_domain(line))
        .flatten()
        .copied()
        .collect();
    let texts = [
        text.to_vec(),
        [text, LOCAL].concat(),
        without.clone(),
        [&without, LOCAL].concat(),
    ];
    let parsed = texts.iter().map(system_conf::parse_resolv_conf);
    let (config, mut options) = parsed.flatten().next().unwrap_or_default();
    options.timeout = options.timeout.max(std::time::Duration::from_secs(1));
    (searching(&config), options)
}

/// No more name servers are asked, as resolv.conf(5) has it.
const SERVERS: usize = 3;

/// The domain of the machine is searched only if the file names none, not besides.
fn searching(config: &ResolverConfig) -> ResolverConfig {
    let search = match config.search() {
        [] => config.domain().cloned().into_iter().collect(),
        search => search.to_vec(),
    };
    let servers = config.name_servers().iter().take(SERVERS);
    ResolverConfig::from_parts(None, search, servers.cloned().collect())
}

#[cfg(test)]
mod tests;
