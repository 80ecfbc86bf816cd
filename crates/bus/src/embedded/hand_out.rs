//! From the file to the consumers.

use domain::Timestamp;
use redb::ReadableDatabase;

use super::{
    engine::Engine,
    record::Header,
    settle::Token,
    stream::Raw,
    tables::{MESSAGES, Place},
    write::Stored,
};

type Messages = redb::ReadOnlyTable<Place, &'static [u8]>;

impl Engine {
    /// Hands out what is ready to whoever has room for it.
    pub(super) fn hand_out(&mut self) {
        let now = self.clock.now();
        for (queue, index) in &mut self.indices {
            if index.next_due().is_some_and(|due| due <= now) {
                index.wake(now);
                self.stirred.insert(*queue);
            }
        }
        let stirred = std::mem::take(&mut self.stirred);
        if stirred.is_empty() {
            return;
        }
        let Some(messages) = self.messages() else {
            // The next request opens the file again; what was stirred is looked at then.
            self.stirred = stirred;
            return;
        };
        for queue in stirred {
            if let Err(error) = self.hand_out_of(queue, &messages, now) {
                tracing::error!(%error, "the event bus cannot read its file");
                self.stirred.insert(queue);
            }
        }
    }

    fn messages(&self) -> Option<Messages> {
        self.database.as_ref()?.begin_read().ok()?.open_table(MESSAGES).ok()
    }

    fn hand_out_of(&mut self, queue: u32, messages: &Messages, now: Timestamp) -> Stored<()> {
        let Some(index) = self.indices.get_mut(&queue) else { return Ok(()) };
        let attempts = self.directory.specs.get(&queue).and_then(|spec| spec.retry.attempts);
        loop {
            if let Some(from) = index.wants_from() {
                let mut complete = true;
                for row in messages.range((queue, from)..=(queue, u64::MAX))? {
                    if !index.has_room() {
                        complete = false;
                        break;
                    }
                    let (place, bytes) = row?;
                    let header = Header::decode(bytes.value()).map(|(header, _)| header).unwrap_or_default();
                    let due = Some(header.due).filter(|due| *due > now);
                    index.admit(place.value().1, header.key, due);
                }
                if complete {
                    index.read_all();
                }
            }
            let mut handed = false;
            while let Some((seq, outbox, bytes)) = index.next_read(|seq| messages.get((queue, seq)))? {
                handed = true;
                let Some((header, body)) = bytes.as_ref().and_then(|bytes| Header::decode(bytes.value()))
                else {
                    // Expired meanwhile.
                    index.finished(seq);
                    continue;
                };
                let token = Token::new(self.settles.clone(), (queue, seq));
                let redelivered = seq < self.recovered || index.was_returned(seq);
                let last = attempts.is_some_and(|most| header.attempts.saturating_add(1) >= most);
                // When the consumer is gone, the drop of the token gives the message back.
                let _ = outbox.send(Raw { header, body: body.to_vec(), last, redelivered, token });
            }
            if !handed || index.wants_from().is_none() {
                return Ok(());
            }
        }
    }

    /// When the oldest message of the queue arrived.
    pub(super) fn oldest(&self, queue: u32) -> Option<Timestamp> {
        let row = self.messages()?.range((queue, 0)..=(queue, u64::MAX)).ok()?.next()?.ok()?;
        Header::decode(row.1.value()).map(|(header, _)| header.enqueued_at)
    }
}
