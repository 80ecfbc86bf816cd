//! Names of builds: operator and platform make the same one, the platform before there is a Job of that name.

use sha2::{Digest, Sha256};

use crate::{BuildId, FunctionName};

impl BuildId {
    /// The id of a function's build: at most 63 characters, and never the same for two functions, also when the
    /// second was made under the first one's name.
    pub fn of(name: &FunctionName, uid: &str, number: i64) -> Self {
        let short: String = name.as_str().chars().take(40).collect();
        let id = format!("{}{}{number}", short.trim_end_matches('-'), mark(uid));
        id.parse().expect("a cut function name, eight hex digits and a number make a label of at most 63")
    }

    /// Whether it is a build of the function with this uid.
    pub fn is_of(&self, uid: &str) -> bool {
        let number = self.as_str().rsplit_once(mark(uid).as_str()).map(|(_, number)| number);
        number.is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
    }
}

/// Between name and number.
fn mark(uid: &str) -> String {
    let hash = hex::encode(Sha256::digest(uid));
    format!("-{}-b", hash.get(..8).unwrap_or(&hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_belongs_to_one_life_of_a_name() {
        let name: FunctionName = "a".repeat(57).parse().unwrap();
        let id = BuildId::of(&name, "0b7c", 1_000_000);
        assert!(id.as_str().len() <= 63 && id.is_of("0b7c"), "{id}");
        assert!(!id.is_of("another life"));
        assert!(!"hello-b1".parse::<BuildId>().unwrap().is_of("0b7c"));
    }
}
