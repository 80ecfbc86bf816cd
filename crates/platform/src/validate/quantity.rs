//! Kubernetes quantities and Go durations, as far as the platform's fields use them.

/// A quantity in thousandths of its unit: `50m` is 50, `1` is 1,000, `1Ki` is 1,024,000.
pub(crate) fn milli(text: &str) -> Option<u128> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let scale: u128 = match unit {
        "m" => 1,
        "" => 1_000,
        "k" => 1_000_000,
        "M" => 1_000_000_000,
        "G" => 1_000_000_000_000,
        "T" => 1_000_000_000_000_000,
        "Ki" => 1_000 << 10,
        "Mi" => 1_000 << 20,
        "Gi" => 1_000 << 30,
        "Ti" => 1_000 << 40,
        _ => return None,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty()
        || whole.len() > 15
        || fraction.len() > 9
        || (number.contains('.') && fraction.is_empty())
    {
        return None;
    }
    let part = if fraction.is_empty() {
        0
    } else {
        fraction.parse::<u128>().ok()? * scale / 10u128.pow(fraction.len() as u32)
    };
    Some(whole.parse::<u128>().ok()? * scale + part)
}

/// A duration as Go writes it (`1h30m`, `250ms`) in milliseconds.
pub(crate) fn duration_millis(text: &str) -> Option<u64> {
    let mut rest = text;
    let mut sum: u64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let scale = match &rest[..unit] {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => return None,
        };
        sum = sum.checked_add(number.checked_mul(scale)?)?;
        rest = &rest[unit..];
    }
    (!text.is_empty()).then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_of_different_units_compare() {
        assert_eq!(milli("50m"), Some(50));
        assert_eq!(milli("0.5"), Some(500));
        assert!(milli("1Gi") > milli("1G"));
        for bad in ["", "x", "1X", ".5", "1.", "-1", "1e3"] {
            assert_eq!(milli(bad), None, "{bad}");
        }
    }

    #[test]
    fn durations_are_read_as_go_writes_them() {
        assert_eq!(duration_millis("1h30m"), Some(5_400_000));
        assert_eq!(duration_millis("250ms"), Some(250));
        for bad in ["", "30", "m", "1d", "1h-1m", "99999999999999999999h"] {
            assert_eq!(duration_millis(bad), None, "{bad}");
        }
    }
}
