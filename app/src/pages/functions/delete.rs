//! Asks before a function goes: what goes with it, what stays, and its name.

use domain::identity::Permission;
use leptos::prelude::*;

use crate::{
    AppError, api,
    components::{
        button::submit,
        field::{Input, error_of, input, summary},
        function_head::breadcrumb,
    },
    form::{self, Posted},
    frame::{self, Content, framed},
    routes::{self, Tab},
};

/// `/t/:tenant/functions/:name/delete`
#[component]
pub fn DeletePage() -> impl IntoView {
    framed(load)
}

async fn load() -> Result<Content, AppError> {
    let (tenant, name) = frame::target()?;
    let posted = Posted::of_request();
    let detail = api::functions::get_function(tenant.clone(), name.clone()).await?;
    let mut problem = None;
    if let Some(posted) = &posted {
        let done = if posted.text("confirm") == name.as_str() {
            api::functions::delete_function(tenant.clone(), name.clone()).await
        } else {
            Err(AppError::invalid("confirm", format!("Type {name} to delete it.")))
        };
        match done {
            Ok(()) => form::see_other(&format!("{}?deleted=yes", routes::functions(&tenant))),
            Err(error) => {
                form::set_status(error.0.status);
                problem = Some(error);
            }
        }
    }
    let revisions = match detail.revisions.len() {
        0 => "What runs of it".to_owned(),
        1 => "Its Revision and the instances of that".to_owned(),
        count => format!("{count} Revisions and their running instances"),
    };
    let code = match detail.secrets.len() {
        0 => "The code".to_owned(),
        1 => "The code and one secret value".to_owned(),
        count => format!("The code and {count} secret values"),
    };
    let body = view! {
        {breadcrumb(&tenant, Some((&name, Tab::Settings)))}
        <div class="page-head"><h1>{format!("Delete {name}")}</h1></div>
        {summary(problem.as_ref(), &[("confirm", "confirm")])}
        <div class="columns">
            <section class="card">
                <h2>"This goes"</h2>
                <ul class="lines">
                    <li>"The address; calls get 404"</li>
                    <li>{revisions}</li>
                    <li>"Triggers, the queue and events that wait in it"</li>
                    <li>{code}</li>
                </ul>
            </section>
            <section class="card">
                <h2>"This stays"</h2>
                <ul class="lines">
                    <li>"Events on the timeline, dead letters included"</li>
                    <li>"Logs and builds, until their retention ends"</li>
                    <li>"Images in the registry, until nothing has used them for a day"</li>
                </ul>
            </section>
        </div>
        <form method="post" class="stack narrow" data-busy="Deleting…">{form::token()}
            {input(Input {
                name: "confirm",
                label: "Type the function's name",
                hint: "Deleting cannot be undone.",
                required: true,
                error: error_of(problem.as_ref(), &["confirm"]),
                ..Input::default()
            })}
            <div class="form-end">
                {submit("danger", "trash", "Delete", "delete", (Permission::Write, &tenant))}
                <a class="button quiet" href=routes::function(&tenant, &name, Tab::Settings)>"Keep it"</a>
            </div>
        </form>
    };
    Ok(Content::functions(format!("Delete {name}"), body))
}
