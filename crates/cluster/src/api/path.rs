//! Request paths: `/api/v1/…`, `/apis/{group}/{version}/…`.

/// The path of a resource, as its segments say; nothing is looked up yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourcePath {
    /// Empty for the core group.
    pub group: String,
    pub version: String,
    pub namespace: Option<String>,
    pub plural: String,
    pub name: Option<String>,
    pub subresource: Option<String>,
    /// The old form of a watch, with `watch/` after the version.
    pub watch: bool,
}

impl ResourcePath {
    /// `None`: the path is not that of a resource.
    pub fn parse(path: &str) -> Option<Self> {
        let segments: Vec<String> = path.trim_matches('/').split('/').map(decode).collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let (group, version, mut rest) = match segments.as_slice() {
            ["api", version, rest @ ..] => ("", *version, rest),
            ["apis", group, version, rest @ ..] => (*group, *version, rest),
            _ => return None,
        };
        let mut watch = false;
        if let ["watch", after @ ..] = rest {
            (watch, rest) = (true, after);
        }
        let (namespace, plural, rest) = match rest {
            ["namespaces", namespace, plural, rest @ ..] if !is_namespace_subresource(group, plural) => {
                (Some(*namespace), *plural, rest)
            }
            [plural, rest @ ..] => (None, *plural, rest),
            [] => return None,
        };
        let (name, subresource) = match rest {
            [] => (None, None),
            [name] => (Some(*name), None),
            [name, subresource] => (Some(*name), Some(*subresource)),
            _ => return None,
        };
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Some(Self {
            group: group.into(),
            version: version.into(),
            namespace: owned(namespace),
            plural: plural.into(),
            name: owned(name),
            subresource: owned(subresource),
            watch,
        })
    }
}

/// `/api/v1/namespaces/x/status` is about the namespace, not about something in it.
fn is_namespace_subresource(group: &str, segment: &str) -> bool {
    group.is_empty() && matches!(segment, "status" | "finalize")
}

/// Percent-decoding; what is malformed stays as it is.
pub(super) fn decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let hex = (byte == b'%').then(|| after.get(..2)).flatten().and_then(|pair| hex::decode(pair).ok());
        if let Some(decoded) = hex {
            out.extend(decoded);
            rest = &after[2..];
        } else {
            out.push(byte);
            rest = after;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(path: &str) -> Parsed {
        let path = ResourcePath::parse(path).unwrap();
        (path.group, path.namespace, path.plural, path.name, path.subresource)
    }

    type Parsed = (String, Option<String>, String, Option<String>, Option<String>);

    fn expected(group: &str, namespace: &str, plural: &str, name: &str, subresource: &str) -> Parsed {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        (group.into(), some(namespace), plural.into(), some(name), some(subresource))
    }

    #[test]
    fn namespaces_are_a_resource_and_a_prefix() {
        assert_eq!(parsed("/api/v1/namespaces/x"), expected("", "", "namespaces", "x", ""));
        assert_eq!(parsed("/api/v1/namespaces/x/finalize"), expected("", "", "namespaces", "x", "finalize"));
        assert_eq!(
            parsed("/apis/batch/v1/namespaces/x/jobs/a/status"),
            expected("batch", "x", "jobs", "a", "status")
        );
    }

    #[test]
    fn other_paths_are_no_resources() {
        for path in ["/", "/api", "/api/v1", "/apis/batch", "/apis/batch/v1", "/version", "/api/v1/a/b/c/d/e"]
        {
            assert_eq!(ResourcePath::parse(path), None, "{path}");
        }
    }

    #[test]
    fn segments_are_percent_decoded() {
        assert_eq!(decode("a%2Fb%zz"), "a/b%zz");
    }
}
