//! The banner that names what does not answer, on every page.

use domain::health::Outage;
use leptos::prelude::*;

use super::{icon::icon, time::ago};

/// A region that fills itself when something fails and empties when it is back.
pub fn outages(outages: &[Outage]) -> AnyView {
    view! { <div id="outages" data-live="outages" aria-live="polite">{outages.iter().map(outage).collect_view()}</div> }
        .into_any()
}

fn outage(outage: &Outage) -> AnyView {
    view! {
        <div class="notice warn">
            {icon("warn")}
            <div>
                <p class="notice-title">{outage.component.label()}" does not answer. Noticed "{ago(outage.since)}"."</p>
                <p>{outage.component.effect()}" This page looks again by itself."</p>
            </div>
        </div>
    }
    .into_any()
}
