//! Durations as Go's `time.ParseDuration` reads them and `Duration.String` writes them: `90s`, `1m30s`,
//! `1h0m0s`, `250ms`. Kubernetes, Knative and the platform's own fields use this form.

use std::time::Duration;

/// Nanoseconds of each unit.
const UNITS: [(&str, i128); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// The duration in nanoseconds, which may be negative; `None` for what Go refuses, and for more than Go's 292
/// years.
pub fn nanos(text: &str) -> Option<i128> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let (number, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit() && c != '.')?);
        let (name, after) =
            after.split_at(after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len()));
        let (_, unit) = UNITS.iter().find(|(known, _)| *known == name)?;
        total = total.checked_add(product(number, *unit)?)?;
        rest = after;
    }
    i64::try_from(total).ok().map(|_| sign * total)
}

/// A decimal number of units, the rest below a nanosecond cut off.
fn product(number: &str, unit: i128) -> Option<i128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let digits =
        |text: &str| if text.is_empty() { Some(0) } else { text.parse::<u64>().ok().map(i128::from) };
    // The longest unit has 13 digits: what comes after them is below a nanosecond.
    let fraction = fraction.get(..fraction.len().min(13))?;
    let part = digits(fraction)? * unit / 10_i128.pow(u32::try_from(fraction.len()).ok()?);
    Some(digits(whole)? * unit + part)
}

/// The duration, or `None` for what Go does not read either (a negative one counts as such).
pub fn parse(text: &str) -> Option<Duration> {
    u64::try_from(nanos(text)?).ok().map(Duration::from_nanos)
}

/// The duration as Go prints it, down to milliseconds: `6s`, `1m0s`, `1h0m0s`, `500ms`.
pub fn format(duration: Duration) -> String {
    let (hours, rest) = (duration.as_secs() / 3600, duration.as_secs() % 3600);
    let (minutes, seconds) = (rest / 60, rest % 60);
    let millis = duration.subsec_millis();
    if duration.as_secs() == 0 && millis > 0 {
        return format!("{millis}ms");
    }
    let fraction =
        if millis > 0 { format!(".{millis:03}").trim_end_matches('0').to_owned() } else { String::new() };
    match (hours, minutes) {
        (0, 0) => format!("{seconds}{fraction}s"),
        (0, _) => format!("{minutes}m{seconds}{fraction}s"),
        _ => format!("{hours}h{minutes}m{seconds}{fraction}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_go_prints_is_read_back() {
        for text in ["6s", "1m0s", "1m20s", "1h0m0s", "1m30s", "500ms", "1.5s", "0s"] {
            assert_eq!(format(parse(text).unwrap()), text);
        }
    }

    #[test]
    fn every_unit_of_go_is_read_to_the_nanosecond() {
        for (text, expected) in [
            ("1h30m", 5_400_000_000_000),
            ("1.5s", 1_500_000_000),
            ("250ms", 250_000_000),
            ("7us", 7_000),
            ("7µs", 7_000),
            ("1.0000000019s", 1_000_000_001),
            (".5h", 1_800_000_000_000),
            ("-2m", -120_000_000_000),
            ("+1ns", 1),
            ("0", 0),
        ] {
            assert_eq!(nanos(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_go_refuses_is_refused() {
        for text in [
            "",
            "10",
            "s",
            "m",
            "-1s",
            "1x",
            "1d",
            "1s ",
            "1h-1m",
            ".s",
            "1.2.3s",
            "99999999999999999999h",
            "9999999h",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
