//! The files that `setup/xtask.sh web` made, by their logical names.

use std::{collections::BTreeMap, sync::Arc};

/// Where the server serves the files of `web/`.
pub const ASSETS_PATH: &str = "/assets";

/// Logical name (`main.css`) to hashed name (`main.1a2b3c.css`).
#[derive(Debug, Clone, Default)]
pub struct Assets(Arc<BTreeMap<String, String>>);

impl Assets {
    /// From the content of `web/manifest.json`.
    pub fn from_manifest(manifest: &[u8]) -> Result<Self, serde_json::Error> {
        Ok(Self(Arc::new(serde_json::from_slice(manifest)?)))
    }

    /// The path to link to.
    pub fn url(&self, name: &str) -> String {
        let hashed = self.0.get(name).map_or(name, String::as_str);
        format!("{ASSETS_PATH}/{hashed}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logical_name_becomes_the_hashed_path() {
        let assets = Assets::from_manifest(br#"{"main.css":"main.12.css"}"#).unwrap();
        assert_eq!(assets.url("main.css"), "/assets/main.12.css");
    }
}
