//! Image references: `[registry/]repository[:tag][@digest]`.

/// A reference that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::workload) struct Reference {
    /// As it was written, with the tag `latest` where it names neither tag nor digest.
    pub(in crate::workload) name: String,
    /// Repository with its registry, as written.
    pub(in crate::workload) repository: String,
    pub(in crate::workload) tag: Option<String>,
    /// `sha256:…`
    pub(in crate::workload) digest: Option<String>,
}

impl Reference {
    /// The error completes the sentence that a container runtime says about it.
    pub(in crate::workload) fn parse(text: &str) -> Result<Self, String> {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest.to_owned())),
            None => (text, None),
        };
        let slash = rest.rfind('/').map_or(0, |slash| slash + 1);
        let (repository, tag) = match rest[slash..].split_once(':') {
            Some((last, tag)) => (format!("{}{last}", &rest[..slash]), Some(tag.to_owned())),
            None => (rest.to_owned(), None),
        };
        let refused =
            |why: &str| Err(format!("couldn't parse image name \"{text}\": invalid reference format{why}"));
        if repository.chars().any(|c| c.is_ascii_uppercase())
            && is_path(&path(&repository).to_lowercase(), true)
        {
            let full = if repository.contains('/') { repository } else { format!("library/{repository}") };
            return refused(&format!(": repository name ({full}) must be lowercase"));
        }
        if !is_path(path(&repository), false) || !digest.as_deref().is_none_or(is_digest) {
            return refused("");
        }
        if !tag.as_deref().is_none_or(is_tag) {
            return refused("");
        }
        let tag = if tag.is_none() && digest.is_none() { Some("latest".into()) } else { tag };
        let name = match (&tag, &digest) {
            (Some(tag), None) => format!("{repository}:{tag}"),
            _ => text.to_owned(),
        };
        Ok(Self { name, repository, tag, digest })
    }
}

impl Reference {
    /// Whether a Pod of that namespace may have it. What a tenant builds is in repositories below its name
    /// (`acme/hello`); names of one part and those with a registry before them are for all.
    pub(in crate::workload) fn is_open_to(&self, namespace: &str) -> bool {
        match self.repository.split_once('/') {
            // A namespace may be called localhost; with a dot or a port it is none.
            Some((first, _)) if !first.contains(['.', ':']) => first == namespace,
            _ => true,
        }
    }
}

/// What follows the registry, which is the part before the first slash if it looks like a host.
fn path(repository: &str) -> &str {
    match repository.split_once('/') {
        Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => path,
        _ => repository,
    }
}

/// `spaces` lets those pass that the message about upper case is given for as well.
fn is_path(path: &str, spaces: bool) -> bool {
    let part = |part: &str| {
        let inside = |c: char| {
            c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c) || (spaces && c == ' ')
        };
        part.starts_with(|c: char| c.is_ascii_alphanumeric())
            && part.ends_with(|c: char| c.is_ascii_alphanumeric())
            && part.chars().all(inside)
    };
    path.split('/').all(part)
}

fn is_tag(tag: &str) -> bool {
    let inside = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    (1..=128).contains(&tag.len()) && tag.chars().all(inside) && !tag.starts_with(['.', '-'])
}

fn is_digest(digest: &str) -> bool {
    digest
        .strip_prefix("sha256:")
        .is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registry_port_tag_and_digest_are_told_apart() {
        let one = Reference::parse("127.0.0.1:5999/team/app:1").unwrap();
        assert_eq!((one.repository.as_str(), one.tag.as_deref()), ("127.0.0.1:5999/team/app", Some("1")));
        let digest = format!("sha256:{}", "a".repeat(64));
        let two = Reference::parse(&format!("acme/app@{digest}")).unwrap();
        assert_eq!((two.tag, two.digest), (None, Some(digest)));
        assert_eq!(Reference::parse("busybox").unwrap().name, "busybox:latest");
    }

    #[test]
    fn what_one_tenant_built_is_not_for_the_pods_of_another() {
        let open = |name: &str| Reference::parse(name).unwrap().is_open_to("acme");
        assert!(open("acme/hello:1") && open("acme/a/b:1"));
        assert!(!open("rival/hello:1") && !open("acme2/hello") && !open("rival/acme/hello"));
        assert!(!open(&format!("rival/hello@sha256:{}", "a".repeat(64))));
        assert!(open("busybox:1") && open("dev.local/team/app:1") && open("localhost:5000/team/app:1"));
        assert!(!open("localhost/hello:1"), "a tenant of that name");
    }

    #[test]
    fn a_name_that_is_no_reference_is_refused_in_the_words_of_a_runtime() {
        let refused = Reference::parse("Bad Name:1").unwrap_err();
        let expected = "couldn't parse image name \"Bad Name:1\": invalid reference format: repository name (library/Bad Name) must be lowercase";
        assert_eq!(refused, expected);
        assert!(Reference::parse("a b").is_err());
        assert!(Reference::parse("a:b c").is_err());
        assert!(Reference::parse("").is_err());
    }
}
