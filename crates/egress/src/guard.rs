//! The decision: which addresses of a host may be connected to.

use std::net::{IpAddr, SocketAddr};
use std::{future::Future, io, pin::Pin, sync::Arc};

use crate::address;
use crate::allowed::{Allowed, USUAL_PORTS};

/// Decides. Cheap to clone.
#[derive(Clone)]
pub struct Guard {
    allowed: Arc<Allowed>,
    resolve: Arc<Resolve>,
}

type Resolve =
    dyn Fn(String, u16) -> Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>> + Send + Sync;

/// Why a connection is not made; a sentence for who asked, without addresses of our network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The name has no address.
    #[error("the host {host} is not known (host_not_found)")]
    Unknown {
        /// As it was asked for.
        host: String,
    },
    /// It is on this machine or in a network that is not public.
    #[error(
        "{host} has {what}, from which nothing is fetched unless the administrator allows it (address_not_public)"
    )]
    NotPublic {
        /// As it was asked for.
        host: String,
        /// What kind of address it has.
        what: &'static str,
    },
    /// Another port than those of https, http and ssh.
    #[error(
        "port {port} of {host} is not one from which something is fetched unless the administrator allows it (port_not_allowed)"
    )]
    Port {
        /// As it was asked for.
        host: String,
        /// As it was asked for.
        port: u16,
    },
    /// It is allowed and does not answer.
    #[error("{host} does not answer on port {port} (host_unreachable)")]
    Unreachable {
        /// As it was asked for.
        host: String,
        /// As it was asked for.
        port: u16,
    },
}

impl Guard {
    /// With the machine's own name resolution.
    pub fn new(allowed: Allowed) -> Self {
        Self::with_names(allowed, |host, port| async move {
            tokio::net::lookup_host((host.as_str(), port)).await.map(Iterator::collect)
        })
    }

    /// With `resolve` for the addresses of names.
    pub fn with_names<F>(allowed: Allowed, resolve: impl Fn(String, u16) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = io::Result<Vec<SocketAddr>>> + Send + 'static,
    {
        let resolve =
            move |host, port| -> Pin<Box<dyn Future<Output = _> + Send>> { Box::pin(resolve(host, port)) };
        Self { allowed: Arc::new(allowed), resolve: Arc::new(resolve) }
    }

    /// The addresses that may be connected to, and no others. A name with one address that may not is
    /// refused whole: nobody honest has such a name.
    pub async fn addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, Refused> {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(&host);
        let found = match bare.parse::<IpAddr>() {
            Ok(address) => vec![SocketAddr::new(address, port)],
            // Whatever the resolver takes for an address (2130706433, 0x7f.1) comes back as one.
            Err(_) => (self.resolve)(host.clone(), port).await.unwrap_or_default(),
        };
        if found.is_empty() {
            return Err(Refused::Unknown { host });
        }
        for address in &found {
            if self.allowed.contains(bare, address.ip(), port) {
                continue;
            }
            let own = || address::is_own(*address).then_some("an address of this machine itself");
            if let Some(what) = address::objection(address.ip()).or_else(own) {
                return Err(Refused::NotPublic { host, what });
            }
            if !USUAL_PORTS.contains(&port) {
                return Err(Refused::Port { host, port });
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(address: &'static str) -> Guard {
        Guard::with_names(Allowed::default(), move |_, port| async move {
            Ok(address.split(' ').map(|address| SocketAddr::new(address.parse().unwrap(), port)).collect())
        })
    }

    #[tokio::test]
    async fn a_name_is_judged_by_its_addresses() {
        assert!(named("1.1.1.1").addresses("git.example", 443).await.is_ok());
        for inside in ["127.0.0.1", "10.0.0.1", "::1", "::ffff:192.168.0.1", "1.1.1.1 10.0.0.1"] {
            let refused = named(inside).addresses("git.example", 443).await.unwrap_err();
            assert!(matches!(refused, Refused::NotPublic { .. }), "{inside}: {refused}");
            assert!(!refused.to_string().contains(inside), "{refused}");
        }
        let refused = named("1.1.1.1").addresses("git.example", 5432).await.unwrap_err();
        assert!(matches!(refused, Refused::Port { port: 5432, .. }));
    }

    #[tokio::test]
    async fn an_address_is_judged_in_every_spelling() {
        let guard = Guard::new(Allowed::default());
        let spellings = [
            "127.0.0.1",
            "[::1]",
            "::1",
            "[::ffff:127.0.0.1]",
            "localhost",
            "LOCALHOST.",
            "2130706433",
            "0x7f.1",
        ];
        for host in spellings {
            let refused = guard.addresses(host, 443).await.unwrap_err();
            assert!(
                matches!(refused, Refused::NotPublic { .. } | Refused::Unknown { .. }),
                "{host}: {refused}"
            );
        }
    }

    #[tokio::test]
    async fn what_the_administrator_allows_may_be_reached() {
        let guard = Guard::new("127.0.0.1:9000, localhost".parse().unwrap());
        assert!(guard.addresses("127.0.0.1", 9000).await.is_ok());
        assert!(guard.addresses("127.0.0.1", 3002).await.is_err());
        assert!(guard.addresses("localhost", 443).await.is_ok());
    }
}
