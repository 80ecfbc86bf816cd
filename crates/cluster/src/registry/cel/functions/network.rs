//! `ip()`, `cidr()` and what they can be asked.

use std::net::IpAddr;

use cel::common::types::{CelBool, CelInt, CelString};
use cel::{DeclarationError, Env, ExecutionError};

use super::opaque;

#[derive(Clone, Debug, PartialEq)]
struct Ip(IpAddr);

/// A network: an address and the length of its prefix.
#[derive(Clone, Debug, PartialEq)]
struct Cidr {
    address: IpAddr,
    length: u8,
}

opaque!(Ip, "net.IP", IP);
opaque!(Cidr, "net.CIDR", CIDR);

pub(super) fn declare(env: &mut Env) -> Result<(), DeclarationError> {
    cel::add_overload!(env, fn parse_ip: (CelString) -> Result<Ip>, name = "ip", id = "string_to_ip")?;
    cel::add_overload!(env, fn is_ip: (CelString) -> CelBool, name = "isIP", id = "is_ip_string")?;
    cel::add_member_overload!(env, fn family: (Ip) -> CelInt, name = "family", id = "ip_family")?;
    cel::add_member_overload!(env, fn is_loopback: (Ip) -> CelBool, name = "isLoopback", id = "ip_is_loopback")?;
    cel::add_member_overload!(env, fn is_unspecified: (Ip) -> CelBool, name = "isUnspecified", id = "ip_is_unspecified")?;
    cel::add_overload!(env, fn parse_cidr: (CelString) -> Result<Cidr>, name = "cidr", id = "string_to_cidr")?;
    cel::add_overload!(env, fn is_cidr: (CelString) -> CelBool, name = "isCIDR", id = "is_cidr_string")?;
    cel::add_member_overload!(env, fn contains_ip: (Cidr, Ip) -> CelBool, name = "containsIP", id = "cidr_contains_ip")?;
    cel::add_member_overload!(env, fn contains_text: (Cidr, CelString) -> Result<CelBool>, name = "containsIP", id = "cidr_contains_ip_string")?;
    cel::add_member_overload!(env, fn prefix_length: (Cidr) -> CelInt, name = "prefixLength", id = "cidr_prefix_length")
}

fn parse_ip(text: &CelString<'_>) -> Result<Ip, ExecutionError> {
    text.inner().parse().map(Ip).map_err(|_| {
        ExecutionError::function_error("ip", format!("IP Address {:?} parse error", text.inner()))
    })
}

fn is_ip(text: &CelString<'_>) -> CelBool {
    CelBool::from(text.inner().parse::<IpAddr>().is_ok())
}

fn family(this: &Ip) -> CelInt {
    CelInt::from(if this.0.is_ipv4() { 4 } else { 6 })
}

fn is_loopback(this: &Ip) -> CelBool {
    CelBool::from(this.0.is_loopback())
}

fn is_unspecified(this: &Ip) -> CelBool {
    CelBool::from(this.0.is_unspecified())
}

fn read_cidr(text: &str) -> Option<Cidr> {
    let (address, length) = text.split_once('/')?;
    let (address, length): (IpAddr, u8) = (address.parse().ok()?, length.parse().ok()?);
    let most = if address.is_ipv4() { 32 } else { 128 };
    (length <= most).then_some(Cidr { address, length })
}

fn parse_cidr(text: &CelString<'_>) -> Result<Cidr, ExecutionError> {
    read_cidr(text.inner()).ok_or_else(|| {
        ExecutionError::function_error(
            "cidr",
            format!("network address parse error during conversion from string: {:?}", text.inner()),
        )
    })
}

fn is_cidr(text: &CelString<'_>) -> CelBool {
    CelBool::from(read_cidr(text.inner()).is_some())
}

fn contains(network: &Cidr, address: IpAddr) -> bool {
    fn bits(address: IpAddr) -> u128 {
        match address {
            IpAddr::V4(v4) => u128::from(u32::from(v4)) << 96,
            IpAddr::V6(v6) => v6.into(),
        }
    }
    let same_family = network.address.is_ipv4() == address.is_ipv4();
    let mask = u128::MAX.checked_shl(128 - u32::from(network.length)).unwrap_or(0);
    same_family && bits(network.address) & mask == bits(address) & mask
}

fn contains_ip(this: &Cidr, address: &Ip) -> CelBool {
    CelBool::from(contains(this, address.0))
}

fn contains_text(this: &Cidr, address: &CelString<'_>) -> Result<CelBool, ExecutionError> {
    parse_ip(address).map(|address| CelBool::from(contains(this, address.0)))
}

fn prefix_length(this: &Cidr) -> CelInt {
    CelInt::from(i64::from(this.length))
}
