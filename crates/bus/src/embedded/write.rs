//! One transaction: publishes and answers, as many as wait.

use std::collections::HashMap;

use domain::{
    Timestamp,
    deadletter::{Attempt, FailureKind},
    event::CloudEvent,
};
use redb::{ReadableTable, Table, WriteTransaction};

use super::{
    directory::Directory,
    duplicates::Duplicates,
    encode::Encoded,
    record::{Header, QueueRow},
    tables::{LENGTHS, MESSAGES, META, NEXT_QUEUE, NEXT_SEQ, Place, QUEUES, SEEN},
};
use crate::{Death, Error, Exchange, QueueSpec, Result, Retry, identity};

/// Where an event is published to.
pub(super) enum Target {
    Exchange(Exchange),
    Queue(String),
}

/// What a transaction changed; applied to the memory once it is committed.
pub(super) enum Effect {
    Enqueued { place: Place, key: Option<u64> },
    Finished(Place),
    Delayed(Place, Timestamp),
    Declared(QueueRow),
}

/// A fault of the file ends the whole transaction; a refusal ([`Error`]) only the one request.
pub(super) type Stored<T> = Result<T, redb::Error>;

/// The tables of one transaction, and what it will have changed.
pub(super) struct Writer<'t> {
    now: Timestamp,
    directory: &'t mut Directory,
    messages: Table<'t, Place, &'static [u8]>,
    lengths: Table<'t, u32, u64>,
    queues: Table<'t, &'static str, &'static [u8]>,
    meta: Table<'t, &'static str, u64>,
    pub(super) duplicates: Duplicates<'t>,
    changed: Changed,
}

/// The memory's side of a transaction.
pub(super) struct Changed {
    pub effects: Vec<Effect>,
    pub seen: HashMap<u64, bool>,
    pub lengths: HashMap<u32, u64>,
    pub next_seq: u64,
    pub next_queue: u32,
}

impl<'t> Writer<'t> {
    pub(super) fn new(
        transaction: &'t WriteTransaction,
        directory: &'t mut Directory,
        now: Timestamp,
    ) -> Stored<Self> {
        let changed = Changed {
            effects: Vec::new(),
            seen: HashMap::new(),
            lengths: HashMap::new(),
            next_seq: directory.next_seq,
            next_queue: directory.next_queue,
        };
        Ok(Self {
            now,
            directory,
            messages: transaction.open_table(MESSAGES)?,
            lengths: transaction.open_table(LENGTHS)?,
            queues: transaction.open_table(QUEUES)?,
            meta: transaction.open_table(META)?,
            duplicates: Duplicates { list: transaction.open_table(SEEN)?, changes: HashMap::new() },
            changed,
        })
    }

    /// Writes the counters; commit follows.
    pub(super) fn finish(mut self) -> Stored<Changed> {
        for (queue, length) in &self.changed.lengths {
            self.lengths.insert(queue, length)?;
        }
        self.meta.insert(NEXT_SEQ, self.changed.next_seq)?;
        self.meta.insert(NEXT_QUEUE, u64::from(self.changed.next_queue))?;
        self.changed.seen = self.duplicates.changes;
        Ok(self.changed)
    }

    pub(super) fn publish(&mut self, target: &Target, event: &Encoded) -> Stored<Result<()>> {
        let (scope, queues) = match target {
            Target::Exchange(exchange) => {
                (*exchange as u32, self.directory.router.route(*exchange, &event.kind))
            }
            Target::Queue(name) => match self.find(name) {
                Some(queue) => (queue, vec![queue]),
                None => return Ok(Err(Error::NoSuchQueue(name.clone()))),
            },
        };
        if queues.is_empty() || self.duplicates.contains(&self.directory.seen, scope, event.identity) {
            return Ok(Ok(()));
        }
        if let Some(full) = queues.iter().find_map(|queue| self.full(*queue)) {
            return Ok(Err(full));
        }
        let number = self.next_seq();
        self.duplicates.note(scope, event.identity, self.now, number)?;
        for queue in queues {
            let key = self.spec(queue).and_then(|spec| event.key(spec.ordering));
            self.insert(queue, &Header::new(self.now, key), &event.body)?;
        }
        Ok(Ok(()))
    }

    /// The message is done.
    pub(super) fn ack(&mut self, place: Place) -> Stored<()> {
        if self.messages.remove(place)?.is_some() {
            let length = self.length(place.0);
            self.changed.lengths.insert(place.0, length.saturating_sub(1));
        }
        self.changed.effects.push(Effect::Finished(place));
        Ok(())
    }

    /// A try failed: waits for the next, or dies.
    pub(super) fn fail(&mut self, place: Place, attempt: Attempt, kind: FailureKind) -> Stored<()> {
        let stored = self.messages.get(place)?.map(|bytes| bytes.value().to_vec());
        let Some((mut header, body)) = stored.as_deref().and_then(Header::decode) else {
            return self.ack(place);
        };
        let retry = self.spec(place.0).map(|spec| spec.retry).unwrap_or_default();
        let reason = attempt.reason.clone();
        header.fail(attempt);
        let last = retry.attempts.is_some_and(|most| header.attempts >= most);
        if kind == FailureKind::Permanent || last {
            return self.bury(place, header, body, kind, reason);
        }
        let wait = retry.delay_after(header.attempts);
        self.delay(place, header, body, wait)
    }

    fn delay(&mut self, place: Place, mut header: Header, body: &[u8], delay_ms: i64) -> Stored<()> {
        header.due = self.now.plus_millis(delay_ms);
        self.messages.insert(place, header.encode(body).as_slice())?;
        self.changed.effects.push(Effect::Delayed(place, header.due));
        Ok(())
    }

    /// Moves a message to its dead-letter queue. When that is full the message stays and is tried
    /// again: a dead letter that nobody stored is not lost.
    fn bury(
        &mut self,
        place: Place,
        header: Header,
        body: &[u8],
        kind: FailureKind,
        reason: String,
    ) -> Stored<()> {
        let event: Option<CloudEvent> = serde_json::from_slice(body).ok();
        let source = self.spec(place.0).map(|spec| (spec.name.clone(), spec.grave(event.as_ref())));
        let Some((queue, Some(target))) = source else { return self.ack(place) };
        let target = match self.find(&target) {
            Some(id) => id,
            None => self.declare(QueueSpec::dead_letters(target))?,
        };
        if let Some(full) = self.full(target) {
            tracing::warn!(queue.name = queue, "{full} A dead letter stays where it is.");
            return self.delay(place, header, body, Retry::MAX_DELAY_MS);
        }
        if let Some(event) = &event {
            // One number for each scope.
            let number = self.changed.next_seq;
            self.changed.next_seq += 3;
            let identity = identity::of(event);
            self.duplicates.forget(&self.directory.seen, place.0, identity, self.now, number)?;
        }
        let mut buried = Header::new(self.now, None);
        buried.details.death =
            Some(Death { queue, kind, reason, attempts: header.details.history, died_at: self.now });
        self.insert(target, &buried, body)?;
        self.ack(place)
    }

    /// Makes the queue, or changes its settings; its id.
    pub(super) fn declare(&mut self, spec: QueueSpec) -> Stored<u32> {
        let id = self.find(&spec.name).unwrap_or_else(|| {
            self.changed.next_queue += 1;
            self.changed.next_queue - 1
        });
        let row = QueueRow { id, spec };
        let bytes = serde_json::to_vec(&row).unwrap_or_default();
        self.queues.insert(row.spec.name.as_str(), bytes.as_slice())?;
        self.changed.effects.push(Effect::Declared(row));
        Ok(id)
    }

    /// Deletes the queue with its messages.
    pub(super) fn delete(&mut self, name: &str, queue: u32) -> Stored<()> {
        self.queues.remove(name)?;
        self.lengths.remove(queue)?;
        self.messages.retain_in((queue, 0)..=(queue, u64::MAX), |_, _| false).map_err(redb::Error::from)
    }

    /// Drops messages of the queue that are older than its settings allow; at most `most`.
    pub(super) fn expire(&mut self, queue: u32, ttl_ms: i64, most: usize) -> Stored<()> {
        let before = self.now.as_millis() - ttl_ms;
        let mut old = Vec::new();
        for row in self.messages.range((queue, 0)..=(queue, u64::MAX))?.take(most) {
            let (place, bytes) = row?;
            match Header::decode(bytes.value()) {
                Some((header, _)) if header.enqueued_at.as_millis() > before => break,
                _ => old.push(place.value()),
            }
        }
        old.into_iter().try_for_each(|place| self.ack(place))
    }

    fn insert(&mut self, queue: u32, header: &Header, body: &[u8]) -> Stored<()> {
        let place = (queue, self.next_seq());
        self.messages.insert(place, header.encode(body).as_slice())?;
        let length = self.length(queue);
        self.changed.lengths.insert(queue, length + 1);
        self.changed.effects.push(Effect::Enqueued { place, key: header.key });
        Ok(())
    }

    fn next_seq(&mut self) -> u64 {
        self.changed.next_seq += 1;
        self.changed.next_seq - 1
    }

    fn length(&self, queue: u32) -> u64 {
        let changed = self.changed.lengths.get(&queue);
        changed.or_else(|| self.directory.lengths.get(&queue)).copied().unwrap_or_default()
    }

    fn full(&self, queue: u32) -> Option<Error> {
        let spec = self.spec(queue)?;
        let limit = spec.max_length.filter(|limit| self.length(queue) >= *limit)?;
        Some(Error::QueueFull { queue: spec.name.clone(), limit })
    }

    /// Queues that this very transaction declared are not in the directory yet.
    fn declared(&self, wanted: impl Fn(&QueueRow) -> bool) -> Option<&QueueRow> {
        self.changed.effects.iter().rev().find_map(|effect| match effect {
            Effect::Declared(row) if wanted(row) => Some(row),
            _ => None,
        })
    }

    fn find(&self, name: &str) -> Option<u32> {
        let known = self.directory.names.get(name).copied();
        known.or_else(|| self.declared(|row| row.spec.name == name).map(|row| row.id))
    }

    fn spec(&self, queue: u32) -> Option<&QueueSpec> {
        let known = self.directory.specs.get(&queue);
        known.or_else(|| self.declared(|row| row.id == queue).map(|row| &row.spec))
    }
}
