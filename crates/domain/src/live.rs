//! What the live stream (`GET /live`, SSE) tells a browser: that something changed, never what.
//! Islands that show it make their call again.

use serde::{Deserialize, Serialize};

use crate::{BuildId, FunctionName, TenantName};

/// Something changed. Sent as the data of one SSE message, whose id resumes the stream.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Change {
    /// A function's spec, status or instances.
    Function {
        /// Whose.
        tenant: TenantName,
        /// Which.
        function: FunctionName,
    },
    /// A build.
    Build {
        /// Whose.
        tenant: TenantName,
        /// Of which function.
        function: FunctionName,
        /// Which.
        build: BuildId,
    },
    /// Events were recorded up to this position.
    Events {
        /// Whose.
        tenant: TenantName,
        /// Of which function, when all are of one.
        function: Option<FunctionName>,
        /// [`crate::event::EventRecord::position`] of the newest.
        position: i64,
    },
    /// Log lines were stored.
    Log {
        /// Whose.
        tenant: TenantName,
        /// Of which log.
        target: crate::log::LogTarget,
        /// Number of the newest line.
        last: u64,
    },
    /// Dead letters came or went, or a replay got on.
    DeadLetters {
        /// Whose.
        tenant: TenantName,
    },
    /// Messages were missed: look at everything again.
    Resync,
}

impl Change {
    /// Whose; none concerns everyone.
    pub fn tenant(&self) -> Option<&TenantName> {
        match self {
            Self::Function { tenant, .. }
            | Self::Build { tenant, .. }
            | Self::Events { tenant, .. }
            | Self::Log { tenant, .. }
            | Self::DeadLetters { tenant } => Some(tenant),
            Self::Resync => None,
        }
    }
}
