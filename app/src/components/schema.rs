//! A JSON Schema as a table of what an object holds.

use leptos::prelude::*;
use serde_json::{Map, Value};

use super::table::{About, head, table};

/// The properties of an object; other data in words.
pub fn properties(schema: &Value) -> AnyView {
    let Some(named) = schema.get("properties").and_then(Value::as_object).filter(|named| !named.is_empty())
    else {
        return view! { <p>"Any JSON: text, a number, a list, an object."</p> }.into_any();
    };
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .map(|names| names.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let empty = Map::new();
    let parts = schema.get("$defs").and_then(Value::as_object).unwrap_or(&empty);
    let rows: Vec<_> = named
        .iter()
        .map(|(name, about)| {
            let must = required.contains(&name.as_str());
            let text = about.get("description").and_then(Value::as_str).unwrap_or_default();
            view! {
                <tr>
                    <td><code>{name.clone()}</code></td>
                    <td>{kind(about, parts)}</td>
                    <td>{if must { "always" } else { "when known" }}</td>
                    <td class="wide-only">{text.replace('`', "")}</td>
                </tr>
            }
        })
        .collect();
    let about =
        About { caption: "Properties of the data".to_owned(), wide: Some("Fields"), ..About::default() };
    let heads = [head("Name", ""), head("Kind", ""), head("There", ""), head("Meaning", "wide-only")];
    table(about, heads, rows)
}

/// The kind of a value, in words; `null` beside another kind only says that it may be left out.
fn kind(about: &Value, parts: &Map<String, Value>) -> String {
    if let Some(part) = about.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next()) {
        return parts.get(part).map_or_else(|| "any".to_owned(), |found| kind(found, parts));
    }
    if let Some(values) = about.get("enum").and_then(Value::as_array) {
        let values: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
        return format!("one of {}", values.join(", "));
    }
    if let Some(any) = about.get("anyOf").or_else(|| about.get("oneOf")).and_then(Value::as_array) {
        let mut kinds: Vec<String> = any
            .iter()
            .filter(|one| one.get("type").and_then(Value::as_str) != Some("null"))
            .map(|one| match one.get("const").and_then(Value::as_str) {
                Some(fixed) => fixed.to_owned(),
                None => kind(one, parts),
            })
            .collect();
        kinds.dedup();
        return kinds.join(" or ");
    }
    let name = match about.get("type") {
        Some(Value::String(name)) => name.as_str(),
        Some(Value::Array(names)) => {
            names.iter().filter_map(Value::as_str).find(|name| *name != "null").unwrap_or("any")
        }
        _ => "any",
    };
    match name {
        "string" => "text",
        "integer" => "whole number",
        "boolean" => "true or false",
        "array" => "list",
        "any" => "any JSON",
        other => other,
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn kinds_are_said_in_words() {
        let parts = json!({"Phase": {"enum": ["Ready", "Failed"]}});
        let parts = parts.as_object().unwrap();
        for (schema, words) in [
            (json!({"type": "string"}), "text"),
            (json!({"type": ["integer", "null"]}), "whole number"),
            (json!({"$ref": "#/$defs/Phase"}), "one of Ready, Failed"),
            (json!({"anyOf": [{"$ref": "#/$defs/Phase"}, {"type": "null"}]}), "one of Ready, Failed"),
            (json!({"oneOf": [{"const": "Ready"}, {"const": "Failed"}]}), "Ready or Failed"),
            (json!(true), "any JSON"),
        ] {
            assert_eq!(kind(&schema, parts), words, "{schema}");
        }
    }
}
