//! Whether an object is as it ought to be, so that nothing is written that changes nothing.

use serde_json::Value;

/// Whether `current` has all of `wanted`; what others added does not count.
pub(crate) fn contains(current: &Value, wanted: &Value) -> bool {
    match (current, wanted) {
        (Value::Object(current), Value::Object(wanted)) => {
            wanted.iter().all(|(key, value)| current.get(key).is_some_and(|current| contains(current, value)))
        }
        (Value::Array(current), Value::Array(wanted)) => {
            current.len() == wanted.len()
                && current.iter().zip(wanted).all(|(current, wanted)| contains(current, wanted))
        }
        _ => current == wanted,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_others_added_is_no_drift_and_what_they_changed_is() {
        let wanted = json!({"spec": {"env": [{"name": "A", "value": "1"}]}});
        assert!(contains(
            &json!({"spec": {"env": [{"name": "A", "value": "1", "x": 1}], "more": 1}}),
            &wanted
        ));
        assert!(!contains(&json!({"spec": {"env": [{"name": "A", "value": "2"}]}}), &wanted));
        assert!(!contains(&json!({"spec": {"env": [{"name": "A", "value": "1"}, {"name": "B"}]}}), &wanted));
    }
}
