//! Names and ids, parsed once at the edge.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Why a text is not a name; its `Display` is a plain sentence for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidName {
    what: &'static str,
    rule: &'static str,
}

impl fmt::Display for InvalidName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "A {} {}.", self.what, self.rule)
    }
}

impl std::error::Error for InvalidName {}

/// RFC 1123 label: lower-case letters, digits and inner hyphens.
fn is_label(text: &str, max: usize) -> bool {
    let alphanumeric = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = text.as_bytes();
    !bytes.is_empty()
        && bytes.len() <= max
        && bytes.iter().all(|&b| alphanumeric(b) || b == b'-')
        && bytes.first().copied().is_some_and(alphanumeric)
        && bytes.last().copied().is_some_and(alphanumeric)
}

macro_rules! text_newtype {
    ($(#[$doc:meta])* $name:ident, $what:literal, $rule:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidName;
            fn from_str(text: &str) -> Result<Self, InvalidName> {
                let valid: fn(&str) -> bool = $valid;
                if valid(text) { Ok(Self(text.to_owned())) } else { Err(InvalidName { what: $what, rule: $rule }) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidName;
            fn try_from(text: String) -> Result<Self, InvalidName> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

text_newtype!(
    /// A tenant; also the name of its Kubernetes namespace.
    TenantName,
    "tenant name",
    "has 1 to 63 lower-case letters, digits and hyphens, and starts and ends with a letter or digit",
    |text| is_label(text, 63)
);

text_newtype!(
    /// A function within its tenant; also the name of its LambdaFunction and Knative Service.
    ///
    /// At most 57 characters, so that a Revision name (`<name>-00001`) is a DNS label.
    FunctionName,
    "function name",
    "has 1 to 57 lower-case letters, digits and hyphens, and starts with a letter and ends with a letter or digit",
    |text| is_label(text, FUNCTION_NAME_MAX) && text.as_bytes()[0].is_ascii_lowercase()
);

/// Longest [`FunctionName`] in characters.
pub const FUNCTION_NAME_MAX: usize = 57;

/// What a [`FunctionName`] matches, for the `pattern` of an input and of a schema.
pub const FUNCTION_NAME_PATTERN: &str = "[a-z]([a-z0-9-]{0,55}[a-z0-9])?";

text_newtype!(
    /// One build of one function: the name of its Job.
    BuildId,
    "build id",
    "has 1 to 63 lower-case letters, digits and hyphens",
    |text| is_label(text, 63)
);

text_newtype!(
    /// One per user intention: a deploy click and all that follows carry the same one.
    CorrelationId,
    "correlation id",
    "has 1 to 128 letters, digits, hyphens, underscores, dots and colons",
    |text| {
        (1..=128).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':'))
    }
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn function_names_leave_room_for_the_revision_suffix() {
        assert!("a".repeat(57).parse::<FunctionName>().is_ok());
        assert!("a".repeat(58).parse::<FunctionName>().is_err());
    }

    #[test]
    fn names_refuse_what_a_dns_label_refuses() {
        for bad in ["", "-a", "a-", "A", "a_b", "a.b", "a/b", "ä", "../x"] {
            assert!(bad.parse::<TenantName>().is_err(), "{bad}");
            assert!(bad.parse::<FunctionName>().is_err(), "{bad}");
        }
        assert!("1a".parse::<TenantName>().is_ok());
        assert!("1a".parse::<FunctionName>().is_err(), "a Service name starts with a letter");
    }

    #[test]
    fn a_refused_name_is_refused_while_decoding_too() {
        assert!(serde_json::from_str::<FunctionName>("\"../etc\"").is_err());
    }
}
