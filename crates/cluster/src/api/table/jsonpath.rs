//! The JSON paths of printer columns and selectable fields: fields, indexes, `[*]` and equality filters.

use serde_json::Value;

/// A compiled path.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonPath(Vec<Step>);

#[derive(Debug, Clone, PartialEq)]
enum Step {
    Field(String),
    Index(i64),
    All,
    /// `[?(@.type=='Ready')]`
    Filter {
        path: JsonPath,
        equals: bool,
        value: Value,
    },
}

impl JsonPath {
    /// Reads `.status.conditions[?(@.type=='Ready')].status`; `None` if it is malformed.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let mut rest = text.strip_prefix('$').unwrap_or(text);
        let mut steps = Vec::new();
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix('[') {
                let end = closing(after)?;
                steps.push(bracket(after[..end].trim())?);
                rest = &after[end + 1..];
                continue;
            }
            rest = rest.strip_prefix('.').unwrap_or(rest);
            let (name, after) = field(rest);
            match name.as_str() {
                "" => return None,
                "*" => steps.push(Step::All),
                _ => steps.push(Step::Field(name)),
            }
            rest = after;
        }
        Some(JsonPath(steps))
    }

    /// The first value found.
    pub fn first<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        self.all(value).into_iter().next()
    }

    /// All values found.
    pub fn all<'v>(&self, value: &'v Value) -> Vec<&'v Value> {
        self.0
            .iter()
            .fold(vec![value], |found, step| found.into_iter().flat_map(|value| step.apply(value)).collect())
    }
}

impl Step {
    fn apply<'v>(&self, value: &'v Value) -> Vec<&'v Value> {
        match (self, value) {
            (Step::Field(name), Value::Object(map)) => map.get(name).into_iter().collect(),
            (Step::Index(at), Value::Array(list)) => {
                let length = list.len() as i64;
                let at = if *at < 0 { at + length } else { *at };
                usize::try_from(at).ok().and_then(|at| list.get(at)).into_iter().collect()
            }
            (Step::All, Value::Array(list)) => list.iter().collect(),
            (Step::All, Value::Object(map)) => map.values().collect(),
            (Step::Filter { path, equals, value: wanted }, Value::Array(list)) => {
                list.iter().filter(|one| (path.first(one) == Some(wanted)) == *equals).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// A field name up to the next dot or bracket; a backslash takes the meaning from a dot.
fn field(text: &str) -> (String, &str) {
    let mut name = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => name.extend(characters.next().map(|(_, escaped)| escaped)),
            '.' | '[' => return (name, &text[at..]),
            _ => name.push(character),
        }
    }
    (name, "")
}

/// Where the bracket closes that was open before `text`.
fn closing(text: &str) -> Option<usize> {
    let (mut depth, mut quote) = (0, None);
    for (at, character) in text.char_indices() {
        match (quote, character) {
            (Some(open), _) if character == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(character),
            (None, '[') => depth += 1,
            (None, ']') if depth == 0 => return Some(at),
            (None, ']') => depth -= 1,
            _ => {}
        }
    }
    None
}

fn bracket(inner: &str) -> Option<Step> {
    if inner == "*" {
        return Some(Step::All);
    }
    if let Some(name) = unquoted(inner) {
        return Some(Step::Field(name.to_owned()));
    }
    if let Some(condition) = inner.strip_prefix("?(").and_then(|rest| rest.strip_suffix(')')) {
        let (path, equals, value) = match condition.split_once("==") {
            Some((path, value)) => (path, true, value),
            None => condition.split_once("!=").map(|(path, value)| (path, false, value))?,
        };
        let value = value.trim();
        let value = match unquoted(value) {
            Some(text) => Value::from(text),
            None => serde_json::from_str(value).ok()?,
        };
        let path = JsonPath::parse(path.trim().strip_prefix('@')?)?;
        return Some(Step::Filter { path, equals, value });
    }
    inner.parse().ok().map(Step::Index)
}

fn unquoted(text: &str) -> Option<&str> {
    ['\'', '"'].into_iter().find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote))
}
