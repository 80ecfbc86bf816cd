//! Rows as bytes.

use domain::{Timestamp, deadletter::Attempt};
use serde::{Deserialize, Serialize};

use crate::{Death, QueueSpec};

/// Layout version, the first byte of a message.
const VERSION: u8 = 1;
/// Bytes before the details: version, enqueued at, due, has key, key, attempts, length of details.
const FIXED: usize = 1 + 8 + 8 + 1 + 8 + 4 + 4;
/// Tries that are remembered; a queue that tries for ever would else grow its messages for ever.
const MAX_HISTORY: usize = 16;

/// A queue as stored.
#[derive(Serialize, Deserialize)]
pub(super) struct QueueRow {
    pub id: u32,
    pub spec: QueueSpec,
}

/// A message without its event.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Header {
    /// When it came into the queue.
    pub enqueued_at: Timestamp,
    /// Not before this time.
    pub due: Timestamp,
    /// What it waits for.
    pub key: Option<u64>,
    /// Tries that failed.
    pub attempts: u32,
    pub details: Details,
}

/// The rarely present part, as JSON.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Details {
    pub history: Vec<Attempt>,
    pub death: Option<Death>,
}

impl Header {
    pub(super) fn new(enqueued_at: Timestamp, key: Option<u64>) -> Self {
        Self { enqueued_at, key, ..Self::default() }
    }

    /// Notes a failed try.
    pub(super) fn fail(&mut self, mut attempt: Attempt) {
        self.attempts = self.attempts.saturating_add(1);
        attempt.number = i32::try_from(self.attempts).unwrap_or(i32::MAX);
        self.details.history.push(attempt);
        if self.details.history.len() > MAX_HISTORY {
            self.details.history.remove(0);
        }
    }

    /// The message's bytes.
    pub(super) fn encode(&self, body: &[u8]) -> Vec<u8> {
        let details = if self.details == Details::default() {
            Vec::new()
        } else {
            serde_json::to_vec(&self.details).unwrap_or_default()
        };
        let mut bytes = Vec::with_capacity(FIXED + details.len() + body.len());
        bytes.push(VERSION);
        bytes.extend(self.enqueued_at.as_millis().to_le_bytes());
        bytes.extend(self.due.as_millis().to_le_bytes());
        bytes.push(u8::from(self.key.is_some()));
        bytes.extend(self.key.unwrap_or_default().to_le_bytes());
        bytes.extend(self.attempts.to_le_bytes());
        bytes.extend((details.len() as u32).to_le_bytes());
        bytes.extend(details);
        bytes.extend(body);
        bytes
    }

    /// The header and the event's JSON; none when the bytes are no message.
    pub(super) fn decode(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (version, rest) = bytes.split_first()?;
        if *version != VERSION {
            return None;
        }
        let (enqueued_at, rest) = rest.split_first_chunk()?;
        let (due, rest) = rest.split_first_chunk()?;
        let (has_key, rest) = rest.split_first()?;
        let (key, rest) = rest.split_first_chunk()?;
        let (attempts, rest) = rest.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let (details, body) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        let details =
            if details.is_empty() { Details::default() } else { serde_json::from_slice(details).ok()? };
        let header = Self {
            enqueued_at: Timestamp::from_millis(i64::from_le_bytes(*enqueued_at)),
            due: Timestamp::from_millis(i64::from_le_bytes(*due)),
            key: (*has_key == 1).then(|| u64::from_le_bytes(*key)),
            attempts: u32::from_le_bytes(*attempts),
            details,
        };
        Some((header, body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_reads_back_as_it_was_written() {
        let mut header = Header::new(Timestamp::from_millis(7), Some(9));
        for written in [header.clone(), {
            header.fail(Attempt {
                number: 0,
                at: Timestamp::from_millis(8),
                status: Some(503),
                duration_ms: 1.5,
                reason: "busy".into(),
            });
            header
        }] {
            let bytes = written.encode(b"{}");
            assert_eq!(Header::decode(&bytes), Some((written, &b"{}"[..])));
        }
        assert_eq!(Header::decode(b""), None);
        assert_eq!(Header::decode(&[VERSION; 12]), None);
    }
}
