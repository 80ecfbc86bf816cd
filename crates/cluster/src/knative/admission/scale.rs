//! The autoscaling annotations.

use std::time::Duration;

use knative::go_duration;
use knative::serving::annotation;
use serde_json::Value;

use super::error::{Errors, out_of_bounds, refuse, refuse_all};

const HOUR: Duration = Duration::from_hours(1);
const SHORTEST_WINDOW: Duration = Duration::from_secs(6);

/// Checks the annotations of a template; `at` is their path.
pub(super) fn check(errors: &mut Errors, annotations: &Value, at: &str) {
    let text = |key: &str| annotations.get(key).and_then(Value::as_str);
    let path = |key: &str| format!("{at}.{key}");
    let mut count = |key: &str| {
        let value = text(key)?;
        match value.parse::<i64>() {
            Ok(number) if (0..=i64::from(i32::MAX)).contains(&number) => return Some(number),
            Ok(number) => out_of_bounds(errors, number, 0, i32::MAX, path(key)),
            Err(_) => refuse(errors, format!("invalid value: {value}"), path(key)),
        }
        None
    };
    let (min, max) = (count(annotation::MIN_SCALE).unwrap_or(0), count(annotation::MAX_SCALE).unwrap_or(0));
    count(annotation::ACTIVATION_SCALE);
    if max != 0 && max < min {
        let paths = [path(annotation::MAX_SCALE), path(annotation::MIN_SCALE)];
        refuse_all(errors, format!("max-scale={max} is less than min-scale={min}"), paths, "");
    }
    if let Some(value) = text(annotation::INITIAL_SCALE) {
        let path = path(annotation::INITIAL_SCALE);
        match value.parse::<i32>() {
            Ok(0) => refuse(errors, "invalid value: 0", format!("{path}=0 not allowed by cluster")),
            Ok(number) if number > 0 => {}
            _ => refuse(errors, format!("invalid value: {value}"), path),
        }
    }
    for (key, low) in [
        (annotation::WINDOW, SHORTEST_WINDOW),
        (annotation::SCALE_TO_ZERO_RETENTION, Duration::ZERO),
        (annotation::SCALE_DOWN_DELAY, Duration::ZERO),
    ] {
        let Some(value) = text(key) else { continue };
        match go_duration::parse(value) {
            Some(given) if (low..=HOUR).contains(&given) => {}
            Some(given) => {
                let [given, low, high] = [given, low, HOUR].map(go_duration::format);
                out_of_bounds(errors, given, low, high, path(key));
            }
            None => refuse(errors, format!("invalid value: {value}"), path(key)),
        }
    }
    if let Some(value) = text(annotation::TARGET) {
        match value.parse::<f64>() {
            Ok(target) if target < 0.01 => {
                refuse(errors, format!("target {value} should be at least 0.01"), path(annotation::TARGET));
            }
            Ok(_) => {}
            Err(_) => refuse(errors, format!("invalid value: {value}"), path(annotation::TARGET)),
        }
    }
    for (key, low) in [(annotation::TARGET_UTILIZATION, 1.0), (annotation::PANIC_WINDOW_PERCENTAGE, 1.0)] {
        let Some(value) = text(key) else { continue };
        match value.parse::<f64>() {
            Ok(percent) if (low..=100.0).contains(&percent) => {}
            Ok(_) => out_of_bounds(errors, value, low, 100, path(key)),
            Err(_) => refuse(errors, format!("invalid value: {value}"), path(key)),
        }
    }
    if let Some(value) = text(annotation::METRIC).filter(|metric| !["concurrency", "rps"].contains(metric)) {
        refuse(errors, format!("invalid value: {value}"), path(annotation::METRIC));
    }
}
