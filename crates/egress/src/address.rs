//! Which addresses are public. Everything that is not known to be is not.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// Why an address is not public, in words; `None` for a public one.
pub(crate) fn objection(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => objection_v4(address),
        IpAddr::V6(address) => objection_v6(address),
    }
}

fn objection_v4(address: Ipv4Addr) -> Option<&'static str> {
    let [a, b, c, _] = address.octets();
    Some(match (a, b, c) {
        (127 | 0, ..) => "an address of this machine itself",
        (10, ..) | (172, 16..=31, _) | (192, 168, _) => "an address of a private network",
        (100, 64..=127, _) => "an address of a provider's own network",
        (169, 254, _) => "a link-local address",
        (192, 0, 0) | (198, 18..=19, _) => "a reserved address",
        (192, 0, 2) | (198, 51, 100) | (203, 0, 113) | (192, 88, 99) => "a reserved address",
        (224..=255, ..) => "a multicast or reserved address",
        _ => return None,
    })
}

fn objection_v6(address: Ipv6Addr) -> Option<&'static str> {
    let part = address.segments();
    let embedded = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        objection_v4(Ipv4Addr::new(a, b, c, d))
    };
    match part {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => Some("an address of this machine itself"),
        // IPv4 in other clothes is judged as what it is: mapped, NAT64, 6to4.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => embedded(high, low),
        [0x2002, high, low, ..] => embedded(high, low),
        [0xfc00..=0xfdff, ..] => Some("an address of a private network"),
        [0xfe80..=0xfebf, ..] => Some("a link-local address"),
        // Teredo, benchmarks, ORCHID and what else is below 2001:200::; documentation.
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Some("a reserved address"),
        [0x2000..=0x3fff, ..] => None,
        _ => Some("a reserved address"),
    }
}

/// Whether this machine has the address itself, public or not: what listens here is not for users. The
/// kernel tells by the address that it would send from; nothing is sent.
pub(crate) fn is_own(address: SocketAddr) -> bool {
    let any: IpAddr =
        if address.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let Ok(socket) = UdpSocket::bind((any, 0)) else { return false };
    let from = socket.connect(address).and_then(|()| socket.local_addr());
    from.is_ok_and(|from| from.ip() == address.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn public(text: &str) -> bool {
        objection(text.parse().unwrap()).is_none()
    }

    #[test]
    fn only_addresses_of_the_open_internet_are_public() {
        for text in ["1.1.1.1", "93.184.216.34", "172.15.0.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111"]
        {
            assert!(public(text), "{text}");
        }
        let closed = "127.0.0.1 127.9.9.9 0.0.0.0 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 \
                      100.64.0.1 192.0.2.1 198.18.0.1 224.0.0.1 255.255.255.255 :: ::1 fe80::1 fc00::1 fd00:ec2::254 \
                      ff02::1 2001:db8::1 2001::1 100::1 5f00::1";
        for text in closed.split_whitespace() {
            assert!(!public(text), "{text}");
        }
    }

    #[test]
    fn ipv4_in_the_clothes_of_ipv6_is_judged_as_ipv4() {
        for text in [
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::10.0.0.1",
            "2002:7f00:1::",
            "::127.0.0.1",
        ] {
            assert!(!public(text), "{text}");
        }
        assert!(public("::ffff:1.1.1.1") && public("64:ff9b::1.1.1.1"));
    }

    #[test]
    fn an_address_of_this_machine_is_recognised() {
        assert!(is_own("127.0.0.1:1".parse().unwrap()));
        assert!(!is_own("192.0.2.1:80".parse().unwrap()));
    }
}
