//! What events carry that looks like a secret is not shown: not on pages, not by the API, not in a saved test.
//! The event itself, on its way to functions, stays as it is.

use domain::{
    deadletter::{DeadLetter, ReplayRecord},
    event::{CloudEvent, EventRecord, REDACTED},
};
use serde_json::Value;

/// Ends of names whose texts are secret, in lower case without what stands between words: `userPassword`,
/// `X-Api-Key`, `DB_SECRET`; not `secretName` or `tokenCount`.
const NAMES: [&str; 14] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "privatekey",
    "secretkey",
    "authorization",
    "credential",
    "credentials",
    "cookie",
    "cookies",
];
/// Beginnings of texts that are secret whatever they are called.
const SCHEMES: [&str; 2] = ["Bearer ", "Basic "];

/// Something with events in it, as it is shown.
pub(crate) trait Redact: Sized {
    /// Puts [`REDACTED`] in the place of what looks like a secret.
    fn hide(&mut self);

    /// The same, as a step on the way out.
    fn redacted(mut self) -> Self {
        self.hide();
        self
    }
}

impl Redact for CloudEvent {
    fn hide(&mut self) {
        for (name, value) in &mut self.extensions {
            hide(value, is_secret(name));
        }
        if let Some(data) = &mut self.data {
            hide(data, false);
        }
    }
}

impl Redact for EventRecord {
    fn hide(&mut self) {
        self.event.hide();
    }
}

impl Redact for DeadLetter {
    fn hide(&mut self) {
        self.event.hide();
    }
}

impl Redact for ReplayRecord {
    fn hide(&mut self) {
        self.letter.hide();
        self.event.hide();
    }
}

impl<T: Redact> Redact for Vec<T> {
    fn hide(&mut self) {
        self.iter_mut().for_each(Redact::hide);
    }
}

fn is_secret(name: &str) -> bool {
    let letters = name.chars().filter(|letter| letter.is_ascii_alphanumeric());
    let plain: String = letters.map(|letter| letter.to_ascii_lowercase()).collect();
    NAMES.iter().any(|end| plain.ends_with(end))
}

fn has_scheme(text: &str) -> bool {
    SCHEMES.iter().any(|scheme| text.starts_with(scheme))
}

fn hide(value: &mut Value, secret: bool) {
    match value {
        Value::String(text) if !text.is_empty() && (secret || has_scheme(text)) => REDACTED.clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(|item| hide(item, secret)),
        Value::Object(fields) => {
            fields.iter_mut().for_each(|(name, field)| hide(field, is_secret(name)));
        }
        _ => {}
    }
}

/// Puts the secrets of the original back, where an edit of what was shown left the marks in their places.
pub(crate) fn restore(edited: &mut Value, original: &Value) {
    match (edited, original) {
        (Value::String(text), Value::String(was)) if text == REDACTED => was.clone_into(text),
        (Value::Array(items), Value::Array(were)) => {
            items.iter_mut().zip(were).for_each(|(item, was)| restore(item, was));
        }
        (Value::Object(fields), Value::Object(were)) => {
            for (name, field) in fields {
                if let Some(was) = were.get(name) {
                    restore(field, was);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_that_look_like_secrets_are_marked_and_nothing_else() {
        let mut event: CloudEvent = serde_json::from_value(json!({
            "specversion": "1.0", "id": "1", "source": "s", "type": "t", "authtoken": "abc",
            "data": {
                "user": "ada", "userPassword": "hush", "headers": {"X-Api-Key": ["k1"], "accept": "Bearer x"},
                "tokenCount": 7, "secretName": "db", "token": "", "totalTokens": 9, "nested": [{"DB_SECRET": "s"}],
            },
        }))
        .unwrap();
        event.hide();
        assert_eq!(event.extensions["authtoken"], REDACTED);
        let expected = json!({
            "user": "ada", "userPassword": REDACTED, "headers": {"X-Api-Key": [REDACTED], "accept": REDACTED},
            "tokenCount": 7, "secretName": "db", "token": "", "totalTokens": 9, "nested": [{"DB_SECRET": REDACTED}],
        });
        assert_eq!(event.data, Some(expected));
    }

    #[test]
    fn an_edit_of_what_was_shown_keeps_the_secrets_of_the_original() {
        let original = json!({"n": 1, "auth": {"password": "hush", "token": "t"}, "list": ["a"]});
        let mut edited =
            json!({"n": 2, "auth": {"password": REDACTED, "token": "new"}, "list": ["b", REDACTED]});
        restore(&mut edited, &original);
        assert_eq!(edited["auth"], json!({"password": "hush", "token": "new"}));
        assert_eq!((&edited["n"], &edited["list"][1]), (&json!(2), &json!(REDACTED)), "there was none");
    }
}
