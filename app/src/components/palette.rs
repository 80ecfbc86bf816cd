//! The command palette and the sheet of shortcuts; `islands/palette.rs` opens them.

use domain::{FunctionName, TenantName, identity::Permission};
use leptos::prelude::*;

use crate::{
    islands::palette::Palette,
    routes::{self, Tab},
    session,
};

/// The two dialogs, and the island that opens them.
#[component]
pub fn PaletteDialogs(
    /// The page's; none on the pages of administrators.
    tenant: Option<TenantName>,
    /// All that the caller is in.
    tenants: Vec<TenantName>,
    /// The one that the page is about.
    function: Option<FunctionName>,
) -> impl IntoView {
    let admin = session::caller().is_some_and(|caller| caller.user.platform_admin);
    let above = [("All tenants", routes::admin()), ("Audit trail of all tenants", routes::admin_audit())];
    let above = above.into_iter().filter(|_| admin).map(|(text, to)| command(text.to_owned(), to, ""));
    let switches = tenants
        .into_iter()
        .filter(|other| tenant.as_ref() != Some(other))
        .map(|other| command(format!("Switch to the tenant {other}"), routes::functions(&other), ""));
    let own = tenant.as_ref().map(|tenant| of_tenant(tenant, function)).unwrap_or_default();
    let items: Vec<AnyView> = own.into_iter().chain(above).chain(switches).collect();
    let rows = [
        ("Ctrl K", "Search and commands (also Cmd K)"),
        ("/", "To the filter of the page"),
        ("j  k", "Next and previous row; Enter opens it"),
        ("g f", "Functions"),
        ("g e", "Events"),
        ("g d", "Dead letters"),
        ("g p", "Preferences"),
        ("n", "New function"),
        ("?", "This sheet"),
        ("Esc", "Close"),
    ];
    let sheet: Vec<_> = rows
        .into_iter()
        .map(|(keys, text)| view! { <div><dt><kbd>{keys}</kbd></dt><dd>{text}</dd></div> })
        .collect();
    view! {
        <div class="dialogs">
            <dialog class="palette" id="palette" aria-label="Search and commands">
                <input
                    type="text"
                    role="combobox"
                    aria-expanded="true"
                    aria-controls="palette-list"
                    aria-autocomplete="list"
                    aria-label="Function or command"
                    placeholder="Function or command"
                    autocomplete="off"
                    spellcheck="false"
                />
                <ul role="listbox" id="palette-list" aria-label="Results">{items}</ul>
                <p class="quiet-text" role="status"></p>
            </dialog>
            <dialog class="sheet" id="shortcuts" aria-labelledby="shortcuts-title">
                <h2 id="shortcuts-title">"Keyboard shortcuts"</h2>
                <dl class="facts">{sheet}</dl>
                <p class="quiet-text">"Single letters can be turned off in Preferences."</p>
                <form method="dialog"><button class="button">"Close"</button></form>
            </dialog>
        </div>
        <Palette tenant/>
    }
}

/// What can be done in a tenant, the present function first.
fn of_tenant(tenant: &TenantName, function: Option<FunctionName>) -> Vec<AnyView> {
    let home = format!("/t/{tenant}");
    let commands = [
        ("Go to functions", format!("{home}/functions"), "g f"),
        ("Go to events", format!("{home}/events"), "g e"),
        ("Go to dead letters", format!("{home}/deadletters"), "g d"),
        ("Failed functions", format!("{home}/functions?phase=Failed"), ""),
        ("Failed events", format!("{home}/events?status=failed"), ""),
        ("Event types and their schemas", format!("{home}/events/types"), ""),
        ("Members", routes::members(tenant), ""),
        ("Audit trail", routes::audit(tenant), ""),
        ("Preferences: colours, shortcuts, sign out", format!("{home}/preferences"), "g p"),
    ];
    let forbidden = (!session::may(Permission::Write, tenant)).then(|| session::needs(Permission::Write));
    let new = match forbidden {
        Some(why) => unavailable("New function", why),
        None => command("New function".to_owned(), routes::new_function(tenant), "n"),
    };
    let of_function = function.into_iter().flat_map(|name| {
        Tab::ALL
            .map(|tab| command(format!("{name}: {}", tab.label()), routes::function(tenant, &name, tab), ""))
    });
    let commands = commands.into_iter().map(|(text, href, keys)| command(text.to_owned(), href, keys));
    of_function.chain([new]).chain(commands).collect()
}

fn command(text: String, to: String, keys: &'static str) -> AnyView {
    view! { <li role="option" aria-selected="false"><a href=to tabindex="-1">{text}<kbd>{keys}</kbd></a></li> }
        .into_any()
}

/// What the caller may not do, and who can change that.
fn unavailable(text: &'static str, why: String) -> AnyView {
    view! {
        <li role="option" aria-selected="false" aria-disabled="true">
            <span class="off">{text}<span class="quiet-text">{why}</span></span>
        </li>
    }
    .into_any()
}
