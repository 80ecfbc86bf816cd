//! Counts what really comes out.

use std::cell::RefCell;
use std::io::{self, Read};
use std::rc::Rc;
use std::time::Instant;

use crate::{ArchiveError, Limits};

/// Bytes below this are never a bomb, whatever they were packed to.
const RATIO_FROM: u64 = 1 << 20;

/// Shared by all readers of one archive.
#[derive(Clone)]
pub(crate) struct Meter {
    state: Rc<RefCell<State>>,
}

struct State {
    limits: Limits,
    packed: u64,
    unpacked: u64,
    until: Instant,
    broken: Option<ArchiveError>,
}

impl Meter {
    pub(crate) fn new(limits: &Limits, packed: u64) -> Self {
        let until = Instant::now() + limits.time;
        let state = State { limits: limits.clone(), packed: packed.max(1), unpacked: 0, until, broken: None };
        Self { state: Rc::new(RefCell::new(state)) }
    }

    pub(crate) fn around<R: Read>(&self, inner: R) -> Metered<R> {
        Metered { inner, meter: self.clone() }
    }

    /// The reason behind an I/O error: a passed limit, or else a damaged archive.
    pub(crate) fn reason(&self, error: &io::Error) -> ArchiveError {
        self.state
            .borrow_mut()
            .broken
            .take()
            .unwrap_or_else(|| ArchiveError::Damaged(plain(&error.to_string())))
    }
}

/// One line, without the full stop that the sentence around it has.
pub(crate) fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").trim_end_matches('.').chars().take(200).collect()
}

/// A reader whose bytes are counted.
pub(crate) struct Metered<R> {
    inner: R,
    meter: Meter,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let mut state = self.meter.state.borrow_mut();
        state.unpacked += read as u64;
        let limits = &state.limits;
        let broken = if state.unpacked > limits.unpacked {
            Some(ArchiveError::TooLarge { max: limits.unpacked })
        } else if state.unpacked > RATIO_FROM && state.unpacked / state.packed > limits.ratio {
            Some(ArchiveError::Ratio { max: limits.ratio })
        } else if Instant::now() > state.until {
            Some(ArchiveError::TooSlow)
        } else {
            None
        };
        match broken {
            Some(reason) => {
                state.broken = Some(reason);
                Err(io::Error::other("a limit was passed"))
            }
            None => Ok(read),
        }
    }
}
