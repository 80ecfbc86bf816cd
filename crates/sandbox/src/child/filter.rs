//! The system call filter: nothing that makes mounts, namespaces, kernel objects or raw packets,
//! looks into other processes, or goes around the TCP rules.

use std::collections::BTreeMap;

use nix::libc;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch, apply_filter, sock_filter,
};

use super::{Failure, context};

/// The last call known when this was written. What comes after it, `clone3` (its flags lie in memory
/// that a filter cannot read), and the calls of the x32 variant, do not exist for a program; libraries
/// fall back to the older call.
const LAST_KNOWN: u32 = 470;

/// The filters as the kernel takes them: which calls there are, and which of them are refused.
pub(super) struct Filters([BpfProgram; 2]);

impl Filters {
    pub(super) fn compile() -> Result<Self, Failure> {
        let failed = "cannot make the filter";
        let arch =
            TargetArch::try_from(std::env::consts::ARCH).map_err(context("no filter for this processor"))?;
        let refuse = SeccompAction::Errno(libc::EPERM as u32);
        let denied = denied().map_err(context(failed))?;
        let denied =
            SeccompFilter::new(denied, SeccompAction::Allow, refuse, arch).map_err(context(failed))?;
        Ok(Self([known(), BpfProgram::try_from(denied).map_err(context(failed))?]))
    }

    pub(super) fn apply(&self) -> Result<(), Failure> {
        self.0
            .iter()
            .try_for_each(|program| apply_filter(program))
            .map_err(context("cannot apply the filter"))
    }

    /// Whether the kernel says of this process that its calls are filtered.
    pub(super) fn are_on() -> bool {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        status.lines().any(|line| line.strip_prefix("Seccomp:").is_some_and(|mode| mode.trim() == "2"))
    }
}

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// What is not known does not exist. In three comparisons rather than a rule for each call: the kernel runs a new
/// filter for every call that there is, which took a millisecond of each start. That the call is one of this
/// processor's own is what the other filter looks at.
fn known() -> BpfProgram {
    let step = |code: u32, jt, jf, k: u32| sock_filter { code: code as u16, jt, jf, k };
    // The number is the first field of `struct seccomp_data`.
    let load = step(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, 0);
    let more_than = |k| step(libc::BPF_JMP | libc::BPF_JGT | libc::BPF_K, 1, 0, k);
    let is = |k| step(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, 0, 1, k);
    let answer = |k| step(libc::BPF_RET | libc::BPF_K, 0, 0, k);
    vec![
        load,
        more_than(LAST_KNOWN),
        is(libc::SYS_clone3 as u32),
        answer(libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32),
        answer(libc::SECCOMP_RET_ALLOW),
    ]
}

fn denied() -> Result<Rules, seccompiler::BackendError> {
    let mut rules: Rules = DENIED.iter().map(|call| (*call, vec![])).collect();
    #[cfg(target_arch = "x86_64")]
    rules.extend(DENIED_X86.iter().map(|call| (*call, vec![])));
    rules.insert(libc::SYS_clone, new_namespaces()?);
    rules.insert(libc::SYS_socket, sockets()?);
    // The program must not free itself from dying with the platform.
    rules.insert(libc::SYS_prctl, vec![rule(&[equal(0, libc::PR_SET_PDEATHSIG as u64)?])?]);
    // Typing into the terminal of the platform.
    rules.insert(libc::SYS_ioctl, vec![rule(&[equal(1, libc::TIOCSTI)?])?, rule(&[equal(1, 0x541C)?])?]);
    // A connection made by the first packet is no `connect`, which is what Landlock looks at.
    for (call, argument) in [(libc::SYS_sendto, 3), (libc::SYS_sendmsg, 2), (libc::SYS_sendmmsg, 3)] {
        rules.insert(
            call,
            vec![rule(&[masked(argument, libc::MSG_FASTOPEN as u64, libc::MSG_FASTOPEN as u64)?])?],
        );
    }
    Ok(rules)
}

fn new_namespaces() -> Result<Vec<SeccompRule>, seccompiler::BackendError> {
    [
        libc::CLONE_NEWNS,
        libc::CLONE_NEWCGROUP,
        libc::CLONE_NEWUTS,
        libc::CLONE_NEWIPC,
        libc::CLONE_NEWUSER,
        libc::CLONE_NEWPID,
        libc::CLONE_NEWNET,
    ]
    .into_iter()
    .map(|flag| rule(&[masked(0, flag as u64, flag as u64)?]))
    .collect()
}

/// Local sockets, TCP, UDP, and reading the list of interfaces. No other protocol: some of them
/// (MPTCP) are TCP on the wire without Landlock's rules.
fn sockets() -> Result<Vec<SeccompRule>, seccompiler::BackendError> {
    let families = [libc::AF_UNIX, libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK];
    let mut rules = vec![rule(
        &families.iter().map(|family| different(0, *family as u64)).collect::<Result<Vec<_>, _>>()?,
    )?];
    rules.push(rule(&[equal(0, libc::AF_NETLINK as u64)?, different(2, libc::NETLINK_ROUTE as u64)?])?);
    for family in [libc::AF_INET as u64, libc::AF_INET6 as u64] {
        rules.push(rule(&[
            equal(0, family)?,
            different(2, 0)?,
            different(2, libc::IPPROTO_TCP as u64)?,
            different(2, libc::IPPROTO_UDP as u64)?,
        ])?);
        // 6 and 10 are DCCP and the old packet sockets.
        for kind in [libc::SOCK_RAW, libc::SOCK_RDM, libc::SOCK_SEQPACKET, 6, 10] {
            rules.push(rule(&[equal(0, family)?, masked(1, 0xf, kind as u64)?])?);
        }
    }
    Ok(rules)
}

fn rule(conditions: &[SeccompCondition]) -> Result<SeccompRule, seccompiler::BackendError> {
    SeccompRule::new(conditions.to_vec())
}

fn equal(argument: u8, value: u64) -> Result<SeccompCondition, seccompiler::BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, value)
}

fn different(argument: u8, value: u64) -> Result<SeccompCondition, seccompiler::BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, value)
}

fn masked(argument: u8, mask: u64, value: u64) -> Result<SeccompCondition, seccompiler::BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(mask), value)
}

const DENIED: &[i64] = &[
    // file systems and roots
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_open_by_handle_at,
    libc::SYS_name_to_handle_at,
    libc::SYS_quotactl,
    libc::SYS_quotactl_fd,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_fanotify_init,
    // namespaces
    libc::SYS_unshare,
    libc::SYS_setns,
    // other processes
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    libc::SYS_migrate_pages,
    libc::SYS_move_pages,
    // the kernel
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_kexec_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_memfd_secret,
    libc::SYS_personality,
    // the machine
    libc::SYS_reboot,
    libc::SYS_acct,
    libc::SYS_syslog,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_vhangup,
];

#[cfg(target_arch = "x86_64")]
const DENIED_X86: &[i64] = &[
    libc::SYS_kexec_file_load,
    libc::SYS_iopl,
    libc::SYS_ioperm,
    libc::SYS_modify_ldt,
    libc::SYS_uselib,
    libc::SYS_ustat,
    libc::SYS_sysfs,
    libc::SYS_lookup_dcookie,
    libc::SYS__sysctl,
];
