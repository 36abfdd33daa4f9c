//! The addresses of the file.

use std::net::{IpAddr, SocketAddr};

use super::{
    document::Field,
    problem::{ConfigProblem, ConfigProblems},
};

/// Where the addresses stand in the file.
#[derive(Debug, Default, Clone)]
pub(crate) struct AddressLines {
    pub(super) file: String,
    pub(super) listen: Option<usize>,
    pub(super) admin: Option<usize>,
}

impl AddressLines {
    /// Why `listen` cannot be had.
    pub(crate) fn listen(&self, error: &impl ToString) -> ConfigProblems {
        self.problem("listen", self.listen, error)
    }

    /// Why `admin` cannot be had.
    pub(crate) fn admin(&self, error: &impl ToString) -> ConfigProblems {
        self.problem("admin", self.admin, error)
    }

    fn problem(&self, key: &str, line: Option<usize>, error: &impl ToString) -> ConfigProblems {
        let problem = ConfigProblem::new(line.unwrap_or(1), key, error.to_string());
        ConfigProblems::new(&self.file, vec![problem])
    }
}

/// The address that a field has. None: it has none, which is reported.
pub(super) fn address(field: &Field<'_, '_, &str>) -> Option<SocketAddr> {
    let text = field.value;
    let address = text.parse().ok();
    if address.is_none() {
        let found = shown(text);
        field.wrong(format!(
            "found {found}, allowed: an IP address and a port, as in `127.0.0.1:8080`"
        ));
    }
    address
}

/// What is no address, if it is made as one or as the name of a host is. Anything else could have a password in it.
fn shown(text: &str) -> String {
    const LONGEST: usize = 64;
    let belongs = |byte: u8| byte.is_ascii_alphanumeric() || b".:-[]".contains(&byte);
    if text.len() <= LONGEST && text.bytes().all(belongs) {
        return format!("`{text}`");
    }
    let length = text.chars().count();
    format!("a text of {length} characters that is no address")
}

/// Whether only one of them can be listened at.
pub(super) fn exclude_each_other(one: SocketAddr, other: SocketAddr) -> bool {
    let (a, b) = (one.ip(), other.ip());
    // `::` stands for all addresses of both versions, `0.0.0.0` for those of its own.
    let holds = |all: IpAddr, ip: IpAddr| {
        all.is_unspecified() && (all.is_ipv6() || ip.to_canonical().is_ipv4())
    };
    let is_same = a.to_canonical() == b.to_canonical();
    one.port() != 0 && one.port() == other.port() && (is_same || holds(a, b) || holds(b, a))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_addresses_exclude_each_other_if_one_socket_would_take_both() {
        for (one, other, exclude) in [
            ("127.0.0.1:80", "127.0.0.1:80", true),
            ("127.0.0.1:80", "127.0.0.1:81", false),
            ("127.0.0.1:0", "127.0.0.1:0", false),
            ("0.0.0.0:80", "127.0.0.1:80", true),
            ("0.0.0.0:80", "[::1]:80", false),
            ("0.0.0.0:80", "[::]:80", true),
            ("[::]:80", "127.0.0.1:80", true),
            ("[::]:80", "[::1]:80", true),
            ("[::ffff:127.0.0.1]:80", "127.0.0.1:80", true),
            ("127.0.0.1:80", "127.0.0.2:80", false),
        ] {
            let [a, b] = [one, other].map(|text| text.parse().unwrap());
            assert_eq!(exclude_each_other(a, b), exclude, "{one} {other}");
            assert_eq!(exclude_each_other(b, a), exclude, "{other} {one}");
        }
    }
}
