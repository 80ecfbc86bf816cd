//! Paths of pages: who builds a link, builds it here.

use domain::{BuildId, FunctionName, TenantName};

/// A tab of a function's page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// State, address, newest events.
    Overview,
    /// Files and editor.
    Code,
    /// Builds.
    Builds,
    /// Calls by hand.
    Test,
    /// Calls by events and by the clock.
    Triggers,
    /// Timeline.
    Events,
    /// What it printed.
    Logs,
    /// Environment, scaling, resources.
    Settings,
    /// Manifest.
    Yaml,
}

impl Tab {
    /// All, in order.
    pub const ALL: [Self; 9] = [
        Self::Overview,
        Self::Code,
        Self::Builds,
        Self::Test,
        Self::Triggers,
        Self::Events,
        Self::Logs,
        Self::Settings,
        Self::Yaml,
    ];

    /// Its name on the page.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Code => "Code",
            Self::Builds => "Builds",
            Self::Test => "Test",
            Self::Triggers => "Triggers",
            Self::Events => "Events",
            Self::Logs => "Logs",
            Self::Settings => "Settings",
            Self::Yaml => "YAML",
        }
    }

    const fn segment(self) -> &'static str {
        match self {
            Self::Overview => "",
            Self::Code => "/code",
            Self::Builds => "/builds",
            Self::Test => "/test",
            Self::Triggers => "/triggers",
            Self::Events => "/events",
            Self::Logs => "/logs",
            Self::Settings => "/settings",
            Self::Yaml => "/yaml",
        }
    }
}

/// The list of functions.
pub fn functions(tenant: &TenantName) -> String {
    format!("/t/{tenant}/functions")
}

/// The create form.
pub fn new_function(tenant: &TenantName) -> String {
    format!("/t/{tenant}/new")
}

/// A tab of a function.
pub fn function(tenant: &TenantName, name: &FunctionName, tab: Tab) -> String {
    format!("/t/{tenant}/functions/{name}{}", tab.segment())
}

/// The page that asks whether to delete.
pub fn delete_function(tenant: &TenantName, name: &FunctionName) -> String {
    format!("/t/{tenant}/functions/{name}/delete")
}

/// One build.
pub fn build(tenant: &TenantName, name: &FunctionName, id: &BuildId) -> String {
    format!("/t/{tenant}/functions/{name}/builds/{id}")
}

/// The tenant's timeline.
pub fn events(tenant: &TenantName) -> String {
    format!("/t/{tenant}/events")
}

/// One event.
pub fn event(tenant: &TenantName, position: i64) -> String {
    format!("/t/{tenant}/events/{position}")
}

/// What the platform says and understands.
pub fn event_types(tenant: &TenantName) -> String {
    format!("/t/{tenant}/events/types")
}

/// One type: its schema, and a form that checks data.
pub fn event_type(tenant: &TenantName, kind: domain::event::EventType) -> String {
    format!("/t/{tenant}/events/types/{}", kind.name())
}

/// The tenant's dead letters.
pub fn dead_letters(tenant: &TenantName) -> String {
    format!("/t/{tenant}/deadletters")
}

/// One dead letter.
pub fn dead_letter(tenant: &TenantName, position: i64) -> String {
    format!("/t/{tenant}/deadletters/{position}")
}

/// Where the story of an event that was sent again goes on: the timeline of what it belongs to.
pub fn sent_again(tenant: &TenantName, event: &domain::event::CloudEvent) -> String {
    match event.correlation_id() {
        Some(id) => format!("{}?correlation={}", events(tenant), encode(id)),
        None => events(tenant),
    }
}

/// The page that sends a dead letter with other data.
pub fn edit_dead_letter(tenant: &TenantName, position: i64) -> String {
    format!("/t/{tenant}/deadletters/{position}/edit")
}

/// The plan of a replay; the filter is its query.
pub fn replay(tenant: &TenantName) -> String {
    format!("/t/{tenant}/deadletters/replay")
}

/// The page that asks before dead letters are thrown away.
pub fn discard(tenant: &TenantName) -> String {
    format!("/t/{tenant}/deadletters/discard")
}

/// One replay job.
pub fn replay_job(tenant: &TenantName, id: &str) -> String {
    format!("/t/{tenant}/deadletters/replays/{id}")
}

/// Who is a member of a tenant.
pub fn members(tenant: &TenantName) -> String {
    format!("/t/{tenant}/members")
}

/// Who did what in a tenant.
pub fn audit(tenant: &TenantName) -> String {
    format!("/t/{tenant}/audit")
}

/// All tenants, for administrators.
pub fn admin() -> String {
    "/admin".to_owned()
}

/// Who did what in all tenants.
pub fn admin_audit() -> String {
    "/admin/audit".to_owned()
}

/// How this browser shows pages.
pub fn preferences(tenant: &TenantName) -> String {
    format!("/t/{tenant}/preferences")
}

/// Where archives go (server route, not a page).
pub fn uploads(tenant: &TenantName) -> String {
    format!("/t/{tenant}/uploads")
}

/// The archive of a function's code (server route).
pub fn download(tenant: &TenantName, name: &FunctionName) -> String {
    format!("/t/{tenant}/functions/{name}/download")
}

/// A log as plain text (server route).
pub fn raw_log(tenant: &TenantName, target: &domain::log::LogTarget) -> String {
    format!("{}/log.txt", log_base(tenant, target))
}

/// A log as server-sent events (server route).
pub fn log_stream(tenant: &TenantName, target: &domain::log::LogTarget) -> String {
    format!("{}/log/stream", log_base(tenant, target))
}

fn log_base(tenant: &TenantName, target: &domain::log::LogTarget) -> String {
    match target {
        domain::log::LogTarget::Build(id) => format!("/t/{tenant}/builds/{id}"),
        domain::log::LogTarget::Function(name) => format!("/t/{tenant}/functions/{name}"),
    }
}

/// A value for a query string: percent-encoded.
pub fn encode(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(byte as char),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
        out
    })
}

/// `?a=b&c=d` of the pairs that have a value; empty when none has.
pub fn query<'a>(pairs: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let text: Vec<String> = pairs
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| format!("{key}={}", encode(&value)))
        .collect();
    if text.is_empty() { String::new() } else { format!("?{}", text.join("&")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_values_are_left_out_of_a_query() {
        let pairs = [("q", "a b".to_owned()), ("phase", String::new())];
        assert_eq!(query(pairs), "?q=a%20b");
        assert_eq!(query([("q", String::new())]), "");
    }
}
