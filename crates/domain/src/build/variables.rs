//! The build request as environment variables: Linux takes 128 KiB in one, and inline code may be longer.

use super::BuildRequest;

/// The first variable; the next ones are `BUILD_SPEC_1`, `BUILD_SPEC_2` and so on.
const NAME: &str = "BUILD_SPEC";
/// Bytes of one; well below the limit, which counts the name too.
const PART_BYTES: usize = 96 << 10;
/// Enough for all that a source may hold inline, every byte of it escaped.
const MOST_PARTS: usize = 24;

fn name(part: usize) -> String {
    if part == 0 { NAME.to_owned() } else { format!("{NAME}_{part}") }
}

impl BuildRequest {
    /// Names of all variables that a build's container may be given.
    pub fn variable_names() -> impl Iterator<Item = String> {
        (0..MOST_PARTS).map(name)
    }

    /// Names and values. No value has a `$`, since Kubernetes would put other variables in for `$(NAME)` and one
    /// dollar sign for two.
    pub fn to_variables(&self) -> serde_json::Result<Vec<(String, String)>> {
        let text = serde_json::to_string(self)?.replace('$', "\\u0024");
        let mut rest = text.as_str();
        let mut variables = Vec::new();
        while !rest.is_empty() {
            let (part, after) = rest.split_at(rest.floor_char_boundary(PART_BYTES));
            variables.push((name(variables.len()), part.to_owned()));
            rest = after;
        }
        Ok(variables)
    }

    /// The request as JSON, from whoever knows the variables; `None`: it is not there.
    pub fn from_variables(value: impl Fn(&str) -> Option<String>) -> Option<String> {
        let parts: Vec<_> = Self::variable_names().map_while(|name| value(&name)).collect();
        (!parts.is_empty()).then(|| parts.concat())
    }
}
