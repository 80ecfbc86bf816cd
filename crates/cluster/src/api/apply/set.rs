//! Sets of fields, as managers own them.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::element::Element;

/// A set of paths, kept as a tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FieldSet {
    children: BTreeMap<Element, Node>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Node {
    /// The path that ends here is in the set.
    member: bool,
    below: FieldSet,
}

impl FieldSet {
    pub(super) fn is_empty(&self) -> bool {
        self.children.is_empty()
    }

    pub(super) fn insert(&mut self, path: &[Element]) {
        let Some((first, rest)) = path.split_first() else {
            return;
        };
        let node = self.children.entry(first.clone()).or_default();
        if rest.is_empty() {
            node.member = true;
        } else {
            node.below.insert(rest);
        }
    }

    /// The set below one element.
    pub(super) fn child(&self, element: &Element) -> Option<&FieldSet> {
        self.children.get(element).map(|node| &node.below)
    }

    /// Whether the path of this one element is in the set.
    pub(super) fn has(&self, element: &Element) -> bool {
        self.children.get(element).is_some_and(|node| node.member)
    }

    /// Whether the element or anything below it is in the set.
    pub(super) fn touches(&self, element: &Element) -> bool {
        self.children.contains_key(element)
    }

    #[must_use]
    pub(super) fn union(mut self, other: &FieldSet) -> FieldSet {
        for (element, theirs) in &other.children {
            let ours = self.children.entry(element.clone()).or_default();
            ours.member |= theirs.member;
            ours.below = std::mem::take(&mut ours.below).union(&theirs.below);
        }
        self
    }

    #[must_use]
    pub(super) fn difference(&self, other: &FieldSet) -> FieldSet {
        self.combine(other, |ours, theirs| ours && !theirs, true)
    }

    #[must_use]
    pub(super) fn intersection(&self, other: &FieldSet) -> FieldSet {
        self.combine(other, |ours, theirs| ours && theirs, false)
    }

    fn combine(&self, other: &FieldSet, rule: fn(bool, bool) -> bool, alone: bool) -> FieldSet {
        let mut children = BTreeMap::new();
        for (element, ours) in &self.children {
            let node = match other.children.get(element) {
                Some(theirs) => Node {
                    member: rule(ours.member, theirs.member),
                    below: ours.below.combine(&theirs.below, rule, alone),
                },
                None if alone => ours.clone(),
                None => continue,
            };
            if node.member || !node.below.is_empty() {
                children.insert(element.clone(), node);
            }
        }
        FieldSet { children }
    }

    /// Keeps only what lies at or below these top-level fields.
    pub(super) fn retain_fields(&mut self, keep: impl Fn(&str) -> bool) {
        self.children.retain(|element, _| match element {
            Element::Field(name) => keep(name),
            _ => true,
        });
    }

    /// Takes out one path, not what is below it.
    pub(super) fn remove_member(&mut self, path: &[&str]) {
        let Some((first, rest)) = path.split_first() else {
            return;
        };
        let element = Element::Field((*first).to_owned());
        let Some(node) = self.children.get_mut(&element) else {
            return;
        };
        if rest.is_empty() {
            node.member = false;
        } else {
            node.below.remove_member(rest);
        }
        if !node.member && node.below.is_empty() {
            self.children.remove(&element);
        }
    }

    /// Every path of the set in the form of conflict messages, in order.
    pub(super) fn paths(&self) -> Vec<String> {
        let mut found = Vec::new();
        self.collect(&mut String::new(), &mut found);
        found
    }

    fn collect(&self, prefix: &mut String, found: &mut Vec<String>) {
        for (element, node) in &self.children {
            let length = prefix.len();
            prefix.push_str(&element.to_string());
            if node.member {
                found.push(prefix.clone());
            }
            node.below.collect(prefix, found);
            prefix.truncate(length);
        }
    }

    /// Reads `fieldsV1`; what cannot be read is left out.
    pub(super) fn decode(fields: &Value) -> FieldSet {
        let mut children = BTreeMap::new();
        for (name, below) in fields.as_object().into_iter().flatten() {
            let Some(element) = Element::parse(name) else {
                continue;
            };
            let leaf = below.as_object().is_none_or(Map::is_empty);
            let member = leaf || below.get(".").is_some();
            children.insert(element, Node { member, below: FieldSet::decode(below) });
        }
        FieldSet { children }
    }

    /// The form of `fieldsV1`.
    pub(super) fn encode(&self) -> Value {
        let entries = self.children.iter().map(|(element, node)| {
            let mut below = node.below.encode();
            if node.member
                && !node.below.is_empty()
                && let Value::Object(map) = &mut below
            {
                map.insert(".".to_owned(), Value::Object(Map::new()));
            }
            (element.encode(), below)
        });
        Value::Object(entries.collect())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_set_survives_its_wire_form() {
        let wire = json!({"f:data": {".": {}, "f:k": {}}, "f:spec": {"f:env": {
            "k:{\"name\":\"A\"}": {".": {}, "f:value": {}}, "v:\"x\"": {}}}});
        assert_eq!(FieldSet::decode(&wire).encode(), wire);
    }

    #[test]
    fn paths_read_as_in_conflicts() {
        let wire = json!({"f:spec": {"f:env": {"k:{\"name\":\"A\"}": {".": {}, "f:value": {}}}}});
        let paths = FieldSet::decode(&wire).paths();
        assert_eq!(paths, [".spec.env[name=\"A\"]", ".spec.env[name=\"A\"].value"]);
    }

    #[test]
    fn a_difference_keeps_what_lies_below() {
        let all = FieldSet::decode(&json!({"f:a": {".": {}, "f:b": {}}}));
        let only = FieldSet::decode(&json!({"f:a": {}}));
        assert_eq!(all.difference(&only).encode(), json!({"f:a": {"f:b": {}}}));
        assert_eq!(all.intersection(&only).encode(), json!({"f:a": {}}));
    }
}
