//! The languages of the create form.

use domain::function::{Language, RuntimeOption};

use crate::{Error, Platform, Result};

impl Platform {
    /// The languages, whether they can be used here, and code to start from; no secret, so no caller.
    pub fn runtimes(&self) -> Vec<RuntimeOption> {
        self.settings().runtimes.clone()
    }

    /// Refuses a language that this machine can not build, with the reason.
    pub(crate) fn require_runtime(&self, language: Language) -> Result<()> {
        let known = self.settings().runtimes.iter().find(|option| option.language == language);
        let reason = match known {
            Some(RuntimeOption { unavailable: None, .. }) => return Ok(()),
            Some(RuntimeOption { unavailable: Some(reason), .. }) => reason.clone(),
            None => format!("{} is not offered by this platform.", language.label()),
        };
        Err(Error::field("spec.runtime.language", reason))
    }
}
