//! Answers that are ready before anything is asked: for measurements, whose server must cost next to nothing.

use std::time::Duration;

use bytes::Bytes;
use tokio::{
    io::{self, AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    time::sleep,
};

use super::{Answer, request::read_head};

/// An answer that is the same bytes each time.
#[derive(Debug, Clone)]
pub struct Canned {
    bytes: Bytes,
    after: Duration,
}

impl Canned {
    /// This answer, at once.
    pub fn new(answer: &Answer) -> Self {
        Self {
            bytes: answer.whole(),
            after: Duration::ZERO,
        }
    }

    /// The same answer, after that long.
    #[must_use]
    pub fn after(mut self, after: Duration) -> Self {
        self.after = after;
        self
    }

    /// Serves one connection, in TLS or not, until the client closes it: each request gets what this picks by its
    /// head. No request is kept or looked at any further; bodies are thrown away as they come.
    ///
    /// # Errors
    ///
    /// The connection is broken, or a request has a body in chunks.
    pub async fn serve<'a>(
        stream: impl AsyncRead + AsyncWrite + Unpin,
        pick: impl Fn(&str) -> &'a Self,
    ) -> io::Result<()> {
        let mut stream = BufReader::new(stream);
        while let Some(head) = read_head(&mut stream).await? {
            let head = String::from_utf8_lossy(&head);
            discard(&mut stream, length(&head)?).await?;
            let Self { bytes, after } = pick(&head);
            if !after.is_zero() {
                sleep(*after).await;
            }
            stream.write_all(bytes).await?;
            stream.flush().await?;
        }
        Ok(())
    }
}

/// A header of a head, if it is there.
fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = head.lines().filter_map(|line| line.split_once(':'));
    let line = lines.find(|(found, _)| found.eq_ignore_ascii_case(name));
    line.map(|(_, value)| value.trim())
}

fn length(head: &str) -> io::Result<usize> {
    if header(head, "transfer-encoding").is_some() {
        return Err(io::Error::other("a body in chunks, which is not read here"));
    }
    let length = header(head, "content-length").unwrap_or("0");
    length.parse().map_err(io::Error::other)
}

async fn discard(stream: &mut (impl AsyncBufRead + Unpin), mut length: usize) -> io::Result<()> {
    while length > 0 {
        let read = stream.fill_buf().await?.len().min(length);
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        stream.consume(read);
        length -= read;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, duplex};

    use super::*;

    /// What the server says to these bytes.
    async fn said(bytes: &str) -> String {
        let (mut client, server) = duplex(1 << 16);
        let (one, other) = (
            Canned::new(&Answer::verdict("{}")),
            Canned::new(&Answer::new(202, "")),
        );
        client.write_all(bytes.as_bytes()).await.unwrap();
        client.shutdown().await.unwrap();
        let _ = Canned::serve(server, |head| match head.starts_with("POST /one ") {
            true => &one,
            false => &other,
        })
        .await;
        let mut said = String::new();
        client.read_to_string(&mut said).await.unwrap();
        said
    }

    #[tokio::test]
    async fn each_request_gets_the_answer_picked_by_its_head() {
        let said = said(
            "POST /one HTTP/1.1\r\nContent-Length: 5\r\n\r\nPOST GET /two HTTP/1.1\r\nhost: a\r\n\r\n",
        )
        .await;
        let statuses: Vec<_> = said.lines().filter(|line| line.contains("HTTP")).collect();
        assert_eq!(statuses, ["HTTP/1.1 200 OK", "{}HTTP/1.1 202 Accepted"]);
    }

    #[tokio::test]
    async fn a_body_that_it_cannot_read_gets_no_answer() {
        for request in [
            "POST /one HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
            "POST /one HTTP/1.1\r\ncontent-length: 2\r\n\r\n1",
            "POST /one HTTP/1.1\r\ncontent-length: two\r\n\r\n1",
        ] {
            assert_eq!(said(request).await, "", "{request}");
        }
    }
}
