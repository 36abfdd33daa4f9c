//! A scripted server of HTTP/2, frame by frame (RFC 9113), for what no library's server does.

use std::{collections::HashSet, io};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

const PREFACE: usize = 24;
const HEAD: usize = 9;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;

const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const ACK: u8 = 1;

/// What is done with a request when its head has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It is answered 200 with `{}` when it has come whole.
    Answer,
    /// Its stream is reset with this code.
    Reset(u32),
    /// The same, after the head of an answer.
    ResetBegun(u32),
    /// `GOAWAY`: the requests before it are answered, neither this one nor any later one is looked at.
    Leave,
    /// `GOAWAY`: this one was the last that is looked at. The connection closes without an answer to it.
    LeaveAfter,
    /// The connection closes.
    Close,
}

/// A connection whose requests are dealt with as the script says, which is told how many came before.
#[derive(Debug)]
pub struct Connection<S> {
    stream: S,
    /// The last request that is looked at. None: all are.
    last: Option<u32>,
}

struct Frame {
    kind: u8,
    flags: u8,
    id: u32,
    payload: Vec<u8>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    /// Of a client that has just connected.
    pub fn new(stream: S) -> Self {
        Self { stream, last: None }
    }

    /// Until the client closes the connection, or the script does.
    pub async fn serve(mut self, mut script: impl FnMut(usize) -> Turn) -> io::Result<()> {
        let mut preface = [0; PREFACE];
        self.stream.read_exact(&mut preface).await?;
        self.write(SETTINGS, 0, 0, &[]).await?;
        let (mut count, mut previous) = (0, 0);
        let mut reset = HashSet::new();
        loop {
            let frame = self.read().await?;
            let is_looked_at = self.last.is_none_or(|last| frame.id <= last);
            match frame.kind {
                SETTINGS if frame.flags & ACK == 0 => self.write(SETTINGS, ACK, 0, &[]).await?,
                PING if frame.flags & ACK == 0 => {
                    self.write(PING, ACK, 0, &frame.payload).await?;
                }
                HEADERS if is_looked_at && frame.id > previous => {
                    let turn = script(count);
                    count += 1;
                    match turn {
                        Turn::Answer => previous = frame.id,
                        Turn::Reset(code) | Turn::ResetBegun(code) => {
                            if turn == Turn::ResetBegun(code) {
                                self.write(HEADERS, END_HEADERS, frame.id, &[0x88]).await?;
                            }
                            previous = frame.id;
                            reset.insert(frame.id);
                            let code = code.to_be_bytes();
                            self.write(RST_STREAM, 0, frame.id, &code).await?;
                            continue;
                        }
                        Turn::Leave => {
                            self.leave(previous).await?;
                            continue;
                        }
                        Turn::LeaveAfter => {
                            self.leave(frame.id).await?;
                            return self.stream.shutdown().await;
                        }
                        Turn::Close => return self.stream.shutdown().await,
                    }
                    if frame.flags & END_STREAM != 0 {
                        self.answer(frame.id).await?;
                    }
                }
                DATA if is_looked_at
                    && frame.flags & END_STREAM != 0
                    && !reset.contains(&frame.id) =>
                {
                    self.answer(frame.id).await?;
                }
                _ => {}
            }
        }
    }

    async fn leave(&mut self, last: u32) -> io::Result<()> {
        self.last = Some(last);
        // No error.
        let payload = [last.to_be_bytes(), [0; 4]].concat();
        self.write(GOAWAY, 0, 0, &payload).await
    }

    async fn answer(&mut self, id: u32) -> io::Result<()> {
        // `:status: 200` of the static table (RFC 7541, appendix A).
        self.write(HEADERS, END_HEADERS, id, &[0x88]).await?;
        self.write(DATA, END_STREAM, id, b"{}").await
    }

    async fn read(&mut self) -> io::Result<Frame> {
        let mut head = [0; HEAD];
        self.stream.read_exact(&mut head).await?;
        let [l0, l1, l2, kind, flags, id @ ..] = head;
        let length = u32::from_be_bytes([0, l0, l1, l2]);
        let mut payload = vec![0; length as usize];
        self.stream.read_exact(&mut payload).await?;
        let id = u32::from_be_bytes(id) & (u32::MAX >> 1);
        Ok(Frame {
            kind,
            flags,
            id,
            payload,
        })
    }

    async fn write(&mut self, kind: u8, flags: u8, id: u32, payload: &[u8]) -> io::Result<()> {
        let length = u32::try_from(payload.len()).map_err(io::Error::other)?;
        let mut frame = length.to_be_bytes()[1..].to_vec();
        frame.extend([kind, flags]);
        frame.extend(id.to_be_bytes());
        frame.extend(payload);
        self.stream.write_all(&frame).await?;
        self.stream.flush().await
    }
}
