//! A door before a server that can be slammed.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// Forwards connections, until they are cut.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    cut: Arc<std::sync::Mutex<CancellationToken>>,
    closed: Arc<AtomicBool>,
    task: tokio::task::JoinHandle<()>,
}

impl Proxy {
    pub(crate) async fn before(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = listener.local_addr().unwrap().port();
        let cut = Arc::new(std::sync::Mutex::new(CancellationToken::new()));
        let closed = Arc::new(AtomicBool::new(false));
        let (current, shut) = (cut.clone(), closed.clone());
        let task = tokio::spawn(async move {
            loop {
                let (mut inner, _) = listener.accept().await.unwrap();
                if shut.load(Ordering::Relaxed) {
                    continue;
                }
                let token = current.lock().unwrap().clone();
                tokio::spawn(async move {
                    let mut outer = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                    // Dropped in the middle of whatever they do.
                    token.run_until_cancelled(tokio::io::copy_bidirectional(&mut inner, &mut outer)).await;
                });
            }
        });
        Self { port: own, cut, closed, task }
    }

    /// Ends all connections; new ones are let in.
    pub(crate) fn cut(&self) {
        let mut cut = self.cut.lock().unwrap();
        cut.cancel();
        *cut = CancellationToken::new();
    }

    /// Ends all connections, and new ones too until [`Self::open`].
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
        self.cut();
    }

    pub(crate) fn open(&self) {
        self.closed.store(false, Ordering::Relaxed);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}
