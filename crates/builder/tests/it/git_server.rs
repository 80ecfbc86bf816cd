//! Repositories, and a real Git server for them: `git http-backend` behind https.

#![expect(clippy::disallowed_methods, reason = "servers of tests end with their runtime")]

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use base64::{Engine, prelude::BASE64_STANDARD};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// Serves every repository in its folder; ends with the test.
pub(crate) struct GitServer {
    pub(crate) folder: PathBuf,
    pub(crate) address: SocketAddr,
    /// The authority of its certificate.
    pub(crate) authority: PathBuf,
    state: Arc<State>,
    task: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct State {
    folder: PathBuf,
    /// `Basic …` that it asks for.
    authorization: Mutex<Option<String>>,
    /// Begin of a path → where it sends the client.
    redirects: Mutex<BTreeMap<String, String>>,
    /// Authorization headers that came in, and their path.
    seen: Mutex<Vec<(String, Option<String>)>>,
}

impl GitServer {
    pub(crate) async fn start(folder: &Path) -> Self {
        let repositories = folder.join("repositories");
        std::fs::create_dir(&repositories).unwrap();
        let certificate =
            rcgen::generate_simple_self_signed(["127.0.0.1".to_owned(), "localhost".to_owned()]).unwrap();
        let authority = folder.join("authority.pem");
        std::fs::write(&authority, pem(certificate.cert.der())).unwrap();
        let key =
            rustls::pki_types::PrivateKeyDer::try_from(certificate.signing_key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.cert.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(tls));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State { folder: repositories.clone(), ..State::default() });
        let served = state.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, state) = (acceptor.clone(), served.clone());
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    let service = hyper::service::service_fn(move |request| answer(state.clone(), request));
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        Self { folder: repositories, address, authority, state, task }
    }

    pub(crate) fn url(&self, name: &str) -> String {
        format!("https://{}/{name}", self.address)
    }

    /// From now on only with this name and password.
    pub(crate) fn require(&self, basic: &str) {
        *self.state.authorization.lock().unwrap() = Some(format!("Basic {basic}"));
    }

    pub(crate) fn redirect(&self, from: &str, to: String) {
        self.state.redirects.lock().unwrap().insert(from.to_owned(), to);
    }

    /// Whether credentials came in for paths that begin so.
    pub(crate) fn was_given_credentials(&self, path: &str) -> bool {
        let seen = self.state.seen.lock().unwrap();
        seen.iter().any(|(seen, header)| seen.starts_with(path) && header.is_some())
    }

    pub(crate) fn requests(&self) -> usize {
        self.state.seen.lock().unwrap().len()
    }

    /// A new repository with these files on the branch main.
    pub(crate) fn repository(&self, name: &str, files: &[(&str, &str)]) -> Repository {
        let repository = Repository(self.folder.join(name));
        std::fs::create_dir_all(&repository.0).unwrap();
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository.commit(files);
        repository
    }
}

impl Drop for GitServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A repository on disk.
pub(crate) struct Repository(pub(crate) PathBuf);

impl Repository {
    /// Adds files; the answer is the commit.
    pub(crate) fn commit(&self, files: &[(&str, &str)]) -> String {
        for (name, text) in files {
            let path = self.0.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message=Change"]);
        self.git(&["rev-parse", "HEAD"])
    }

    pub(crate) fn git(&self, args: &[&str]) -> String {
        let output = Command::new("git")
            .args(["-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"])
            .args(args)
            .current_dir(&self.0)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output()
            .unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

fn pem(der: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(der);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

async fn answer(state: Arc<State>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let header =
        |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let path = request.uri().path().to_owned();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let authorization = header("authorization");
    state.seen.lock().unwrap().push((path.clone(), authorization.clone()));
    let redirect = state.redirects.lock().unwrap().iter().find_map(|(from, to)| {
        let rest = path.strip_prefix(from.as_str())?;
        Some(format!("{to}{rest}?{query}"))
    });
    if let Some(to) = redirect {
        let response = Response::builder().status(StatusCode::FOUND).header("location", to);
        return Ok(response.body(Full::default()).unwrap());
    }
    let wanted = state.authorization.lock().unwrap().clone();
    if wanted.is_some() && authorization != wanted {
        let response = Response::builder()
            .status(StatusCode::UNAUTHORIZED)
            .header("www-authenticate", "Basic realm=\"git\"");
        return Ok(response.body(Full::default()).unwrap());
    }
    let mut command = tokio::process::Command::new("git");
    command
        .args(["-c", "safe.directory=*", "http-backend"])
        .env("GIT_PROJECT_ROOT", &state.folder)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("PATH_INFO", &path)
        .env("QUERY_STRING", &query)
        .env("REQUEST_METHOD", request.method().as_str())
        .env("CONTENT_TYPE", header("content-type").unwrap_or_default())
        .env("HTTP_CONTENT_ENCODING", header("content-encoding").unwrap_or_default())
        .env("GIT_PROTOCOL", header("git-protocol").unwrap_or_default())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    tokio::spawn(async move {
        let _ = stdin.write_all(&body).await;
    });
    let output = child.wait_with_output().await.unwrap().stdout;
    let end = output.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let mut response = Response::builder();
    for line in String::from_utf8_lossy(&output[..end]).lines() {
        let (name, value) = line.split_once(": ").unwrap();
        response = match name {
            "Status" => response.status(value[..3].parse::<u16>().unwrap()),
            name => response.header(name, value),
        };
    }
    Ok(response.body(Full::from(output[end + 4..].to_vec())).unwrap())
}
