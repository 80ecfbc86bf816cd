//! The one word that lists show; derived from conditions, never read back as state.

use serde::{Deserialize, Serialize};

/// Where a function stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub enum Phase {
    /// Seen by nobody yet, or waits for a build place.
    #[default]
    Pending,
    /// A build runs.
    Building,
    /// An image is there, its Revision not yet ready.
    Deploying,
    /// Answers calls.
    Ready,
    /// Needs a change or a retry.
    Failed,
    /// Is being taken away.
    Deleting,
}

impl Phase {
    /// All, in the order of a function's life.
    pub const ALL: [Self; 6] =
        [Self::Pending, Self::Building, Self::Deploying, Self::Ready, Self::Failed, Self::Deleting];

    /// The word in status and URLs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Building => "Building",
            Self::Deploying => "Deploying",
            Self::Ready => "Ready",
            Self::Failed => "Failed",
            Self::Deleting => "Deleting",
        }
    }

    /// The phase of that name, in any case.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| phase.as_str().eq_ignore_ascii_case(text))
    }

    /// Whether it will change by itself.
    pub const fn is_moving(self) -> bool {
        matches!(self, Self::Pending | Self::Building | Self::Deploying | Self::Deleting)
    }
}
