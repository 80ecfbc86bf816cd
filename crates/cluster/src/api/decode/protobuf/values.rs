//! Messages that are one value in JSON: times, amounts, numbers or names, raw JSON.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::wire::{Reader, Wire, signed};
use super::{Refusal, text};

pub(super) fn base64(bytes: &[u8]) -> Value {
    STANDARD.encode(bytes).into()
}

/// The value of such a message; `None` for all others.
pub(super) fn special(message: &str, bytes: &[u8]) -> Result<Option<Value>, Refusal> {
    let value = match message {
        "meta.Time" => time(bytes, 0)?,
        "meta.MicroTime" => time(bytes, 6)?,
        "api.resource.Quantity" => match first(bytes, 1)? {
            Some(Wire::Bytes(bytes)) => text(bytes)?.into(),
            _ => "0".into(),
        },
        "util.intstr.IntOrString" => match first(bytes, 1)? {
            Some(Wire::Number(1)) => match first(bytes, 3)? {
                Some(Wire::Bytes(bytes)) => text(bytes)?.into(),
                _ => "".into(),
            },
            _ => number(bytes, 2)?.into(),
        },
        "runtime.RawExtension" | "meta.FieldsV1" => match first(bytes, 1)? {
            Some(Wire::Bytes(raw)) => {
                serde_json::from_slice(raw).map_err(|_| Refusal::Damaged("what should be JSON is not"))?
            }
            _ => Value::Null,
        },
        name if name.ends_with(".ExtraValue") => {
            let mut items = Vec::new();
            for field in Reader::new(bytes) {
                if let (1, Wire::Bytes(item)) = field? {
                    items.push(text(item)?);
                }
            }
            json!(items)
        }
        _ => return Ok(None),
    };
    Ok(Some(value))
}

/// Null for the time that Go has where none was set.
fn time(bytes: &[u8], digits: u8) -> Result<Value, Refusal> {
    let (seconds, nanos) = (number(bytes, 1)?, number(bytes, 2)?);
    if (seconds, nanos) == (0, 0) {
        return Ok(Value::Null);
    }
    let nanos = i32::try_from(nanos).map_err(|_| Refusal::Damaged("a time is out of range"))?;
    let time = Timestamp::new(seconds, nanos).map_err(|_| Refusal::Damaged("a time is out of range"))?;
    Ok(if digits == 0 {
        time.strftime("%Y-%m-%dT%H:%M:%SZ")
    } else {
        time.strftime("%Y-%m-%dT%H:%M:%S%.6fZ")
    }
    .to_string()
    .into())
}

fn number(bytes: &[u8], wanted: u64) -> Result<i64, Refusal> {
    match first(bytes, wanted)? {
        Some(Wire::Number(number)) => Ok(signed(number)),
        _ => Ok(0),
    }
}

fn first(bytes: &[u8], wanted: u64) -> Result<Option<Wire<'_>>, Refusal> {
    for field in Reader::new(bytes) {
        let (number, wire) = field?;
        if number == wanted {
            return Ok(Some(wire));
        }
    }
    Ok(None)
}
