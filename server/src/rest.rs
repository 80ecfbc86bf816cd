//! The JSON API (`/api/v1`): one table of operations, from which both the routes and the OpenAPI document
//! are made, so that neither can know what the other does not.
//!
//! To add an operation: a handler in `rest/<noun>.rs` and a line in `operations!`.

mod audit;
mod builds;
mod code;
mod deadletters;
mod events;
mod functions;
mod invoke;
mod logs;
mod manifest_body;
mod openapi;
mod replays;
mod schemas;
mod tenants;

use axum::{
    Json, Router,
    extract::DefaultBodyLimit,
    routing::{MethodRouter, delete, get, patch, post, put},
};

use crate::{problem::Refusal, state::AppState};

/// Where the API is.
pub(crate) const BASE: &str = "/api/v1";
/// Largest body; uploads have a limit of their own.
const BODY: usize = 10 * 1024 * 1024;

/// Logs as text files, outside the API: the pages link to them.
pub(crate) fn raw_log_router() -> Router<AppState> {
    logs::raw_router()
}

/// One operation as the document tells of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Operation {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    /// What it does, one sentence.
    pub(crate) summary: &'static str,
    /// Schema of the request's body; empty: none.
    pub(crate) request: &'static str,
    /// Status and schema of the answer when all goes well.
    pub(crate) answer: (u16, &'static str),
    /// Query parameters.
    pub(crate) query: &'static [&'static str],
}

macro_rules! operations {
    ($($method:ident $path:literal => $handler:path, $summary:literal,
       $request:literal -> $status:literal $answer:literal, $query:expr;)+) => {
        pub(crate) const OPERATIONS: &[Operation] = &[
            $(Operation {
                method: stringify!($method),
                path: $path,
                summary: $summary,
                request: $request,
                answer: ($status, $answer),
                query: &$query,
            },)+
        ];

        fn routes() -> Vec<(&'static str, MethodRouter<AppState>)> {
            vec![$(($path, $method($handler)),)+]
        }
    };
}

operations! {
    get "/schemas" => schemas::list, "Event types, and where the schemas of their data are.", "" -> 200 "Object", [];
    get "/schemas/{type}" => schemas::read, "The JSON Schema of the data of an event type.", "" -> 200 "Object", [];
    post "/schemas/{type}/validate" => schemas::validate, "Whether the body would be accepted as data of this type.", "Any" -> 200 "Object", [];
    get "/tenants" => tenants::list, "The tenants that the caller has a role in, as manifests.", "" -> 200 "TenantList", [];
    post "/tenants" => tenants::create, "Makes a tenant from a manifest in JSON or YAML; for administrators.", "Tenant" -> 201 "Tenant", [];
    get "/tenants/{tenant}" => tenants::read, "One tenant, as a manifest.", "" -> 200 "Tenant", [];
    put "/tenants/{tenant}" => tenants::replace, "Replaces a tenant's spec; an owner may change its members.", "Tenant" -> 200 "Tenant", [];
    delete "/tenants/{tenant}" => tenants::remove, "Deletes a tenant and all that belongs to it; for administrators.", "" -> 202 "Empty", [];
    post "/tenants/{tenant}/suspend" => tenants::suspend, "Stops a tenant's functions and loses nothing; for administrators.", "" -> 200 "Tenant", [];
    post "/tenants/{tenant}/resume" => tenants::resume, "Lets a suspended tenant go on; for administrators.", "" -> 200 "Tenant", [];
    get "/tenants/{tenant}/quota" => tenants::quota, "What a tenant uses of what it may, fullest first.", "" -> 200 "QuotaUseList", [];
    get "/tenants/{tenant}/audit" => audit::of_tenant, "Who did what in a tenant, newest first; with a format, all of it as a file.", "" -> 200 "AuditPage", ["actor", "action", "object", "result", "correlation", "since", "until", "limit", "cursor", "format"];
    get "/admin/overview" => tenants::overview, "All tenants: state, functions by phase, builds, quota; for administrators.", "" -> 200 "OverviewPage", ["q", "suspended", "sort", "desc", "limit", "cursor"];
    get "/admin/audit" => audit::all, "Who did what in all tenants, newest first; for administrators.", "" -> 200 "AuditPage", ["tenant", "actor", "action", "object", "result", "correlation", "since", "until", "limit", "cursor", "format"];
    get "/tenants/{tenant}/functions" => functions::list, "Functions, as manifests.", "" -> 200 "LambdaFunctionList", ["limit", "cursor"];
    post "/tenants/{tenant}/functions" => functions::create, "Creates a function from a manifest in JSON or YAML.", "LambdaFunction" -> 201 "LambdaFunction", [];
    get "/tenants/{tenant}/functions/{function}" => functions::read, "One function, as a manifest.", "" -> 200 "LambdaFunction", [];
    put "/tenants/{tenant}/functions/{function}" => functions::replace, "Replaces a function's spec, labels and annotations.", "LambdaFunction" -> 200 "LambdaFunction", [];
    patch "/tenants/{tenant}/functions/{function}" => functions::change, "Changes a part: a merge patch or a JSON patch.", "Object" -> 200 "LambdaFunction", [];
    delete "/tenants/{tenant}/functions/{function}" => functions::remove, "Deletes a function and all that belongs to it.", "" -> 202 "Empty", [];
    get "/tenants/{tenant}/functions/{function}/revisions" => functions::revisions, "Revisions, newest first.", "" -> 200 "RevisionList", [];
    get "/tenants/{tenant}/functions/{function}/builds" => builds::list, "Builds, newest first.", "" -> 200 "BuildList", ["limit", "cursor"];
    post "/tenants/{tenant}/functions/{function}/builds" => builds::start, "Builds the present source again.", "" -> 202 "Empty", [];
    get "/tenants/{tenant}/functions/{function}/builds/{build}" => builds::read, "One build.", "" -> 200 "Build", [];
    delete "/tenants/{tenant}/functions/{function}/builds/{build}" => builds::cancel, "Cancels a build.", "" -> 202 "Empty", [];
    get "/tenants/{tenant}/functions/{function}/builds/{build}/log" => logs::build, "The log of a build: text, or lines as JSON; with follow=true text until it ends, without limit and before.", "" -> 200 "LogPage", ["follow", "after", "before", "limit", "level", "text", "group"];
    get "/tenants/{tenant}/functions/{function}/logs" => logs::function, "The log of a function: text, or lines as JSON; with follow=true text without end, without limit and before.", "" -> 200 "LogPage", ["follow", "after", "before", "limit", "level", "text", "group", "correlation"];
    post "/tenants/{tenant}/functions/{function}/invoke" => invoke::invoke, "Calls a function with the request's body, and tells what came back.", "Any" -> 200 "InvokeResult", ["path", "method"];
    get "/tenants/{tenant}/events" => events::list, "Events, newest first.", "" -> 200 "EventList", ["limit", "cursor", "function", "kind", "source", "status", "correlation", "text", "since", "until"];
    post "/tenants/{tenant}/events" => events::publish, "Publishes a CloudEvent: structured, binary or a batch.", "CloudEvent" -> 202 "Accepted", [];
    get "/tenants/{tenant}/events/{position}" => events::read, "One event.", "" -> 200 "EventRecord", [];
    get "/tenants/{tenant}/events/{position}/life" => events::life, "One event and what became of it: triggers, tries, answers, dead letters, replays.", "" -> 200 "EventLife", [];
    get "/tenants/{tenant}/deadletters" => deadletters::list, "Events that could not be delivered, newest first.", "" -> 200 "DeadLetterList", ["limit", "cursor", "function", "kind", "error", "type", "correlation"];
    get "/tenants/{tenant}/deadletters/groups" => replays::groups, "Dead letters by error, with counts.", "" -> 200 "DeadLetterGroups", [];
    post "/tenants/{tenant}/deadletters/plan" => replays::plan, "What a replay of these would send, and where to.", "DeadLetterFilter" -> 200 "ReplayPlan", [];
    post "/tenants/{tenant}/deadletters/discard" => replays::discard, "Throws dead letters away, when they are as many as the body says.", "Discard" -> 200 "Discarded", [];
    get "/tenants/{tenant}/deadletters/replays" => replays::list, "Replay jobs, newest first.", "" -> 200 "ReplayJobs", [];
    post "/tenants/{tenant}/deadletters/replays" => replays::start, "Sends dead letters again, at a rate, until so many fail.", "ReplayOfMany" -> 202 "ReplayJob", [];
    get "/tenants/{tenant}/deadletters/replays/{replay}" => replays::read, "One replay job.", "" -> 200 "ReplayJob", [];
    patch "/tenants/{tenant}/deadletters/replays/{replay}" => replays::change, "Pauses, goes on with or aborts a replay job.", "ReplayChange" -> 200 "ReplayJob", [];
    get "/tenants/{tenant}/deadletters/{position}" => deadletters::read, "One dead letter, with all tries.", "" -> 200 "DeadLetter", [];
    delete "/tenants/{tenant}/deadletters/{position}" => deadletters::discard, "Throws a dead letter away.", "" -> 204 "Empty", [];
    post "/tenants/{tenant}/deadletters/{position}/replay" => deadletters::replay, "Sends the event again, with other data when the body has some.", "Replay" -> 202 "CloudEvent", [];
}

/// Everything below [`BASE`].
pub(crate) fn router() -> Router<AppState> {
    let mut router = Router::new();
    for (path, handler) in routes() {
        router = router.route(path, handler);
    }
    router
        .merge(code::router())
        .route("/openapi.json", get(|| async { Json(openapi::document()) }))
        .fallback(async || Refusal::not_found())
        .method_not_allowed_fallback(async || {
            Refusal::new(
                405,
                "method_not_allowed",
                "This address does not take this method.",
                "See /api/v1/openapi.json.",
            )
        })
        .layer(DefaultBodyLimit::max(BODY))
}
