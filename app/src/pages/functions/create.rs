//! The create form: what it reads and what it does with it.

use domain::{
    TenantName,
    function::{Language, ManifestForm, NewCode, NewFunction, RuntimeOption, SourceType, UploadReceipt},
};
use leptos::prelude::*;

use super::{
    create_form::{Draft, Origin, create_form},
    create_yaml::{Manifest, create_yaml},
    source_access,
};
use crate::{
    AppError, api,
    components::{source_access::Access, source_fields::SourceDraft},
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
    // Nothing else on this page asks whether the caller sees the tenant.
    api::tenants::tenant_head(tenant.clone()).await?;
    let posted = Posted::of_request();
    let runtimes = api::functions::runtimes().await?;
    let done = match &posted {
        Some(posted) => Box::pin(act(&tenant, posted, &runtimes)).await,
        None => Done::Form(Box::new(draft(Posted::default(), frame::query("upload"), &runtimes)), None),
    };
    let body = match done {
        Done::Created(path) => {
            form::see_other(&path);
            ().into_any()
        }
        Done::Form(mut draft, problem) => {
            let found = draft.access.check.take();
            draft.access = source_access::beside(&tenant).await;
            draft.access.check = found;
            status(problem.as_ref());
            let checks = api::functions::preflight(tenant.clone()).await;
            create_form(&tenant, &runtimes, &draft, problem.as_ref(), checks)
        }
        Done::Yaml(manifest, problem) => {
            status(problem.as_ref());
            create_yaml(&tenant, &manifest, problem.as_ref())
        }
    };
    Ok(Content::functions("New function", body))
}

fn status(problem: Option<&AppError>) {
    if let Some(error) = problem {
        form::set_status(error.0.status);
    }
}

enum Done {
    /// Where its build can be followed.
    Created(String),
    /// The form again, and why.
    Form(Box<Draft>, Option<AppError>),
    /// The same as a manifest.
    Yaml(Manifest, Option<AppError>),
}

/// Does what the pressed button says. The form and the manifest are two views of one function: either can be
/// created from, and each leads to the other with what was typed.
async fn act(tenant: &TenantName, posted: &Posted, runtimes: &[RuntimeOption]) -> Done {
    let manifest = || Manifest::sent(posted);
    let text = || posted.area("manifest");
    match posted.action() {
        "apply" => match api::functions::apply_yaml(tenant.clone(), None, None, text()).await {
            Ok(made) => Done::Created(built(tenant, &made.name)),
            Err(error) => Done::Yaml(manifest(), Some(error)),
        },
        back @ ("form" | "form-anyway") => {
            match api::functions::form_of_manifest(tenant.clone(), text()).await {
                Ok(form) if form.left_out.is_empty() || back == "form-anyway" => {
                    Done::Form(Box::new(draft_of(form, posted, runtimes)), None)
                }
                Ok(form) => Done::Yaml(Manifest { left_out: form.left_out, ..manifest() }, None),
                Err(error) => Done::Yaml(manifest(), Some(error)),
            }
        }
        // The archive was taken out of the form on its way here.
        "upload" => {
            let refused = posted.get("upload_error");
            let problem = refused.map(|message| AppError::invalid("spec.source.upload", message));
            let mut draft = draft(posted.clone(), None, runtimes);
            draft.from = Origin::Upload;
            if problem.is_none() {
                fit(&mut draft, runtimes);
            }
            Done::Form(Box::new(draft), problem)
        }
        source_access::TEST => {
            let mut draft = draft(posted.clone(), None, runtimes);
            let place = SourceDraft::of_posted(posted);
            let code = if draft.from == Origin::Bucket { place.object() } else { place.git() };
            let tried = source_access::test(tenant, &mut draft.access, code).await;
            Done::Form(Box::new(draft), tried.err())
        }
        action => {
            let draft = || Box::new(draft(posted.clone(), None, runtimes));
            let new = match read(posted) {
                Ok(new) => new,
                Err(error) => return Done::Form(draft(), Some(error)),
            };
            if action == "yaml" {
                return match api::functions::preview_new(tenant.clone(), new).await {
                    Ok(shown) => Done::Yaml(Manifest { text: shown.after, ..manifest() }, None),
                    Err(error) => Done::Form(draft(), Some(error)),
                };
            }
            match api::functions::create_function(tenant.clone(), new).await {
                Ok(made) => Done::Created(built(tenant, &made.name)),
                Err(error) => Done::Form(draft(), Some(error)),
            }
        }
    }
}

fn built(tenant: &TenantName, name: &domain::FunctionName) -> String {
    routes::function(tenant, name, Tab::Overview) + "?created=yes#build-log"
}

/// The fields of the form.
fn read(posted: &Posted) -> Result<NewFunction, AppError> {
    let language = Language::parse(&posted.text("language"))
        .ok_or_else(|| AppError::invalid("spec.runtime.language", "Choose a language."))?;
    let code = code(posted, language)?;
    let handler = Some(posted.text("handler")).filter(|text| !text.is_empty());
    Ok(NewFunction {
        name: posted.text("name"),
        language,
        handler: handler.unwrap_or_else(|| "main.handler".to_owned()),
        code,
        env: posted.pairs("env_name", "env_value"),
    })
}

/// The code, from where the form says.
fn code(posted: &Posted, language: Language) -> Result<NewCode, AppError> {
    Ok(match posted.text("from").as_str() {
        "git" => SourceDraft::of_posted(posted).git(),
        "bucket" => SourceDraft::of_posted(posted).object(),
        "upload" => {
            let upload = posted.text("upload");
            if upload.is_empty() {
                return Err(AppError::invalid(
                    "spec.source.upload",
                    "Upload an archive first, or write the code here.",
                ));
            }
            NewCode::Upload { upload }
        }
        _ => {
            let dependencies = posted.area(&format!("dependencies_{}", language.as_str()));
            let dependencies = (!dependencies.trim().is_empty()).then_some(dependencies);
            NewCode::Inline { code: posted.area(&format!("code_{}", language.as_str())), dependencies }
        }
    })
}

/// What the form shows: what was sent, or a working sample.
fn draft(posted: Posted, upload: Option<String>, runtimes: &[RuntimeOption]) -> Draft {
    let first = runtimes.iter().find(|runtime| runtime.unavailable.is_none()).or(runtimes.first());
    let filled = !posted.0.is_empty();
    let upload = posted.get("upload").map(str::to_owned).or(upload).unwrap_or_default();
    let codes = runtimes
        .iter()
        .map(|runtime| {
            let name = runtime.language.as_str();
            let or_sample = |field: String, sample: &str| {
                if posted.get(&field).is_some() { posted.area(&field) } else { sample.to_owned() }
            };
            let code = or_sample(format!("code_{name}"), &runtime.sample);
            let dependencies = or_sample(format!("dependencies_{name}"), &runtime.sample_dependencies);
            (runtime.language, code, dependencies)
        })
        .collect();
    Draft {
        name: posted.text("name"),
        language: Language::parse(&posted.text("language")).or(first.map(|runtime| runtime.language)),
        from: match posted.text("from").as_str() {
            "git" => Origin::Git,
            "bucket" => Origin::Bucket,
            "upload" => Origin::Upload,
            _ if !filled && !upload.is_empty() => Origin::Upload,
            _ => Origin::Editor,
        },
        source: SourceDraft::of_posted(&posted),
        access: Access::default(),
        upload,
        receipt: receipt(&posted),
        handler: if filled { posted.text("handler") } else { "main.handler".to_owned() },
        codes,
        env: posted.pairs("env_name", "env_value"),
        sent: filled,
    }
}

/// What the form shows for a manifest; the archive is the one that was uploaded before.
fn draft_of(form: ManifestForm, posted: &Posted, runtimes: &[RuntimeOption]) -> Draft {
    let ManifestForm { new, .. } = form;
    let mut draft = draft(Posted::default(), Some(posted.text("upload")), runtimes);
    draft.from = match &new.code {
        NewCode::Upload { .. } => Origin::Upload,
        NewCode::Place { source } => {
            draft.source = SourceDraft::of_source(source);
            if source.kind == SourceType::Git { Origin::Git } else { Origin::Bucket }
        }
        NewCode::Inline { .. } | NewCode::Files { .. } => Origin::Editor,
    };
    if let NewCode::Inline { code, dependencies } = new.code
        && let Some(editor) = draft.codes.iter_mut().find(|editor| editor.0 == new.language)
    {
        (editor.1, editor.2) = (code, dependencies.unwrap_or_default());
    }
    Draft {
        name: new.name,
        language: Some(new.language),
        receipt: receipt(posted),
        handler: new.handler,
        env: new.env,
        sent: true,
        ..draft
    }
}

/// Language and handler as the archive that just came looks; the island does the same.
fn fit(draft: &mut Draft, runtimes: &[RuntimeOption]) {
    let Some(receipt) = &draft.receipt else { return };
    let here = |language: &Language| {
        runtimes.iter().any(|runtime| runtime.language == *language && runtime.unavailable.is_none())
    };
    draft.language = receipt.language.filter(here).or(draft.language);
    if let Some(handler) = &receipt.handler {
        draft.handler.clone_from(handler);
    }
}

fn receipt(posted: &Posted) -> Option<UploadReceipt> {
    posted.get("receipt").and_then(|text| serde_json::from_str(text).ok())
}
