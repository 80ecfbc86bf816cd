//! The Settings tab: variables, secrets, scaling, resources, build time-out, traffic.

use domain::{
    FunctionName, TenantName,
    function::{EnvVar, FunctionSpec, FunctionSummary, LambdaFunction, SettingsForm},
    identity::{Caller, Permission},
};

use crate::{
    Error, Platform, Result,
    functions::{began_from, not_found},
    secrets::{references, secret_name},
    summary::summary,
    validate,
};

impl Platform {
    /// Takes the whole form over. Secrets are written first, so that a new Revision finds its values.
    pub(crate) async fn update_settings_now(
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
        validate::spec(&planned(&present, name, &form), tenant)?;
        let secrets = self.write_secrets(tenant, &present, &form.secrets).await?;
        let written = self
            .edit_function(caller, tenant, name, Some(&form.version), |function| {
                fill(&mut function.spec, &form);
                function.spec.env = in_order(&present.spec.env, form.env.iter().chain(&secrets).cloned());
                Ok(())
            })
            .await?;
        if let Err(error) = self.prune_secrets(tenant, &present, &written).await {
            tracing::warn!(%error, function.name = %name, "old values of secrets stay until the next edit");
        }
        summary(&written).ok_or(Error::NotFound("function"))
    }
}

/// The spec that the form would make; secrets that it would write are named as they will be.
pub(crate) fn planned(present: &LambdaFunction, name: &FunctionName, form: &SettingsForm) -> FunctionSpec {
    let mut spec = present.spec.clone();
    fill(&mut spec, form);
    let own = secret_name(name);
    let secrets = form.secrets.iter().map(|(variable, value)| {
        let kept = references(present).find(|(var, _, _)| value.is_none() && var.name == *variable);
        kept.map_or_else(|| EnvVar::secret(variable, &own, variable), |(var, _, _)| var.clone())
    });
    spec.env = in_order(&present.spec.env, form.env.iter().cloned().chain(secrets));
    spec
}

/// Takes over what the form shows; every other field of the spec stays as it is.
fn fill(spec: &mut FunctionSpec, form: &SettingsForm) {
    spec.scaling = form.scaling.clone();
    spec.resources = form.resources.clone();
    spec.timeout_seconds = form.timeout_seconds;
    spec.build.timeout.clone_from(&form.build_timeout);
    spec.traffic.clone_from(&form.traffic);
}

/// The wanted variables in the order of the present ones, new ones last: a form that changed nothing writes
/// nothing, and `$(NAME)` goes on meaning what it meant.
fn in_order(present: &[EnvVar], wanted: impl Iterator<Item = EnvVar>) -> Vec<EnvVar> {
    let mut wanted: Vec<EnvVar> = wanted.collect();
    let place = |var: &EnvVar| present.iter().position(|old| old.name == var.name).unwrap_or(present.len());
    wanted.sort_by_key(place);
    wanted
}

#[cfg(test)]
mod tests {
    use domain::function::{BuildSettings, Language, TrafficTarget, Trigger};
    use serde_json::json;

    use super::*;

    fn form(spec: &FunctionSpec) -> SettingsForm {
        SettingsForm {
            version: "1".to_owned(),
            env: spec.env.clone(),
            secrets: Vec::new(),
            scaling: spec.scaling.clone(),
            resources: spec.resources.clone(),
            timeout_seconds: spec.timeout_seconds,
            build_timeout: "5m".to_owned(),
            traffic: spec.traffic.clone(),
        }
    }

    #[test]
    fn fields_that_the_form_does_not_show_stay() {
        let share = |name: &str, percent| TrafficTarget {
            revision_name: Some(name.to_owned()),
            latest_revision: None,
            percent,
            tag: None,
        };
        let before = FunctionSpec {
            traffic: vec![share("hello-00001", 90), share("hello-00002", 10)],
            triggers: serde_json::from_value::<Vec<Trigger>>(json!([{"filter": {"type": "x"}}])).unwrap(),
            eventing: serde_json::from_value(json!({"enabled": true})).unwrap(),
            observability: Some(json!({"tracing": {"enabled": true}})),
            build: BuildSettings { priority: 2, force_rebuild: true, ..BuildSettings::default() },
            ..FunctionSpec::inline(Language::Python, "x", None)
        };
        let mut after = before.clone();
        fill(&mut after, &form(&before));
        assert_eq!(after.build.timeout, "5m");
        after.build.timeout.clone_from(&before.build.timeout);
        assert_eq!(after, before);
    }

    #[test]
    fn variables_keep_their_order_and_new_ones_come_last() {
        let names = |vars: &[EnvVar]| vars.iter().map(|var| var.name.clone()).collect::<Vec<_>>();
        let present = [EnvVar::secret("B", "s", "k"), EnvVar::plain("A", "1"), EnvVar::plain("GONE", "")];
        let wanted = [EnvVar::plain("NEW", ""), EnvVar::plain("A", "2"), EnvVar::secret("B", "s", "k.2")];
        assert_eq!(names(&in_order(&present, wanted.into_iter())), ["B", "A", "NEW"]);
    }
}
