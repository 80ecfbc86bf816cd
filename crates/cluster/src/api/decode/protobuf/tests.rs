use serde_json::json;

use super::*;

/// A field with bytes; all lengths here are below 128.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    [&[number << 3 | 2, u8::try_from(bytes.len()).unwrap()], bytes].concat()
}

fn body(api_version: &str, kind: &str, object: &[u8]) -> Vec<u8> {
    let meta = [field(1, api_version.as_bytes()), field(2, kind.as_bytes())].concat();
    [MAGIC.to_vec(), field(1, &meta), field(2, object)].concat()
}

#[test]
fn every_message_that_a_field_names_is_there_or_one_value() {
    for (message, fields) in MESSAGES.iter() {
        for field in fields.values() {
            let Kind::Message(inner) = field.kind else { continue };
            let known = MESSAGES.contains_key(inner) || values::special(inner, &[]).unwrap().is_some();
            assert!(known, "{inner}, a field of {message}");
        }
    }
}

#[test]
fn text_maps_lists_and_bytes_are_read() {
    let metadata = [field(1, b"cm"), field(3, b"")].concat();
    let data = field(2, &[field(1, b"key"), field(2, b"value")].concat());
    let empty = field(2, &field(1, b"empty"));
    let binary = field(3, &[field(1, b"b"), field(2, &[0, 255])].concat());
    let object = [field(1, &metadata), data, empty, binary].concat();
    assert_eq!(
        read(&body("v1", "ConfigMap", &object)).unwrap(),
        json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "cm"},
            "data": {"key": "value", "empty": ""}, "binaryData": {"b": "AP8="},
        })
    );
    let rule = [field(1, b"get"), field(2, b""), field(3, b"pods")].concat();
    let role = read(&body("rbac.authorization.k8s.io/v1", "Role", &field(2, &rule))).unwrap();
    assert_eq!(role["rules"], json!([{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}]));
}

#[test]
fn a_zero_is_kept_where_it_is_not_the_same_as_nothing() {
    // replicas 0, paused false, minReadySeconds 0.
    let spec = [vec![1 << 3, 0], vec![7 << 3, 0], vec![5 << 3, 0]].concat();
    let read = read(&body("apps/v1", "Deployment", &field(2, &spec))).unwrap();
    assert_eq!(read["spec"], json!({"replicas": 0}));
}

#[test]
fn what_is_no_protobuf_is_refused_with_a_sentence() {
    assert!(matches!(read(b"{}"), Err(Refusal::Damaged(_))));
    assert_eq!(read(&body("example.com/v1", "Widget", b"")), Err(Refusal::Unknown));
    let object = field(1, &field(1, b"cm"));
    let whole = body("v1", "ConfigMap", &object);
    // Without the object it is one that is empty.
    let between = whole.len() - field(2, &object).len();
    for length in (MAGIC.len() + 1..whole.len()).filter(|length| *length != between) {
        assert!(read(&whole[..length]).is_err(), "{length} bytes of {}", whole.len());
    }
}
