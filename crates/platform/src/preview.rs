//! What a form would write, as a manifest, before it is written.

use domain::{
    FunctionName, TenantName,
    function::{
        EnvVar, FunctionSpec, LambdaFunction, ManifestForm, NewCode, NewFunction, Preview, Runtime,
        SettingsForm, SourceType,
    },
    identity::{Caller, Permission},
};

use kube::ResourceExt;
use serde_json::Value;

use crate::{
    Error, Platform, Result,
    functions::not_found,
    manifest::{editable_yaml, new_manifest},
    settings_form::planned,
};

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

impl Platform {
    /// A manifest as fields of the create form: the way back from [`Self::preview_new`].
    pub fn manifest_as_form(&self, caller: &Caller, tenant: &TenantName, text: &str) -> Result<ManifestForm> {
        self.authorize(caller, tenant, Permission::Read)?;
        as_form(&new_manifest(text, tenant)?)
    }
}

fn as_form(function: &LambdaFunction) -> Result<ManifestForm> {
    let spec = &function.spec;
    let runtime = spec
        .runtime
        .as_ref()
        .ok_or_else(|| Error::field("spec.runtime", "The form needs a language; create it from here."))?;
    let code = match (&spec.source.kind, &spec.source.inline) {
        (SourceType::Inline, Some(inline)) => {
            NewCode::Inline { code: inline.code.clone(), dependencies: inline.dependencies.clone() }
        }
        (SourceType::Upload, _) => NewCode::Upload { upload: String::new() },
        (kind, _) if kind.is_place() => NewCode::Place { source: Box::new(spec.source.clone()) },
        (kind, _) => {
            let kind = kind.as_str();
            let message = format!("The form has no fields for a source of type {kind}; create it from here.");
            return Err(Error::field("spec.source", message));
        }
    };
    let plain = spec.env.iter().filter(|var| var.value_from.is_none());
    let new = NewFunction {
        name: function.name_any(),
        language: runtime.language,
        handler: runtime.handler.clone(),
        code,
        env: plain.map(|var| (var.name.clone(), var.value.clone().unwrap_or_default())).collect(),
    };
    let mut again = new_spec(&new);
    again.source = spec.source.clone();
    Ok(ManifestForm { left_out: differing(&again, spec)?, new })
}

/// Names of the parts of `spec` that `again` does not say.
fn differing(again: &FunctionSpec, spec: &FunctionSpec) -> Result<Vec<String>> {
    let fields = |spec: &FunctionSpec| match serde_json::to_value(spec) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Ok(serde_json::Map::new()),
        Err(error) => Err(Error::internal(error)),
    };
    let (again, spec) = (fields(again)?, fields(spec)?);
    let lost = spec.iter().filter(|(name, value)| again.get(*name) != Some(value));
    let mut lost: Vec<String> = lost.map(|(name, _)| format!("spec.{name}")).collect();
    lost.sort();
    Ok(lost)
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

    fn written(spec: FunctionSpec) -> LambdaFunction {
        LambdaFunction::new("hello", spec)
    }

    #[test]
    fn a_manifest_of_the_form_comes_back_as_the_form() {
        let new = NewFunction {
            name: "hello".to_owned(),
            language: Language::Python,
            handler: "main.run".to_owned(),
            code: NewCode::Inline { code: "x".to_owned(), dependencies: Some("six".to_owned()) },
            env: vec![("A".to_owned(), "1".to_owned())],
        };
        let mut spec = new_spec(&new);
        spec.source = FunctionSpec::inline(Language::Python, "x", Some("six".to_owned())).source;
        let form = as_form(&written(spec)).unwrap();
        assert_eq!(form.new, new);
        assert_eq!(form.left_out, Vec::<String>::new());
    }

    #[test]
    fn what_the_form_has_no_fields_for_is_named() {
        let mut spec = FunctionSpec::inline(Language::Python, "x", None);
        spec.scaling.min_replicas = 2;
        spec.env.push(EnvVar::secret("TOKEN", "s", "k"));
        assert_eq!(as_form(&written(spec)).unwrap().left_out, ["spec.env", "spec.scaling"]);
        let mut image = FunctionSpec::inline(Language::Python, "x", None);
        image.source.kind = SourceType::Image;
        assert!(as_form(&written(image)).is_err());
    }

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
