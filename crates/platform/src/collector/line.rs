//! A line of a Pod's log: the stamp that Kubernetes puts before it, and the platform's own JSON in it.

use std::fmt;

use domain::{
    Timestamp,
    log::{Level, Stream},
};
use serde_json::{Map, Value};
use store::NewLine;

/// A line with its stamp.
pub(super) struct Parsed {
    /// RFC 3339 with nanoseconds, as Kubernetes wrote it; empty when it did not.
    pub(super) stamp: String,
    pub(super) line: NewLine,
}

/// How far a log was read: the newest stamp, and how many lines had it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Position {
    stamp: String,
    count: u64,
}

impl Position {
    pub(super) fn read(text: &str) -> Option<Self> {
        let (stamp, count) = text.split_once(' ')?;
        Some(Self { stamp: stamp.to_owned(), count: count.parse().ok()? })
    }

    /// From when the log has to be read again. Kubernetes looks at whole seconds.
    pub(super) fn since(&self) -> Option<jiff::Timestamp> {
        let at: jiff::Timestamp = self.stamp.parse().ok()?;
        jiff::Timestamp::from_second(at.as_second()).ok()
    }

    /// Whether a line with this stamp was read before; counts those of the same stamp down.
    pub(super) fn covers(&mut self, stamp: &str) -> bool {
        if stamp < self.stamp.as_str() {
            return true;
        }
        if stamp == self.stamp && self.count > 0 {
            self.count -= 1;
            return true;
        }
        false
    }

    /// The position after one more line.
    pub(super) fn after(before: Option<Self>, stamp: &str) -> Self {
        match before {
            Some(before) if before.stamp == stamp => Self { count: before.count + 1, ..before },
            _ => Self { stamp: stamp.to_owned(), count: 1 },
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.stamp, self.count)
    }
}

/// Takes a raw line apart, or a piece that continues the one before it and has no stamp of its own.
pub(super) fn parse(raw: &[u8], before: Option<&str>, now: Timestamp) -> Parsed {
    let text = String::from_utf8_lossy(raw);
    if let Some(stamp) = before {
        let at = stamp.parse().unwrap_or(now);
        return Parsed { stamp: stamp.to_owned(), line: plain(&text, at) };
    }
    let (stamp, rest) = match text.split_once(' ') {
        Some((stamp, rest)) if stamp.parse::<Timestamp>().is_ok() => (stamp, rest),
        _ if text.parse::<Timestamp>().is_ok() => (&*text, ""),
        _ => ("", &*text),
    };
    let at = stamp.parse().unwrap_or(now);
    let line = structured(rest, at).unwrap_or_else(|| plain(rest, at));
    Parsed { stamp: stamp.to_owned(), line }
}

fn plain(text: &str, at: Timestamp) -> NewLine {
    NewLine {
        at,
        stream: Stream::Stdout,
        level: level_of_text(text),
        text: text.to_owned(),
        group: None,
        correlation: None,
    }
}

/// Fields that are told in another way, or say nothing on the function's own page.
const KNOWN: [&str; 12] = [
    "level",
    "ts",
    "at",
    "msg",
    "text",
    "stream",
    "group",
    "correlationid",
    "eventid",
    "function",
    "tenant",
    "number",
];

/// A line of a wrapper or of the builder: JSON with a message.
fn structured(text: &str, at: Timestamp) -> Option<NewLine> {
    if !text.starts_with('{') {
        return None;
    }
    let fields: Map<String, Value> = serde_json::from_str(text).ok()?;
    let get = |name: &str| fields.get(name).and_then(Value::as_str);
    let message = get("msg").or_else(|| get("text"))?;
    let mut shown = message.to_owned();
    for (name, value) in fields.iter().filter(|(name, _)| !KNOWN.contains(&name.as_str())) {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        shown.push_str(&format!(" {name}={value}"));
    }
    Some(NewLine {
        at: get("ts").or_else(|| get("at")).and_then(|text| text.parse().ok()).unwrap_or(at),
        stream: match get("stream") {
            Some("stderr") => Stream::Stderr,
            Some("platform") => Stream::Platform,
            _ => Stream::Stdout,
        },
        level: get("level").and_then(level_of_name).unwrap_or(Level::Info),
        text: shown,
        group: get("group").map(str::to_owned),
        correlation: get("correlationid").map(str::to_owned),
    })
}

fn level_of_name(name: &str) -> Option<Level> {
    match name.to_ascii_lowercase().as_str() {
        "debug" | "trace" => Some(Level::Debug),
        "info" | "notice" => Some(Level::Info),
        "warn" | "warning" => Some(Level::Warn),
        "error" | "critical" | "fatal" => Some(Level::Error),
        _ => None,
    }
}

/// `ERROR …`, `[warn] …`, `WARNING: …` at the beginning of a line.
fn level_of_text(text: &str) -> Level {
    let word: String =
        text.trim_start_matches(['[', ' ']).chars().take_while(char::is_ascii_alphabetic).collect();
    if word.len() > 8 { Level::Info } else { level_of_name(&word).unwrap_or(Level::Info) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> NewLine {
        parse(text.as_bytes(), None, Timestamp::default()).line
    }

    #[test]
    fn a_line_of_the_wrapper_is_taken_apart() {
        let parsed = line(
            r#"2026-11-23T06:00:00.123456789Z {"level":"error","ts":"2026-11-23T06:00:00.100Z","msg":"boom","correlationid":"c-1","eventid":"e-1","duration_ms":5}"#,
        );
        assert_eq!((parsed.level, parsed.text.as_str()), (Level::Error, "boom duration_ms=5"));
        assert_eq!(parsed.correlation.as_deref(), Some("c-1"));
        assert_eq!(parsed.at.to_string(), "2026-11-23T06:00:00.100Z");
    }

    #[test]
    fn a_plain_line_keeps_its_text_and_gets_its_stamp() {
        let parsed = line("2026-11-23T06:00:00.123456789Z   WARNING: two  spaces {");
        assert_eq!(parsed.text, "  WARNING: two  spaces {");
        assert_eq!((parsed.level, parsed.at.to_string().as_str()), (Level::Warn, "2026-11-23T06:00:00.123Z"));
        assert_eq!(line("2026-11-23T06:00:00Z ").text, "");
        assert_eq!(line("no stamp").text, "no stamp");
    }

    #[test]
    fn a_piece_of_a_long_line_lost_the_stamp_of_its_line() {
        let stamp = "2026-11-23T06:00:00.123456789Z";
        let piece = parse(b"2026-11-23T07:00:00Z is text here", Some(stamp), Timestamp::default());
        assert_eq!(
            (piece.stamp.as_str(), piece.line.at.to_string().as_str()),
            (stamp, "2026-11-23T06:00:00.123Z")
        );
        assert_eq!(piece.line.text, "2026-11-23T07:00:00Z is text here");
    }

    #[test]
    fn reading_again_from_a_position_skips_what_was_read() {
        let mut position = None;
        for stamp in ["a1", "a2", "a2"] {
            position = Some(Position::after(position, stamp));
        }
        let mut seen = Position::read(&position.unwrap().to_string()).unwrap();
        let again = ["a1", "a2", "a2", "a2", "a3"];
        let fresh: Vec<_> = again.into_iter().filter(|stamp| !seen.covers(stamp)).collect();
        assert_eq!(fresh, ["a2", "a3"], "the third line of the same stamp is new");
    }
}
