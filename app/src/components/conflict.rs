//! Somebody else wrote a newer version meanwhile: what mine would change of it, and the choice.

use leptos::prelude::*;

use super::icon::icon;
use crate::AppError;

/// Whether a form was refused because there is a newer version.
pub fn is_conflict(problem: Option<&AppError>) -> bool {
    problem.is_some_and(|AppError(problem)| problem.status == 409)
}

/// The notice above a form.
pub struct Conflict<'a> {
    /// What happened, and what is shown below.
    pub text: &'static str,
    /// What sending mine would change of the newer version.
    pub changes: AnyView,
    /// The page as the newer version makes it.
    pub here: &'a str,
    /// Id of the form, and the words on the button that sends it all the same; none: that has no sense.
    pub anyway: Option<(&'static str, &'static str)>,
}

/// The notice; takes the focus when it appears.
pub fn conflict(shown: Conflict<'_>) -> AnyView {
    let Conflict { text, changes, here, anyway } = shown;
    let anyway = anyway.map(|(form, words)| {
        view! { <button class="button small danger" form=form name="do" value="force">{words}</button> }
    });
    view! {
        <div class="notice warn" role="alert" tabindex="-1" data-focus="" id="errors">
            {icon("warn")}
            <div class="stack">
                <div>
                    <p class="notice-title">"A newer version is already deployed."</p>
                    <p>{text}</p>
                </div>
                {changes}
                <div class="actions">
                    <a class="button small" data-discard-draft="" href=here.to_owned()>"Take the newer version"</a>
                    {anyway}
                </div>
            </div>
        </div>
    }
    .into_any()
}
