//! How a process ended.

/// The end of a sandboxed process, told apart as far as the kernel lets us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It ended by itself.
    Code(i32),
    /// It was killed by this signal.
    Signal(i32),
    /// It, or a child of it, was killed for passing `memory_bytes`.
    OutOfMemory,
    /// It ran longer than `timeout` and was killed.
    TimedOut,
    /// Its writable folders grew over `disk_bytes` and it was killed.
    DiskFull,
    /// It never ran: the command is missing or the sandbox could not be made.
    NotStarted {
        /// Why, for the owner of the code: no path of the platform in it.
        message: String,
    },
}

impl Exit {
    /// The code that a shell, or a container runtime, would report: 128 + signal, 137 for the
    /// kinds of kill, 128 for a process that never ran.
    pub fn code(&self) -> i32 {
        match self {
            Self::Code(code) => *code,
            Self::Signal(signal) => 128 + signal,
            Self::OutOfMemory | Self::TimedOut | Self::DiskFull => 137,
            Self::NotStarted { .. } => 128,
        }
    }

    /// Whether it ended by itself with code 0.
    pub fn is_success(&self) -> bool {
        *self == Self::Code(0)
    }
}
