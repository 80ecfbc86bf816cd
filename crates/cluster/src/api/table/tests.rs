//! Ages, paths and rows.

use serde_json::json;

use super::*;
use crate::registry::resources::Resources;

#[test]
fn ages_have_fewer_units_the_longer_they_are() {
    let start = Timestamp::UNIX_EPOCH;
    let after = |seconds: i64| age::between(start, Timestamp::from_second(seconds).unwrap());
    for (seconds, expected) in [
        (0, "0s"),
        (119, "119s"),
        (125, "2m5s"),
        (600, "10m"),
        (3 * 3600, "3h"),
        (3 * 3600 + 60, "3h1m"),
        (30 * 3600, "30h"),
        (50 * 3600, "2d2h"),
        (20 * 86400, "20d"),
        (800 * 86400, "2y70d"),
    ] {
        assert_eq!(after(seconds), expected);
    }
}

#[test]
fn paths_find_fields_elements_and_what_a_filter_leaves() {
    let value = json!({"a": {"b.c": 1, "list": [{"t": "X", "s": 1}, {"t": "Y", "s": 2}]}});
    let first = |path: &str| JsonPath::parse(path).unwrap().first(&value).cloned();
    assert_eq!(first(".a.list[?(@.t=='Y')].s"), Some(json!(2)));
    assert_eq!(first(".a.list[1].t"), Some(json!("Y")));
    assert_eq!(first(".a['b.c']"), Some(json!(1)));
    assert_eq!(first(r".a.b\.c"), Some(json!(1)));
    assert_eq!(first(".a.none"), None);
    assert!(JsonPath::parse(".a[").is_none());
}

#[test]
fn a_pod_that_waits_shows_why() {
    let resources = Resources::default();
    let pods = resources.find("", "v1", "pods").unwrap();
    let pod: Object = json!({"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c"}]}, "status": {
        "phase": "Pending", "containerStatuses": [{"name": "c", "ready": false, "restartCount": 2,
            "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]}})
    .into();
    let table = render(pods, &[&pod], &json!({}), IncludeObject::None, true, Timestamp::UNIX_EPOCH);
    let expected =
        json!(["p", "0/1", "CrashLoopBackOff", "2", "<unknown>", "<none>", "<none>", "<none>", "<none>"]);
    assert_eq!(table["rows"][0]["cells"], expected);
}
