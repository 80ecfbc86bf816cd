//! Why an archive is refused: a stable code and a sentence each.

use std::io;

/// An archive that is refused. The `Display` is one plain sentence for its owner.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// Nothing in it.
    #[error("The archive holds no files.")]
    Empty,
    /// Neither of the formats, judged by its first bytes.
    #[error("The file is neither a zip nor a tar, tar.gz or tar.zst archive.")]
    Format,
    /// It begins like an archive and cannot be read to its end.
    #[error("The archive is damaged: {0}.")]
    Damaged(String),
    /// An entry needs a password.
    #[error("The archive is encrypted.")]
    Encrypted,
    /// The archive itself is too big.
    #[error("The archive has more than {} MiB.", max >> 20)]
    TooLargePacked {
        /// Bytes that are allowed.
        max: u64,
    },
    /// More comes out than is allowed.
    #[error("The archive has more than {} MiB when it is unpacked.", max >> 20)]
    TooLarge {
        /// Bytes that are allowed.
        max: u64,
    },
    /// Much more comes out than went in.
    #[error("The archive unpacks to more than {max} times its size.")]
    Ratio {
        /// Times that are allowed.
        max: u64,
    },
    /// Too many entries.
    #[error("The archive has more than {max} files.")]
    TooManyFiles {
        /// Files that are allowed.
        max: u64,
    },
    /// Reading it takes too long.
    #[error("The archive takes too long to unpack.")]
    TooSlow,
    /// A path begins at the root or at a drive.
    #[error("The archive has the absolute path {0}.")]
    AbsolutePath(String),
    /// A path climbs up.
    #[error("The archive has a path that leaves its folder: {0}.")]
    Traversal(String),
    /// A name that not every file system takes, or that hides what it is.
    #[error("The archive has a file name that is not allowed ({why}): {path}.")]
    Name {
        /// The path, made printable.
        path: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Folders in folders in folders.
    #[error("The archive has folders more than {max} levels deep.")]
    TooDeep {
        /// Levels that are allowed.
        max: usize,
    },
    /// A symbolic or hard link.
    #[error("The archive has a link: {0}. Put the file itself in its place.")]
    Link(String),
    /// A device, pipe or socket.
    #[error("The archive has an entry that is neither file nor folder: {0}.")]
    Device(String),
    /// Two entries with one name, also if they differ in case only.
    #[error("The archive has two entries with the name {0}.")]
    Duplicate(String),
    /// The machine failed, not the archive.
    #[error("The archive could not be processed: {0}.")]
    Io(io::Error),
}

impl ArchiveError {
    /// Stable name for problems, logs and tests.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "archive_empty",
            Self::Format => "archive_format",
            Self::Damaged(_) => "archive_damaged",
            Self::Encrypted => "archive_encrypted",
            Self::TooLargePacked { .. } => "archive_too_large",
            Self::TooLarge { .. } => "archive_unpacked_too_large",
            Self::Ratio { .. } => "archive_ratio",
            Self::TooManyFiles { .. } => "archive_too_many_files",
            Self::TooSlow => "archive_too_slow",
            Self::AbsolutePath(_) => "archive_absolute_path",
            Self::Traversal(_) => "archive_traversal",
            Self::Name { .. } => "archive_file_name",
            Self::TooDeep { .. } => "archive_too_deep",
            Self::Link(_) => "archive_link",
            Self::Device(_) => "archive_device",
            Self::Duplicate(_) => "archive_duplicate",
            Self::Io(_) => "archive_io",
        }
    }

    /// What its owner can do.
    pub const fn remedy(&self) -> &'static str {
        match self {
            Self::Empty | Self::Format | Self::Damaged(_) | Self::Encrypted => {
                "Pack the function's folder again as zip or tar.gz, without a password, and upload that."
            }
            Self::TooLargePacked { .. }
            | Self::TooLarge { .. }
            | Self::TooManyFiles { .. }
            | Self::Ratio { .. }
            | Self::TooSlow => "Leave installed packages and data out; name packages in the dependency file.",
            Self::Io(_) => "Try again; if it fails once more, tell the administrator.",
            _ => "Rename or remove that entry, pack the folder again and upload that.",
        }
    }
}
