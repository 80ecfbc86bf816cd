//! Whether the code that a form names can be fetched: tried as a build would, and thrown away again.

use std::{collections::BTreeMap, time::Duration};

use async_trait::async_trait;
use domain::{
    FieldError, TenantName,
    build::BuildFailure,
    function::{Source, SourceType},
    identity::{Caller, Permission},
    preflight::{Check, Verdict},
};
use k8s_openapi::api::core::v1::Secret;
use kube::{Api, ResourceExt, api::ListParams};

use crate::{Error, Platform, Rate, Result};

/// Trials of one user: each opens a connection to somewhere else.
const TRIALS: Rate = Rate { per_minute: 20, burst: 10 };
/// Trials at one time; others wait.
pub(crate) const AT_ONCE: usize = 2;
/// How long one may take, its turn included.
const PATIENCE: Duration = Duration::from_secs(60);
/// Names that the answer lists.
const NAMES: usize = 8;

/// Fetches code for a moment.
#[async_trait]
pub trait SourceTrial: Send + Sync + 'static {
    /// The names at the top of the source, or why a build could not fetch it.
    async fn fetch(
        &self,
        tenant: &TenantName,
        source: &Source,
        secret: BTreeMap<String, String>,
    ) -> Result<Vec<String>, BuildFailure>;
}

impl Platform {
    /// The Secrets of a tenant that sources can name, by what they hold keys for; never their values.
    pub async fn source_secrets(
        &self,
        caller: &Caller,
        tenant: &TenantName,
    ) -> Result<Vec<(String, Vec<SourceType>)>> {
        self.authorize(caller, tenant, Permission::Write)?;
        let api: Api<Secret> = Api::namespaced(self.kube().clone(), tenant.as_str());
        let secrets = api.list(&ListParams::default()).await?;
        let named = secrets.iter().map(|secret| (secret.name_any(), kinds(secret)));
        Ok(named.filter(|(_, kinds)| !kinds.is_empty()).collect())
    }

    pub(crate) async fn test_source_now(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        source: &Source,
    ) -> Result<Check> {
        self.authorize(caller, tenant, Permission::Write)?;
        refuse_bad(source)?;
        self.limits().take(format!("source-trial/{}", caller.user.id), TRIALS, self.now())?;
        let secret = self.credentials(tenant, source).await?;
        let trial = async {
            let _place = self.trial_places().acquire().await.map_err(Error::internal)?;
            Ok::<_, Error>(self.sources().fetch(tenant, source, secret).await)
        };
        Ok(match tokio::time::timeout(PATIENCE, trial).await {
            Ok(fetched) => told(fetched?),
            Err(_) => told_late(),
        })
    }

    /// What a build of this source would be given of its Secret.
    async fn credentials(&self, tenant: &TenantName, source: &Source) -> Result<BTreeMap<String, String>> {
        let Some(named) = source.secret_ref() else { return Ok(BTreeMap::new()) };
        let api: Api<Secret> = Api::namespaced(self.kube().clone(), tenant.as_str());
        let data = api.get_opt(&named.name).await?.and_then(|secret| secret.data).unwrap_or_default();
        let text = |key: &&str| String::from_utf8(data.get(*key)?.0.clone()).ok();
        let keys = source.kind.secret_keys().iter();
        Ok(keys.filter_map(|key| Some(((*key).to_owned(), text(key)?))).collect())
    }
}

fn refuse_bad(source: &Source) -> Result<()> {
    if !source.kind.is_place() || !source.is_consistent() {
        return Err(Error::field("spec.source", "Only code in a repository or a bucket is fetched."));
    }
    let problems = source.problems().into_iter();
    let errors: Vec<_> =
        problems.map(|(field, message)| FieldError { field: field.to_owned(), message }).collect();
    if errors.is_empty() { Ok(()) } else { Err(Error::Invalid(errors)) }
}

fn told(fetched: Result<Vec<String>, BuildFailure>) -> Check {
    match fetched {
        Ok(names) => {
            let more = match names.len().saturating_sub(NAMES) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let shown = names.iter().take(NAMES).map(String::as_str).collect::<Vec<_>>().join(", ");
            Check::new("Access", Verdict::Fine, format!("It was fetched. At its top are {shown}{more}."))
        }
        Err(failure) => {
            let detail = format!("{} {}", failure.message, failure.category.remedy());
            Check::new("Access", Verdict::Blocked, detail)
        }
    }
}

fn told_late() -> Check {
    let seconds = PATIENCE.as_secs();
    let detail = format!("It took longer than {seconds} s. A build has more time and may still succeed.");
    Check::new("Access", Verdict::Doubtful, detail)
}

/// The kinds of source that this Secret holds a key for.
fn kinds(secret: &Secret) -> Vec<SourceType> {
    let has = |key: &&str| secret.data.as_ref().is_some_and(|data| data.contains_key(*key));
    let kinds = [SourceType::Git, SourceType::S3, SourceType::Gcs];
    kinds.into_iter().filter(|kind| kind.secret_keys().iter().any(&has)).collect()
}

#[cfg(test)]
mod tests {
    use domain::{build::FailureCategory, function::GitSource};
    use k8s_openapi::ByteString;

    use super::*;

    #[test]
    fn the_answer_says_what_is_there_or_what_is_wrong() {
        let names: Vec<String> = (0..10).map(|n| format!("{n}.py")).collect();
        let fine = told(Ok(names));
        assert_eq!(fine.verdict, Verdict::Fine);
        assert!(fine.detail.contains("0.py, 1.py") && fine.detail.ends_with("7.py and 2 more."), "{fine:?}");
        let message = "There is no repository at this URL.".to_owned();
        let lost = told(Err(BuildFailure { category: FailureCategory::SourceNotFound, message }));
        assert_eq!(lost.verdict, Verdict::Blocked);
        assert!(lost.detail.starts_with("There is no repository at this URL. "), "{lost:?}");
    }

    #[test]
    fn a_secret_is_offered_for_what_it_has_keys_for() {
        let with = |keys: &[&str]| Secret {
            data: Some(keys.iter().map(|key| ((*key).to_owned(), ByteString::default())).collect()),
            ..Secret::default()
        };
        assert_eq!(kinds(&with(&["username", "password"])), [SourceType::Git]);
        assert_eq!(kinds(&with(&["accesskey", "secretkey"])), [SourceType::S3]);
        assert!(kinds(&with(&["TOKEN.1"])).is_empty(), "values of a function's variables");
    }

    #[test]
    fn a_source_that_breaks_a_rule_is_refused_before_anything_is_asked() {
        let source = Source::git(GitSource {
            url: "file:///etc".to_owned(),
            reference: "main".to_owned(),
            path: None,
            secret_ref: None,
        });
        let Err(Error::Invalid(errors)) = refuse_bad(&source) else { panic!("it is refused") };
        assert_eq!(errors[0].field, "spec.source.git.url");
    }
}
