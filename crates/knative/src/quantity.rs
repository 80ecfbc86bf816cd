//! `resource.Quantity`: amounts of cpu, memory and counts, exact to a billionth, written as Kubernetes
//! writes them.

use std::fmt;

const NANO: i128 = 1_000_000_000;

/// An amount and the family of suffixes in which it is written.
#[derive(Clone, Copy, Debug)]
pub struct Quantity {
    nano: i128,
    form: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// `m`, none, `k`, `M`, …
    Decimal,
    /// `Ki`, `Mi`, …
    Binary,
    /// `e3`.
    Exponent,
}

const BINARY: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const DECIMAL: [(&str, i32); 10] =
    [("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];

impl Quantity {
    /// Nothing.
    pub const ZERO: Quantity = Quantity { nano: 0, form: Form::Decimal };

    /// Reads `1`, `500m`, `1.5Gi`, `2e3`; `None` for anything else. Finer than a billionth is rounded up.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.find(|c: char| !(c.is_ascii_digit() || "+-.".contains(c))).unwrap_or(text.len());
        // The sign of an exponent belongs to the suffix, that of the number comes first.
        let (number, suffix) = text.split_at(digits);
        let (negative, number) = match number.as_bytes().first()? {
            b'-' => (true, &number[1..]),
            b'+' => (false, &number[1..]),
            _ => (false, number),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let plain = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !plain(whole) || !plain(fraction) {
            return None;
        }
        let (form, binary, exponent) = suffix_of(suffix)?;
        let mut value: i128 = format!("{whole}{fraction}").parse().ok()?;
        let mut exponent = exponent + 9 - i32::try_from(fraction.len()).ok()?;
        value = value.checked_mul(1024_i128.checked_pow(binary)?)?;
        while exponent > 0 {
            value = value.checked_mul(10)?;
            exponent -= 1;
        }
        let mut rest = false;
        while exponent < 0 && value != 0 {
            rest |= value % 10 != 0;
            value /= 10;
            exponent += 1;
        }
        value += i128::from(rest);
        Some(Quantity { nano: if negative { -value } else { value }, form })
    }

    /// A plain number, without a suffix.
    pub fn from_whole(value: i64) -> Self {
        Quantity { nano: i128::from(value) * NANO, form: Form::Decimal }
    }

    /// The amount in billionths.
    pub fn nano(&self) -> i128 {
        self.nano
    }

    /// The nearest number: bytes, cores.
    pub fn value(&self) -> f64 {
        self.nano as f64 / NANO as f64
    }

    /// The amount as a whole number, if it is one that fits.
    pub fn whole(&self) -> Option<i64> {
        (self.nano % NANO == 0).then(|| i64::try_from(self.nano / NANO).ok()).flatten()
    }

    /// Below zero.
    pub fn is_negative(&self) -> bool {
        self.nano < 0
    }

    /// The sum, written as the first is, or as the second where the first is zero.
    pub fn plus(&self, other: &Self) -> Self {
        let form = if self.nano == 0 { other.form } else { self.form };
        Quantity { nano: self.nano.saturating_add(other.nano), form }
    }

    /// The difference, written as [`Quantity::plus`] writes.
    pub fn minus(&self, other: &Self) -> Self {
        self.plus(&Quantity { nano: -other.nano, form: other.form })
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.nano == other.nano
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.nano.cmp(&other.nano)
    }
}

/// The form of a suffix, its power of 1024 and its power of ten.
fn suffix_of(suffix: &str) -> Option<(Form, u32, i32)> {
    if let Some(power) = BINARY.iter().position(|known| !known.is_empty() && *known == suffix) {
        return Some((Form::Binary, u32::try_from(power).ok()?, 0));
    }
    if let Some((_, power)) = DECIMAL.iter().find(|(known, _)| *known == suffix) {
        return Some((Form::Decimal, 0, *power));
    }
    let exponent = suffix.strip_prefix(['e', 'E'])?;
    let power: i32 = exponent.parse().ok()?;
    (-40..=40).contains(&power).then_some((Form::Exponent, 0, power))
}

impl fmt::Display for Quantity {
    /// The largest suffix with which the number stays whole.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.nano == 0 {
            return f.write_str("0");
        }
        let below_kilo = self.nano.abs() < 1024 * NANO;
        if self.form == Form::Binary && !below_kilo && self.nano % NANO == 0 {
            let (mut value, mut power) = (self.nano / NANO, 0);
            while value % 1024 == 0 && power + 1 < BINARY.len() {
                value /= 1024;
                power += 1;
            }
            return write!(f, "{value}{}", BINARY[power]);
        }
        let (mut value, mut power) = (self.nano, 0);
        while value % 1000 == 0 && power + 1 < DECIMAL.len() {
            value /= 1000;
            power += 1;
        }
        match (self.form, DECIMAL[power].1) {
            (Form::Exponent, 0) => write!(f, "{value}"),
            (Form::Exponent, exponent) => write!(f, "{value}e{exponent}"),
            _ => write!(f, "{value}{}", DECIMAL[power].0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        Quantity::parse(text).map_or_else(|| "none".to_owned(), |quantity| quantity.to_string())
    }

    #[test]
    fn amounts_are_written_in_their_shortest_whole_form() {
        for (given, expected) in [
            ("1", "1"),
            ("1000m", "1"),
            ("0.5", "500m"),
            ("1024Mi", "1Gi"),
            ("1.5Gi", "1536Mi"),
            ("512Mi", "512Mi"),
            ("2000", "2k"),
            ("0", "0"),
            ("2e3", "2e3"),
            ("-1", "-1"),
            ("0.1n", "1n"),
            ("100Ki", "100Ki"),
        ] {
            assert_eq!(written(given), expected, "{given}");
        }
    }

    #[test]
    fn words_are_no_amounts() {
        for text in ["", "lots", "1x", "1 Gi", "-", ".", "1.2.3"] {
            assert!(Quantity::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn sums_keep_the_form_of_what_was_there() {
        let sum = Quantity::parse("512Mi").unwrap().plus(&Quantity::parse("768Mi").unwrap());
        assert_eq!(sum.to_string(), "1280Mi");
        assert!(Quantity::parse("1Gi").unwrap() < sum);
    }
}
