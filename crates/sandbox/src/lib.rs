//! Runs code that nobody vouches for: every function process and every build step.
//!
//! The parent describes a process by a [`Spec`] and starts it with [`Launcher::spawn`]; the launcher
//! executes our own binary with a hidden subcommand, whose only line is [`child_main`]. That child
//! makes the namespaces, the private root, the Landlock and seccomp rules and the limits, and then
//! becomes the user's program. Everything is set up in safe Rust, which is why it takes an `exec` of
//! our own binary and not a `fork`.
//!
//! ```text
//! platform ── supervisor ── init ═exec═> the user's program (pid 1 of its own pid namespace)
//!             waits, passes signals on, dies with the platform and takes everything along
//! ```
//!
//! What the kernel does not offer is left out and told by [`Capabilities::missing`].
//!
//! To add a restriction: a field in [`Spec`] if it is a choice, a step in `child/` that applies it,
//! a hostile case in `tests/hostile.rs` that shows it.

mod capabilities;
mod cgroup;
mod child;
mod disk;
mod envelope;
mod error;
mod exit;
mod launcher;
mod prepared;
mod running;
mod spawner;
mod spec;
mod toolchain;
mod user;

pub use capabilities::{Capabilities, MemoryLimit};
pub use child::child_main;
pub use error::Error;
pub use exit::Exit;
pub use launcher::Launcher;
pub use nix::sys::signal::Signal;
pub use running::{Control, Running};
pub use spec::{Bind, Isolation, Limits, Network, Spec};
pub use toolchain::{Interpreter, Toolchain};
pub use user::User;
