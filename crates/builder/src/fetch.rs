//! Source → workspace folder.

mod authorities;
mod git;
mod inline;
mod object;
mod unpack;
mod upload;

use std::collections::BTreeMap;
use std::path::Path;

use domain::build::{BuildRequest, FailureCategory};
use egress::Guard;

use crate::failure::{Failure, OrInternal, Result};
use crate::log::Log;
use crate::process::Tools;
use crate::run::Settings;

/// What fetching works with.
pub(crate) struct Context<'a> {
    pub(crate) settings: &'a Settings,
    /// An empty folder, for what is no part of the source.
    pub(crate) scratch: &'a Path,
    /// The empty folder that the source goes into.
    pub(crate) workspace: &'a Path,
    pub(crate) log: &'a Log,
}

/// Puts the source into the workspace. The answer is the folder around everything that an archive had
/// and that was taken away.
pub(crate) async fn fetch(
    request: &BuildRequest,
    tools: impl Future<Output = Tools>,
    context: &Context<'_>,
) -> Result<Option<String>> {
    let source = &request.source;
    if let Some(inline) = &source.inline {
        inline::write(request.language, inline, context.workspace)?;
        context.log.say("The code is in the function's manifest.");
        return Ok(None);
    }
    if let Some(upload) = &source.upload {
        let storage =
            storage::open(&context.settings.storage_url).or_internal("The storage cannot be opened")?;
        return upload::fetch(upload, &request.tenant, &storage, context).await;
    }
    let secret = Credentials::of(request, &context.settings.secret)?;
    let guard = Guard::new(context.settings.source_allow.clone());
    match &source.git {
        Some(git) => git::fetch(git, &secret, guard, &tools.await, context).await.map(|()| None),
        None => object::fetch(source, &secret, guard, context).await,
    }
}

/// What the source's Secret holds; empty when it names none.
pub(crate) struct Credentials<'a> {
    /// The Secret's name.
    name: Option<&'a str>,
    values: &'a BTreeMap<String, String>,
}

impl<'a> Credentials<'a> {
    /// A Secret that is named and gives nothing is an error here: what is fetched without it would be
    /// refused with words about something else.
    fn of(request: &'a BuildRequest, values: &'a BTreeMap<String, String>) -> Result<Self> {
        let name = request.source.secret_ref().map(|secret| secret.name.as_str());
        if let (Some(name), true) = (name, values.is_empty()) {
            let keys = request.source.kind.secret_keys().join(", ");
            let message = format!("There is no Secret {name} with one of the keys {keys} in this tenant.");
            return Err(Failure::new(FailureCategory::SourceDenied, message));
        }
        Ok(Self { name, values })
    }

    fn get(&self, key: &str) -> Option<&'a str> {
        self.values.get(key).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Takes every secret value out of a program's words.
    fn redact(&self, text: &str) -> String {
        let secrets = self.values.iter().filter(|(key, value)| *key != "username" && value.len() > 3);
        secrets.fold(text.to_owned(), |text, (_, value)| text.replace(value.as_str(), "***"))
    }
}
