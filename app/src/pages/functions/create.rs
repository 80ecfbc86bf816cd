//! The create form: what it reads and what it does with it.

use domain::{
    TenantName,
    function::{Language, NewCode, NewFunction, Preview, RuntimeOption, UploadReceipt},
};
use leptos::prelude::*;

use super::create_form::{Draft, create_form};
use crate::{
    AppError, api,
    form::{self, Posted},
    frame::{self, Content, framed},
    routes::{self, Tab},
};

/// `/t/:tenant/new`
#[component]
pub fn CreatePage() -> impl IntoView {
    framed(load)
}

async fn load() -> Result<Content, AppError> {
    let tenant = frame::tenant()?;
    let posted = Posted::of_request();
    let upload = frame::query("upload");
    let runtimes = api::functions::runtimes().await?;
    let (mut problem, mut preview) = (None, None);
    if let Some(posted) = &posted {
        match create(&tenant, posted).await {
            Ok(Done::Created(path)) => form::see_other(&path),
            Ok(Done::Shown(shown)) => preview = Some(shown),
            Err(error) => {
                form::set_status(error.0.status);
                problem = Some(error);
            }
        }
    }
    let draft = draft(posted, upload, &runtimes);
    let body = create_form(&tenant, &runtimes, &draft, problem.as_ref(), preview.as_ref());
    Ok(Content::functions("New function", body))
}

enum Done {
    /// Where its build can be followed.
    Created(String),
    /// Nothing was written; this would be.
    Shown(Preview),
}

/// Creates the function, or shows what would be created.
async fn create(tenant: &TenantName, posted: &Posted) -> Result<Done, AppError> {
    let language = Language::parse(&posted.text("language"))
        .ok_or_else(|| AppError::invalid("spec.runtime.language", "Choose a language."))?;
    let code = if posted.text("from") == "upload" {
        let upload = posted.text("upload");
        if upload.is_empty() {
            return Err(AppError::invalid(
                "spec.source.upload",
                "Upload an archive first, or write the code here.",
            ));
        }
        NewCode::Upload { upload }
    } else {
        let dependencies = posted.area(&format!("dependencies_{}", language.as_str()));
        let dependencies = (!dependencies.trim().is_empty()).then_some(dependencies);
        NewCode::Inline { code: posted.area(&format!("code_{}", language.as_str())), dependencies }
    };
    let handler = Some(posted.text("handler")).filter(|text| !text.is_empty());
    let new = NewFunction {
        name: posted.text("name"),
        language,
        handler: handler.unwrap_or_else(|| "main.handler".to_owned()),
        code,
        env: posted.pairs("env_name", "env_value"),
    };
    if posted.action() == "yaml" {
        return Ok(Done::Shown(api::functions::preview_new(tenant.clone(), new).await?));
    }
    let made = api::functions::create_function(tenant.clone(), new).await?;
    Ok(Done::Created(routes::function(tenant, &made.name, Tab::Overview) + "?created=yes#build-log"))
}

/// What the form shows: what was sent, or a working sample.
fn draft(posted: Option<Posted>, upload: Option<String>, runtimes: &[RuntimeOption]) -> Draft {
    let first = runtimes.iter().find(|runtime| runtime.unavailable.is_none()).or(runtimes.first());
    let posted = posted.unwrap_or_default();
    let filled = !posted.0.is_empty();
    let receipt = posted.get("receipt").and_then(|text| serde_json::from_str::<UploadReceipt>(text).ok());
    let upload = posted.get("upload").map(str::to_owned).or(upload).unwrap_or_default();
    let codes = runtimes
        .iter()
        .map(|runtime| {
            let name = runtime.language.as_str();
            let or_sample = |field: String, sample: &str| {
                if filled { posted.area(&field) } else { sample.to_owned() }
            };
            let code = or_sample(format!("code_{name}"), &runtime.sample);
            let dependencies = or_sample(format!("dependencies_{name}"), &runtime.sample_dependencies);
            (runtime.language, code, dependencies)
        })
        .collect();
    Draft {
        name: posted.text("name"),
        language: Language::parse(&posted.text("language")).or(first.map(|runtime| runtime.language)),
        from_upload: posted.text("from") == "upload" || (!filled && !upload.is_empty()),
        upload,
        receipt,
        handler: if filled { posted.text("handler") } else { "main.handler".to_owned() },
        codes,
        env: posted.pairs("env_name", "env_value"),
    }
}
