//! The bus of one machine: a redb file, and one thread that owns it.
//!
//! The thread takes every publish and answer that waits, writes them in one transaction, replies
//! when it is on disk (group commit), and hands out what became ready. So there are no locks, and
//! a hundred concurrent publishers cost one fsync.

mod command;
mod control;
mod directory;
mod duplicates;
mod encode;
mod engine;
mod file;
mod hand_out;
mod record;
mod round;
mod router;
mod settle;
mod stream;
mod tables;
mod write;

use std::{path::PathBuf, sync::Arc};

use async_trait::async_trait;
use domain::{Clock, event::CloudEvent};
use tokio::sync::{mpsc, oneshot};

use self::{command::Command, encode::Encoded, engine::Engine, write::Target};
use crate::{Bus, Consumer, Error, Exchange, QueueSpec, QueueStats, Result};

/// Publishes that may wait before publishers are held back.
const WAITING_COMMANDS: usize = 4096;

/// Handle of the thread that owns the file. The thread ends with [`Bus::close`], or when the
/// handle is dropped.
#[derive(Debug)]
pub struct EmbeddedBus {
    commands: mpsc::Sender<Command>,
}

impl EmbeddedBus {
    /// Opens or makes the file. Its folder must exist.
    pub async fn open(path: PathBuf, clock: Arc<dyn Clock>) -> Result<Self> {
        let (commands, inbox) = mpsc::channel(WAITING_COMMANDS);
        let (ready, opened) = oneshot::channel();
        std::thread::Builder::new()
            .name("bus".to_owned())
            .spawn(move || match Engine::open(path, clock) {
                Ok(engine) => {
                    let _ = ready.send(Ok(()));
                    engine.run(inbox);
                }
                Err(error) => {
                    let _ = ready.send(Err(error));
                }
            })
            .map_err(|error| Error::Storage(error.to_string()))?;
        opened.await.map_err(|_| Error::Closed)??;
        Ok(Self { commands })
    }

    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(command(reply)).await.map_err(|_| Error::Closed)?;
        answer.await.map_err(|_| Error::Closed)
    }

    async fn put(&self, target: Target, event: &CloudEvent) -> Result<()> {
        let event = Encoded::new(event)?;
        self.ask(|reply| Command::Publish { target, event, reply }).await?
    }
}

#[async_trait]
impl Bus for EmbeddedBus {
    async fn publish(&self, exchange: Exchange, event: &CloudEvent) -> Result<()> {
        self.put(Target::Exchange(exchange), event).await
    }

    async fn publish_all(&self, exchange: Exchange, events: &[CloudEvent]) -> Result<()> {
        let encoded = events.iter().map(Encoded::new).collect::<Result<Vec<_>>>()?;
        let mut answers = Vec::with_capacity(encoded.len());
        for event in encoded {
            let (reply, answer) = oneshot::channel();
            let command = Command::Publish { target: Target::Exchange(exchange), event, reply };
            self.commands.send(command).await.map_err(|_| Error::Closed)?;
            answers.push(answer);
        }
        for answer in answers {
            answer.await.map_err(|_| Error::Closed)??;
        }
        Ok(())
    }

    async fn publish_to(&self, queue: &str, event: &CloudEvent) -> Result<()> {
        self.put(Target::Queue(queue.to_owned()), event).await
    }

    async fn declare(&self, queue: QueueSpec) -> Result<()> {
        self.ask(|reply| Command::Declare { spec: Box::new(queue), reply }).await?
    }

    async fn delete_queue(&self, name: &str) -> Result<()> {
        self.ask(|reply| Command::Delete { name: name.to_owned(), reply }).await?
    }

    async fn consume(&self, queue: &str, prefetch: u16) -> Result<Consumer> {
        self.ask(|reply| Command::Consume { queue: queue.to_owned(), prefetch: prefetch.max(1), reply })
            .await?
    }

    async fn queues(&self) -> Result<Vec<QueueStats>> {
        self.ask(|reply| Command::Stats { reply }).await
    }

    async fn close(&self) {
        // An error means that it is closed already.
        let _ = self.ask(|reply| Command::Close { reply }).await;
    }
}
