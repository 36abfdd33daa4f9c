//! HTTP/1.1 on the wire, both sides of it.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
};

use crate::process::LIMIT;

/// One end of a connection, be it a client's or a server's.
pub(crate) struct Wire(BufReader<TcpStream>);

/// First line and headers; the names in lower case.
#[derive(Debug, Clone, Default)]
pub(crate) struct Head {
    pub(crate) line: String,
    pub(crate) headers: Vec<(String, String)>,
}

impl Head {
    /// The values of a header, joined.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let lines = self.headers.iter().filter(|(key, _)| key == name);
        let values: Vec<_> = lines.map(|(_, value)| value.as_str()).collect();
        (!values.is_empty()).then(|| values.join(", "))
    }

    pub(crate) fn status(&self) -> u16 {
        self.line.split(' ').nth(1).unwrap().parse().unwrap()
    }

    pub(crate) fn path(&self) -> &str {
        self.line.split(' ').nth(1).unwrap()
    }
}

impl Wire {
    pub(crate) fn connect(address: &str) -> Self {
        Self::new(TcpStream::connect(address).unwrap())
    }

    pub(crate) fn new(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(BufReader::new(stream))
    }

    pub(crate) fn write(&mut self, text: impl AsRef<[u8]>) {
        self.0.get_mut().write_all(text.as_ref()).unwrap();
    }

    /// Whether it could be written.
    pub(crate) fn try_write(&mut self, bytes: &[u8]) -> bool {
        self.0.get_mut().write_all(bytes).is_ok()
    }

    /// The next head; none where the connection ends instead.
    pub(crate) fn head(&mut self) -> Option<Head> {
        let mut head = Head {
            line: self.line()?,
            ..Head::default()
        };
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else {
                return Some(head);
            };
            head.headers
                .push((name.to_lowercase(), value.trim().to_owned()));
        }
    }

    pub(crate) fn line(&mut self) -> Option<String> {
        let mut line = Vec::new();
        let length = self.0.read_until(b'\n', &mut line).unwrap_or(0);
        let line = String::from_utf8(line).unwrap();
        (length > 0).then(|| line.trim_end().to_owned())
    }

    pub(crate) fn exactly(&mut self, length: usize) -> String {
        let mut bytes = vec![0; length];
        self.0.read_exact(&mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    /// One chunk; empty for the last one.
    pub(crate) fn chunk(&mut self) -> String {
        let length = usize::from_str_radix(&self.line().unwrap(), 16).unwrap();
        let chunk = self.exactly(length);
        if length > 0 {
            self.line();
        }
        chunk
    }

    /// The rest of a message whose head this is.
    pub(crate) fn body(&mut self, head: &Head) -> String {
        if head.header("transfer-encoding").is_some() {
            let chunks =
                std::iter::from_fn(|| Some(self.chunk()).filter(|chunk| !chunk.is_empty()));
            return chunks.collect();
        }
        let length = head
            .header("content-length")
            .map_or(0, |length| length.parse().unwrap());
        self.exactly(length)
    }

    /// The lines after the last chunk.
    pub(crate) fn trailers(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.line().filter(|line| !line.is_empty())).collect()
    }

    pub(crate) fn close(&mut self) {
        self.0.get_mut().shutdown(std::net::Shutdown::Both).unwrap();
    }

    /// Whether the other side has ended the connection.
    pub(crate) fn is_at_end(&mut self) -> bool {
        matches!(self.0.read(&mut [0]), Ok(0))
    }
}

/// Sends this request, whose lines end with `\n` here, and gives back head and body of the answer.
pub(crate) fn call(address: &str, request: &str) -> (Head, String) {
    let mut wire = Wire::connect(address);
    send(&mut wire, request);
    answer(&mut wire)
}

pub(crate) fn send(wire: &mut Wire, request: &str) {
    wire.write(request.replace('\n', "\r\n"));
}

pub(crate) fn answer(wire: &mut Wire) -> (Head, String) {
    let head = wire.head().expect("an answer");
    let body = wire.body(&head);
    (head, body)
}

/// A GET of this path.
pub(crate) fn get(address: &str, path: &str) -> (Head, String) {
    call(address, &format!("GET {path} HTTP/1.1\nHost: gw.test\n\n"))
}
