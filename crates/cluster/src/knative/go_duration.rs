//! Durations as Go writes them: `90s`, `1m30s`, `1h0m0s`, `250ms`.

use std::time::Duration;

/// The duration, or `None` for what Go does not read either (a negative one counts as such).
pub(super) fn parse(text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let mut rest = text;
    let mut total = 0.0_f64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        total += number
            * match &rest[..unit] {
                "ns" => 1e-9,
                "us" | "µs" => 1e-6,
                "ms" => 1e-3,
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3600.0,
                _ => return None,
            };
        rest = &rest[unit..];
    }
    if text.is_empty() { None } else { Duration::try_from_secs_f64(total).ok() }
}

/// The duration as Go prints it: `6s`, `1m0s`, `1h0m0s`, `500ms`.
pub(super) fn format(duration: Duration) -> String {
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
        for text in ["6s", "1m0s", "1h0m0s", "1m30s", "500ms", "1.5s", "0s"] {
            assert_eq!(format(parse(text).unwrap()), text);
        }
    }

    #[test]
    fn what_go_refuses_is_refused() {
        for text in ["", "10", "s", "-1s", "1x"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
