//! The Settings tab: variables, secrets, scaling, resources, build time-out, traffic.

use domain::{
    FunctionName, TenantName,
    function::{EnvVar, FunctionSpec, FunctionSummary, SettingsForm},
    identity::{Caller, Permission},
};

use crate::{
    Error, Platform, Result,
    functions::{began_from, not_found},
    secrets::secret_name,
    summary::summary,
    validate,
};

impl Platform {
    /// Takes the whole form over. Secrets are written first, so that a new Revision finds its values.
    pub async fn update_settings(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        name: &FunctionName,
        form: SettingsForm,
    ) -> Result<FunctionSummary> {
        self.authorize(caller, tenant, Permission::Write)?;
        self.limit_builds(caller)?;
        let present = self.functions_api(tenant).get(name.as_str()).await.map_err(not_found)?;
        if !began_from(&form.version, &present) {
            return Err(Error::Conflict);
        }
        // Everything else is looked at before a Secret is touched.
        let mut planned = present.spec.clone();
        fill(&mut planned, &form);
        let secret = secret_name(name);
        let secrets = form.secrets.iter().map(|(variable, _)| EnvVar::secret(variable, &secret, variable));
        planned.env = form.env.iter().cloned().chain(secrets).collect();
        validate::spec(&planned, tenant)?;
        let secrets = self.write_secrets(tenant, &present, &form.secrets).await?;
        let written = self
            .edit_function(caller, tenant, name, Some(&form.version), |function| {
                fill(&mut function.spec, &form);
                function.spec.env = form.env.iter().chain(&secrets).cloned().collect();
                Ok(())
            })
            .await?;
        summary(&written).ok_or(Error::NotFound("function"))
    }
}

fn fill(spec: &mut FunctionSpec, form: &SettingsForm) {
    spec.scaling = form.scaling.clone();
    spec.resources = form.resources.clone();
    spec.build.timeout.clone_from(&form.build_timeout);
    spec.traffic.clone_from(&form.traffic);
}
