//! JSON pointers (RFC 6901) as places to write to.

use serde_json::Value;

/// The parent of the place that a pointer names, and the last token.
pub(super) fn parent<'v>(root: &'v mut Value, pointer: &str) -> Option<(&'v mut Value, String)> {
    let mut tokens: Vec<String> = pointer
        .strip_prefix('/')?
        .split('/')
        .map(|token| token.replace("~1", "/").replace("~0", "~"))
        .collect();
    let last = tokens.pop()?;
    let mut place = root;
    for token in tokens {
        place = match place {
            Value::Object(map) => map.get_mut(&token)?,
            Value::Array(list) => {
                let at = index(&token, list.len())?;
                list.get_mut(at)?
            }
            _ => return None,
        };
    }
    Some((place, last))
}

/// The index that a token names in a list of that length; negative ones count from the end.
pub(super) fn index(token: &str, length: usize) -> Option<usize> {
    let number: i64 = token.parse().ok()?;
    if number < 0 {
        length.checked_sub(usize::try_from(number.unsigned_abs()).ok()?)
    } else {
        usize::try_from(number).ok()
    }
}
