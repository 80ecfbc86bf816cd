//! Sessions, as their owner sees them.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// When and from where a session is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionFacts {
    /// When its owner signed in.
    pub began: Timestamp,
    /// When it was used last, to the minute.
    pub seen: Timestamp,
    /// The address that it began from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// What the browser calls itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
}

/// A session that goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenSession {
    /// Names it; not its secret.
    pub key: String,
    /// When and from where it is used.
    pub facts: SessionFacts,
}

impl SessionFacts {
    /// Browser and system in words, as far as they are known: `Firefox on Linux`.
    pub fn device(&self) -> String {
        let agent = self.agent.as_deref().unwrap_or_default();
        // Later browsers name the earlier ones, too: the first that fits is the right one.
        let one_of = |known: &[(&str, &'static str)]| {
            known.iter().find(|(word, _)| agent.contains(word)).map(|(_, name)| *name)
        };
        let browser = one_of(&[
            ("Edg/", "Edge"),
            ("OPR/", "Opera"),
            ("Firefox/", "Firefox"),
            ("Chrome/", "Chrome"),
            ("Safari/", "Safari"),
            ("curl/", "curl"),
        ]);
        let system = one_of(&[
            ("Android", "Android"),
            ("iPhone", "iPhone"),
            ("iPad", "iPad"),
            ("Windows", "Windows"),
            ("Mac OS X", "macOS"),
            ("Linux", "Linux"),
        ]);
        match (browser, system) {
            (Some(browser), Some(system)) => format!("{browser} on {system}"),
            (Some(one), None) | (None, Some(one)) => one.to_owned(),
            (None, None) => "A browser".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_named_in_words() {
        let device = |agent: Option<&str>| {
            let at = Timestamp::from_millis(0);
            SessionFacts { began: at, seen: at, address: None, agent: agent.map(str::to_owned) }.device()
        };
        let edge = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/120.0 Safari/537.36 Edg/120.0";
        assert_eq!(device(Some(edge)), "Edge on Windows");
        assert_eq!(device(Some("Mozilla/5.0 (X11; Linux x86_64) Firefox/121.0")), "Firefox on Linux");
        assert_eq!(device(Some("curl/8.0")), "curl");
        assert_eq!(device(None), "A browser");
    }
}
