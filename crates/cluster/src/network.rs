//! The API on a TCP port, over TLS: clients do not send their tokens otherwise.

mod authority;
mod certificate;
mod kubeconfig;
mod private_file;

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::api::auth::ClientCertificate;

pub(crate) use authority::Authority;
pub use authority::ClientIdentity;
pub(crate) use certificate::Certificate;
pub(crate) use private_file::read_or_create;

/// A client that has not greeted by then is dropped.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// After an error of `accept` (too many open files), the next attempt waits.
const RETRY: Duration = Duration::from_millis(200);

/// Serves until `shutdown`; connections are tracked by `tasks`.
pub(crate) async fn serve(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    router: Router,
    tasks: TaskTracker,
    shutdown: CancellationToken,
) {
    while let Some(accepted) = shutdown.run_until_cancelled(listener.accept()).await {
        match accepted {
            Ok((stream, _)) => {
                tasks.spawn(connection(stream, acceptor.clone(), router.clone(), shutdown.clone()));
            }
            Err(error) => {
                tracing::warn!(%error, "connection to the cluster could not be accepted");
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}

/// One connection. What goes wrong on it is the client's affair.
async fn connection(stream: TcpStream, acceptor: TlsAcceptor, router: Router, shutdown: CancellationToken) {
    let Ok(Ok(stream)) = timeout(HANDSHAKE, acceptor.accept(stream)).await else { return };
    let certificate = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
    let router = match certificate.and_then(authority::user_of) {
        Some(user) => router.layer(Extension(ClientCertificate(user))),
        None => router,
    };
    let service = TowerToHyperService::new(router);
    let mut connection =
        std::pin::pin!(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        result = connection.as_mut() => drop(result),
        () = shutdown.cancelled() => {
            connection.as_mut().graceful_shutdown();
            // Watches end by themselves now; an error is a client that has gone.
            drop(connection.await);
        }
    }
}

/// Writes a kubeconfig for the API at `server`, readable by its owner only.
pub(crate) fn write_kubeconfig(
    path: &Path,
    server: SocketAddr,
    token: &str,
    certificate: &Certificate,
) -> std::io::Result<()> {
    private_file::write(path, kubeconfig::text(server, token, &certificate.pem()).as_bytes())
}
