//! The menus of a list: views that a person saved, and columns. Real forms, which post to the list.

use domain::{
    TenantName,
    view::{ListName, SavedView},
};
use leptos::prelude::*;

use super::icon::icon;
use crate::{AppError, api, form, form::Posted};

/// A list with its address, without and with the present filter.
pub struct Place<'a> {
    /// Whose.
    pub tenant: &'a TenantName,
    /// Which.
    pub list: ListName,
    /// The list's path.
    pub path: &'a str,
    /// Path and filter, from the first row on.
    pub here: &'a str,
}

impl Place<'_> {
    fn query(&self) -> &str {
        self.here.split_once('?').map_or("", |(_, query)| query)
    }
}

/// Does what a button of the menus says, and shows the list again.
pub async fn act(place: &Place<'_>, posted: &Posted, columns: &[(&str, &str)]) -> Result<(), AppError> {
    let (tenant, title) = (place.tenant.clone(), posted.text("view"));
    match posted.action() {
        "save-view" => {
            let view = SavedView { tenant, title, query: place.query().to_owned() };
            api::views::save_view(place.list, view).await?;
        }
        "forget-view" => api::views::forget_view(tenant, place.list, title).await?,
        _ => {
            let shown: Vec<&str> = posted.all("column").collect();
            let names = columns.iter().map(|(name, _)| (*name).to_owned());
            let left_out = names.filter(|name| !shown.contains(&name.as_str())).collect();
            api::views::leave_out_columns(place.list, left_out).await?;
        }
    }
    form::see_other(place.here);
    Ok(())
}

/// The views as links, each with a way to forget it, and a name for the present filter.
pub fn views_menu(place: &Place<'_>, views: &[SavedView]) -> AnyView {
    let present = views.iter().find(|view| view.query == place.query());
    let label = present.map_or_else(|| "Views".to_owned(), |view| view.title.clone());
    let rows: Vec<_> = views
        .iter()
        .map(|view| {
            let mark = if view.query.is_empty() { "" } else { "?" };
            let current = (view.query == place.query()).then_some("true");
            view! {
                <li class="view-row">
                    <a href=format!("{}{mark}{}", place.path, view.query) aria-current=current>{icon("save")}<span class="clip">{view.title.clone()}</span></a>
                    <form method="post" action=place.here.to_owned()>{form::token()}
                        <input type="hidden" name="view" value=view.title.clone()/>
                        <button class="button quiet small square" name="do" value="forget-view">{icon("cross")}<span class="sr">{format!("Forget the view {}", view.title)}</span></button>
                    </form>
                </li>
            }
        })
        .collect();
    let none = rows.is_empty().then(
        || view! { <p class="quiet-text">"A view is a filter under a name: set one, then save it here."</p> },
    );
    view! {
        <details class="menu view-menu">
            <summary>{icon("save")}<span class="clip">{label}</span>{icon("down")}</summary>
            <div class="menu-panel">
                {none}
                <ul>{rows}</ul>
                <form method="post" action=place.here.to_owned() class="menu-form">{form::token()}
                    <label for="view">"Save the present filter as"</label>
                    <span class="menu-field">
                        <input id="view" name="view" required maxlength="40" autocomplete="off"/>
                        <button class="button small" name="do" value="save-view">"Save"</button>
                    </span>
                </form>
            </div>
        </details>
    }
    .into_any()
}

/// Which columns are shown.
pub fn columns_menu(
    place: &Place<'_>,
    columns: &[(&'static str, &'static str)],
    left_out: &[String],
) -> AnyView {
    let boxes: Vec<_> = columns
        .iter()
        .map(|(name, label)| {
            let shown = !left_out.iter().any(|other| other == name);
            view! { <label class="check"><input type="checkbox" name="column" value=*name checked=shown/><span>{*label}</span></label> }
        })
        .collect();
    view! {
        <details class="menu view-menu wide-only">
            <summary>{icon("columns")}"Columns"{icon("down")}</summary>
            <div class="menu-panel">
                <form method="post" action=place.here.to_owned() class="menu-form">{form::token()}
                    {boxes}
                    <button class="button small" name="do" value="columns">"Show these"</button>
                </form>
            </div>
        </details>
    }
    .into_any()
}
