//! Buttons and links that look like buttons.

use domain::{TenantName, identity::Permission};
use leptos::prelude::*;

use super::icon::icon;
use crate::session;

/// A link as a button; off, with the reason, for those who may not follow it.
pub fn link_button(
    href: String,
    class: &'static str,
    shape: &'static str,
    text: &'static str,
    needs: Option<(Permission, &TenantName)>,
) -> AnyView {
    match needs.filter(|(permission, tenant)| !session::may(*permission, tenant)) {
        Some((permission, _)) => view! {
            <button type="button" class=format!("button {class}") aria-disabled="true" title=session::needs(permission)>
                {icon(shape)}{text}<span class="sr">{format!(". {}", session::needs(permission))}</span>
            </button>
        }
        .into_any(),
        None => view! { <a class=format!("button {class}") href=href>{icon(shape)}{text}</a> }.into_any(),
    }
}

/// A form's button; off, with the reason, for those who may not press it.
pub fn submit(
    class: &'static str,
    shape: &'static str,
    text: &'static str,
    action: &'static str,
    needs: (Permission, &TenantName),
) -> AnyView {
    let (permission, tenant) = needs;
    let refused = (!session::may(permission, tenant)).then(|| session::needs(permission));
    view! {
        <button class=format!("button {class}") name="do" value=action disabled=refused.is_some() title=refused.clone()>
            {icon(shape)}{text}
        </button>
        {refused.map(|reason| view! { <span class="hint">{reason}</span> })}
    }
    .into_any()
}

/// Copies a text; does nothing without JavaScript, so it is shown by the enhance island only.
pub fn copy(text: &str, what: &str) -> AnyView {
    let text = text.to_owned();
    view! {
        <button type="button" class="button quiet small square copy" hidden data-copy=text title=format!("Copy {what}")>
            {icon("copy")}{icon("check")}<span class="sr">{format!("Copy {what}")}</span><span class="sr label" role="status"></span>
        </button>
    }
    .into_any()
}
