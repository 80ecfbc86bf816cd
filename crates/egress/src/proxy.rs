//! A forward proxy for one client: CONNECT for https, absolute URLs for http.
//!
//! It resolves, decides and connects in one place, so that the address that was checked is the address
//! that is used.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::{Engine, prelude::BASE64_STANDARD};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::{Guard, Refused};

const HEAD_BYTES: usize = 16 * 1024;
const CONNECT_TIME: Duration = Duration::from_secs(10);
/// Connections that the one client may have at once.
const CONNECTIONS: usize = 64;
const USER: &str = "build";

/// Listens until it is dropped.
pub struct Proxy {
    address: SocketAddr,
    password: String,
    refused: Arc<Mutex<Vec<Refused>>>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// Listens on a free port of the loopback address; only who knows its URL may use it.
    pub async fn start(guard: Guard) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let password = uuid::Uuid::new_v4().simple().to_string();
        let secret = BASE64_STANDARD.encode(format!("{USER}:{password}"));
        let refused = Arc::new(Mutex::new(Vec::new()));
        let door = Door { guard, secret, refused: refused.clone() };
        #[expect(clippy::disallowed_methods, reason = "it ends with the value that holds its handle")]
        let task = tokio::spawn(accept(listener, Arc::new(door)));
        Ok(Self { address, password, refused, task })
    }

    /// With name and password.
    pub fn url(&self) -> String {
        format!("http://{USER}:{}@{}", self.password, self.address)
    }

    /// The one port that the client has to reach.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// What was refused last: the client itself knows only that something was.
    pub fn refusal(&self) -> Option<Refused> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).last().cloned()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Door {
    guard: Guard,
    secret: String,
    refused: Arc<Mutex<Vec<Refused>>>,
}

async fn accept(listener: TcpListener, door: Arc<Door>) {
    // Ends every connection when it is dropped with the task.
    let mut connections = tokio::task::JoinSet::new();
    loop {
        while connections.len() >= CONNECTIONS {
            connections.join_next().await;
        }
        match listener.accept().await {
            Ok((client, _)) => {
                let door = door.clone();
                connections.spawn(async move { door.serve(client).await });
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
        while connections.try_join_next().is_some() {}
    }
}

/// A request, as far as a proxy has to understand it.
struct Request {
    host: String,
    port: u16,
    /// Of a plain request: its head for the server.
    head: Option<String>,
    authorization: Option<String>,
}

impl Door {
    async fn serve(&self, mut client: TcpStream) {
        let Ok(Some((head, rest))) = read_head(&mut client).await else { return };
        let Some(request) = Request::parse(&head) else {
            return answer(&mut client, "400 Bad Request", "this is a proxy").await;
        };
        if request.authorization.as_deref() != Some(self.secret.as_str()) {
            let status = "407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"egress\"";
            return answer(&mut client, status, "not yours").await;
        }
        match self.connect(&request).await {
            Ok(mut server) => {
                let begun = match &request.head {
                    Some(head) => server.write_all(head.as_bytes()).await,
                    None => client.write_all(b"HTTP/1.1 200 Connection Established\r\n\r\n").await,
                };
                if begun.is_ok() && server.write_all(&rest).await.is_ok() {
                    // Either side may end whenever it likes.
                    let _ = copy_bidirectional(&mut client, &mut server).await;
                }
            }
            Err(refused) => {
                let sentence = refused.to_string();
                self.refused.lock().unwrap_or_else(PoisonError::into_inner).push(refused);
                answer(&mut client, "403 Forbidden", &sentence).await;
            }
        }
    }

    async fn connect(&self, request: &Request) -> Result<TcpStream, Refused> {
        let Request { host, port, .. } = request;
        for address in self.guard.addresses(host, *port).await? {
            if let Ok(Ok(server)) = tokio::time::timeout(CONNECT_TIME, TcpStream::connect(address)).await {
                return Ok(server);
            }
        }
        Err(Refused::Unreachable { host: host.clone(), port: *port })
    }
}

/// The head with its empty line, and what came behind it.
async fn read_head(client: &mut TcpStream) -> io::Result<Option<(String, Vec<u8>)>> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let rest = bytes.split_off(end + 4);
            return Ok(String::from_utf8(bytes).ok().map(|head| (head, rest)));
        }
        if bytes.len() > HEAD_BYTES || client.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    }
}

async fn answer(client: &mut TcpStream, status: &str, sentence: &str) {
    let length = sentence.len();
    let text = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{sentence}"
    );
    // Who does not want to hear it need not.
    let _ = client.write_all(text.as_bytes()).await;
    let _ = client.shutdown().await;
}

impl Request {
    fn parse(head: &str) -> Option<Self> {
        let mut lines = head.trim_end_matches("\r\n").split("\r\n");
        let mut words = lines.next()?.split(' ');
        let (method, target, version) = (words.next()?, words.next()?, words.next()?);
        let headers: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(':')).collect();
        let authorization = headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("proxy-authorization"))
            .and_then(|(_, value)| value.trim().split_once(' '))
            .map(|(_, secret)| secret.trim().to_owned());
        if method == "CONNECT" {
            let (host, port) = target.rsplit_once(':')?;
            return Some(Self { host: host.to_owned(), port: port.parse().ok()?, head: None, authorization });
        }
        let rest = target.strip_prefix("http://")?;
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
            _ => (authority, 80),
        };
        // One request for each connection: the next one may be for another host.
        let hop = ["proxy-authorization", "proxy-connection", "connection", "keep-alive"];
        let kept = headers.iter().filter(|(name, _)| !hop.iter().any(|hop| name.eq_ignore_ascii_case(hop)));
        let mut lines = vec![format!("{method} /{path} {version}")];
        lines.extend(kept.map(|(name, value)| format!("{name}:{value}")));
        let head = lines.join("\r\n") + "\r\nConnection: close\r\n\r\n";
        Some(Self { host: host.to_owned(), port, head: Some(head), authorization })
    }
}
