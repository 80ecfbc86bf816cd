//! Functions: lists, forms and what changes them.

use domain::{
    FunctionName, Page, TenantName,
    function::{
        Deploy, FunctionDetail, FunctionQuery, FunctionSummary, ManifestForm, NameCheck, NewFunction, Phase,
        Preview, RuntimeOption, SettingsForm, Source, SourceType, SourceView,
    },
    preflight::Check,
};
use leptos::prelude::*;
use server_fn::codec::Json;

#[cfg(feature = "ssr")]
use crate::api::cx;
use crate::{api::Client, error::AppError};

/// One page of the list.
#[server(prefix = "/fn", endpoint = "functions/list", input = Json, client = Client)]
pub async fn list_functions(
    tenant: TenantName,
    query: FunctionQuery,
) -> Result<Page<FunctionSummary>, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.list_functions(&caller, &tenant, &query).await?)
}

/// How many functions are in each phase.
#[server(prefix = "/fn", endpoint = "functions/counts", input = Json, client = Client)]
pub async fn function_counts(tenant: TenantName) -> Result<Vec<(Phase, i64)>, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.function_counts(&caller, &tenant).await?)
}

/// All that a function's page shows.
#[server(prefix = "/fn", endpoint = "functions/get", input = Json, client = Client)]
pub async fn get_function(tenant: TenantName, name: FunctionName) -> Result<FunctionDetail, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.get_function(&caller, &tenant, &name).await?)
}

/// Whether a name can be taken.
#[server(prefix = "/fn", endpoint = "functions/check-name", input = Json, client = Client)]
pub async fn check_name(tenant: TenantName, text: String) -> Result<NameCheck, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.check_name(&caller, &tenant, &text).await?)
}

/// What a new function would meet.
#[server(prefix = "/fn", endpoint = "functions/preflight", input = Json, client = Client)]
pub async fn preflight(tenant: TenantName) -> Result<Vec<Check>, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.preflight(&caller, &tenant).await?)
}

/// What a change of a function would meet.
#[server(prefix = "/fn", endpoint = "functions/preflight-of", input = Json, client = Client)]
pub async fn preflight_of(tenant: TenantName, name: FunctionName) -> Result<Vec<Check>, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.preflight_of(&caller, &tenant, &name).await?)
}

/// Whether the code of a form can be fetched from where it says.
#[server(prefix = "/fn", endpoint = "functions/test-source", input = Json, client = Client)]
pub async fn test_source(tenant: TenantName, source: Source) -> Result<Check, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.test_source(&caller, &tenant, &source).await?)
}

/// The Secrets that a source can name, by what they are for.
#[server(prefix = "/fn", endpoint = "functions/source-secrets", input = Json, client = Client)]
pub async fn source_secrets(tenant: TenantName) -> Result<Vec<(String, Vec<SourceType>)>, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.source_secrets(&caller, &tenant).await?)
}

/// The create form.
#[server(prefix = "/fn", endpoint = "functions/create", input = Json, client = Client)]
pub async fn create_function(tenant: TenantName, new: NewFunction) -> Result<FunctionSummary, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.create_function(&caller, &tenant, new).await?)
}

/// Takes a function away with all that belongs to it.
#[server(prefix = "/fn", endpoint = "functions/delete", input = Json, client = Client)]
pub async fn delete_function(tenant: TenantName, name: FunctionName) -> Result<(), AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.delete_function(&caller, &tenant, &name).await?)
}

/// The code, as far as it can be shown.
#[server(prefix = "/fn", endpoint = "functions/source", input = Json, client = Client)]
pub async fn get_source(tenant: TenantName, name: FunctionName) -> Result<SourceView, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.get_source(&caller, &tenant, &name).await?)
}

/// New code.
#[server(prefix = "/fn", endpoint = "functions/deploy", input = Json, client = Client)]
pub async fn deploy_function(
    tenant: TenantName,
    name: FunctionName,
    deploy: Deploy,
) -> Result<FunctionSummary, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.deploy(&caller, &tenant, &name, deploy).await?)
}

/// The Settings tab.
#[server(prefix = "/fn", endpoint = "functions/settings", input = Json, client = Client)]
pub async fn update_settings(
    tenant: TenantName,
    name: FunctionName,
    form: SettingsForm,
) -> Result<FunctionSummary, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.update_settings(&caller, &tenant, &name, form).await?)
}

/// The manifest as YAML.
#[server(prefix = "/fn", endpoint = "functions/yaml", input = Json, client = Client)]
pub async fn get_yaml(tenant: TenantName, name: FunctionName) -> Result<String, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.get_yaml(&caller, &tenant, &name).await?)
}

/// A manifest in YAML or JSON; with a name it replaces that function's spec, when that is no newer than
/// `version`.
#[server(prefix = "/fn", endpoint = "functions/apply", input = Json, client = Client)]
pub async fn apply_yaml(
    tenant: TenantName,
    name: Option<FunctionName>,
    version: Option<String>,
    text: String,
) -> Result<FunctionSummary, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.apply_yaml(&caller, &tenant, name.as_ref(), version.as_deref(), &text).await?)
}

/// What the create form would write.
#[server(prefix = "/fn", endpoint = "functions/preview-new", input = Json, client = Client)]
pub async fn preview_new(tenant: TenantName, new: NewFunction) -> Result<Preview, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.preview_new(&caller, &tenant, new).await?)
}

/// A manifest as the create form would show it.
#[server(prefix = "/fn", endpoint = "functions/manifest-form", input = Json, client = Client)]
pub async fn form_of_manifest(tenant: TenantName, text: String) -> Result<ManifestForm, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.manifest_as_form(&caller, &tenant, &text)?)
}

/// What the Settings tab would write, beside what is there.
#[server(prefix = "/fn", endpoint = "functions/preview-settings", input = Json, client = Client)]
pub async fn preview_settings(
    tenant: TenantName,
    name: FunctionName,
    form: SettingsForm,
) -> Result<Preview, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.preview_settings(&caller, &tenant, &name, &form).await?)
}

/// The languages of the create form.
#[server(prefix = "/fn", endpoint = "functions/runtimes", input = Json, client = Client)]
pub async fn runtimes() -> Result<Vec<RuntimeOption>, AppError> {
    let (platform, caller) = cx()?;
    let _signed_in = caller;
    Ok(platform.runtimes())
}
