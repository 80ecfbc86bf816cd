//! Memory limits that hold for a process and all its children together: control groups.
//!
//! Version 2 where a group can be made in which the memory controller works (root, or a user
//! service with delegation), else version 1, else none.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::spec::Limits;

const PREFIX: &str = "knative-lambda-";

/// Where groups are made.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cgroups {
    /// Our folder in the version 2 tree.
    unified: Option<PathBuf>,
    /// Our folder in the version 1 trees.
    memory: Option<PathBuf>,
    cpu: Option<PathBuf>,
    next: Arc<AtomicU64>,
}

/// The control groups of one process; removed when dropped.
#[derive(Debug, Default)]
pub(crate) struct Group {
    folders: Vec<(Kind, PathBuf)>,
}

/// In which tree a group is.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Unified,
    Memory,
    Cpu,
}

impl Cgroups {
    /// Looks at what this process is in and may make, and removes what a killed platform left.
    pub(crate) fn find() -> Self {
        let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
        let unified = unified_folder(&own, &mounts);
        if unified.is_some() {
            return Self { unified, ..Self::default() };
        }
        Self {
            memory: legacy_folder("memory", &own, &mounts),
            cpu: legacy_folder("cpu", &own, &mounts),
            ..Self::default()
        }
    }

    pub(crate) fn version(&self) -> Option<u8> {
        match (&self.unified, &self.memory) {
            (Some(_), _) => Some(2),
            (None, Some(_)) => Some(1),
            (None, None) => None,
        }
    }

    /// Whether a group with a limit on memory can be made: tried.
    pub(crate) fn limits_memory(&self) -> bool {
        let group = self.create(&Limits { memory_bytes: Some(1 << 30), ..Limits::default() });
        group.memory_bytes().is_some()
    }

    /// Makes the groups of one process, with limits. What cannot be made is left out: the caller's resource
    /// limits still hold.
    pub(crate) fn create(&self, limits: &Limits) -> Group {
        let wants = |kind| match kind {
            Kind::Unified => true,
            Kind::Memory => limits.memory_bytes.is_some(),
            Kind::Cpu => limits.cpu_weight.is_some(),
        };
        let mut group = self.make(wants);
        group.folders.retain(|(kind, folder)| match kind.limit(folder, limits) {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(%error, cgroup = %folder.display(), "cannot limit a control group");
                let _ = fs::remove_dir(folder);
                false
            }
        });
        group
    }

    /// Makes the groups of a process that is not known yet; its limits come with [`Group::limit`].
    pub(crate) fn create_open(&self) -> Group {
        self.make(|_| true)
    }

    fn make(&self, wants: impl Fn(Kind) -> bool) -> Group {
        let name = self.next.fetch_add(1, Ordering::Relaxed).to_string();
        let bases = [(Kind::Unified, &self.unified), (Kind::Memory, &self.memory), (Kind::Cpu, &self.cpu)];
        let mut group = Group::default();
        for (kind, base) in bases {
            let Some(folder) = base.as_ref().filter(|_| wants(kind)).map(|base| base.join(&name)) else {
                continue;
            };
            match fs::create_dir(&folder) {
                Ok(()) => group.folders.push((kind, folder)),
                Err(error) => {
                    tracing::warn!(%error, cgroup = %folder.display(), "cannot make a control group");
                }
            }
        }
        group
    }
}

impl Kind {
    fn limit(self, folder: &Path, limits: &Limits) -> io::Result<()> {
        match self {
            Self::Unified => {
                write_limit(folder, "memory.max", limits.memory_bytes)?;
                write_limit(folder, "memory.swap.max", limits.memory_bytes.map(|_| 0)).ok();
                write_limit(folder, "memory.oom.group", limits.memory_bytes.map(|_| 1)).ok();
                write_limit(folder, "cpu.weight", limits.cpu_weight).ok();
                write_limit(folder, "pids.max", limits.processes)
            }
            Self::Memory => {
                write_limit(folder, "memory.limit_in_bytes", limits.memory_bytes)?;
                // Absent where the kernel does not count swap.
                write_limit(folder, "memory.memsw.limit_in_bytes", limits.memory_bytes).or(Ok(()))
            }
            Self::Cpu => {
                let shares = limits.cpu_weight.map(|weight| (weight * 1024 / 100).clamp(2, 262_144));
                write_limit(folder, "cpu.shares", shares)
            }
        }
    }
}

impl Group {
    /// Sets the limits of groups that were made open. The error is that of a group that stays without.
    pub(crate) fn limit(&self, limits: &Limits) -> io::Result<()> {
        self.folders.iter().try_for_each(|(kind, folder)| kind.limit(folder, limits))
    }

    /// The files a process writes itself into.
    pub(crate) fn doors(&self) -> Vec<PathBuf> {
        self.folders.iter().map(|(_, folder)| folder.join("cgroup.procs")).collect()
    }

    /// Whether the kernel has killed a process of the group for its memory.
    pub(crate) fn out_of_memory(&self) -> bool {
        let counted = |file: PathBuf| {
            let text = fs::read_to_string(file).unwrap_or_default();
            text.lines().any(|line| line.strip_prefix("oom_kill ").is_some_and(|count| count.trim() != "0"))
        };
        self.folders.iter().any(|(_, folder)| {
            counted(folder.join("memory.events")) || counted(folder.join("memory.oom_control"))
        })
    }

    /// Bytes in use now, where the kernel counts them.
    pub(crate) fn memory_bytes(&self) -> Option<u64> {
        self.folders.iter().find_map(|(_, folder)| {
            let read = |name: &str| fs::read_to_string(folder.join(name)).ok();
            read("memory.current").or_else(|| read("memory.usage_in_bytes"))?.trim().parse().ok()
        })
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let folders = std::mem::take(&mut self.folders);
        if folders.is_empty() {
            return;
        }
        // A group is busy until its last process is gone, which can take a moment.
        let _ = std::thread::Builder::new().name("sandbox-cgroup".into()).spawn(move || {
            for (_, folder) in folders {
                let _ = fs::write(folder.join("cgroup.kill"), "1");
                for attempt in 0..50 {
                    // A trusted process may have made groups below.
                    for child in fs::read_dir(&folder).into_iter().flatten().flatten() {
                        for grandchild in fs::read_dir(child.path()).into_iter().flatten().flatten() {
                            let _ = fs::remove_dir(grandchild.path());
                        }
                        let _ = fs::remove_dir(child.path());
                    }
                    match fs::remove_dir(&folder) {
                        Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {
                            std::thread::sleep(Duration::from_millis(10 * (attempt + 1)));
                        }
                        _ => break,
                    }
                }
            }
        });
    }
}

fn write_limit(folder: &Path, file: &str, value: Option<u64>) -> io::Result<()> {
    match value {
        Some(value) => fs::write(folder.join(file), value.to_string()),
        None => Ok(()),
    }
}

/// Makes our folder in the nearest group, from our own upwards, that lets its children have the
/// memory controller. Our own seldom does: a group with processes in it cannot.
fn unified_folder(own: &str, mounts: &str) -> Option<PathBuf> {
    let root = mount_point(mounts, "cgroup2", None)?;
    let path = own.lines().find_map(|line| line.strip_prefix("0::/"))?;
    let start = root.join(path);
    start.ancestors().take_while(|folder| folder.starts_with(&root)).find_map(|folder| {
        let control = folder.join("cgroup.subtree_control");
        if !fs::read_to_string(folder.join("cgroup.controllers")).ok()?.contains("memory") {
            return None;
        }
        enable(&control);
        let has_memory = |file: &Path| fs::read_to_string(file).is_ok_and(|text| text.contains("memory"));
        if !has_memory(&control) {
            return None;
        }
        let ours = make_own(folder)?;
        let inner = ours.join("cgroup.subtree_control");
        enable(&inner);
        // To move a process between two groups takes the right to write to what is above both.
        let may_move = fs::OpenOptions::new().write(true).open(folder.join("cgroup.procs")).is_ok();
        if has_memory(&inner) && may_move {
            return Some(ours);
        }
        let _ = fs::remove_dir(ours);
        None
    })
}

fn enable(control: &Path) {
    // One by one: a missing controller must not keep the others out.
    for controller in ["+memory", "+pids", "+cpu"] {
        let _ = fs::write(control, controller);
    }
}

fn legacy_folder(controller: &str, own: &str, mounts: &str) -> Option<PathBuf> {
    let root = mount_point(mounts, "cgroup", Some(controller))?;
    let path = own.lines().find_map(|line| {
        let (_, rest) = line.split_once(':')?;
        let (names, path) = rest.split_once(":/")?;
        names.split(',').any(|name| name == controller).then_some(path)
    })?;
    // Inside a container the path is the host's and not below our mount.
    let start = Some(root.join(path)).filter(|folder| folder.is_dir()).unwrap_or(root);
    make_own(&start)
}

fn mount_point(mounts: &str, kind: &str, option: Option<&str>) -> Option<PathBuf> {
    mounts.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(' ').collect();
        let [_, point, found, options, ..] = fields[..] else { return None };
        let fits = option.is_none_or(|option| options.split(',').any(|found| found == option));
        (found == kind && fits).then(|| PathBuf::from(point))
    })
}

fn make_own(parent: &Path) -> Option<PathBuf> {
    remove_stale(parent);
    let folder = parent.join(format!("{PREFIX}{}", std::process::id()));
    match fs::create_dir(&folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => None,
        _ => Some(folder),
    }
}

/// A platform that was killed could not remove its groups; their processes died with it.
fn remove_stale(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(process) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) else { continue };
        if Path::new("/proc").join(process).exists() {
            continue;
        }
        for child in fs::read_dir(entry.path()).into_iter().flatten().flatten() {
            let _ = fs::remove_dir(child.path());
        }
        let _ = fs::remove_dir(entry.path());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "proc /proc proc rw 0 0\n\
        cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,relatime,cpu,cpuacct 0 0\n\
        cgroup2 /sys/fs/cgroup/unified cgroup2 rw,relatime 0 0\n";

    #[test]
    fn mount_points_are_found_by_kind_and_controller() {
        let unified = mount_point(MOUNTS, "cgroup2", None).unwrap();
        assert_eq!(unified, Path::new("/sys/fs/cgroup/unified"));
        let cpu = mount_point(MOUNTS, "cgroup", Some("cpu")).unwrap();
        assert_eq!(cpu, Path::new("/sys/fs/cgroup/cpu,cpuacct"));
        assert_eq!(mount_point(MOUNTS, "cgroup", Some("memory")), None);
    }
}
