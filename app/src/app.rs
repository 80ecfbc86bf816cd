//! Pages by path.

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{FlatRoutes, Route, Router},
    path,
};

use crate::pages::{admin, builds, deadletters, events, functions, session, tenants};

/// Every page. `Async`: the whole page is there before the first byte, so it is complete
/// without JavaScript and its status code is right.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let mode = SsrMode::Async;
    view! {
        <Title formatter=|title: String| format!("{title} · Knative Lambda")/>
        <Router>
            <FlatRoutes fallback=session::not_found::NotFoundPage>
                <Route path=path!("/signed-out") view=session::signed_out::SignedOutPage ssr=mode.clone()/>
                <Route path=path!("/t/:tenant/functions") view=functions::list::ListPage ssr=mode.clone()/>
                <Route path=path!("/t/:tenant/new") view=functions::create::CreatePage ssr=mode.clone()/>
                <Route path=path!("/t/:tenant/functions/:name") view=functions::overview::OverviewPage ssr=mode.clone()/>
                <Route path=path!("/t/:tenant/functions/:name/code") view=functions::code::CodePage ssr=mode.clone()/>
                <Route path=path!("/t/:tenant/functions/:name/builds") view=builds::list::BuildsPage ssr=mode.clone()/>
                <Route path=path!("/t/:tenant/functions/:name/builds/:build") view=builds::detail::BuildPage ssr=mode.clone()/>
                <Route path=path!("/t/:tenant/functions/:name/test") view=functions::test::TestPage ssr=mode.clone()/>
                <Route path=path!("/t/:tenant/functions/:name/events") view=events::list::FunctionEventsPage ssr=mode.clone()/>
                <Route path=path!("/t/:tenant/functions/:name/logs") view=functions::logs::LogsPage ssr=mode.clone()/>
                <Route path=path!("/t/:tenant/functions/:name/triggers") view=functions::triggers::TriggersPage ssr=mode.clone()/>
                <Route path=path!("/t/:tenant/functions/:name/settings") view=functions::settings::SettingsPage ssr=mode.clone()/>
                <Route path=path!("/t/:tenant/functions/:name/yaml") view=functions::yaml::YamlPage ssr=mode.clone()/>
                <Route path=path!("/t/:tenant/functions/:name/delete") view=functions::delete::DeletePage ssr=mode.clone()/>
                <Route path=path!("/t/:tenant/events") view=events::list::EventsPage ssr=mode.clone()/>
                <Route path=path!("/t/:tenant/events/types") view=events::types::TypesPage ssr=mode.clone()/>
                <Route path=path!("/t/:tenant/events/types/:type") view=events::types::TypePage ssr=mode.clone()/>
                <Route path=path!("/t/:tenant/events/:position") view=events::detail::EventPage ssr=mode.clone()/>
                <Route path=path!("/t/:tenant/deadletters") view=deadletters::list::ListPage ssr=mode.clone()/>
                <Route path=path!("/t/:tenant/deadletters/replay") view=deadletters::replay::PlanPage ssr=mode.clone()/>
                <Route path=path!("/t/:tenant/deadletters/discard") view=deadletters::discard::DiscardPage ssr=mode.clone()/>
                <Route path=path!("/t/:tenant/deadletters/replays/:id") view=deadletters::job::JobPage ssr=mode.clone()/>
                <Route path=path!("/t/:tenant/deadletters/:position") view=deadletters::detail::DetailPage ssr=mode.clone()/>
                <Route path=path!("/t/:tenant/deadletters/:position/edit") view=deadletters::edit::EditPage ssr=mode.clone()/>
                <Route path=path!("/t/:tenant/members") view=tenants::members::MembersPage ssr=mode.clone()/>
                <Route path=path!("/t/:tenant/audit") view=tenants::audit::AuditPage ssr=mode.clone()/>
                <Route path=path!("/admin") view=admin::overview::OverviewPage ssr=mode.clone()/>
                <Route path=path!("/admin/audit") view=admin::audit::AdminAuditPage ssr=mode.clone()/>
                <Route path=path!("/t/:tenant/preferences") view=session::preferences::PreferencesPage ssr=mode/>
            </FlatRoutes>
        </Router>
    }
}
