//! The functions of the Kubernetes libraries, optional old values, and names that are no identifiers.

use serde_json::{Value, json};

use crate::registry::schema::Schema;

/// What is wrong with `object`, whose schema has one rule.
fn failures(properties: Value, rule: Value, object: &Value, old: Option<&Value>) -> Vec<String> {
    let schema = json!({"type": "object", "properties": properties, "x-kubernetes-validations": [rule]});
    let causes = Schema::from_openapi(&schema).unwrap().validate(object, old);
    causes.into_iter().map(|cause| cause.message).collect()
}

/// Whether a rule over a text `t`, a list of numbers `l` and a map `m` holds.
fn holds(rule: &str) -> bool {
    let properties = json!({
        "t": {"type": "string"},
        "l": {"type": "array", "items": {"type": "integer"}},
        "m": {"type": "object", "additionalProperties": {"type": "string"}},
    });
    let object = json!({"t": "abc-12-34", "l": [3, 1, 2], "m": {"a.b": "x"}});
    let failed = failures(properties, json!({"rule": rule}), &object, None);
    assert!(failed.iter().all(|message| message.contains("failed rule")), "{failed:?}");
    failed.is_empty()
}

#[test]
fn every_library_is_there() {
    for rule in [
        "self.t.find('[0-9]+') == '12'",
        "self.t.findAll('[0-9]+') == ['12', '34'] && self.t.findAll('[0-9]+', 1).size() == 1",
        "self.l.sum() == 6 && self.l.min() == 1 && self.l.max() == 3 && !self.l.isSorted()",
        "self.l.indexOf(2) == 2 && self.l.lastIndexOf(9) == -1",
        "self.t.split('-').join('.') == 'abc.12.34' && self.t.upperAscii().startsWith('ABC')",
        "self.t.substring(0, 3) == 'abc' && self.t.replace('-', '') == 'abc1234'",
        "self.m.all(k, k.contains('.')) && self.m['a.b'] == 'x' && 'a.b' in self.m",
        "self.l.exists_one(n, n > 2) && self.l.map(n, n * 2).exists(n, n == 6)",
        "isURL('https://a.example:8/p?q=1') && url('https://a.example:8/p').getHost() == 'a.example:8'",
        "url('https://a.example:8/p').getPort() == '8' && url('https://a.example/p').getEscapedPath() == '/p'",
        "quantity('1Gi').isGreaterThan(quantity('1G')) && quantity('500m').add(quantity('0.5')) == quantity('1')",
        "isQuantity('1Ki') && !isQuantity('lots') && quantity('2k').asInteger() == 2000",
        "isIP('::1') && ip('127.0.0.1').isLoopback() && cidr('10.0.0.0/8').containsIP('10.1.2.3')",
        "!format.dns1123Label().validate('my-name').hasValue()",
        "format.dns1123Label().validate('My Name').hasValue()",
        "math.greatest(1, 2) == 2 && base64.decode(base64.encode(b'x')) == b'x'",
        "duration('1h') > duration('59m') && timestamp('2026-01-01T00:00:00Z').getFullYear() == 2026",
    ] {
        assert!(holds(rule), "{rule}");
    }
    assert!(!holds("self.t == 'x'"));
}

#[test]
fn an_optional_old_value_is_absent_at_creation() {
    let properties = json!({"n": {"type": "integer"}});
    let rule = json!({"rule": "!oldSelf.hasValue() || oldSelf.value().n <= self.n", "optionalOldSelf": true,
        "message": "n only grows"});
    let (three, two) = (json!({"n": 3}), json!({"n": 2}));
    assert!(failures(properties.clone(), rule.clone(), &three, None).is_empty());
    assert!(failures(properties.clone(), rule.clone(), &three, Some(&two)).is_empty());
    assert_eq!(failures(properties, rule, &two, Some(&three)), ["Invalid value: n only grows"]);
}

#[test]
fn names_that_are_no_identifiers_are_escaped() {
    let properties =
        json!({"a-b": {"type": "string"}, "namespace": {"type": "string"}, "x.y/z": {"type": "string"}});
    let object = json!({"a-b": "1", "namespace": "2", "x.y/z": "3"});
    let rule = json!({"rule": "self.a__dash__b + self.__namespace__ + self.x__dot__y__slash__z == '123'"});
    assert_eq!(failures(properties, rule, &object, None), Vec::<String>::new());
}

#[test]
fn a_rule_that_cannot_be_evaluated_fails_with_its_error() {
    let properties = json!({"a": {"type": "string"}});
    let failed = failures(properties, json!({"rule": "self.a == 'x'"}), &json!({}), None);
    assert_eq!(failed, ["Invalid value: no such key: a evaluating rule: failed rule: self.a == 'x'"]);
}

#[test]
fn undeclared_names_do_not_compile() {
    let schema = json!({"type": "object", "x-kubernetes-validations": [{"rule": "other > 1"}]});
    let error = Schema::from_openapi(&schema).unwrap_err().to_string();
    assert!(error.contains("undeclared reference to 'other'"), "{error}");
}
