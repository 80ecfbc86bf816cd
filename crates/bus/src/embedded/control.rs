//! Requests about queues, one at a time.

use tokio::sync::mpsc;

use super::{command::Command, engine::Engine, stream::Deliveries};
use crate::{Consumer, Error, QueueStats, Result, index::Index};

impl Engine {
    pub(super) fn control(&mut self, command: Command) {
        // A caller that is gone needs no answer.
        match command {
            Command::Declare { spec, reply } => {
                let _ = reply.send(self.transact(|writer| writer.declare(*spec)).map(|_| ()));
            }
            Command::Delete { name, reply } => {
                let _ = reply.send(self.delete(&name));
            }
            Command::Consume { queue, prefetch, reply } => {
                let _ = reply.send(self.consume(&queue, prefetch));
            }
            Command::Stats { reply } => {
                let _ = reply.send(self.stats());
            }
            Command::Publish { .. } | Command::Close { .. } => {}
        }
    }

    fn delete(&mut self, name: &str) -> Result<()> {
        let Some(queue) = self.directory.names.get(name).copied() else { return Ok(()) };
        self.transact(|writer| writer.delete(name, queue))?;
        self.directory.remove(queue);
        self.indices.remove(&queue);
        Ok(())
    }

    fn consume(&mut self, name: &str, prefetch: u16) -> Result<Consumer> {
        let Some(queue) = self.directory.names.get(name).copied() else {
            return Err(Error::NoSuchQueue(name.to_owned()));
        };
        let (outbox, inbox) = mpsc::unbounded_channel();
        let consumer = self.next_consumer;
        self.next_consumer += 1;
        self.indices.entry(queue).or_default().add_consumer(consumer, prefetch, outbox);
        self.stirred.insert(queue);
        Ok(Consumer::new(Deliveries::new(inbox, self.settles.clone(), queue, consumer)))
    }

    fn stats(&self) -> Vec<QueueStats> {
        let nothing = Index::default();
        let mut stats = Vec::with_capacity(self.directory.names.len());
        for (name, queue) in &self.directory.names {
            let index = self.indices.get(queue).unwrap_or(&nothing);
            stats.push(QueueStats {
                name: name.clone(),
                messages: self.directory.lengths.get(queue).copied().unwrap_or_default(),
                unacked: index.unacked() as u64,
                waiting: index.waiting() as u64,
                consumers: index.consumers() as u32,
                oldest: self.oldest(*queue),
            });
        }
        stats.sort_by(|a, b| a.name.cmp(&b.name));
        stats
    }
}
