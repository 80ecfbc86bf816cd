//! HTTP/1.1 on a plain socket: what measures must cost next to nothing itself.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A connection that is kept alive.
pub(crate) struct Wire {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) first_byte: Duration,
    pub(crate) whole: Duration,
}

/// A request as it goes over the wire.
pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if method != "GET" {
        text.push_str(&format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len()));
    }
    text.push_str("\r\n");
    text.push_str(body);
    text.into_bytes()
}

impl Wire {
    pub(crate) async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(64 << 10) })
    }

    /// Sends a request and reads the whole answer.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> Result<Answer> {
        let began = Instant::now();
        self.buffer.clear();
        self.stream.write_all(request).await?;
        let mut first_byte = None;
        let mut head = None;
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the connection was closed in the middle of an answer");
            }
            let first_byte = *first_byte.get_or_insert_with(|| began.elapsed());
            if head.is_none() {
                head = Head::parse(&self.buffer)?;
            }
            if let Some(head) = head.as_ref().filter(|head| head.is_whole(&self.buffer)) {
                return Ok(Answer { status: head.status, first_byte, whole: began.elapsed() });
            }
        }
    }
}

struct Head {
    status: u16,
    length: usize,
    /// None: in chunks.
    body: Option<usize>,
}

impl Head {
    fn parse(bytes: &[u8]) -> Result<Option<Self>> {
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
        let text = std::str::from_utf8(&bytes[..end])?;
        let mut lines = text.split("\r\n");
        let status =
            lines.next().and_then(|line| line.split(' ').nth(1)).context("a status line")?.parse()?;
        let length = lines
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        let body = length.map(|(_, value)| value.trim().parse()).transpose()?;
        Ok(Some(Self { status, length: end + 4, body }))
    }

    fn is_whole(&self, bytes: &[u8]) -> bool {
        match self.body {
            Some(body) => bytes.len() >= self.length + body,
            None => bytes[self.length..].ends_with(b"0\r\n\r\n"),
        }
    }
}
