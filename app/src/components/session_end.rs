//! The question that comes before a session ends for want of use (WCAG 2.2.1); `boot.js` shows it.

use leptos::prelude::*;

use super::icon::icon;
use crate::form;

/// Shown when this tab and all others sent nothing for so long; a session ends two minutes later.
const AFTER_MS: i64 = 13 * 60_000;

/// Hidden until then; for scripts and for those who are not signed in there is none.
pub fn session_end() -> AnyView {
    form::in_session()
        .then(|| {
            view! {
                <div class="notice warn session-end" id="session-end" role="alert" hidden data-after=AFTER_MS>
                    {icon("clock")}
                    <div>
                        <p class="notice-title">"Your session is about to end"</p>
                        <p>"Nothing was sent for 13 minutes; after 15 you are signed out. What you typed into a form stays in this browser."</p>
                    </div>
                    <button type="button" class="button small">"Stay signed in"</button>
                </div>
            }
        })
        .into_any()
}
