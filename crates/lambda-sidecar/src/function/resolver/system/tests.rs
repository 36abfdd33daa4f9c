use std::{env, net::IpAddr, path::Path};

use uuid::Uuid;

use super::*;

/// A folder for the files of one test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let folder = env::temp_dir().join(format!("resolver-{}", Uuid::new_v4()));
        fs::create_dir(&folder).unwrap();
        Self(folder)
    }

    fn file(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn servers(config: &ResolverConfig) -> Vec<String> {
    let servers = config.name_servers().iter();
    servers.map(|server| server.ip.to_string()).collect()
}

fn search(config: &ResolverConfig) -> Vec<String> {
    config.search().iter().map(ToString::to_string).collect()
}

#[test]
fn servers_search_and_options_are_those_of_the_file() {
    let text = "nameserver 10.0.0.2\nnameserver fd00::53\n\
                search a.test b.test\noptions ndots:5 timeout:2 attempts:3\n";
    let (config, options) = parse(text.as_bytes());
    assert_eq!(servers(&config), ["10.0.0.2", "fd00::53"]);
    assert_eq!(search(&config), ["a.test", "b.test"]);
    // The machine's own domain is not searched besides.
    assert_eq!(config.domain(), None);
    assert_eq!((options.ndots, options.attempts), (5, 3));
    assert_eq!(options.timeout.as_secs(), 2);
}

#[test]
fn without_a_name_server_that_of_this_machine_is_asked() {
    for text in [
        "",
        "# nothing\n",
        "search a.test\n",
        "\u{0}\u{1}\n",
        "nameserver nonsense\n",
    ] {
        let (config, _) = parse(text.as_bytes());
        assert_eq!(servers(&config), ["127.0.0.1"], "{text}");
    }
    let (config, _) = parse(b"search a.test\n");
    assert_eq!(search(&config), ["a.test"]);
}

#[test]
fn three_name_servers_are_asked() {
    let lines = (1..=5).map(|nth| format!("nameserver 10.0.0.{nth}\n"));
    let (config, _) = parse(lines.collect::<String>().as_bytes());
    assert_eq!(servers(&config), ["10.0.0.1", "10.0.0.2", "10.0.0.3"]);
}

#[test]
fn a_line_that_cannot_be_used_takes_no_other_with_it() {
    let long = "x".repeat(300);
    let text = format!("search {long}\nnameserver 10.0.0.2\noptions ndots:3\n");
    let (config, options) = parse(text.as_bytes());
    assert_eq!(servers(&config), ["10.0.0.2"]);
    assert_eq!(options.ndots, 3);
}

#[tokio::test]
async fn without_the_files_there_is_a_resolver() {
    let system = System::of_files("/nonexistent/hosts", "/nonexistent/resolv.conf");
    let names = system.names().unwrap();
    assert_eq!(names.in_hosts("a.test"), None);
    let localhost = names.ask("localhost").await.unwrap();
    assert!(localhost.iter().all(IpAddr::is_loopback), "{localhost:?}");
}

#[tokio::test]
async fn the_file_of_hosts_is_read_again_when_it_changes() {
    let folder = Folder::new();
    let hosts = folder.file(
        "hosts",
        "10.1.1.1 a.test A-Alias # comment\nfd00::1 a.test\n",
    );
    let system = System::of_files(&hosts, "/nonexistent/resolv.conf");
    let in_hosts = |name: &str| system.names().unwrap().in_hosts(name);
    let both: [IpAddr; 2] = ["10.1.1.1".parse().unwrap(), "fd00::1".parse().unwrap()];
    assert_eq!(in_hosts("a.test").unwrap(), both);
    assert_eq!(in_hosts("A.TEST.").unwrap(), both);
    assert_eq!(in_hosts("a-alias").unwrap(), both[..1]);
    assert_eq!(in_hosts("b_under.test"), None);
    folder.file("hosts", "10.2.2.2 b_under.test\n");
    assert_eq!(in_hosts("a.test"), None);
    let new: [IpAddr; 1] = ["10.2.2.2".parse().unwrap()];
    assert_eq!(in_hosts("b_under.test").unwrap(), new);
}

#[test]
fn a_line_of_the_file_of_hosts_that_is_no_text_takes_no_other_with_it() {
    let folder = Folder::new();
    let hosts = folder.file("hosts", b"10.1.1.1 \xff\xfe\n10.2.2.2 a.test # \xe9\n");
    let system = System::of_files(&hosts, "/nonexistent/resolv.conf");
    let found = system.names().unwrap().in_hosts("a.test");
    assert_eq!(found.unwrap(), ["10.2.2.2".parse::<IpAddr>().unwrap()]);
}

#[test]
fn files_that_did_not_change_are_not_read_again() {
    let system = System::of_files(Path::new("/nonexistent/hosts"), "/nonexistent/resolv.conf");
    let first = system.names().unwrap();
    assert!(Arc::ptr_eq(&first, &system.names().unwrap()));
}
