//! The thread: one loop that owns the file and the memory.

use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use domain::{
    Clock, Timestamp,
    deadletter::{Attempt, FailureKind},
};
use tokio::sync::mpsc;

use super::{
    command::Command,
    directory::Directory,
    file,
    round::{Round, Write},
    settle::Settle,
    stream::Raw,
    tables::Place,
    write::{Changed, Effect, Stored, Writer},
};
use crate::{Error, Result, index::Index};

/// Milliseconds between two looks at what is too old.
const SWEEP_MS: i64 = 10_000;
/// Expired messages taken away from a queue in one sweep.
const EXPIRED_AT_ONCE: usize = 5_000;

pub(super) struct Engine {
    pub(super) path: PathBuf,
    pub(super) clock: Arc<dyn Clock>,
    /// None after a fault of the file: it is opened again for the next request.
    pub(super) database: Option<redb::Database>,
    pub(super) directory: Directory,
    pub(super) indices: HashMap<u32, Index<Raw>>,
    /// Queues that may have something to hand out.
    pub(super) stirred: HashSet<u32>,
    /// Messages before this one were in the file when it was opened after a crash.
    pub(super) recovered: u64,
    pub(super) settles: mpsc::UnboundedSender<Settle>,
    answers: Option<mpsc::UnboundedReceiver<Settle>>,
    pub(super) next_consumer: u64,
    next_sweep: Timestamp,
}

impl Engine {
    /// Opens or makes the file.
    pub(super) fn open(path: PathBuf, clock: Arc<dyn Clock>) -> Result<Self> {
        let (database, directory, clean) = file::open(&path)?;
        let (settles, answers) = mpsc::unbounded_channel();
        Ok(Self {
            next_sweep: clock.now().plus_millis(SWEEP_MS),
            recovered: if clean { 0 } else { directory.next_seq },
            path,
            clock,
            database: Some(database),
            directory,
            indices: HashMap::new(),
            stirred: HashSet::new(),
            settles,
            answers: Some(answers),
            next_consumer: 0,
        })
    }

    /// Works until the bus is closed or its handle dropped.
    pub(super) fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        let Some(mut answers) = self.answers.take() else { return };
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_time().build() {
            Ok(runtime) => runtime,
            Err(error) => return tracing::error!(%error, "the event bus cannot start its timer"),
        };
        let closed = runtime.block_on(async {
            loop {
                let mut round = Round::default();
                tokio::select! {
                    biased;
                    Some(settle) = answers.recv() => self.sort_settle(settle, &mut round),
                    command = commands.recv() => match command {
                        Some(command) => round.take(command),
                        None => return None,
                    },
                    () = tokio::time::sleep(self.idle_time()) => {}
                }
                while round.open() {
                    if let Ok(settle) = answers.try_recv() {
                        self.sort_settle(settle, &mut round);
                    } else if let Ok(command) = commands.try_recv() {
                        round.take(command);
                    } else {
                        break;
                    }
                }
                self.write(round.writes);
                match round.control {
                    Some(Command::Close { reply }) => return Some(reply),
                    Some(command) => self.control(command),
                    None => {}
                }
                self.sweep();
                self.hand_out();
            }
        });
        let clean = self.indices.values().all(|index| index.unacked() == 0);
        if let Some(database) = self.database.take() {
            file::close(database, clean);
        }
        // Consumers end, and the file is free, before the answer.
        drop(self);
        if let Some(reply) = closed {
            let _ = reply.send(());
        }
    }

    fn idle_time(&self) -> Duration {
        let due = self.indices.values().filter_map(Index::next_due).min();
        let wake = due.map_or(self.next_sweep, |due| due.min(self.next_sweep));
        Duration::from_millis(wake.millis_since(self.clock.now()).clamp(1, SWEEP_MS) as u64)
    }

    fn sort_settle(&mut self, settle: Settle, round: &mut Round) {
        match settle {
            Settle::Ack { place, reply } => round.writes.push(Write::Ack { place, reply }),
            Settle::Retry { place, attempt, reply } => {
                let kind = FailureKind::Transient;
                round.writes.push(Write::Fail { place, attempt, kind, reply: Some(reply) });
            }
            Settle::Reject { place, attempt, reply } => {
                let kind = FailureKind::Permanent;
                round.writes.push(Write::Fail { place, attempt, kind, reply: Some(reply) });
            }
            Settle::Return { place, seen } => {
                let Some(index) = self.indices.get_mut(&place.0) else { return };
                self.stirred.insert(place.0);
                // The first time it just comes again; more often it counts as a failed try, so
                // that an event on which every consumer dies ends among the dead letters.
                if !seen || index.note_return(place.1) == 1 {
                    return index.give_back(place.1);
                }
                let attempt = Attempt {
                    number: 0,
                    at: self.clock.now(),
                    status: None,
                    duration_ms: 0.0,
                    reason: "The consumer went away without an answer.".to_owned(),
                };
                let kind = FailureKind::Transient;
                round.writes.push(Write::Fail { place, attempt, kind, reply: None });
            }
            Settle::Cancel { queue, consumer } => {
                if let Some(index) = self.indices.get_mut(&queue) {
                    index.remove_consumer(consumer);
                }
            }
        }
    }

    fn write(&mut self, writes: Vec<Write>) {
        if writes.is_empty() {
            return;
        }
        let written = self.transact(|writer| {
            let answer = |write: &Write, writer: &mut Writer<'_>| match write {
                Write::Publish { target, event, .. } => writer.publish(target, event),
                Write::Ack { place, .. } => writer.ack(*place).map(Ok),
                Write::Fail { place, attempt, kind, .. } => {
                    writer.fail(*place, attempt.clone(), *kind).map(Ok)
                }
            };
            writes.iter().map(|write| answer(write, writer)).collect::<Stored<Vec<_>>>()
        });
        let failed = written.as_ref().err().cloned();
        let mut outcomes = written.unwrap_or_default().into_iter();
        for write in writes {
            let outcome = outcomes.next().unwrap_or_else(|| Err(failed.clone().unwrap_or(Error::Closed)));
            let reply = match write {
                Write::Publish { reply, .. } => Some(reply),
                Write::Ack { place, reply } => {
                    self.keep(place, &outcome);
                    Some(reply)
                }
                Write::Fail { place, reply, .. } => {
                    self.keep(place, &outcome);
                    reply
                }
            };
            if let Some(reply) = reply {
                let _ = reply.send(outcome);
            }
        }
    }

    /// An answer that could not be written: the message is still there and comes again.
    fn keep(&mut self, place: Place, outcome: &Result<()>) {
        if outcome.is_err()
            && let Some(index) = self.indices.get_mut(&place.0)
        {
            index.note_return(place.1);
            index.give_back(place.1);
            self.stirred.insert(place.0);
        }
    }

    /// Runs one transaction; the memory follows when it is committed.
    pub(super) fn transact<T>(&mut self, work: impl FnOnce(&mut Writer<'_>) -> Stored<T>) -> Result<T> {
        if self.database.is_none() {
            let (database, directory, _) = file::open(&self.path)?;
            self.directory = directory;
            self.database = Some(database);
        }
        let now = self.clock.now();
        let Some(database) = &self.database else { return Err(Error::Closed) };
        let directory = &mut self.directory;
        let attempt = || -> Stored<(T, Changed)> {
            let transaction = database.begin_write()?;
            let mut writer = Writer::new(&transaction, directory, now)?;
            let done = work(&mut writer)?;
            let changed = writer.finish()?;
            transaction.commit()?;
            Ok((done, changed))
        };
        match attempt() {
            Ok((done, changed)) => {
                self.apply(changed);
                Ok(done)
            }
            Err(error) => {
                tracing::error!(%error, "the event bus cannot write its file");
                self.database = None;
                Err(Error::Storage(error.to_string()))
            }
        }
    }

    fn apply(&mut self, changed: Changed) {
        self.directory.next_seq = changed.next_seq;
        self.directory.next_queue = changed.next_queue;
        self.directory.lengths.extend(changed.lengths);
        self.directory.seen.apply(changed.seen);
        for effect in changed.effects {
            let queue = match effect {
                Effect::Declared(row) => {
                    self.directory.add(row);
                    continue;
                }
                Effect::Enqueued { place: (queue, seq), key } => {
                    self.indices.entry(queue).or_default().enqueued(seq, key);
                    queue
                }
                Effect::Finished((queue, seq)) => {
                    self.indices.entry(queue).or_default().finished(seq);
                    queue
                }
                Effect::Delayed((queue, seq), due) => {
                    self.indices.entry(queue).or_default().delayed(seq, due);
                    queue
                }
            };
            self.stirred.insert(queue);
        }
    }

    /// Takes away duplicates' marks and messages that are too old, now and then.
    fn sweep(&mut self) {
        let now = self.clock.now();
        if now < self.next_sweep {
            return;
        }
        self.next_sweep = now.plus_millis(SWEEP_MS);
        let lengths = &self.directory.lengths;
        let old: Vec<(u32, i64)> = self
            .directory
            .specs
            .iter()
            .filter(|(queue, _)| lengths.get(queue).is_some_and(|length| *length > 0))
            .filter_map(|(queue, spec)| Some((*queue, spec.message_ttl_ms?)))
            .collect();
        // A fault was logged; the next sweep tries again.
        let _ = self.transact(|writer| {
            writer.duplicates.prune(now)?;
            old.into_iter().try_for_each(|(queue, ttl)| writer.expire(queue, ttl, EXPIRED_AT_ONCE))
        });
    }
}
