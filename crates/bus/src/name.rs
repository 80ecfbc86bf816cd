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

/// `dlq.<tenant>`: a tenant's dead letters.
pub fn dead_letters(tenant: &TenantName) -> String {
    format!("dlq.{tenant}")
}

/// Dead letters of events whose subject names no tenant.
pub const DEAD_LETTERS_UNOWNED: &str = "dlq";
