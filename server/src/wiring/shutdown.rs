//! Doors that close without slamming.

use std::{future::Future, net::SocketAddr};

use axum::Router;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal as unix},
};
use tokio_util::sync::CancellationToken;

use crate::{Error, Result};

/// Resolves when the process is asked to end.
pub(crate) fn signal() -> Result<impl Future<Output = ()>> {
    let failed = |error: std::io::Error| Error::Part { what: "signal handling", cause: error.to_string() };
    let (mut terminate, mut interrupt) =
        (unix(SignalKind::terminate()).map_err(failed)?, unix(SignalKind::interrupt()).map_err(failed)?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Serves until `stop`, then lets the requests that run go on.
pub(super) async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    if let Err(error) = axum::serve(listener, service).with_graceful_shutdown(stop.cancelled_owned()).await {
        tracing::error!(%error, "a listener ended");
    }
}
