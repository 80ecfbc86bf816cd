//! One free loopback port for each Pod.

use std::collections::HashSet;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};

/// Below the range from which the kernel takes ports for connections, so that none of them is in the way.
const RANGE: std::ops::Range<u16> = 20_000..32_000;

/// Ports in use by Pods. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Ports(Arc<Mutex<HashSet<u16>>>);

/// A port of one Pod; free again when dropped.
pub(super) struct Port {
    pub(super) number: u16,
    ports: Ports,
}

impl Ports {
    /// None when the machine has no free port left.
    pub(super) fn take(&self) -> Option<Port> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let start = rand::random_range(RANGE);
        let number = (start..RANGE.end)
            .chain(RANGE.start..start)
            .find(|port| !taken.contains(port) && TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())?;
        taken.insert(number);
        Some(Port { number, ports: self.clone() })
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        self.ports.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.number);
    }
}
