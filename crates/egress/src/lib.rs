//! Where a user may send the platform: the addresses behind git URLs, buckets and registries that a
//! user wrote down.
//!
//! [`Guard`] decides by the addresses that a name has, never by the name; [`Proxy`] is a small forward
//! proxy on the loopback address that connects to exactly the address that was checked. Whoever fetches
//! for a user (git, an object store's client) is given this proxy and nothing else, so that a redirect,
//! a name that changes its address between two questions, and IPv6 in all its spellings meet the same
//! check at the moment of connecting.
//!
//! To allow something more: an entry of [`Allowed`], which the administrator writes.

mod address;
mod allowed;
mod guard;
mod proxy;

pub use allowed::{Allowed, InvalidEntry};
pub use guard::{Guard, Refused};
pub use proxy::Proxy;
