//! Quantities of resources, as far as the node acts on them.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

const SUFFIXES: [(&str, f64); 13] = [
    ("Ki", 1024.0),
    ("Mi", 1_048_576.0),
    ("Gi", 1_073_741_824.0),
    ("Ti", 1_099_511_627_776.0),
    ("Pi", 1_125_899_906_842_624.0),
    ("n", 1e-9),
    ("u", 1e-6),
    ("m", 1e-3),
    ("k", 1e3),
    ("M", 1e6),
    ("G", 1e9),
    ("T", 1e12),
    ("P", 1e15),
];

/// The value in units (bytes, cores); none for text that is no quantity, which validation refuses.
pub(super) fn value(quantity: &Quantity) -> Option<f64> {
    let text = quantity.0.trim();
    let (number, factor) = SUFFIXES
        .iter()
        .find_map(|(suffix, factor)| Some((text.strip_suffix(suffix)?, *factor)))
        .unwrap_or((text, 1.0));
    number.parse::<f64>().ok().map(|number| number * factor)
}

/// A whole number of units of one resource of a list.
pub(super) fn whole(list: Option<&BTreeMap<String, Quantity>>, name: &str) -> Option<u64> {
    let value = value(list?.get(name)?)?.ceil();
    (value > 0.0).then_some(value as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_have_binary_and_decimal_suffixes() {
        let of = |text: &str| value(&Quantity(text.into()));
        assert_eq!(of("24Mi"), Some(25_165_824.0));
        assert_eq!(of("500m"), Some(0.5));
        assert_eq!(of("1e3"), Some(1000.0));
        assert_eq!(of("2G"), Some(2e9));
        assert_eq!(of("many"), None);
    }
}
