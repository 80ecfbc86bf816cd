//! What git says when a fetch fails, and whose fault that is.

use domain::build::FailureCategory;

use crate::failure::Failure;

/// The failure behind the words; `secret` is the Secret whose credentials were used.
pub(super) fn failure(stderr: &str, reference: &str, secret: Option<&str>) -> Failure {
    let has = |words: &[&str]| words.iter().any(|words| stderr.contains(words));
    let (category, message) = if has(&["couldn't find remote ref", "not our ref", "unadvertised object"]) {
        (FailureCategory::SourceNotFound, format!("The repository has no branch, tag or commit {reference}."))
    } else if has(&[
        "could not read Username",
        "Authentication failed",
        "error: 401",
        "error: 403",
        "Permission denied",
    ]) {
        let message = match secret {
            Some(name) => format!("The repository refused the credentials of the Secret {name}."),
            None => "The repository asks for credentials: put them into a Secret and name it in \
                     spec.source.git.secretRef."
                .to_owned(),
        };
        (FailureCategory::SourceDenied, message)
    } else if has(&["Host key verification failed"]) {
        let message = "The server's key is not the one in known_hosts of the Secret.".to_owned();
        (FailureCategory::SourceDenied, message)
    } else if has(&["SSL certificate problem", "server certificate verification failed"]) {
        let message =
            "The server's certificate is not signed by an authority that this platform trusts.".to_owned();
        (FailureCategory::SourceDenied, message)
    } else if has(&[
        "not found",
        "does not appear to be a git repository",
        "error: 404",
        "not valid: is this a git",
    ]) {
        (FailureCategory::SourceNotFound, "There is no repository at this URL.".to_owned())
    } else {
        (FailureCategory::Internal, format!("The repository could not be fetched: {}.", last(stderr)))
    };
    Failure::new(category, message)
}

/// Git's own last word.
fn last(stderr: &str) -> String {
    let lines = || stderr.lines().map(str::trim).filter(|line| !line.is_empty());
    let told = lines().rev().find_map(|line| line.strip_prefix("fatal: ")).or_else(|| lines().next_back());
    told.unwrap_or("git told nothing").trim_end_matches('.').chars().take(500).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fault_is_told_in_plain_words() {
        let category = |stderr: &str| failure(stderr, "main", None).0.category;
        assert_eq!(category("fatal: couldn't find remote ref main"), FailureCategory::SourceNotFound);
        assert_eq!(category("fatal: could not read Username for 'https://x'"), FailureCategory::SourceDenied);
        assert_eq!(category("fatal: repository 'https://x/' not found"), FailureCategory::SourceNotFound);
        let unclear = failure("warning: x\nfatal: early EOF\n", "main", None).0;
        assert_eq!(unclear.message, "The repository could not be fetched: early EOF.");
        assert!(unclear.category.retryable());
    }
}
