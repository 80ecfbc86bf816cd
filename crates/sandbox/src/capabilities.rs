//! What this machine's kernel lets the sandbox do, for the start log and the administrator's page.

use serde::{Deserialize, Serialize};

use crate::envelope::Namespaces;

/// What was found when the launcher was made, by starting a process with every step but the last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capabilities {
    pub(crate) namespaces: Namespaces,
    /// The version of Landlock's interface, 0 when the kernel has none.
    pub landlock_abi: i32,
    /// How memory is limited.
    pub memory: MemoryLimit,
    /// Whether each sandbox can run as a user of its own: the platform runs as root.
    pub own_user: bool,
    /// Whether system calls are filtered: the kernel said so of the process that tried it. Not where none could be
    /// started.
    pub seccomp: bool,
}

/// The ways to limit memory, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MemoryLimit {
    /// Control groups, version 2: the process and its children together, exactly.
    CgroupV2,
    /// Control groups, version 1: the same.
    CgroupV1,
    /// Resource limits: each process for itself, roughly.
    Rlimit,
}

impl Capabilities {
    /// Whether a public address may be served: files, processes, TCP ports, sockets and system calls of the
    /// machine are out of reach.
    pub fn is_full(&self) -> bool {
        self.namespaces.mount && self.namespaces.pid && self.landlock_abi >= 6 && self.seccomp
    }

    /// One plain sentence for each thing that is missing; empty on a machine that has everything.
    pub fn missing(&self) -> Vec<String> {
        let mut missing = Vec::new();
        let mut unless = |present: bool, sentence: &str| {
            if !present {
                missing.push(sentence.to_owned());
            }
        };
        unless(
            self.namespaces.mount,
            "Functions have no file system of their own: mount and user namespaces are not allowed here. Landlock rules alone keep them from the machine's files.",
        );
        unless(
            self.namespaces.pid,
            "Functions can see the machine's process list: process namespaces are not allowed here.",
        );
        unless(
            self.landlock_abi >= 1,
            "Landlock is missing in this kernel (5.13 or newer, in the boot option lsm=): file access is limited by namespaces alone.",
        );
        unless(
            self.landlock_abi >= 4,
            "Functions can connect to any TCP port, also the platform's own: that takes Landlock version 4 (kernel 6.7).",
        );
        unless(
            self.landlock_abi >= 6,
            "Functions can connect to abstract Unix sockets of the machine and of one another: that takes Landlock version 6 (kernel 6.12).",
        );
        unless(
            self.landlock_abi >= 6 || self.namespaces.pid,
            "Functions can send signals to processes of the same user: that takes Landlock version 6 (kernel 6.12).",
        );
        unless(
            self.own_user || self.namespaces.user,
            "Functions run as the user of the platform: user namespaces are not allowed and the platform is not root.",
        );
        unless(
            self.memory != MemoryLimit::Rlimit,
            "Memory is limited per process and roughly: no control group with the memory controller can be made here.",
        );
        unless(self.seccomp, "System calls are not filtered: seccomp is missing in this kernel.");
        missing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_kernel_is_told_point_by_point_and_is_not_full() {
        let bare = Capabilities {
            namespaces: Namespaces::default(),
            landlock_abi: 0,
            memory: MemoryLimit::Rlimit,
            own_user: false,
            seccomp: false,
        };
        assert!(!bare.is_full());
        assert_eq!(bare.missing().len(), 9);
    }

    #[test]
    fn a_complete_kernel_misses_nothing() {
        let complete = Capabilities {
            namespaces: Namespaces { user: true, mount: true, pid: true },
            landlock_abi: 6,
            memory: MemoryLimit::CgroupV2,
            own_user: false,
            seccomp: true,
        };
        assert!(complete.is_full());
        assert_eq!(complete.missing(), Vec::<String>::new());
    }
}
