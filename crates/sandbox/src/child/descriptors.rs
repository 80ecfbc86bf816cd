//! Keeps what the platform may have left open across an `exec` from the program.

use std::fs;

use nix::unistd::close;

/// Closes every descriptor above standard error that an `exec` would hand on. Those that Rust opened close themselves.
pub(super) fn close_before_exec() {
    let Ok(entries) = fs::read_dir("/proc/self/fdinfo") else { return };
    let open: Vec<i32> = entries
        .flatten()
        .filter(|entry| !closes_on_exec(&entry.path()))
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    for descriptor in open.into_iter().filter(|descriptor| *descriptor > 2) {
        let _ = close(descriptor);
    }
}

/// The flags are octal; 02000000 is `O_CLOEXEC`.
fn closes_on_exec(fdinfo: &std::path::Path) -> bool {
    let text = fs::read_to_string(fdinfo).unwrap_or_default();
    let flags = text.lines().find_map(|line| line.strip_prefix("flags:")).unwrap_or_default();
    u64::from_str_radix(flags.trim(), 8).is_ok_and(|flags| flags & 0o2_000_000 != 0)
}
