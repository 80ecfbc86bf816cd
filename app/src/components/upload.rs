//! The place for an archive; `islands/upload.rs` sends it.

use domain::function::{Language, UploadReceipt};
use leptos::prelude::*;

use crate::islands::upload::UploadArea;

/// Files that are named.
const NAMED: usize = 12;

/// The drop area, and the hidden field that the form sends.
#[component]
pub fn Upload(
    /// Where the archive goes.
    url: String,
    /// An archive that is there already.
    upload: String,
    /// What was found in it.
    receipt: Option<UploadReceipt>,
    /// The language that the form has chosen.
    chosen: Option<Language>,
) -> impl IntoView {
    let found = match &receipt {
        Some(receipt) => found(receipt),
        None => (!upload.is_empty()).then_some("An archive is uploaded and will be used.").into_any(),
    };
    let warning = receipt.as_ref().and_then(|receipt| mismatch(receipt, chosen));
    let receipt = receipt.and_then(|receipt| serde_json::to_string(&receipt).ok()).unwrap_or_default();
    view! {
        <div class="upload">
            <input type="hidden" name="upload" value=upload data-draft-too=""/>
            <input type="hidden" name="receipt" value=receipt data-draft-too=""/>
            <div class="drop" hidden>
                <p><strong>"Drop an archive here"</strong>", or "<button type="button" class="button small">"Choose a file"</button></p>
                <p class="hint">"zip, tar, tar.gz or tar.zst, at most 50 MiB and 10,000 files"</p>
                <input type="file" class="sr" tabindex="-1" aria-label="Archive" accept=".zip,.tar,.gz,.tgz,.zst"/>
            </div>
            <div class="progress" hidden>
                <p><span class="progress-text" role="status"></span>" "<button type="button" class="button quiet small">"Cancel"</button></p>
                <div class="progress-bar" role="progressbar" aria-label="Upload" aria-valuemin="0" aria-valuemax="100" aria-valuenow="0"><div></div></div>
            </div>
            <p class="field-error upload-error" role="alert">{warning}</p>
            <p class="upload-again" hidden><button type="button" class="button small">"Try again"</button></p>
            <div class="found" role="status">{found}</div>
        </div>
        <UploadArea url/>
    }
}

/// What was found in the archive, as `islands/upload/receipt.rs` says it.
fn found(receipt: &UploadReceipt) -> AnyView {
    let kind = receipt.language.map_or("no known language", |language| language.label());
    let count = receipt.file_count;
    let files = if count == 1 { "1 file".to_owned() } else { format!("{count} files") };
    let notes: Vec<_> = receipt.notes.iter().map(|note| view! { <li>{note.clone()}</li> }).collect();
    let named = receipt.files.iter().take(NAMED);
    let named: Vec<_> = named.map(|(path, size)| view! { <li>{format!("{path} ({size} B)")}</li> }).collect();
    let more = count - named.len() as i64;
    view! {
        <p class="found-title">{format!("{}: {files}, {kind}", receipt.filename)}</p>
        <ul class="found-notes">{notes}</ul>
        <ul class="found-files">{named}{(more > 0).then(|| view! { <li>{format!("and {more} more")}</li> })}</ul>
    }
    .into_any()
}

/// A chosen language that the files do not look like is said, not refused.
fn mismatch(receipt: &UploadReceipt, chosen: Option<Language>) -> Option<String> {
    let found = receipt.language.filter(|found| chosen.is_some_and(|chosen| chosen != *found))?;
    Some(format!("The files look like {}, but another runtime is chosen.", found.label()))
}
