//! A request passed on to another server as it is, so that its signature holds.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use tokio::{
    io::{self, AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{Received, serve::timestamp};

const EXPIRATION: (&str, &str) = ("<Expiration>", "</Expiration>");

/// The answer of the server at `address`; credentials in it seem to live for `lifetime`.
pub(super) async fn forward(
    address: &str,
    request: &Received,
    lifetime: Option<Duration>,
) -> io::Result<Bytes> {
    let mut server = TcpStream::connect(address).await?;
    // Headers that are added are not part of the signature.
    let end_of_headers = request.head.len() - b"\r\n".len();
    let head = &request.head[..end_of_headers];
    let request = [head, b"connection: close\r\n\r\n", &request.body].concat();
    server.write_all(&request).await?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).await?;
    Ok(match lifetime {
        Some(lifetime) => with_expiration(&answer, SystemTime::now() + lifetime),
        None => answer.into(),
    })
}

/// The length stays, because the headers announce it.
fn with_expiration(answer: &[u8], expiration: SystemTime) -> Bytes {
    let text = String::from_utf8_lossy(answer);
    let Some((before, rest)) = text.split_once(EXPIRATION.0) else {
        return Bytes::copy_from_slice(answer);
    };
    let Some((old, after)) = rest.split_once(EXPIRATION.1) else {
        return Bytes::copy_from_slice(answer);
    };
    let new = timestamp(expiration);
    let seconds = new.trim_end_matches('Z');
    // `2026-11-22T18:33:08Z`, where there is room with a fraction of zeros.
    let fraction = match old.len() - new.len() {
        0 => String::new(),
        room => format!(".{}", "0".repeat(room - 1)),
    };
    let (open, close) = EXPIRATION;
    format!("{before}{open}{seconds}{fraction}Z{close}{after}").into()
}
