//! What a form would write, as a manifest, before it is written.

use domain::{
    FunctionName, TenantName,
    function::{EnvVar, FunctionSpec, LambdaFunction, NewFunction, Preview, Runtime, SettingsForm},
    identity::{Caller, Permission},
};

use crate::{Platform, Result, functions::not_found, manifest::editable_yaml, settings_form::planned};

impl Platform {
    /// The manifest that [`Self::create_function`] would write; nothing is checked yet.
    pub async fn preview_new(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        new: NewFunction,
    ) -> Result<Preview> {
        self.authorize(caller, tenant, Permission::Read)?;
        let source = self.source_of(tenant, None, new.language, new.code.clone()).await?;
        let mut function = LambdaFunction::new(new.name.trim(), new_spec(&new));
        function.spec.source = source;
        function.metadata.namespace = Some(tenant.to_string());
        Ok(Preview { before: String::new(), after: editable_yaml(&function)? })
    }

    /// The present manifest, and the one that [`Self::update_settings`] would make of it.
    pub async fn preview_settings(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        name: &FunctionName,
        form: &SettingsForm,
    ) -> Result<Preview> {
        self.authorize(caller, tenant, Permission::Read)?;
        let present = self.functions_api(tenant).get(name.as_str()).await.map_err(not_found)?;
        let before = editable_yaml(&present)?;
        let mut after = present;
        after.spec = planned(&after, name, form);
        Ok(Preview { before, after: editable_yaml(&after)? })
    }
}

/// The spec of a new function, without its source.
pub(crate) fn new_spec(new: &NewFunction) -> FunctionSpec {
    let mut spec = FunctionSpec::inline(new.language, "", None);
    spec.runtime = Some(Runtime { handler: new.handler.trim().to_owned(), ..Runtime::of(new.language) });
    let variables = new.env.iter();
    spec.env = variables.map(|(name, value)| EnvVar::plain(name, value)).collect();
    spec
}

#[cfg(test)]
mod tests {
    use domain::function::{Language, NewCode};

    use super::*;

    #[test]
    fn the_form_fills_runtime_and_variables_and_leaves_defaults() {
        let code = NewCode::Inline { code: "x".to_owned(), dependencies: None };
        let env = vec![("A".to_owned(), "1".to_owned())];
        let new = NewFunction {
            name: "hello".to_owned(),
            language: Language::Python,
            handler: " main.run ".to_owned(),
            code,
            env,
        };
        let spec = new_spec(&new);
        assert_eq!(spec.runtime.map(|runtime| runtime.handler).as_deref(), Some("main.run"));
        assert_eq!(spec.env, [EnvVar::plain("A", "1")]);
        assert_eq!(spec.scaling, FunctionSpec::inline(Language::Python, "", None).scaling);
    }
}
