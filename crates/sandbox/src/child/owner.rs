//! User namespaces, for a platform that is no root.
//!
//! Two are made: one in which we are root, or executing the next stage would take away the right to
//! mount; and inside it one in which we are not, so that executing the program does take it away.

use std::fs;

use super::{Failure, context};

/// Maps the one user and group of a new namespace: `inside` is what `outside` is called in it.
pub(super) fn map(inside: (u32, u32), outside: (u32, u32)) -> Result<(), Failure> {
    let write = |file: &str, text: String| {
        fs::write(format!("/proc/self/{file}"), text).map_err(context("cannot map the user"))
    };
    write("setgroups", "deny".into())?;
    write("uid_map", format!("{} {} 1", inside.0, outside.0))?;
    write("gid_map", format!("{} {} 1", inside.1, outside.1))
}
