//! LambdaFunctions as manifests: what the JSON API and the YAML tab read and write.

use domain::{
    FunctionName, TenantName,
    function::{
        ANNOTATION_BUILD_REQUEST, ANNOTATION_CANCELLED_BUILD, FunctionSummary, GROUP, LambdaFunction, VERSION,
    },
    identity::{Caller, Permission},
};
use kube::{
    Api, ResourceExt,
    api::{ApiResource, DynamicObject, ListParams, PostParams},
};
use serde_json::Value;

use crate::{Error, Platform, Result, functions::not_found, summary::summary};

/// How a PATCH is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatchKind {
    /// RFC 7396.
    Merge,
    /// RFC 6902.
    Json,
}

impl Platform {
    /// The resource, managed fields left out; values of Secrets are not part of it.
    pub async fn get_manifest(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        name: &FunctionName,
    ) -> Result<LambdaFunction> {
        self.authorize(caller, tenant, Permission::Read)?;
        let mut function = self.functions_api(tenant).get(name.as_str()).await.map_err(not_found)?;
        function.metadata.managed_fields = None;
        Ok(function)
    }

    /// The tenant's resources by name, at most `limit`, from the `continue` token on; and the next token.
    pub async fn list_manifests(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        limit: u32,
        from: Option<&str>,
    ) -> Result<(Vec<LambdaFunction>, Option<String>)> {
        self.authorize(caller, tenant, Permission::Read)?;
        let mut params = ListParams::default().limit(limit);
        if let Some(token) = from {
            params = params.continue_token(token);
        }
        let list = self.functions_api(tenant).list(&params).await?;
        let next = list.metadata.continue_.filter(|token| !token.is_empty());
        let items = list.items.into_iter().map(|mut function| {
            function.metadata.managed_fields = None;
            function
        });
        Ok((items.collect(), next))
    }

    /// The resource as YAML.
    pub async fn get_yaml(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        name: &FunctionName,
    ) -> Result<String> {
        to_yaml(&self.get_manifest(caller, tenant, name).await?)
    }

    /// Creates a function from a manifest in JSON or YAML; with `name` replaces the spec of that one.
    pub(crate) async fn apply_manifest_now(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        name: Option<&FunctionName>,
        text: &str,
    ) -> Result<LambdaFunction> {
        self.apply_from(caller, tenant, name, None, text).await
    }

    async fn apply_from(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        name: Option<&FunctionName>,
        version: Option<&str>,
        text: &str,
    ) -> Result<LambdaFunction> {
        self.authorize(caller, tenant, Permission::Write)?;
        self.limit_builds(caller)?;
        let mut manifest = parse(text)?;
        accept(&mut manifest, tenant, name)?;
        match name {
            None => self.create_manifest(caller, tenant, manifest).await,
            Some(name) => self.replace_manifest(caller, tenant, name, version, manifest).await,
        }
    }

    /// Like [`Self::apply_manifest`], for the YAML tab; a spec newer than `version` is a conflict.
    pub async fn apply_yaml(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        name: Option<&FunctionName>,
        version: Option<&str>,
        text: &str,
    ) -> Result<FunctionSummary> {
        let function = self.apply_from(caller, tenant, name, version, text).await?;
        summary(&function).ok_or(Error::NotFound("function"))
    }

    /// Changes a part of a manifest.
    pub(crate) async fn patch_manifest_now(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        name: &FunctionName,
        kind: PatchKind,
        text: &str,
    ) -> Result<LambdaFunction> {
        self.authorize(caller, tenant, Permission::Write)?;
        self.limit_builds(caller)?;
        let patch = parse(text)?;
        let steps: json_patch::Patch = match kind {
            PatchKind::Json => serde_json::from_value(patch.clone())
                .map_err(|error| Error::field("", format!("Not a JSON patch: {error}.")))?,
            PatchKind::Merge => json_patch::Patch::default(),
        };
        let written = self
            .edit_function(caller, tenant, name, None, |function| {
                let mut manifest = serde_json::to_value(without_managed_fields(function.clone()))
                    .map_err(Error::internal)?;
                match kind {
                    PatchKind::Merge => json_patch::merge(&mut manifest, &patch),
                    PatchKind::Json => json_patch::patch(&mut manifest, &steps)
                        .map_err(|error| Error::field("", format!("The patch does not fit: {error}.")))?,
                }
                accept(&mut manifest, tenant, Some(name))?;
                take_over(function, decode(manifest)?);
                Ok(())
            })
            .await?;
        Ok(without_managed_fields(written))
    }

    async fn create_manifest(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        manifest: Value,
    ) -> Result<LambdaFunction> {
        if let Ok(typed) = serde_json::from_value::<LambdaFunction>(manifest.clone()) {
            return self.write_new(caller, tenant, typed).await.map(without_managed_fields);
        }
        // It does not even decode: the schema in the cluster words what is wrong, by field.
        let object: DynamicObject = serde_json::from_value(manifest)
            .map_err(|error| Error::field("metadata", format!("Not a Kubernetes object: {error}.")))?;
        let resource = ApiResource::erase::<LambdaFunction>(&());
        let api: Api<DynamicObject> = Api::namespaced_with(self.kube().clone(), tenant.as_str(), &resource);
        let dry = PostParams { dry_run: true, ..PostParams::default() };
        api.create(&dry, &object).await?;
        Err(Error::field("spec", "The manifest does not have the shape of a LambdaFunction."))
    }

    async fn replace_manifest(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        name: &FunctionName,
        version: Option<&str>,
        manifest: Value,
    ) -> Result<LambdaFunction> {
        let wanted = decode(manifest)?;
        let exact = wanted.metadata.resource_version.clone();
        let written = self
            .edit_function(caller, tenant, name, version, |function| {
                if exact.is_some() && exact != function.metadata.resource_version {
                    return Err(Error::Conflict);
                }
                replace(function, wanted.clone());
                Ok(())
            })
            .await?;
        Ok(without_managed_fields(written))
    }
}

/// A manifest of a function that is not there yet.
pub(crate) fn new_manifest(text: &str, tenant: &TenantName) -> Result<LambdaFunction> {
    let mut manifest = parse(text)?;
    accept(&mut manifest, tenant, None)?;
    decode(manifest)
}

fn decode(manifest: Value) -> Result<LambdaFunction> {
    serde_json::from_value(manifest)
        .map_err(|error| Error::field("spec", format!("Not a LambdaFunction: {error}.")))
}

/// What a writer decides: spec, labels, annotations; the rest is the cluster's.
fn take_over(function: &mut LambdaFunction, wanted: LambdaFunction) {
    function.spec = wanted.spec;
    function.metadata.labels = wanted.metadata.labels;
    function.metadata.annotations = wanted.metadata.annotations;
}

/// What asks for something once. A manifest that was exported tells what was asked before that, and given back it
/// must not ask again; a patch says what it means.
const ASKED: [&str; 2] = [ANNOTATION_BUILD_REQUEST, ANNOTATION_CANCELLED_BUILD];

fn replace(function: &mut LambdaFunction, wanted: LambdaFunction) {
    let asked = ASKED.map(|name| (name, function.annotations().get(name).cloned()));
    take_over(function, wanted);
    for (name, value) in asked {
        match value {
            Some(value) => drop(function.annotations_mut().insert(name.to_owned(), value)),
            None => drop(function.metadata.annotations.as_mut().and_then(|all| all.remove(name))),
        }
    }
}

fn without_managed_fields(mut function: LambdaFunction) -> LambdaFunction {
    function.metadata.managed_fields = None;
    function
}

/// JSON or YAML (of which JSON is a part), one document.
pub(crate) fn parse(text: &str) -> Result<Value> {
    if let Ok(value) = serde_json::from_str(text) {
        return Ok(value);
    }
    serde_saphyr::from_str(text).map_err(|error| {
        Error::refused(400, "not_yaml", "The manifest is neither JSON nor YAML.", format!("{error}"))
    })
}

/// Refuses what is not meant for here, and takes away what only the cluster writes.
fn accept(manifest: &mut Value, tenant: &TenantName, name: Option<&FunctionName>) -> Result<()> {
    let expected = format!("{GROUP}/{VERSION}");
    let text = |manifest: &Value, pointer: &str| {
        manifest.pointer(pointer).and_then(Value::as_str).map(str::to_owned)
    };
    if text(manifest, "/apiVersion").as_deref() != Some(&expected) {
        return Err(Error::field("apiVersion", format!("Write {expected}.")));
    }
    if text(manifest, "/kind").as_deref() != Some("LambdaFunction") {
        return Err(Error::field("kind", "Write LambdaFunction."));
    }
    if text(manifest, "/metadata/namespace").is_some_and(|given| given != tenant.as_str()) {
        return Err(Error::field("metadata.namespace", format!("Write {tenant}, or leave it out.")));
    }
    let given = text(manifest, "/metadata/name");
    match (name, given) {
        (Some(name), Some(given)) if given != name.as_str() => {
            return Err(Error::field(
                "metadata.name",
                format!("Write {name}: a function can not be renamed."),
            ));
        }
        (None, None) => return Err(Error::field("metadata.name", "Write the function's name.")),
        (_, Some(given)) => {
            given
                .parse::<FunctionName>()
                .map_err(|error| Error::field("metadata.name", error.to_string()))?;
        }
        (Some(_), None) => {}
    }
    let object = manifest.as_object_mut().ok_or_else(|| Error::field("", "A manifest is an object."))?;
    object.remove("status");
    let metadata = object.entry("metadata").or_insert_with(|| Value::Object(serde_json::Map::default()));
    let metadata = metadata.as_object_mut().ok_or_else(|| Error::field("metadata", "Write an object."))?;
    metadata.insert("namespace".to_owned(), tenant.as_str().into());
    if let Some(name) = name {
        metadata.insert("name".to_owned(), name.as_str().into());
    }
    for field in [
        "managedFields",
        "uid",
        "creationTimestamp",
        "generation",
        "finalizers",
        "ownerReferences",
        "selfLink",
    ] {
        metadata.remove(field);
    }
    if name.is_none() {
        metadata.remove("resourceVersion");
    }
    Ok(())
}

/// A resource as YAML, in the order that people expect.
pub(crate) fn to_yaml(function: &LambdaFunction) -> Result<String> {
    let mut shown = function.clone();
    shown.metadata.managed_fields = None;
    serde_saphyr::to_string(&shown).map_err(Error::internal)
}

/// The parts of a resource that a person decides, as YAML: what can be edited and given back.
pub(crate) fn editable_yaml(function: &LambdaFunction) -> Result<String> {
    let mut shown = LambdaFunction::new(&function.name_any(), function.spec.clone());
    shown.metadata.namespace.clone_from(&function.metadata.namespace);
    shown.metadata.labels.clone_from(&function.metadata.labels);
    shown.metadata.annotations.clone_from(&function.metadata.annotations);
    serde_saphyr::to_string(&shown).map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use domain::function::{FunctionSpec, Language};
    use serde_json::json;

    use super::*;

    fn accepted(mut manifest: Value, name: Option<&str>) -> Result<Value> {
        let name = name.map(|name| name.parse().unwrap());
        accept(&mut manifest, &"acme".parse().unwrap(), name.as_ref())?;
        Ok(manifest)
    }

    #[test]
    fn what_only_the_cluster_writes_is_taken_away() {
        let manifest = json!({
            "apiVersion": "lambda.knative.io/v1alpha1", "kind": "LambdaFunction",
            "metadata": {"name": "hello", "uid": "u", "finalizers": ["x"], "resourceVersion": "7"},
            "spec": {}, "status": {"phase": "Ready"}
        });
        let kept = accepted(manifest, None).unwrap();
        assert_eq!(kept["metadata"], json!({"name": "hello", "namespace": "acme"}));
        assert!(kept.get("status").is_none());
    }

    #[test]
    fn a_manifest_for_another_tenant_or_kind_is_refused_by_field() {
        let manifest = |kind: &str, namespace: &str| {
            json!({"apiVersion": "lambda.knative.io/v1alpha1", "kind": kind,
                   "metadata": {"name": "hello", "namespace": namespace}})
        };
        let field = |result: Result<Value>| match result {
            Err(Error::Invalid(errors)) => errors[0].field.clone(),
            other => panic!("{other:?}"),
        };
        assert_eq!(field(accepted(manifest("Pod", "acme"), None)), "kind");
        assert_eq!(field(accepted(manifest("LambdaFunction", "other"), None)), "metadata.namespace");
        assert_eq!(field(accepted(manifest("LambdaFunction", "acme"), Some("bye"))), "metadata.name");
    }

    #[test]
    fn a_manifest_that_was_exported_before_a_rebuild_asked_for_another_one() {
        let of = |value: Option<&str>| {
            let mut function =
                LambdaFunction::new("hello", FunctionSpec::inline(Language::Python, "x", None));
            let asked = value.map(|value| (ANNOTATION_BUILD_REQUEST.to_owned(), value.to_owned()));
            function.metadata.annotations = asked.map(|asked| [asked].into());
            function
        };
        for (present, exported) in
            [(Some("2"), Some("1")), (Some("2"), None), (None, Some("1")), (None, None)]
        {
            let mut function = of(present);
            replace(&mut function, of(exported));
            let asked = function.annotations().get(ANNOTATION_BUILD_REQUEST).map(String::as_str);
            assert_eq!(asked, present);
        }
        let untouched = of(None);
        let mut function = untouched.clone();
        replace(&mut function, of(None));
        assert_eq!(function, untouched);
    }

    #[test]
    fn yaml_and_json_are_read_alike() {
        let yaml = parse("kind: LambdaFunction\nmetadata:\n  name: hello\n").unwrap();
        assert_eq!(yaml, parse(r#"{"kind":"LambdaFunction","metadata":{"name":"hello"}}"#).unwrap());
        assert!(parse("a: [").is_err());
    }
}
