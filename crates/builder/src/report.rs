//! What the operator reads when the build has ended: the container's termination message.

use std::io;
use std::path::Path;

use domain::build::BuildReport;

/// Kubernetes keeps no more of a termination message.
const MAX_BYTES: usize = 4096;

/// Writes the report as JSON; a message that is too long is cut.
pub(crate) fn write(path: &Path, report: &BuildReport) -> io::Result<()> {
    std::fs::write(path, encode(report)?)
}

fn encode(report: &BuildReport) -> io::Result<Vec<u8>> {
    let mut report = report.clone();
    loop {
        let bytes = serde_json::to_vec(&report)?;
        let over = bytes.len().saturating_sub(MAX_BYTES);
        match &mut report.failure {
            Some(failure) if over > 0 && failure.message.len() > 64 => {
                // Escapes make the text longer than it looks: its share is cut, once more if need be.
                let mut keep = (failure.message.len() * MAX_BYTES / bytes.len()).saturating_sub(8).max(32);
                while !failure.message.is_char_boundary(keep) {
                    keep -= 1;
                }
                failure.message.truncate(keep);
                failure.message.push('…');
            }
            _ => return Ok(bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::build::{BuildFailure, FailureCategory};

    use super::*;

    #[test]
    fn a_long_message_is_cut_to_what_kubernetes_keeps() {
        let failure =
            BuildFailure { category: FailureCategory::DependencyError, message: "\"ü\n".repeat(4000) };
        let report = BuildReport { image: None, digest: None, failure: Some(failure), steps: Vec::new() };
        let bytes = encode(&report).unwrap();
        assert!(bytes.len() <= MAX_BYTES && bytes.len() > MAX_BYTES / 2, "{}", bytes.len());
        let read: BuildReport = serde_json::from_slice(&bytes).unwrap();
        assert!(read.failure.unwrap().message.ends_with('…'));
    }
}
