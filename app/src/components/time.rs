//! Points in time and lengths of time, in words.

use domain::Timestamp;
use leptos::prelude::*;

use crate::session;

/// "3 min ago" with the full time on hover; the browser keeps it current.
pub fn ago(at: Timestamp) -> AnyView {
    let text = relative(session::now().millis_since(at));
    view! { <time datetime=at.to_string() title=at.to_string() data-ago="">{text}</time> }.into_any()
}

/// Hour to millisecond; the browser shows its own time zone.
pub fn clock(at: Timestamp) -> AnyView {
    let (hour, minute, second, milli) = at.time_of_day();
    let text = format!("{hour:02}:{minute:02}:{second:02}.{milli:03}");
    view! { <time datetime=at.to_string() title=at.to_string() data-clock="">{text}</time> }.into_any()
}

/// Date and time of day, in UTC until the browser puts its own zone.
pub fn full(at: Timestamp) -> AnyView {
    let ((year, month, day), (hour, minute, second, _)) = (at.date(), at.time_of_day());
    let text = format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC");
    view! { <time datetime=at.to_string() title=at.to_string() data-full="">{text}</time> }.into_any()
}

/// The words of [`ago`]; who wrote a time that is still to come has a clock ahead of ours.
pub fn relative(millis: i64) -> String {
    match millis.max(0) / 1000 {
        0..5 => "just now".to_owned(),
        seconds @ 5..60 => format!("{seconds} s ago"),
        seconds @ 60..3600 => format!("{} min ago", seconds / 60),
        seconds @ 3600..86_400 => format!("{} h ago", seconds / 3600),
        seconds => format!("{} d ago", seconds / 86_400),
    }
}

/// A length of time with two or three digits: `12 ms`, `3.4 s`, `2 min 5 s`.
pub fn duration(millis: f64) -> String {
    if millis < 10.0 {
        format!("{millis:.1} ms")
    } else if millis < 1000.0 {
        format!("{millis:.0} ms")
    } else if millis < 60_000.0 {
        format!("{:.1} s", millis / 1000.0)
    } else if millis < 3_600_000.0 {
        format!("{} min {} s", millis as i64 / 60_000, millis as i64 / 1000 % 60)
    } else {
        format!("{} h {} min", millis as i64 / 3_600_000, millis as i64 / 60_000 % 60)
    }
}

/// `12.3 kB`.
pub fn bytes(size: i64) -> String {
    match size {
        ..1000 => format!("{size} B"),
        1000..1_000_000 => format!("{:.1} kB", size as f64 / 1e3),
        _ => format!("{:.1} MB", size as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_keep_two_or_three_digits() {
        assert_eq!(duration(0.42), "0.4 ms");
        assert_eq!(duration(412.3), "412 ms");
        assert_eq!(duration(3_440.0), "3.4 s");
        assert_eq!(duration(125_000.0), "2 min 5 s");
    }

    #[test]
    fn ages_are_told_in_one_unit() {
        assert_eq!(relative(0), "just now");
        assert_eq!(relative(59_000), "59 s ago");
        assert_eq!(relative(7_200_000), "2 h ago");
    }

    #[test]
    fn a_time_to_come_was_days_ago() {
        assert_eq!(relative(-1), "just now");
        assert_eq!(relative(-90_000_000), "just now");
    }
}
