//! The build's log: JSON lines on standard output, which the platform collects.

use std::io::Write;
use std::sync::{Arc, Mutex};

use domain::build::StepName;
use domain::log::{Level, Stream};
use domain::{Clock, SystemClock, Timestamp};
use serde::Serialize;

/// One line; its number is given by the collector.
#[derive(Serialize)]
struct Line<'a> {
    at: Timestamp,
    stream: Stream,
    level: Level,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<&'a str>,
    text: &'a str,
}

/// Cheap to clone; lines are never mixed.
#[derive(Clone)]
pub(crate) struct Log {
    out: Arc<Mutex<dyn Write + Send>>,
    group: Option<StepName>,
}

impl Log {
    pub(crate) fn new(out: impl Write + Send + 'static) -> Self {
        Self { out: Arc::new(Mutex::new(out)), group: None }
    }

    /// The same log for the lines of a step.
    pub(crate) fn step(&self, name: StepName) -> Self {
        Self { out: self.out.clone(), group: Some(name) }
    }

    /// Our own words.
    pub(crate) fn say(&self, text: impl AsRef<str>) {
        self.line(Stream::Platform, Level::Info, text.as_ref());
    }

    /// Why the build fails.
    pub(crate) fn error(&self, text: impl AsRef<str>) {
        self.line(Stream::Platform, Level::Error, text.as_ref());
    }

    pub(crate) fn line(&self, stream: Stream, level: Level, text: &str) {
        let group = self.group.map(StepName::as_str);
        let line = Line { at: SystemClock.now(), stream, level, group, text };
        let Ok(mut bytes) = serde_json::to_vec(&line) else { return };
        bytes.push(b'\n');
        if let Ok(mut out) = self.out.lock() {
            // Nobody listens any more: the build goes on all the same.
            let _ = out.write_all(&bytes).and_then(|()| out.flush());
        }
    }
}
