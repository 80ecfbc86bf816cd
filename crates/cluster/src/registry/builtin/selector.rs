//! Label selectors inside objects (`matchLabels`, `matchExpressions`).

use serde_json::Value;

/// Whether a `LabelSelector` matches labels; an absent one matches nothing, an empty one everything.
pub(super) fn matches(selector: &Value, labels: &Value) -> bool {
    if !selector.is_object() {
        return false;
    }
    let same = |(key, value): (&String, &Value)| labels.get(key) == Some(value);
    let labels_match = selector["matchLabels"].as_object().is_none_or(|wanted| wanted.iter().all(same));
    let expressions = selector["matchExpressions"].as_array().into_iter().flatten();
    labels_match && expressions.into_iter().all(|expression| holds(expression, labels))
}

fn holds(expression: &Value, labels: &Value) -> bool {
    let key = expression["key"].as_str().unwrap_or_default();
    let value = labels.get(key);
    let listed =
        || expression["values"].as_array().is_some_and(|list| value.is_some_and(|one| list.contains(one)));
    match expression["operator"].as_str().unwrap_or_default() {
        "In" => listed(),
        "NotIn" => !listed(),
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        _ => false,
    }
}
