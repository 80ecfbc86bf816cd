//! The part of a queue that is in memory: what can be handed out next.
//!
//! A window over the file (or over what RabbitMQ sent ahead), so that a long queue costs no memory; without
//! consumers it is empty.
//! A message with a key occupies the key from the moment it is admitted until it is done; the later
//! ones of the same key are parked behind it, as numbers only.

use std::collections::{BTreeSet, HashMap, VecDeque};

use domain::Timestamp;
use tokio::sync::mpsc::UnboundedSender;

/// Messages that may be ready in memory.
const WINDOW: usize = 1024;
/// Messages that may be parked or waiting in memory; behind more of them nothing overtakes.
const PARKED: usize = 65_536;

/// A queue's window and consumers, who get `M`.
pub(crate) struct Index<M> {
    ready: BTreeSet<u64>,
    waiting: BTreeSet<(Timestamp, u64)>,
    /// Key → the messages parked behind the one that occupies it.
    busy: HashMap<u64, VecDeque<u64>>,
    parked: usize,
    /// Message → the key that it occupies.
    keys: HashMap<u64, u64>,
    /// Message → the consumer that has it.
    flight: HashMap<u64, u64>,
    /// Message → how often a consumer went away with it.
    returned: HashMap<u64, u32>,
    /// The file was read up to here.
    cursor: u64,
    /// The file has no more than what is here.
    complete: bool,
    takers: Vec<Taker<M>>,
}

struct Taker<M> {
    id: u64,
    prefetch: usize,
    taken: usize,
    outbox: UnboundedSender<M>,
}

impl<M> Default for Index<M> {
    fn default() -> Self {
        Self {
            ready: BTreeSet::new(),
            waiting: BTreeSet::new(),
            busy: HashMap::new(),
            parked: 0,
            keys: HashMap::new(),
            flight: HashMap::new(),
            returned: HashMap::new(),
            cursor: 0,
            complete: false,
            takers: Vec::new(),
        }
    }
}

impl<M> Index<M> {
    pub(crate) fn add_consumer(&mut self, id: u64, prefetch: u16, outbox: UnboundedSender<M>) {
        self.takers.push(Taker { id, prefetch: usize::from(prefetch), taken: 0, outbox });
    }

    /// Forgets a consumer; what it has comes back by itself.
    pub(crate) fn remove_consumer(&mut self, id: u64) {
        self.takers.retain(|taker| taker.id != id);
        self.rest();
    }

    pub(crate) fn consumers(&self) -> usize {
        self.takers.len()
    }

    pub(crate) fn unacked(&self) -> usize {
        self.flight.len()
    }

    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    pub(crate) fn was_returned(&self, seq: u64) -> bool {
        self.returned.contains_key(&seq)
    }

    /// When the first waiting message is due.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.waiting.first().filter(|_| !self.takers.is_empty()).map(|(due, _)| *due)
    }

    /// Where the file has to be read on, when more is needed in memory.
    pub(crate) fn wants_from(&self) -> Option<u64> {
        let room = self.ready.len() < WINDOW / 2 && self.parked + self.waiting.len() < PARKED;
        (!self.complete && room && !self.takers.is_empty()).then_some(self.cursor)
    }

    /// Whether the window takes one more while the file is read.
    pub(crate) fn has_room(&self) -> bool {
        self.ready.len() < WINDOW && self.parked + self.waiting.len() < PARKED
    }

    /// The file was read to its end.
    pub(crate) fn read_all(&mut self) {
        self.complete = true;
    }

    /// A message was added to the file.
    pub(crate) fn enqueued(&mut self, seq: u64, key: Option<u64>) {
        if self.complete && self.has_room() && !self.takers.is_empty() {
            self.admit(seq, key, None);
        } else {
            self.complete = false;
        }
    }

    /// Takes a message into the window; `due` when it has to wait.
    pub(crate) fn admit(&mut self, seq: u64, key: Option<u64>, due: Option<Timestamp>) {
        self.cursor = seq + 1;
        if let Some(key) = key {
            if let Some(behind) = self.busy.get_mut(&key) {
                behind.push_back(seq);
                self.parked += 1;
                return;
            }
            self.busy.insert(key, VecDeque::new());
            self.keys.insert(seq, key);
        }
        match due {
            Some(due) => self.waiting.insert((due, seq)),
            None => self.ready.insert(seq),
        };
    }

    /// The next message and who gets it; the caller sends it or calls [`Self::finished`].
    pub(crate) fn next(&mut self) -> Option<(u64, UnboundedSender<M>)> {
        let free = self.takers.iter_mut().filter(|taker| taker.taken < taker.prefetch);
        let taker = free.min_by_key(|taker| taker.taken)?;
        let seq = self.ready.pop_first()?;
        taker.taken += 1;
        self.flight.insert(seq, taker.id);
        Some((seq, taker.outbox.clone()))
    }

    /// The same with its content; a message that can not be read stays ready.
    pub(crate) fn next_read<T, E>(
        &mut self,
        read: impl FnOnce(u64) -> Result<T, E>,
    ) -> Result<Option<(u64, UnboundedSender<M>, T)>, E> {
        let Some((seq, outbox)) = self.next() else { return Ok(None) };
        match read(seq) {
            Ok(content) => Ok(Some((seq, outbox, content))),
            Err(error) => {
                self.give_back(seq);
                Err(error)
            }
        }
    }

    /// The message is gone: the next of its key may go.
    pub(crate) fn finished(&mut self, seq: u64) {
        self.land(seq);
        self.ready.remove(&seq);
        self.returned.remove(&seq);
        if let Some(key) = self.keys.remove(&seq) {
            match self.busy.get_mut(&key).and_then(VecDeque::pop_front) {
                Some(next) => {
                    self.parked -= 1;
                    self.keys.insert(next, key);
                    self.ready.insert(next);
                }
                None => {
                    self.busy.remove(&key);
                }
            }
        }
        self.rest();
    }

    /// The message waits for its next try; its key stays occupied.
    pub(crate) fn delayed(&mut self, seq: u64, due: Timestamp) {
        self.land(seq);
        self.waiting.insert((due, seq));
        self.rest();
    }

    /// A consumer had the message and went away: how often that happened.
    pub(crate) fn note_return(&mut self, seq: u64) -> u32 {
        let times = self.returned.entry(seq).or_default();
        *times += 1;
        *times
    }

    /// The message can be handed out again.
    pub(crate) fn give_back(&mut self, seq: u64) {
        if self.land(seq) {
            self.ready.insert(seq);
        }
        self.rest();
    }

    /// What is due becomes ready.
    pub(crate) fn wake(&mut self, now: Timestamp) {
        while let Some((due, seq)) = self.waiting.first().copied().filter(|(due, _)| *due <= now) {
            self.waiting.remove(&(due, seq));
            self.ready.insert(seq);
        }
    }

    fn land(&mut self, seq: u64) -> bool {
        let Some(consumer) = self.flight.remove(&seq) else { return false };
        if let Some(taker) = self.takers.iter_mut().find(|taker| taker.id == consumer) {
            taker.taken -= 1;
        }
        true
    }

    /// Nobody takes and nobody has anything: the file knows it all.
    fn rest(&mut self) {
        if self.takers.is_empty() && self.flight.is_empty() {
            *self = Self { returned: std::mem::take(&mut self.returned), ..Self::default() };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_could_not_be_read_took_a_place_of_its_consumer_for_ever() {
        let (outbox, _inbox) = tokio::sync::mpsc::unbounded_channel::<()>();
        let mut index = Index::default();
        index.add_consumer(1, 1, outbox);
        index.admit(7, None, None);
        assert_eq!(index.next_read(|_| Err::<(), _>("the disk")).err(), Some("the disk"));
        assert_eq!(index.unacked(), 0);
        assert!(index.next_read(Ok::<_, ()>).unwrap().is_some_and(|(seq, _, read)| (seq, read) == (7, 7)));
    }
}
