//! Landlock: what may be read, written and executed, and which TCP ports may be used, enforced by
//! the kernel whatever the mounts look like.

use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, LandlockStatus, NetPort, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreated, RulesetCreatedAttr, Scope,
};

use super::{Failure, context};
use crate::spec::{Network, Spec};

/// The newest rules that are asked for; an older kernel takes those it knows.
const WANTED: ABI = ABI::V6;

/// Programs, libraries and settings of the machine that a program needs to run at all.
pub(super) const SYSTEM: [&str; 9] =
    ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc", "/nix/store", "/proc"];

const DEVICES: [&str; 6] = ["null", "zero", "full", "random", "urandom", "tty"];

/// Applies the rules and answers with the version that the kernel has, 0 for none. With
/// `own_root`, `/tmp` is private and may be written.
pub(super) fn apply(spec: &Spec, own_root: bool) -> Result<i32, Failure> {
    let failed = "cannot make the Landlock rules";
    let all = AccessFs::from_all(WANTED);
    let mut ruleset = Ruleset::default()
        .handle_access(all)
        .and_then(|rules| rules.scope(Scope::from_all(WANTED)))
        .map_err(context(failed))?;
    if matches!(spec.network, Network::Ports { .. }) {
        ruleset = ruleset.handle_access(AccessNet::from_all(ABI::V4)).map_err(context(failed))?;
    }
    let mut rules = ruleset.create().map_err(context(failed))?;
    let read = AccessFs::from_read(WANTED);
    let write = all & !(AccessFs::MakeChar | AccessFs::MakeBlock);
    for path in SYSTEM.iter().map(Path::new).chain(spec.read_only.iter().map(PathBuf::as_path)) {
        rules = allow(rules, path, read)?;
    }
    for path in &spec.writable {
        rules = allow(rules, path, write)?;
    }
    for bind in &spec.binds {
        let path = if own_root { &bind.inside } else { &bind.host };
        rules = allow(rules, path, if bind.writable { write } else { read })?;
    }
    for name in DEVICES {
        let device = Path::new("/dev").join(name);
        rules = allow(rules, &device, AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::IoctlDev)?;
    }
    if own_root {
        for path in ["/tmp", "/dev/shm"] {
            rules = allow(rules, Path::new(path), write)?;
        }
        rules = allow(rules, Path::new("/"), AccessFs::ReadDir.into())?;
    }
    if let Network::Ports { connect, bind } = &spec.network {
        for port in connect {
            rules = rules.add_rule(NetPort::new(*port, AccessNet::ConnectTcp)).map_err(context(failed))?;
        }
        for port in bind {
            rules = rules.add_rule(NetPort::new(*port, AccessNet::BindTcp)).map_err(context(failed))?;
        }
    }
    let status = rules.restrict_self().map_err(context(failed))?;
    Ok(match status.landlock {
        LandlockStatus::Available { effective_abi, kernel_abi } => kernel_abi.unwrap_or(effective_abi as i32),
        LandlockStatus::NotEnabled | LandlockStatus::NotImplemented => 0,
    })
}

/// A path that is not there needs no rule.
fn allow(rules: RulesetCreated, path: &Path, access: BitFlags<AccessFs>) -> Result<RulesetCreated, Failure> {
    let Ok(file) = PathFd::new(path) else { return Ok(rules) };
    let access = if path.is_dir() { access } else { access & AccessFs::from_file(WANTED) };
    rules.add_rule(PathBeneath::new(file, access)).map_err(context("cannot make the Landlock rules"))
}
