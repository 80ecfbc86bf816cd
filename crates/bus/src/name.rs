//! Names of queues.

use domain::{FunctionName, TenantName};

/// The operator's commands.
pub const OPERATOR: &str = "operator.commands";
/// The dashboard's timeline.
pub const TIMELINE: &str = "dashboard.timeline";

/// `fn.<tenant>.<name>`: a function's asynchronous invocations.
pub fn function(tenant: &TenantName, function: &FunctionName) -> String {
    format!("fn.{tenant}.{function}")
}

/// Whose queue this is, when it is that of a function.
pub fn owner(queue: &str) -> Option<(TenantName, FunctionName)> {
    let (tenant, function) = queue.strip_prefix("fn.")?.split_once('.')?;
    Some((tenant.parse().ok()?, function.parse().ok()?))
}

/// `dlq.<tenant>`: a tenant's dead letters.
pub fn dead_letters(tenant: &TenantName) -> String {
    format!("dlq.{tenant}")
}

/// Whether this is a queue of dead letters; whose, when it says so.
pub fn mourner(queue: &str) -> Option<Option<TenantName>> {
    match queue.strip_prefix(DEAD_LETTERS_UNOWNED)? {
        "" => Some(None),
        tenant => tenant.strip_prefix('.')?.parse().ok().map(Some),
    }
}

/// Dead letters of which nothing says whose they are.
pub const DEAD_LETTERS_UNOWNED: &str = "dlq";
