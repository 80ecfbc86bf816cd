//! Keys: refused before they reach a file system.

use object_store::path::Path;

use crate::{Error, Result};

/// A key of letters, digits, `-`, `_`, `.` and `/`, without empty segments and `..`.
pub(crate) fn parse(key: &str) -> Result<Path> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    let valid = key.len() <= 1024
        && key
            .split('/')
            .all(|part| !part.is_empty() && part != "." && part != ".." && part.bytes().all(allowed));
    if valid {
        Path::parse(key).map_err(|_| Error::Key(key.to_owned()))
    } else {
        Err(Error::Key(key.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_never_leaves_the_storage() {
        assert!(parse("uploads/acme/0190-ab.zip").is_ok());
        for bad in ["", "/a", "a/", "a//b", "../a", "a/../b", "a/./b", "a\\b", "a\0", "a b", "ä"] {
            assert!(parse(bad).is_err(), "{bad:?}");
        }
    }
}
