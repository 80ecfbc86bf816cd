//! What the administrator allows beyond the open internet: `git.corp.example`, `*.corp.example:8443`,
//! `10.1.0.0/16`, `[fd00::5]:9000`.

use std::{fmt, net::IpAddr, str::FromStr};

/// A list of entries, separated by commas; displayed as it was written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowed {
    text: String,
    entries: Vec<Entry>,
}

impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// An entry that can not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither a host name, *.domain, address nor network, with an optional :port")]
pub struct InvalidEntry(String);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    what: What,
    /// Without one: the usual ports.
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    Host(String),
    /// Everything below a domain.
    Below(String),
    Network(IpAddr, u8),
}

/// Ports of https, http and ssh.
pub(crate) const USUAL_PORTS: [u16; 3] = [443, 80, 22];

impl Allowed {
    /// Whether an entry names the host, or the network of the address, with this port.
    pub(crate) fn contains(&self, host: &str, address: IpAddr, port: u16) -> bool {
        let address = address.to_canonical();
        self.entries.iter().any(|entry| {
            let port_fits = entry.port.map_or_else(|| USUAL_PORTS.contains(&port), |allowed| allowed == port);
            let named = match &entry.what {
                What::Host(name) => host == name,
                What::Below(domain) => {
                    host.strip_suffix(domain.as_str()).is_some_and(|rest| rest.ends_with('.'))
                }
                What::Network(network, bits) => shares_prefix(*network, address, *bits),
            };
            port_fits && named
        })
    }
}

impl FromStr for Allowed {
    type Err = InvalidEntry;

    fn from_str(text: &str) -> Result<Self, InvalidEntry> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        Ok(Self { text: text.to_owned(), entries: entries.map(parse).collect::<Result<_, _>>()? })
    }
}

fn parse(text: &str) -> Result<Entry, InvalidEntry> {
    let invalid = || InvalidEntry(text.to_owned());
    if let Some(network) = network(text) {
        return Ok(Entry { what: network, port: None });
    }
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) => (host, Some(port.parse().map_err(|_| invalid())?)),
        None => (text, None),
    };
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    if let Some(network) = network(bare) {
        return Ok(Entry { what: network, port });
    }
    let host = host.to_ascii_lowercase();
    let name = host.strip_prefix("*.").unwrap_or(&host);
    let letters = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
    if name.is_empty() || !name.bytes().all(letters) {
        return Err(invalid());
    }
    let what = if name.len() < host.len() { What::Below(name.to_owned()) } else { What::Host(host) };
    Ok(Entry { what, port })
}

fn network(text: &str) -> Option<What> {
    let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
    let address: IpAddr = address.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let bits = bits.map_or(Some(most), |bits| bits.parse().ok())?;
    (bits <= most).then_some(What::Network(address, bits))
}

fn shares_prefix(network: IpAddr, address: IpAddr, bits: u8) -> bool {
    let (network, address, width) = match (network, address) {
        (IpAddr::V4(a), IpAddr::V4(b)) => (u128::from(a.to_bits()), u128::from(b.to_bits()), 32),
        (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits(), b.to_bits(), 128),
        _ => return false,
    };
    let shift = width - u32::from(bits);
    network.checked_shr(shift).unwrap_or(0) == address.checked_shr(shift).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(list: &str, host: &str, address: &str, port: u16) -> bool {
        list.parse::<Allowed>().unwrap().contains(host, address.parse().unwrap(), port)
    }

    #[test]
    fn entries_name_hosts_domains_and_networks() {
        let list = "git.corp.example, *.build.example:8443, 10.1.0.0/16, [fd00::5]:9000, 127.0.0.1:8443";
        assert!(allows(list, "git.corp.example", "10.9.9.9", 443));
        assert!(!allows(list, "git.corp.example", "10.9.9.9", 8080), "without a port: the usual ones");
        assert!(!allows(list, "xgit.corp.example", "10.9.9.9", 443));
        assert!(allows(list, "a.b.build.example", "10.9.9.9", 8443));
        assert!(!allows(list, "build.example", "10.9.9.9", 8443), "below it, not the domain itself");
        assert!(!allows(list, "evilbuild.example", "10.9.9.9", 8443));
        assert!(allows(list, "x", "10.1.2.3", 443) && !allows(list, "x", "10.2.0.1", 443));
        assert!(allows(list, "x", "::ffff:10.1.2.3", 443));
        assert!(allows(list, "x", "fd00::5", 9000) && !allows(list, "x", "fd00::5", 443));
        assert!(allows(list, "x", "127.0.0.1", 8443) && !allows(list, "x", "127.0.0.1", 3002));
        assert!(!allows("", "x", "10.1.2.3", 443));
        assert!(allows("0.0.0.0/0", "x", "10.1.2.3", 443));
    }

    #[test]
    fn an_entry_that_names_nothing_is_refused() {
        for bad in ["a b", "10.0.0.0/33", "host:99999", "*", "*.", "http://x", "[::1"] {
            assert!(bad.parse::<Allowed>().is_err(), "{bad}");
        }
        assert_eq!("".parse::<Allowed>().unwrap(), Allowed::default());
    }
}
