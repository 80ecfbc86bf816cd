//! The one thread that starts processes.
//!
//! The kernel sends the parent-death signal when the *thread* that started a child ends, and the
//! async runtime's threads come and go. This thread lives as long as the platform.

use std::io;
use std::sync::OnceLock;
use std::sync::mpsc::{Sender, channel};

use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

struct Order {
    command: Command,
    runtime: Handle,
    answer: oneshot::Sender<io::Result<Child>>,
}

static ORDERS: OnceLock<Sender<Order>> = OnceLock::new();

/// Starts `command` as a child of this process that will not outlive it.
pub(crate) async fn spawn(command: Command) -> io::Result<Child> {
    let (answer, child) = oneshot::channel();
    let order = Order { command, runtime: Handle::current(), answer };
    let gone = || io::Error::other("the thread that starts processes has ended");
    ORDERS.get_or_init(start).send(order).map_err(|_| gone())?;
    child.await.map_err(|_| gone())?
}

fn start() -> Sender<Order> {
    let (sender, orders) = channel::<Order>();
    let thread = std::thread::Builder::new().name("sandbox-spawner".into());
    let started = thread.spawn(move || {
        for mut order in orders {
            let _runtime = order.runtime.enter();
            if let Err(Ok(mut unwanted)) = order.answer.send(order.command.spawn()) {
                let _ = unwanted.start_kill();
            }
        }
    });
    if let Err(error) = started {
        tracing::error!(%error, "cannot start the thread that starts processes");
    }
    sender
}
