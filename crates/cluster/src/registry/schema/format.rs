//! The formats of text that an API server checks; others are not checked.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

use base64::Engine;
use knative::go_duration;
use regex::Regex;

/// Whether `text` has the format, or the format is not one that is checked.
pub fn holds(format: &str, text: &str) -> bool {
    match format {
        "date-time" | "datetime" => is_date_time(text),
        "date" => text.parse::<jiff::civil::Date>().is_ok() && text.len() == 10,
        "duration" => is_duration(text),
        "ipv4" => text.parse::<Ipv4Addr>().is_ok(),
        "ipv6" => text.parse::<Ipv6Addr>().is_ok(),
        "cidr" => is_cidr(text),
        "email" => EMAIL.is_match(text),
        "hostname" => text.len() <= 255 && HOSTNAME.is_match(text),
        "uri" => is_uri(text),
        "mac" => MAC.is_match(text),
        "uuid" | "uuid3" | "uuid4" | "uuid5" => is_uuid(format, text),
        "byte" => base64::engine::general_purpose::STANDARD.decode(text).is_ok(),
        "hexcolor" => HEX_COLOR.is_match(text),
        "bsonobjectid" => text.len() == 24 && text.bytes().all(|b| b.is_ascii_hexdigit()),
        "k8s-short-name" => text.len() <= 63 && DNS_LABEL.is_match(text),
        "k8s-long-name" => text.len() <= 253 && DNS_SUBDOMAIN.is_match(text),
        _ => true,
    }
}

macro_rules! patterns {
    ($($name:ident = $pattern:literal;)*) => {$(
        static $name: LazyLock<Regex> =
            LazyLock::new(|| Regex::new($pattern).expect("the pattern is a constant of this file"));
    )*};
}

patterns! {
    EMAIL = r"^[^@\s]+@[^@\s]+$";
    HOSTNAME = r"^([a-zA-Z0-9\p{L}_]([a-zA-Z0-9\p{L}_-]*[a-zA-Z0-9\p{L}_])?)(\.[a-zA-Z0-9\p{L}_]([a-zA-Z0-9\p{L}_-]*[a-zA-Z0-9\p{L}_])?)*\.?$";
    MAC = r"^([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}$";
    HEX_COLOR = r"^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$";
    DNS_LABEL = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$";
    DNS_SUBDOMAIN = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";
    DATE_TIME = r"^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:?\d{2})?$";
    WORDED_DURATION = r"(?i)^\s*(\d+(\.\d+)?)\s*(ns|nano|us|µs|micro|ms|milli|s|sec|second|m|min|minute|h|hr|hour|d|day|w|wk|week)s?\s*$";
}

fn is_date_time(text: &str) -> bool {
    DATE_TIME.is_match(text)
        && text
            .get(..19)
            .unwrap_or_default()
            .replacen(' ', "T", 1)
            .to_ascii_uppercase()
            .parse::<jiff::civil::DateTime>()
            .is_ok()
}

fn is_duration(text: &str) -> bool {
    go_duration::nanos(text).is_some() || WORDED_DURATION.is_match(text)
}

fn is_cidr(text: &str) -> bool {
    let Some((address, length)) = text.split_once('/') else {
        return false;
    };
    match (address.parse::<IpAddr>(), length.parse::<u8>()) {
        (Ok(IpAddr::V4(_)), Ok(length)) => length <= 32,
        (Ok(IpAddr::V6(_)), Ok(length)) => length <= 128,
        _ => false,
    }
}

/// An absolute URI or an absolute path, as Go's `url.ParseRequestURI` takes them.
fn is_uri(text: &str) -> bool {
    if text.starts_with('/') {
        return true;
    }
    text.split_once(':').is_some_and(|(scheme, rest)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
            && !rest.is_empty()
            && !text.contains(|c: char| c.is_whitespace() || c.is_control())
    })
}

fn is_uuid(format: &str, text: &str) -> bool {
    let Ok(id) = text.parse::<uuid::Uuid>() else {
        return false;
    };
    match format.strip_prefix("uuid") {
        Some("") | None => true,
        Some(version) => version.parse().is_ok_and(|n: usize| id.get_version_num() == n),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_the_wire_are_date_times_and_words_are_not() {
        assert!(holds("date-time", "2026-01-02T03:04:05Z"));
        assert!(holds("date-time", "2026-01-02T03:04:05.123456+02:00"));
        assert!(!holds("date-time", "yesterday"));
        assert!(!holds("date-time", "2026-13-02T03:04:05Z"));
    }

    #[test]
    fn durations_are_those_of_go() {
        assert!(holds("duration", "1h30m"));
        assert!(holds("duration", "3 days"));
        assert!(!holds("duration", "1x"));
        assert!(!holds("duration", "soon"));
    }
}
