//! The code of a function: what the Code tab shows and deploys.

use domain::{
    FunctionName, TenantName,
    function::{Deploy, FunctionSummary, InlineSource, LambdaFunction, Language, NewCode, Runtime, Source},
    identity::{Caller, Permission},
};

use crate::{Error, Platform, Result, summary::summary};

impl Platform {
    /// Deploys new code; the build begins by itself.
    pub async fn deploy(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        name: &FunctionName,
        deploy: Deploy,
    ) -> Result<FunctionSummary> {
        self.authorize(caller, tenant, Permission::Write)?;
        self.limit_builds(caller)?;
        let present = self.cache().function(tenant, name).ok_or(Error::NotFound("function"))?;
        let before = present.spec.runtime.as_ref().map(|runtime| runtime.language);
        let language = deploy.language.or(before).unwrap_or(Language::Python);
        self.require_runtime(language)?;
        let source = self.source_of(tenant, Some(&present), language, deploy.code).await?;
        let written = self
            .edit_function(caller, tenant, name, deploy.version.as_deref(), |function| {
                let version = function.spec.runtime.as_ref().and_then(|runtime| runtime.version.clone());
                function.spec.source = source.clone();
                function.spec.runtime =
                    Some(Runtime { language, version, handler: deploy.handler.trim().to_owned() });
                Ok(())
            })
            .await?;
        summary(&written).ok_or(Error::NotFound("function"))
    }

    /// The source that new code becomes; `present` is what [`NewCode::Files`] changes.
    pub(crate) async fn source_of(
        &self,
        tenant: &TenantName,
        present: Option<&LambdaFunction>,
        language: Language,
        code: NewCode,
    ) -> Result<Source> {
        let _ = (tenant, present, language);
        match code {
            NewCode::Inline { code, dependencies } => {
                let dependencies = dependencies.filter(|text| !text.trim().is_empty());
                Ok(Source::inline(InlineSource { code, dependencies }))
            }
            NewCode::Files { .. } | NewCode::Upload { .. } => Err(Error::NotFound("upload")),
        }
    }
}
