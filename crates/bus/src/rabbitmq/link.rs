//! A connection that comes back: one task that connects, watches, and connects again.

use std::{sync::Arc, time::Duration};

use futures::StreamExt;
use lapin::{
    Connection, ConnectionProperties, ErrorKind, Event,
    protocol::{AMQPErrorKind, AMQPHardError, AMQPSoftError},
    tcp::OwnedTLSConfig,
    uri::AMQPUri,
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{Error, Result};

/// How long a call waits for the connection before it is told that there is none.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// Longest wait between two tries to connect.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// Seconds between two heartbeats when the URL says nothing.
const HEARTBEAT: u16 = 10;
/// How often a connection that says nothing is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// Where a connection stands.
#[derive(Clone, Debug)]
pub(super) enum State {
    /// It works.
    Up(Arc<Connection>),
    /// It does not.
    Down {
        /// A sentence.
        why: String,
        /// The server was reached and said no.
        refused: bool,
    },
    /// The bus was closed.
    Closed,
}

/// How to connect.
#[derive(Clone)]
pub(super) struct Address {
    uri: AMQPUri,
    tls: OwnedTLSConfig,
}

impl Address {
    /// Of `amqp://user:password@host:port/vhost`, or `amqps://…?cacertfile=/path` where the server's certificate
    /// is not one that the machine trusts anyway.
    pub(super) fn parse(url: &str) -> Result<Self> {
        let mut uri: AMQPUri = url
            .parse()
            .map_err(|why| Error::Unsupported(format!("KL_BUS_URL is not an address of RabbitMQ: {why}.")))?;
        uri.query.heartbeat = uri.query.heartbeat.or(Some(HEARTBEAT));
        let queries = url.split_once('?').map_or("", |(_, queries)| queries);
        let ca = queries.split('&').find_map(|query| query.strip_prefix("cacertfile="));
        let cert_chain = ca
            .map(|path| {
                std::fs::read_to_string(path).map_err(|error| {
                    Error::Unsupported(format!(
                        "The file {path} of KL_BUS_URL's cacertfile can not be read: {error}."
                    ))
                })
            })
            .transpose()?;
        Ok(Self { uri, tls: OwnedTLSConfig { identity: None, cert_chain } })
    }

    async fn connect(&self, name: &str) -> Result<Connection, State> {
        let runtime = lapin::runtime::default_runtime().map_err(|error| down(&error))?;
        let properties =
            ConnectionProperties::default().with_connection_name(format!("knative-lambda {name}").into());
        let connecting =
            Connection::connect_uri_with_config(self.uri.clone(), properties, self.tls.clone(), runtime);
        match tokio::time::timeout(PATIENCE, connecting).await {
            Ok(connected) => connected.map_err(|error| down(&error)),
            Err(_) => Err(State::Down { why: "RabbitMQ does not answer.".to_owned(), refused: false }),
        }
    }
}

fn down(error: &lapin::Error) -> State {
    State::Down { why: sentence(error), refused: matches!(error.kind(), ErrorKind::ProtocolError(_)) }
}

/// What a person can do something about; never the address, which holds a password.
pub(super) fn sentence(error: &lapin::Error) -> String {
    if let ErrorKind::ProtocolError(amqp) = error.kind() {
        return match amqp.kind() {
            AMQPErrorKind::Soft(AMQPSoftError::ACCESSREFUSED) => {
                format!("RabbitMQ refuses the user or password: {}", amqp.get_message())
            }
            AMQPErrorKind::Hard(AMQPHardError::NOTALLOWED) => {
                format!("RabbitMQ does not let this user into the virtual host: {}", amqp.get_message())
            }
            _ => format!("RabbitMQ refuses: {}", amqp.get_message()),
        };
    }
    format!("RabbitMQ can not be reached: {error}.")
}

/// A connection for one purpose. A second one keeps consumers alive while publishers are blocked.
#[derive(Clone, Debug)]
pub(super) struct Link {
    state: watch::Receiver<State>,
    blocked: watch::Receiver<Option<String>>,
}

impl Link {
    /// Connects, and keeps connected until `stop`.
    pub(super) async fn open(address: Address, name: &'static str, stop: CancellationToken) -> Self {
        let first = State::Down { why: "RabbitMQ was not reached yet.".to_owned(), refused: false };
        let (states, mut state) = watch::channel(first);
        let (blocks, blocked) = watch::channel(None);
        #[expect(
            clippy::disallowed_methods,
            reason = "it ends with the token that the bus cancels in close"
        )]
        tokio::spawn(keep(address, name, states, blocks, stop));
        // The first try decides what a start is told; an error of the sender only means that it is closed.
        let _ = state.changed().await;
        Self { state, blocked }
    }

    /// The connection, or why there is none after some patience.
    pub(super) async fn up(&self) -> Result<Arc<Connection>> {
        let mut state = self.state.clone();
        let usable = state.wait_for(|state| !matches!(state, State::Down { .. }));
        let found = match tokio::time::timeout(PATIENCE, usable).await {
            Ok(Ok(state)) => state.clone(),
            Ok(Err(_)) => State::Closed,
            Err(_) => self.state(),
        };
        match found {
            State::Up(connection) => Ok(connection),
            State::Down { why, .. } => Err(Error::Unreachable(why)),
            State::Closed => Err(Error::Closed),
        }
    }

    pub(super) fn state(&self) -> State {
        self.state.borrow().clone()
    }

    /// Resolves with every change of the state.
    pub(super) fn changes(&self) -> watch::Receiver<State> {
        self.state.clone()
    }

    /// Why publishers have to wait at the moment.
    pub(super) fn blocked(&self) -> Option<String> {
        self.blocked.borrow().clone()
    }
}

async fn keep(
    address: Address,
    name: &'static str,
    states: watch::Sender<State>,
    blocks: watch::Sender<Option<String>>,
    stop: CancellationToken,
) {
    let mut wait = Duration::from_millis(100);
    while !stop.is_cancelled() {
        let Some(connected) = stop.run_until_cancelled(address.connect(name)).await else { break };
        match connected {
            Ok(connection) => {
                wait = Duration::from_millis(100);
                let connection = Arc::new(connection);
                tracing::info!(connection = name, "connected to RabbitMQ");
                let why = watch_over(&connection, &states, &blocks, &stop).await;
                blocks.send_replace(None);
                if stop.is_cancelled() {
                    // Confirms and acknowledgements on their way are flushed by an orderly end.
                    let _ = tokio::time::timeout(LOOK, connection.close(200, "bye".into())).await;
                    break;
                }
                tracing::warn!(connection = name, "{why} Connecting again.");
                states.send_replace(State::Down { why, refused: false });
            }
            Err(state) => {
                if let State::Down { why, .. } = &state {
                    tracing::warn!(connection = name, "{why}");
                }
                states.send_replace(state);
            }
        }
        stop.run_until_cancelled(tokio::time::sleep(wait)).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
    states.send_replace(State::Closed);
}

/// Until the connection is lost or `stop`; why it was lost.
async fn watch_over(
    connection: &Arc<Connection>,
    states: &watch::Sender<State>,
    blocks: &watch::Sender<Option<String>>,
    stop: &CancellationToken,
) -> String {
    let mut events = Box::pin(connection.events_listener());
    states.send_replace(State::Up(connection.clone()));
    let mut why = "The connection to RabbitMQ was lost.".to_owned();
    loop {
        tokio::select! {
            () = stop.cancelled() => return why,
            () = tokio::time::sleep(LOOK) => {}
            event = events.next() => match event {
                Some(Event::Error(error)) => why = sentence(&error),
                Some(Event::ConnectionBlocked(reason)) => {
                    tracing::warn!(reason, "RabbitMQ takes no events at the moment");
                    blocks.send_replace(Some(reason));
                }
                Some(Event::ConnectionUnblocked) => {
                    tracing::info!("RabbitMQ takes events again");
                    blocks.send_replace(None);
                }
                Some(_) => {}
                None => return why,
            },
        }
        // A channel's error is told here too, and leaves the connection as it is.
        if !connection.status().connected() {
            return why;
        }
    }
}
