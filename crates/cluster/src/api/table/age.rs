//! How long ago something was, in the words of kubectl.

use jiff::Timestamp;

use crate::registry::object::Object;

/// The age of an object.
pub(super) fn of(object: &Object, now: Timestamp) -> String {
    since(object.text("/metadata/creationTimestamp"), now)
}

/// The time since an RFC 3339 text.
pub(super) fn since(text: &str, now: Timestamp) -> String {
    if text.is_empty() {
        return "<unknown>".to_owned();
    }
    match text.parse::<Timestamp>() {
        Ok(then) => between(then, now),
        Err(_) => "<invalid>".to_owned(),
    }
}

/// The time between two moments, with fewer units the longer it is.
pub(super) fn between(start: Timestamp, end: Timestamp) -> String {
    let seconds = end.as_second() - start.as_second();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86400);
    let pair = |big: i64, unit: char, small: i64, small_unit: char| match small {
        0 => format!("{big}{unit}"),
        _ => format!("{big}{unit}{small}{small_unit}"),
    };
    match seconds {
        ..-1 => "<invalid>".to_owned(),
        -1..=0 => "0s".to_owned(),
        _ if seconds < 120 => format!("{seconds}s"),
        _ if minutes < 10 => pair(minutes, 'm', seconds % 60, 's'),
        _ if minutes < 180 => format!("{minutes}m"),
        _ if hours < 8 => pair(hours, 'h', minutes % 60, 'm'),
        _ if hours < 48 => format!("{hours}h"),
        _ if hours < 192 => pair(days, 'd', hours % 24, 'h'),
        _ if days < 730 => format!("{days}d"),
        _ if days < 2920 => pair(days / 365, 'y', days % 365, 'd'),
        _ => format!("{}y", days / 365),
    }
}
