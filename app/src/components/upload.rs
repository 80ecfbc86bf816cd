//! The place for an archive; `islands/upload.rs` sends it.

use leptos::prelude::*;

use crate::islands::upload::UploadArea;

/// The drop area, and the hidden field that the form sends.
#[component]
pub fn Upload(
    /// Where the archive goes.
    url: String,
    /// An archive that is there already.
    upload: String,
    /// What was found in it, as JSON.
    receipt: String,
) -> impl IntoView {
    let present = !upload.is_empty() && receipt.is_empty();
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
            <p class="field-error upload-error" role="alert"></p>
            <p class="upload-again" hidden><button type="button" class="button small">"Try again"</button></p>
            <div class="found" role="status">{present.then_some("An archive is uploaded and will be used.")}</div>
        </div>
        <UploadArea url/>
    }
}
