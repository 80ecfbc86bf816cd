//! What a program has arranged for a signal.
//!
//! The kernel ignores every signal to the first process of a process namespace for which the process has
//! no handler, so a program with the usual disposition could not be asked to end. The supervisor looks,
//! and brings about what the signal does elsewhere.

use std::fs::File;
use std::io::{Read, Seek};

use nix::sys::signal::Signal;

const ENDING: [Signal; 6] =
    [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP, Signal::SIGQUIT, Signal::SIGUSR1, Signal::SIGUSR2];

/// The kernel's word on one process, whatever it runs by now.
pub(super) struct Disposition(Option<File>);

impl Disposition {
    /// To be opened before the process makes its root: the supervisor shares its mounts, and the numbers
    /// in the new `/proc` are others.
    pub(super) fn open(process: u32) -> Self {
        Self(File::open(format!("/proc/{process}/status")).ok())
    }

    /// Whether `signal` would end the process anywhere else: it neither handles, ignores nor holds it back.
    pub(super) fn ends_by_default(&mut self, signal: Signal) -> bool {
        let Some(file) = &mut self.0 else { return false };
        let mut status = String::new();
        let read = file.rewind().and_then(|()| file.read_to_string(&mut status));
        read.is_ok() && ENDING.contains(&signal) && is_untouched(&status, signal)
    }
}

/// An unreadable status leaves the signal to the program.
fn is_untouched(status: &str, signal: Signal) -> bool {
    let bit = 1_u64 << (signal as i32 - 1);
    ["SigBlk:", "SigIgn:", "SigCgt:"].iter().all(|field| {
        let mask = status.lines().find_map(|line| line.strip_prefix(field));
        mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & bit == 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_that_is_handled_ignored_or_held_back_is_the_programs_own() {
        let status = "SigBlk:\t0000000000000001\nSigIgn:\t0000000000001000\nSigCgt:\t0000000000000002\n";
        assert!(is_untouched(status, Signal::SIGTERM));
        assert!(!is_untouched(status, Signal::SIGHUP));
        assert!(!is_untouched(status, Signal::SIGINT));
        assert!(!is_untouched(status, Signal::SIGPIPE));
        assert!(!is_untouched("", Signal::SIGTERM));
    }
}
