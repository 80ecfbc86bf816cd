//! What may follow an object's name in a path.

use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subresource {
    Status,
    Scale,
    /// `namespaces/finalize`.
    Finalize,
    /// `serviceaccounts/token`.
    Token,
    /// `pods/…`, as the rest.
    Log,
    Eviction,
    Binding,
    Attach,
    Exec,
    PortForward,
    Proxy,
    EphemeralContainers,
    Resize,
}

impl Subresource {
    /// The path segment.
    pub fn name(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Scale => "scale",
            Self::Finalize => "finalize",
            Self::Token => "token",
            Self::Log => "log",
            Self::Eviction => "eviction",
            Self::Binding => "binding",
            Self::Attach => "attach",
            Self::Exec => "exec",
            Self::PortForward => "portforward",
            Self::Proxy => "proxy",
            Self::EphemeralContainers => "ephemeralcontainers",
            Self::Resize => "resize",
        }
    }

    /// Group, version and kind where they are not those of the parent.
    pub fn own_kind(self) -> Option<(&'static str, &'static str, &'static str)> {
        match self {
            Self::Scale => Some(("autoscaling", "v1", "Scale")),
            Self::Token => Some(("authentication.k8s.io", "v1", "TokenRequest")),
            Self::Eviction => Some(("policy", "v1", "Eviction")),
            Self::Binding => Some(("", "v1", "Binding")),
            Self::Attach => Some(("", "v1", "PodAttachOptions")),
            Self::Exec => Some(("", "v1", "PodExecOptions")),
            Self::PortForward => Some(("", "v1", "PodPortForwardOptions")),
            Self::Proxy => Some(("", "v1", "PodProxyOptions")),
            Self::Status | Self::Finalize | Self::Log | Self::EphemeralContainers | Self::Resize => None,
        }
    }

    /// The kind where it is not that of the parent.
    pub fn kind(self) -> Option<&'static str> {
        self.own_kind().map(|(_, _, kind)| kind)
    }

    /// Verbs in alphabetical order, as discovery lists them.
    pub fn verbs(self) -> &'static [&'static str] {
        match self {
            Self::Status | Self::Scale | Self::EphemeralContainers | Self::Resize => {
                &["get", "patch", "update"]
            }
            Self::Finalize => &["update"],
            Self::Log => &["get"],
            Self::Token | Self::Eviction | Self::Binding => &["create"],
            Self::Attach | Self::Exec | Self::PortForward => &["create", "get"],
            Self::Proxy => &["create", "delete", "get", "patch", "update"],
        }
    }

    /// Listed by a real server, and refused by this one: there is no container runtime to attach to.
    pub fn is_served(self) -> bool {
        !matches!(
            self,
            Self::Attach
                | Self::Exec
                | Self::PortForward
                | Self::Proxy
                | Self::EphemeralContainers
                | Self::Resize
        )
    }
}

impl fmt::Display for Subresource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
