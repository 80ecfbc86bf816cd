//! What every event has to hold to, whoever sends it: attributes that any transport and database takes, and sizes.

use std::{fmt, io};

use serde_json::Value;

use super::{CloudEvent, MAX_ATTRIBUTE_BYTES, MAX_DATA_BYTES, extension};

/// Bytes of an attribute that events are found by.
const LONGEST_KEY: usize = 1024;
/// Bytes of a type: it is a routing key, too.
const LONGEST_TYPE: usize = 255;
/// Bytes of any other attribute.
const LONGEST: usize = 8 * 1024;
/// Letters of an extension's name.
const LONGEST_NAME: usize = 20;
/// Bytes beyond [`MAX_ATTRIBUTE_BYTES`] for what the platform itself writes on an event on its way: whose it is, how
/// far it came, who sent it again.
const ROOM: usize = 4 * 1024;
/// What a transport adds to each attribute.
const FRAMING: usize = 16;

/// An attribute that can not be taken; the `Display` is a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidAttribute {
    /// Which: as the sender wrote its name.
    pub attribute: String,
    why: Why,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Why {
    Missing,
    TooLong(usize),
    Character(char),
    Extension,
    Both,
}

impl fmt::Display for InvalidAttribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.why {
            Why::Missing => write!(f, "An event needs {}.", self.attribute),
            Why::TooLong(limit) => write!(f, "This may have {limit} bytes."),
            Why::Character(found) => {
                write!(f, "This may not hold the control character U+{:04X}.", u32::from(found))
            }
            Why::Extension => f.write_str(
                "An extension has a name of up to 20 lower-case letters and digits, and text, a number or a boolean as value.",
            ),
            Why::Both => f.write_str("An event has data or data_base64, not both."),
        }
    }
}

impl std::error::Error for InvalidAttribute {}

/// A part of an event that is larger than it may be; the `Display` is a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLarge {
    /// Whether it is the data; else it is the attributes together.
    pub data: bool,
    /// Bytes as they are sent.
    pub bytes: usize,
    /// Bytes at most.
    pub limit: usize,
}

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = if self.data { "data" } else { "attributes" };
        write!(f, "The event has {} bytes of {part}; {} are allowed.", self.bytes, self.limit)
    }
}

impl std::error::Error for TooLarge {}

/// Whether data of this media type is JSON.
pub fn is_json(media_type: &str) -> bool {
    let kind = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || kind.ends_with("+json")
}

/// What the type `String` of CloudEvents leaves out: control characters, and code points that are no characters.
fn is_disallowed(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{fdd0}'..='\u{fdef}')
        || matches!(u32::from(letter) & 0xffff, 0xfffe | 0xffff)
}

impl CloudEvent {
    /// Whether its attributes are what CloudEvents allows, in names, letters and length.
    pub fn check_attributes(&self) -> Result<(), InvalidAttribute> {
        let required = [("id", &self.id), ("source", &self.source), ("type", &self.kind)];
        if let Some((name, _)) = required.iter().find(|(_, text)| text.is_empty()) {
            return Err(invalid(name, Why::Missing));
        }
        let optional = [
            ("specversion", Some(&self.specversion), LONGEST),
            ("subject", self.subject.as_ref(), LONGEST_KEY),
            ("datacontenttype", self.datacontenttype.as_ref(), LONGEST),
            ("dataschema", self.dataschema.as_ref(), LONGEST),
        ];
        let optional = optional.into_iter().filter_map(|(name, text, most)| Some((name, text?, most)));
        let required = required.into_iter().zip([LONGEST_KEY, LONGEST_KEY, LONGEST_TYPE]);
        let required = required.map(|((name, text), most)| (name, text, most));
        for (name, text, most) in required.chain(optional) {
            check_text(name, text, most)?;
        }
        for (name, value) in &self.extensions {
            check_extension(name, value)?;
        }
        if self.data.is_some() && self.data_base64.is_some() {
            return Err(invalid("data_base64", Why::Both));
        }
        Ok(())
    }

    /// Whether data and attributes are as small as a sender has to make them.
    pub fn check_sent_size(&self) -> Result<(), TooLarge> {
        self.check_size_within(MAX_ATTRIBUTE_BYTES)
    }

    /// Whether data and attributes are as small as they have to be everywhere, with what the platform wrote on it.
    pub fn check_size(&self) -> Result<(), TooLarge> {
        self.check_size_within(MAX_ATTRIBUTE_BYTES + ROOM)
    }

    fn check_size_within(&self, limit: usize) -> Result<(), TooLarge> {
        let (attributes, data) = (self.attribute_bytes(), self.data_bytes());
        if attributes > limit {
            return Err(TooLarge { data: false, bytes: attributes, limit });
        }
        if data > MAX_DATA_BYTES {
            return Err(TooLarge { data: true, bytes: data, limit: MAX_DATA_BYTES });
        }
        Ok(())
    }

    /// Bytes of its data as the body of a message: text as it is, base64 decoded, everything else as JSON.
    pub fn data_bytes(&self) -> usize {
        let json = self.datacontenttype.as_deref().is_none_or(is_json);
        let data = match &self.data {
            None => 0,
            Some(Value::String(text)) if !json => text.len(),
            Some(data) => {
                let mut counted = Counter(0);
                // Counting does not fail, and a JSON value has only keys that are text.
                let _counted = serde_json::to_writer(&mut counted, data);
                counted.0
            }
        };
        data + self.data_base64.as_deref().map_or(0, decoded)
    }

    /// Bytes of its attributes with what a transport adds to each.
    fn attribute_bytes(&self) -> usize {
        let named = [
            ("specversion", Some(self.specversion.len())),
            ("id", Some(self.id.len())),
            ("source", Some(self.source.len())),
            ("type", Some(self.kind.len())),
            ("subject", self.subject.as_ref().map(String::len)),
            ("time", self.time.map(|_| "2026-01-02T03:04:05.678Z".len())),
            ("datacontenttype", self.datacontenttype.as_ref().map(String::len)),
            ("dataschema", self.dataschema.as_ref().map(String::len)),
        ];
        let named = named.into_iter().filter_map(|(name, bytes)| Some(FRAMING + name.len() + bytes?));
        let extensions = self.extensions.iter().map(|(name, value)| {
            let bytes = value.as_str().map_or_else(|| value.to_string().len(), str::len);
            FRAMING + name.len() + bytes
        });
        named.chain(extensions).sum()
    }
}

fn invalid(attribute: &str, why: Why) -> InvalidAttribute {
    InvalidAttribute { attribute: attribute.to_owned(), why }
}

fn check_text(name: &str, text: &str, most: usize) -> Result<(), InvalidAttribute> {
    if text.len() > most {
        return Err(invalid(name, Why::TooLong(most)));
    }
    match text.chars().find(|letter| is_disallowed(*letter)) {
        Some(letter) => Err(invalid(name, Why::Character(letter))),
        None => Ok(()),
    }
}

fn check_extension(name: &str, value: &Value) -> Result<(), InvalidAttribute> {
    let named = !name.is_empty()
        && name.len() <= LONGEST_NAME
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    match value {
        _ if !named => Err(invalid(name, Why::Extension)),
        Value::String(text) if name == extension::CORRELATION => check_text(name, text, LONGEST_KEY),
        Value::String(text) => check_text(name, text, LONGEST),
        Value::Number(_) | Value::Bool(_) => Ok(()),
        Value::Null | Value::Array(_) | Value::Object(_) => Err(invalid(name, Why::Extension)),
    }
}

/// Bytes that a base64 text stands for.
fn decoded(text: &str) -> usize {
    text.trim_end_matches('=').len() * 3 / 4
}

struct Counter(usize);

impl io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(more: Value) -> CloudEvent {
        let mut base = json!({"specversion": "1.0", "id": "1", "source": "s", "type": "t"});
        base.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(base).unwrap()
    }

    fn refused(more: Value) -> Option<String> {
        event(more).check_attributes().err().map(|invalid| invalid.attribute)
    }

    #[test]
    fn control_characters_in_attributes_were_taken() {
        assert_eq!(refused(json!({"subject": "acme/ö", "data": "a\u{0}b"})), None, "data may hold them");
        for attribute in ["id", "source", "type", "subject", "datacontenttype", "dataschema", "region"] {
            for bad in ["a\u{0}b", "a\nb", "a\u{85}b", "a\u{fffe}b"] {
                assert_eq!(refused(json!({attribute: bad})).as_deref(), Some(attribute), "{bad:?}");
            }
        }
        let found = event(json!({"id": "a\u{0}"})).check_attributes().unwrap_err();
        assert_eq!(found.to_string(), "This may not hold the control character U+0000.");
    }

    #[test]
    fn attributes_have_names_values_and_a_length() {
        assert_eq!(refused(json!({"id": ""})).as_deref(), Some("id"));
        assert_eq!(refused(json!({"type": "t".repeat(256)})).as_deref(), Some("type"));
        assert_eq!(refused(json!({"Region": "eu"})).as_deref(), Some("Region"));
        assert_eq!(refused(json!({"region": ["eu"]})).as_deref(), Some("region"));
        assert_eq!(refused(json!({"correlationid": "c".repeat(1025)})).as_deref(), Some("correlationid"));
        assert_eq!(refused(json!({"baggage": "c".repeat(8192)})), None);
        assert_eq!(refused(json!({"baggage": "c".repeat(8193)})).as_deref(), Some("baggage"));
        assert_eq!(refused(json!({"data": 1, "data_base64": "AA=="})).as_deref(), Some("data_base64"));
    }

    #[test]
    fn base64_was_counted_as_text_and_text_as_json() {
        let bytes = |more| event(more).data_bytes();
        assert_eq!(bytes(json!({"data_base64": "//4="})), 2);
        assert_eq!(bytes(json!({"data_base64": "/w=="})), 1);
        assert_eq!(bytes(json!({"data": "a\n", "datacontenttype": "text/plain"})), 2);
        assert_eq!(bytes(json!({"data": "a\n"})), 5);
        assert_eq!(
            bytes(json!({"data": "a\n", "datacontenttype": "application/vnd.a+JSON; charset=utf-8"})),
            5
        );
        assert_eq!(bytes(json!({"data": {"a": [1, 2]}})), 11);
        let whole = "A".repeat(MAX_DATA_BYTES / 3 * 4);
        assert_eq!(event(json!({"data_base64": whole})).check_size(), Ok(()));
        let over = "A".repeat(MAX_DATA_BYTES / 3 * 4 + 8);
        let refused = event(json!({"data_base64": over})).check_size().unwrap_err();
        assert!(refused.data && refused.bytes > MAX_DATA_BYTES, "{refused}");
    }

    #[test]
    fn the_attributes_of_a_small_event_had_no_limit() {
        let mut many = event(json!({"data": 1}));
        for number in 0..3000 {
            many.extensions.insert(format!("x{number}"), "0123456789".into());
        }
        assert_eq!(many.check_attributes(), Ok(()));
        let refused = many.check_sent_size().unwrap_err();
        assert!(!refused.data && refused.limit == MAX_ATTRIBUTE_BYTES, "{refused}");
        let refused = many.check_size().unwrap_err();
        assert!(!refused.data && refused.limit == MAX_ATTRIBUTE_BYTES + ROOM, "{refused}");
    }
}
