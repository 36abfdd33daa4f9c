//! A scripted name server on the loopback interface.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

use tokio::sync::watch;

/// The types of records with addresses.
const A: u8 = 1;
const AAAA: u8 = 28;

/// What is done with a question.
#[derive(Debug, Clone)]
pub enum Say {
    /// These of the addresses that are of the kind asked for.
    Addresses(Vec<IpAddr>),
    /// There is no such name.
    NoName,
    /// It does not answer such questions.
    Refused,
    /// Nothing.
    Nothing,
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// In lower case, without its last dot.
    pub name: String,
    /// Whether it is for IPv6 addresses.
    pub v6: bool,
}

/// A name server over UDP. It ends with the process.
#[derive(Debug)]
pub struct NameServer {
    /// Where it can be asked.
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    count: watch::Receiver<usize>,
}

impl NameServer {
    /// Does what the script says.
    pub fn scripted(mut script: impl FnMut(&Asked) -> Say + Send + 'static) -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let address = socket.local_addr().expect("an address");
        let asked = Arc::<Mutex<Vec<Asked>>>::default();
        let (sender, count) = watch::channel(0);
        let seen = Arc::clone(&asked);
        thread::spawn(move || {
            let mut query = [0; 1500];
            while let Ok((length, from)) = socket.recv_from(&mut query) {
                let Some(question) = Asked::read(&query[..length]) else {
                    continue;
                };
                let said = script(&question);
                let answer = answer(&query[..length], &question, &said);
                lock(&seen).push(question);
                sender.send_modify(|count| *count += 1);
                if let Some(answer) = answer {
                    let _ = socket.send_to(&answer, from);
                }
            }
        });
        Self {
            address,
            asked,
            count,
        }
    }

    /// Never answers.
    pub fn silent() -> Self {
        Self::scripted(|_| Say::Nothing)
    }

    /// Every name is this machine's.
    pub fn loopback() -> Self {
        Self::scripted(|_| Say::Addresses(vec![Ipv4Addr::LOCALHOST.into()]))
    }

    /// What it was asked, in order.
    pub fn asked(&self) -> Vec<Asked> {
        lock(&self.asked).clone()
    }

    /// Waits until it has been asked.
    pub async fn until_asked(&self) {
        let mut count = self.count.clone();
        count.wait_for(|count| *count > 0).await.expect("it runs");
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Asked {
    /// The one question of a query (RFC 1035, section 4.1).
    fn read(query: &[u8]) -> Option<Self> {
        let mut rest = query.get(HEAD..)?;
        let mut labels = Vec::new();
        loop {
            let (length, behind) = rest.split_first()?;
            let (label, behind) = behind.split_at_checked(usize::from(*length))?;
            rest = behind;
            if label.is_empty() {
                break;
            }
            labels.push(String::from_utf8_lossy(label).to_lowercase());
        }
        let kind = u16::from_be_bytes(rest.first_chunk().copied()?);
        Some(Self {
            name: labels.join("."),
            v6: kind == u16::from(AAAA),
        })
    }
}

/// The length of a message's head.
const HEAD: usize = 12;

fn answer(query: &[u8], asked: &Asked, said: &Say) -> Option<Vec<u8>> {
    let (code, addresses): (u8, &[IpAddr]) = match said {
        Say::Addresses(addresses) => (0, addresses),
        Say::NoName => (3, &[]),
        Say::Refused => (5, &[]),
        Say::Nothing => return None,
    };
    let of_kind = addresses.iter().filter(|ip| ip.is_ipv6() == asked.v6);
    let of_kind: Vec<_> = of_kind.collect();
    // The name, its length and end, type and class.
    let question = HEAD + asked.name.len() + 2 + 4;
    let mut answer = query.get(..question)?.to_vec();
    // An answer, with recursion; one question, so many answers, and nothing else.
    answer[2] = 0x81;
    answer[3] = 0x80 | code;
    answer[4..6].copy_from_slice(&1_u16.to_be_bytes());
    answer[6..8].copy_from_slice(&u16::try_from(of_kind.len()).ok()?.to_be_bytes());
    answer[8..HEAD].fill(0);
    for ip in of_kind {
        // The name of the question, for a minute.
        answer.extend_from_slice(&[0xc0, 12, 0]);
        answer.push(if ip.is_ipv6() { AAAA } else { A });
        answer.extend_from_slice(&[0, 1, 0, 0, 0, 60]);
        match ip {
            IpAddr::V4(ip) => {
                answer.extend_from_slice(&[0, 4]);
                answer.extend_from_slice(&ip.octets());
            }
            IpAddr::V6(ip) => {
                answer.extend_from_slice(&[0, 16]);
                answer.extend_from_slice(&ip.octets());
            }
        }
    }
    Some(answer)
}
