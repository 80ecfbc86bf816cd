//! `ObjectMeta`: what the server sets, what it keeps, and what a client may write there.

pub mod names;
mod validate;

pub use names::{is_dns_label, is_dns_subdomain};
pub use validate::{validate_create, validate_update};

use jiff::Timestamp;
use rand::Rng;
use serde_json::Value;

use crate::registry::object::Object;
use crate::registry::resource::Resource;

/// Longest prefix to which a generated suffix is added: names of 63 characters stay valid everywhere.
const PREFIX_LIMIT: usize = 58;
const SUFFIX_LENGTH: usize = 5;
/// Letters and digits without those that are mistaken for others or make words.
const SUFFIX_ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// A time as `metav1.Time` writes it: whole seconds.
pub fn time(now: Timestamp) -> String {
    now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Fills in the metadata of a new object.
pub fn prepare_create(resource: &Resource, namespace: &str, object: &mut Object, now: Timestamp) {
    if object.name().is_empty() && !object.text("/metadata/generateName").is_empty() {
        let name = generated_name(object.text("/metadata/generateName"));
        object.set_metadata("name", name);
    }
    let namespace = if resource.namespaced { Value::from(namespace) } else { Value::Null };
    object.set_metadata("namespace", namespace);
    object.set_metadata("uid", uuid::Uuid::new_v4().to_string());
    object.set_metadata("creationTimestamp", time(now));
    for field in ["deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "resourceVersion"] {
        object.set_metadata(field, Value::Null);
    }
    object.set_metadata("generation", if resource.generation { Value::from(1) } else { Value::Null });
    drop_empty(object);
}

/// Puts back what belongs to the server.
pub fn prepare_update(object: &mut Object, old: &Object) {
    const KEPT: [&str; 6] = [
        "namespace",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "generateName",
        "generation",
    ];
    for field in KEPT {
        let value = old.at(&format!("/metadata/{field}")).cloned().unwrap_or(Value::Null);
        object.set_metadata(field, value);
    }
    object.set_metadata("selfLink", Value::Null);
    if object.uid().is_empty() {
        object.set_metadata("uid", old.uid());
    }
    drop_empty(object);
}

/// Go leaves empty maps and lists of the metadata out.
fn drop_empty(object: &mut Object) {
    object.metadata_mut().retain(|_, value| match value {
        Value::Null => false,
        Value::Object(map) => !map.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::String(text) => !text.is_empty(),
        _ => true,
    });
}

fn generated_name(prefix: &str) -> String {
    let cut =
        prefix.char_indices().map(|(at, c)| at + c.len_utf8()).take_while(|end| *end <= PREFIX_LIMIT).last();
    let mut name = prefix[..cut.unwrap_or(0)].to_owned();
    let mut random = rand::rng();
    name.extend(
        (0..SUFFIX_LENGTH).map(|_| SUFFIX_ALPHABET[random.random_range(0..SUFFIX_ALPHABET.len())] as char),
    );
    name
}
