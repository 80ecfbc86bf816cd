//! The code of a function: files, editor, deploy, download.

use domain::function::{CodeFile, Deploy, NewCode, SourceType, SourceView};
use leptos::prelude::*;

use super::{
    code_forms::{Form, editor, fetched},
    source_access,
};
use crate::{
    AppError, api,
    components::{
        began::Began,
        button::link_button,
        conflict::{Conflict, conflict, is_conflict},
        diff::diff,
        empty::empty,
        field::summary,
        function_head::function_head,
        icon::icon,
        source_access::Access,
        source_fields::{self, SourceDraft},
    },
    form::{self, Posted},
    frame::{self, Content, framed},
    routes::{self, Tab},
};

/// `/t/:tenant/functions/:name/code`
#[component]
pub fn CodePage() -> impl IntoView {
    framed(load)
}

async fn load() -> Result<Content, AppError> {
    let (tenant, name) = frame::target()?;
    let posted = Posted::of_request();
    let detail = api::functions::get_function(tenant.clone(), name.clone()).await?;
    let source = api::functions::get_source(tenant.clone(), name.clone()).await?;
    let mut problem = None;
    let mut access = Access::default();
    if source.place.is_some() {
        access = source_access::beside(&tenant).await;
    }
    if let Some(posted) = posted.as_ref().filter(|posted| posted.action() == source_access::TEST) {
        let code = read(posted, &source).code;
        problem = source_access::test(&tenant, &mut access, code).await.err();
        if let Some(error) = &problem {
            form::set_status(error.0.status);
        }
    } else if let Some(posted) = &posted {
        let deployed = if same_kind(posted, &source) {
            let deploy = read(posted, &source);
            api::functions::deploy_function(tenant.clone(), name.clone(), deploy).await
        } else {
            Err(AppError::newer())
        };
        match deployed {
            Ok(_) => form::see_other(
                &(routes::function(&tenant, &name, Tab::Overview) + "?created=again#build-log"),
            ),
            Err(error) => {
                form::set_status(error.0.status);
                problem = Some(error);
            }
        }
    }
    // Fields of another kind of source do not fit into the form.
    let typed = posted.as_ref().filter(|posted| same_kind(posted, &source));
    let files = shown_files(&source, typed);
    let here = routes::function(&tenant, &name, Tab::Code);
    let notice = told(problem.as_ref(), &source, &files, posted.as_ref(), &here);
    let shown =
        Form { tenant: &tenant, name: &name, source: &source, posted: typed, problem: problem.as_ref() };
    let content = if let Some(place) = &source.place {
        fetched(&shown, place, &access)
    } else if files.is_empty() {
        let note =
            source.note.clone().unwrap_or_else(|| "This source has no files that can be shown.".to_owned());
        let yaml =
            link_button(routes::function(&tenant, &name, Tab::Yaml), "", "file", "Open the manifest", None);
        empty("file", format!("The code comes from {}", source.kind.as_str()), note, yaml)
    } else {
        editor(&shown, &files)
    };
    let body = view! { {function_head(&detail, Some(Tab::Code))}{notice}{content} };
    Ok(Content::functions(format!("{name} · Code"), body))
}

/// A file of the newest version, or one that was sent and that the newest version does not have.
pub(super) struct Shown {
    pub(super) file: CodeFile,
    pub(super) gone: bool,
}

fn shown_files(source: &SourceView, posted: Option<&Posted>) -> Vec<Shown> {
    let kept = source.files.iter().map(|file| Shown { file: file.clone(), gone: false });
    let gone = posted.into_iter().flat_map(|posted| gone_files(source, posted)).map(|(path, text)| Shown {
        file: CodeFile { path, size: text.len() as i64, text: Some(String::new()) },
        gone: true,
    });
    kept.chain(gone).collect()
}

/// Path and text of each file that was sent and that the newest version does not have.
fn gone_files<'a>(
    source: &SourceView,
    posted: &'a Posted,
) -> impl Iterator<Item = (String, String)> + use<'a> {
    let known: Vec<String> = source.files.iter().map(|file| file.path.clone()).collect();
    let sent = posted.0.iter().filter_map(|(field, _)| field.strip_prefix("file:").map(|path| (field, path)));
    sent.filter(move |(_, path)| !known.iter().any(|known| known == path))
        .map(|(field, path)| (path.to_owned(), posted.area(field)))
}

/// What the form asks for, by the kind of source.
fn read(posted: &Posted, source: &SourceView) -> Deploy {
    let text = |path: &str| posted.get(&format!("file:{path}")).map(|_| posted.area(&format!("file:{path}")));
    let main = source.language.map(|language| language.main_file());
    let list = source.language.map(|language| language.dependency_file());
    let code = match (source.kind, main.and_then(text)) {
        (SourceType::Git, _) => SourceDraft::of_posted(posted).git(),
        (kind, _) if kind.is_place() => SourceDraft::of_posted(posted).object(),
        (SourceType::Inline, Some(code)) => {
            let dependencies = list.and_then(text).filter(|text| !text.trim().is_empty());
            NewCode::Inline { code, dependencies }
        }
        _ => {
            let mut removed: Vec<String> = posted.all("remove").map(str::to_owned).collect();
            let back: Vec<_> =
                gone_files(source, posted).filter(|(path, _)| !removed.contains(path)).collect();
            let changed = source.files.iter().filter_map(|file| {
                let now = text(&file.path)?;
                (file.text.as_deref() != Some(&now) && !removed.contains(&file.path))
                    .then(|| (file.path.clone(), now))
            });
            let new =
                Some((posted.text("new_path"), posted.area("new_text"))).filter(|(path, _)| !path.is_empty());
            let changed = changed.chain(back).chain(new).collect();
            removed.retain(|path| source.files.iter().any(|file| file.path == *path));
            NewCode::Files { changed, removed }
        }
    };
    Deploy { version: Some(Began::sent(posted)), handler: posted.text("handler"), language: None, code }
}

/// What deploying mine would change of a newer version: file by file, or the place.
fn changes(source: &SourceView, files: &[Shown], posted: &Posted) -> AnyView {
    if !same_kind(posted, source) {
        let now =
            format!("Its code comes from {} now: what you typed does not fit there.", source.kind.as_str());
        return view! { <p>{now}</p> }.into_any();
    }
    if let Some(place) = &source.place {
        let (newest, mine) = (SourceDraft::of_source(place), SourceDraft::of_posted(posted));
        let told = |draft: &SourceDraft, handler: &str| format!("{}handler: {handler}\n", draft.told());
        let (newest, mine) = (told(&newest, &source.handler), told(&mine, &posted.text("handler")));
        return diff(&newest, &mine, "What deploying yours would change");
    }
    let files = files.iter().filter_map(|Shown { file, .. }| {
        let (newest, mine) = (file.text.as_ref()?, posted.get(&format!("file:{}", file.path))?);
        let mine = mine.replace("\r\n", "\n");
        let path = file.path.clone();
        (*newest != mine).then(|| {
            view! { <p class="file-name">{icon("file")}{path}</p>{diff(newest, &mine, "What deploying yours would change")} }
        })
    });
    files.collect::<Vec<_>>().into_any()
}

/// Whether the form that was sent is the one that the function's source has now.
fn same_kind(posted: &Posted, source: &SourceView) -> bool {
    let sent = posted.text("kind");
    sent.is_empty() || sent == kind_of_form(source.kind)
}

/// Which of the forms a source has.
pub(super) fn kind_of_form(kind: SourceType) -> &'static str {
    match kind {
        SourceType::Git => "git",
        kind if kind.is_place() => "bucket",
        _ => "files",
    }
}

/// What is wrong, above the form.
fn told(
    problem: Option<&AppError>,
    source: &SourceView,
    files: &[Shown],
    posted: Option<&Posted>,
    here: &str,
) -> AnyView {
    if let (true, Some(posted)) = (is_conflict(problem), posted) {
        let anyway = same_kind(posted, source).then_some(("code-form", "Deploy mine anyway"));
        return conflict(Conflict {
            text: "Someone changed this function after you opened its code. Yours is below; this is what deploying it would change of the newer version:",
            changes: changes(source, files, posted),
            here,
            anyway,
        });
    }
    let own = [("spec.runtime.handler", "handler"), ("spec.source", "files")];
    summary(problem, &[&source_fields::FIELDS[..], &own[..]].concat())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_of_one_kind_of_source_are_not_read_as_another_one() {
        let source = json!({"kind": "inline", "language": "python", "handler": "main.handler", "files": [],
            "note": null, "version": "2-1", "editable": true});
        let source: SourceView = serde_json::from_value(source).unwrap();
        let sent = |kind: &str| Posted(vec![("kind".to_owned(), kind.to_owned())]);
        assert!(same_kind(&sent("files"), &source));
        assert!(!same_kind(&sent("git"), &source), "somebody wrote the code here meanwhile");
    }
}
