//! Object stores that others wrote, each on a port of its own until it is dropped.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// moto, from PyPI.
pub(crate) struct S3 {
    child: Child,
    pub(crate) url: String,
}

/// A stand-in for Google's XML interface (`setup/servers/gcs.py`); no package that can be installed here
/// speaks it.
pub(crate) struct Gcs {
    child: Child,
    pub(crate) address: SocketAddr,
    folder: tempfile::TempDir,
}

fn programs() -> String {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../setup/servers.sh");
    let output = Command::new(script).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Free a moment ago; the servers take no listener.
fn free_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn quiet(command: &mut Command, address: SocketAddr) -> Child {
    let port = address.port().to_string();
    command.arg(port).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Answers the status line of one request; asks until somebody listens.
async fn ask(address: SocketAddr, line: &str, body: &str) -> String {
    loop {
        if let Ok(mut stream) = TcpStream::connect(address).await {
            let length = body.len();
            let head = format!(
                "{line} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
            );
            stream.write_all(head.as_bytes()).await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            return answer.lines().next().unwrap_or_default().to_owned();
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

impl S3 {
    pub(crate) async fn start(bucket: &str) -> Self {
        let address = free_port();
        let child = quiet(
            Command::new(format!("{}/moto_server", programs())).args(["-H", "127.0.0.1", "-p"]),
            address,
        );
        let made = ask(address, &format!("PUT /{bucket}"), "").await;
        assert!(made.contains("200"), "{made}");
        Self { child, url: format!("http://{address}") }
    }
}

impl Gcs {
    pub(crate) async fn start(bucket: &str) -> Self {
        let (address, folder) = (free_port(), tempfile::tempdir().unwrap());
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../setup/servers/gcs.py");
        let child = quiet(Command::new(format!("{}/python3", programs())).arg(script), address);
        let made = ask(address, &format!("PUT /{bucket}"), "").await;
        assert!(made.contains("200"), "{made}");
        Self { child, address, folder }
    }

    /// A key that leads to this server.
    pub(crate) fn key_file(&self) -> PathBuf {
        let path = self.folder.path().join("key.json");
        let key = format!(
            r#"{{"gcs_base_url":"http://{}","disable_oauth":true,"client_email":"","private_key":"","private_key_id":""}}"#,
            self.address
        );
        std::fs::write(&path, key).unwrap();
        path
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

impl Drop for Gcs {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}
