//! A definition with most of what schemas can say, and values that break it.

use serde_json::{Value, json};

use super::Schema;

fn schema() -> Schema {
    let size = json!({"anyOf": [{"type": "integer"}, {"type": "string"}],
        "x-kubernetes-int-or-string": true, "pattern": "^[0-9]+(Mi|Gi)?$"});
    Schema::from_openapi(&json!({
        "type": "object",
        "required": ["spec"],
        "x-kubernetes-validations": [
            {"rule": "size(self.metadata.name) <= 5", "message": "a name has at most 5 characters"}],
        "properties": {
            "spec": {
                "type": "object",
                "required": ["kind"],
                "properties": {
                    "kind": {"type": "string", "enum": ["a", "b"]},
                    "code": {"type": "string", "minLength": 1, "maxLength": 8},
                    "size": size,
                    "priority": {"type": "integer", "minimum": 1, "maximum": 10, "default": 5},
                    "env": {
                        "type": "array",
                        "items": {"type": "object", "required": ["name"], "properties": {
                            "name": {"type": "string"}, "value": {"type": "string"}}},
                        "x-kubernetes-list-type": "map",
                        "x-kubernetes-list-map-keys": ["name"]
                    },
                    "scaling": {
                        "type": "object",
                        "default": {"min": 0},
                        "properties": {
                            "min": {"type": "integer", "default": 0},
                            "max": {"type": "integer", "default": 50},
                            "a-b": {"type": "string"}
                        },
                        "x-kubernetes-validations": [{
                            "rule": "self.min <= self.max",
                            "messageExpression": "'%d is above %d'.format([self.min, self.max])"
                        }, {"rule": "!has(self.a__dash__b) || self.a__dash__b.startsWith('x')"}]
                    },
                    "language": {"type": "string", "x-kubernetes-validations": [
                        {"rule": "self == oldSelf", "message": "is immutable", "reason": "FieldValueForbidden"}]},
                    "any": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
                    "memory": {"type": "string", "x-kubernetes-validations": [
                        {"rule": "quantity(self).isLessThan(quantity('2Gi'))", "message": "too much"}]},
                    "since": {"type": "string", "format": "date-time", "x-kubernetes-validations": [
                        {"rule": "self >= timestamp('2026-01-01T00:00:00Z')", "message": "too early"}]}
                }
            },
            "status": {"type": "object", "properties": {"at": {"type": "string", "format": "date-time"}}}
        }
    }))
    .unwrap()
}

fn object(spec: Value) -> Value {
    json!({"apiVersion": "x.example/v1", "kind": "X", "metadata": {"name": "n"}, "spec": spec})
}

/// The causes as text, with what the object is filled up with.
fn wrong(spec: Value) -> Vec<String> {
    let mut object = object(spec);
    let schema = schema();
    schema.apply_defaults(&mut object);
    texts(schema.validate(&object, None))
}

fn texts(causes: Vec<crate::api::status::Cause>) -> Vec<String> {
    causes.into_iter().map(|cause| format!("{}: {}", cause.field, cause.message)).collect()
}

const SKIPPED: &str = "<nil>: Invalid value: null: some validation rules were not checked because the object \
                       was invalid; correct the existing errors to complete validation";

#[test]
fn a_valid_object_has_no_causes() {
    let spec = json!({"kind": "a", "env": [{"name": "A"}], "size": 5, "memory": "1Gi",
        "since": "2026-02-03T00:00:00Z", "scaling": {"a-b": "xy"}});
    assert_eq!(wrong(spec), Vec::<String>::new());
}

#[test]
fn a_missing_field_is_required_and_stops_the_rules() {
    assert_eq!(wrong(json!({})), ["spec.kind: Required value", SKIPPED]);
    assert_eq!(
        wrong(json!({"kind": "a", "env": [{"value": "x"}]})),
        ["spec.env[0].name: Required value", SKIPPED]
    );
}

#[test]
fn types_are_named_as_those_of_json() {
    assert_eq!(
        wrong(json!({"kind": "a", "priority": 2.5})),
        [
            "spec.priority: Invalid value: \"number\": spec.priority in body must be of type integer: \"number\"",
            "<nil>: Invalid value: \"\": Checked value must be of type integer (default format) in spec.priority",
            SKIPPED
        ]
    );
    assert_eq!(
        wrong(json!({"kind": "a", "size": "lots"})),
        ["spec.size: Invalid value: \"lots\": spec.size in body should match '^[0-9]+(Mi|Gi)?$'"]
    );
}

#[test]
fn bounds_name_the_limit() {
    assert_eq!(
        wrong(json!({"kind": "a", "priority": 11, "code": ""})),
        [
            "spec.code: Invalid value: \"\": spec.code in body should be at least 1 chars long",
            "spec.priority: Invalid value: 11: spec.priority in body should be less than or equal to 10"
        ]
    );
    assert_eq!(
        wrong(json!({"kind": "c"})),
        ["spec.kind: Unsupported value: \"c\": supported values: \"a\", \"b\"", SKIPPED]
    );
    assert_eq!(
        wrong(json!({"kind": "a", "code": "123456789"})),
        ["spec.code: Too long: may not be more than 8 bytes", SKIPPED]
    );
}

#[test]
fn a_repeated_key_of_a_list_map_is_a_duplicate() {
    assert_eq!(
        wrong(json!({"kind": "a", "env": [{"name": "A"}, {"name": "A"}]})),
        ["spec.env[1]: Duplicate value: {\"name\":\"A\"}"]
    );
}

#[test]
fn rules_speak_by_their_message_expression_message_or_source() {
    assert_eq!(
        wrong(json!({"kind": "a", "scaling": {"min": 60, "a-b": "y"}})),
        [
            "spec.scaling: Invalid value: 60 is above 50",
            "spec.scaling: Invalid value: failed rule: !has(self.a__dash__b) || self.a__dash__b.startsWith('x')"
        ]
    );
    assert_eq!(wrong(json!({"kind": "a", "memory": "3Gi"})), ["spec.memory: Invalid value: too much"]);
    assert_eq!(
        wrong(json!({"kind": "a", "since": "2025-01-01T00:00:00Z"})),
        ["spec.since: Invalid value: too early"]
    );
}

#[test]
fn a_transition_rule_compares_with_what_was_there() {
    let (schema, old) = (schema(), object(json!({"kind": "a", "language": "go"})));
    let new = object(json!({"kind": "a", "language": "rust"}));
    assert_eq!(texts(schema.validate(&new, Some(&old))), ["spec.language: Forbidden: is immutable"]);
    assert!(schema.validate(&new, None).is_empty());
}

#[test]
fn what_was_invalid_before_stays_when_it_does_not_change() {
    let schema = schema();
    let old = object(json!({"kind": "gone", "scaling": {"min": 9, "max": 1}, "priority": 1}));
    let mut new = old.clone();
    new["spec"]["priority"] = json!(2);
    assert_eq!(texts(schema.validate(&new, Some(&old))), Vec::<String>::new());
}

#[test]
fn the_status_is_validated_alone_by_its_own_schema() {
    let mut object = object(json!({"kind": "gone"}));
    object["status"] = json!({"at": "yesterday"});
    assert_eq!(
        texts(schema().validate_status(&object, None)),
        [
            "status.at: Invalid value: \"yesterday\": at in body must be of type date-time: \"yesterday\"",
            SKIPPED
        ]
    );
}

#[test]
fn defaults_fill_parents_that_are_there_and_nulls_go() {
    let mut object = object(json!({"kind": "a", "code": null, "priority": null}));
    schema().apply_defaults(&mut object);
    let spec = json!({"kind": "a", "priority": 5, "scaling": {"min": 0, "max": 50}});
    assert_eq!(object["spec"], spec);
}

#[test]
fn unknown_fields_are_pruned_and_named() {
    let mut object =
        object(json!({"kind": "a", "x": 1, "any": {"y": {"z": 1}}, "env": [{"name": "A", "q": 1}]}));
    assert_eq!(schema().prune(&mut object), ["spec.env[0].q", "spec.x"]);
    assert_eq!(object["spec"], json!({"kind": "a", "any": {"y": {"z": 1}}, "env": [{"name": "A"}]}));
}

#[test]
fn a_rule_over_a_field_that_does_not_exist_does_not_compile() {
    let error = Schema::from_openapi(&json!({"type": "object", "properties": {"n": {"type": "integer"}},
        "x-kubernetes-validations": [{"rule": "self.none > 1"}]}))
    .unwrap_err();
    assert!(error.to_string().contains("undefined field 'none'"), "{error}");
    let loops = json!({"type": "object", "properties": {"l": {"type": "array", "items": {"type": "object",
        "properties": {"a": {"type": "integer"}}}}},
        "x-kubernetes-validations": [{"rule": "self.l.all(one, one.b > 1)"}]});
    assert!(Schema::from_openapi(&loops).unwrap_err().to_string().contains("undefined field 'b'"));
}

#[test]
fn a_typical_object_is_validated_in_well_under_a_millisecond() {
    let schema = schema();
    let spec = json!({"kind": "a", "env": [{"name": "A"}, {"name": "B"}], "size": 5, "memory": "1Gi",
        "language": "go", "scaling": {"min": 1, "max": 3, "a-b": "xy"}});
    let object = object(spec);
    assert!(schema.validate(&object, None).is_empty());
    let start = std::time::Instant::now();
    for _ in 0..100 {
        assert!(schema.validate(&object, None).is_empty());
    }
    // A debug build on a busy machine; an optimised one is far below.
    assert!(start.elapsed().as_millis() < 1000, "{:?} for 100", start.elapsed());
}
