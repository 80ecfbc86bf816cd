//! Connections to Pods: kept alive, one request at a time each.

use std::time::Duration;

use axum::body::Body;
use http::{Request, Response};
use hyper::{body::Incoming, client::conn::http1::SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::slot::Slot;

/// A Pod on the same machine answers a connection attempt at once, or not at all.
const CONNECT_LIMIT: Duration = Duration::from_secs(2);
/// How long an idle connection may take to become usable again after its last response.
const SETTLE_LIMIT: Duration = Duration::from_millis(5);

/// Starts tasks of the data path; they end at shutdown.
#[derive(Clone)]
pub(super) struct Tasks {
    pub(super) tracker: TaskTracker,
    pub(super) shutdown: CancellationToken,
}

impl Tasks {
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let shutdown = self.shutdown.clone();
        self.tracker.spawn(async move {
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = task => {}
            }
        });
    }
}

/// Why a request was not answered.
pub(super) enum SendError {
    /// It was not sent: the Pod does not take connections. The request is given back.
    NotSent(Box<Request<Body>>),
    /// It was sent, at least in part; the function may have seen it.
    Broken(hyper::Error),
}

/// Sends a request to a Pod; over an idle connection where there is one.
pub(super) async fn send(
    slot: &Slot,
    mut request: Request<Body>,
    tasks: &Tasks,
) -> Result<(Response<Incoming>, SendRequest<Body>), SendError> {
    while let Some(mut sender) = slot.take() {
        if !sender.is_ready() {
            let settled = tokio::time::timeout(SETTLE_LIMIT, sender.ready()).await;
            if !matches!(settled, Ok(Ok(()))) {
                continue;
            }
        }
        match sender.try_send_request(request).await {
            Ok(response) => return Ok((response, sender)),
            Err(mut error) => match error.take_message() {
                // The function closed the connection while it was idle: nothing was sent.
                Some(unsent) => request = unsent,
                None => return Err(SendError::Broken(error.into_error())),
            },
        }
    }
    let Some(mut sender) = connect(slot, tasks).await else {
        return Err(SendError::NotSent(Box::new(request)));
    };
    match sender.try_send_request(request).await {
        Ok(response) => Ok((response, sender)),
        Err(mut error) => Err(match error.take_message() {
            Some(unsent) => SendError::NotSent(Box::new(unsent)),
            None => SendError::Broken(error.into_error()),
        }),
    }
}

async fn connect(slot: &Slot, tasks: &Tasks) -> Option<SendRequest<Body>> {
    let stream = tokio::time::timeout(CONNECT_LIMIT, TcpStream::connect(slot.address)).await.ok()?.ok()?;
    stream.set_nodelay(true).ok()?;
    let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.ok()?;
    tasks.spawn(async move {
        // How it ends shows at the request that it carries.
        let _ = connection.with_upgrades().await;
    });
    Some(sender)
}
