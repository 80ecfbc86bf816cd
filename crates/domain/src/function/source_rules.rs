//! What the texts of a source must look like, said once for the form, the operator and the builder.
//!
//! These rules keep a text from meaning more than it says. Where it leads is judged when it is fetched.

use super::{ImageSource, Source};

/// Ports that Knative's own sidecar takes.
const RESERVED_PORTS: [i32; 7] = [8008, 8012, 8013, 8022, 8112, 9090, 9091];

/// A path of the spec and a sentence.
pub type SourceProblem = (&'static str, String);

impl Source {
    /// Everything that is wrong with the texts of a source that is fetched or run.
    pub fn problems(&self) -> Vec<SourceProblem> {
        let mut found = Vec::new();
        let mut rule =
            |field, result: Result<(), String>| found.extend(result.err().map(|text| (field, text)));
        if let Some(git) = &self.git {
            rule("spec.source.git.url", git_url(&git.url));
            rule("spec.source.git.ref", git_ref(&git.reference));
            rule("spec.source.git.path", folder(git.path.as_deref().unwrap_or_default()));
        }
        if let Some(s3) = &self.s3 {
            rule("spec.source.s3.bucket", bucket(&s3.bucket));
            rule("spec.source.s3.key", key(&s3.key));
            rule("spec.source.s3.region", region(&s3.region));
        }
        if let Some(minio) = &self.minio {
            rule("spec.source.minio.endpoint", endpoint(&minio.endpoint));
            rule("spec.source.minio.bucket", bucket(&minio.bucket));
            rule("spec.source.minio.key", key(&minio.key));
        }
        if let Some(gcs) = &self.gcs {
            rule("spec.source.gcs.bucket", bucket(&gcs.bucket));
            rule("spec.source.gcs.key", key(&gcs.key));
        }
        if let Some(image) = &self.image {
            rule("spec.source.image.repository", repository(&image.repository));
            rule("spec.source.image.tag", tag(image));
            rule("spec.source.image.port", port(image.port));
        }
        if let Some(secret) = self.secret_ref() {
            let letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.';
            let good = (1..=253).contains(&secret.name.len()) && secret.name.bytes().all(letter);
            rule("spec.source.secretRef", require(good, || "This is no name of a Secret.".to_owned()));
        }
        found
    }
}

fn require(good: bool, message: impl FnOnce() -> String) -> Result<(), String> {
    if good { Ok(()) } else { Err(message()) }
}

fn git_url(url: &str) -> Result<(), String> {
    let unclear = || "Write https://host/path, or git@host:path.".to_owned();
    let strange = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '\\' | '"' | '\'' | '`' | '$');
    if url.is_empty() || url.len() > 2048 || url.contains(strange) {
        return Err(unclear());
    }
    if url.starts_with("git://") {
        return Err(
            "git:// is neither encrypted nor signed, so nobody could tell whose code it brings: use https:// or git@ \
             (git_protocol)."
                .to_owned(),
        );
    }
    let (host, path) = if let Some(rest) = url.strip_prefix("git@") {
        rest.split_once(':').ok_or_else(unclear)?
    } else {
        let (scheme, rest) = url.split_once("://").ok_or_else(unclear)?;
        let (authority, path) = rest.split_once('/').ok_or_else(unclear)?;
        let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
        let secret = if scheme == "https" { !user.is_empty() } else { user.contains(':') };
        if secret {
            return Err(
                "The URL has credentials in it, where everybody can read them: put them into a Secret \
                        (credentials_in_url)."
                    .to_owned(),
            );
        }
        require(matches!(scheme, "https" | "ssh") && !user.starts_with('-'), unclear)?;
        (host, path)
    };
    require(is_host(host) && !path.trim_matches('/').is_empty() && !path.starts_with('-'), unclear)
}

/// `[host[:port]/]path`, as registries name it.
fn repository(text: &str) -> Result<(), String> {
    let path = match text.split_once('/') {
        Some((host, path)) if is_host(host) && (host == "localhost" || host.contains(['.', ':'])) => path,
        _ => text,
    };
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let part = |part: &str| {
        part.bytes().all(|b| inner(b) || b"._-".contains(&b))
            && part.bytes().next().is_some_and(inner)
            && part.bytes().last().is_some_and(inner)
    };
    require(text.len() <= 255 && path.split('/').all(part), || {
        "Write registry and repository without a tag, like ghcr.io/acme/hello.".to_owned()
    })
}

/// A digest wins over it.
fn tag(image: &ImageSource) -> Result<(), String> {
    let tag = &image.tag;
    let first = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let good =
        tag.len() <= 128 && tag.starts_with(first) && tag.chars().all(|c| first(c) || c == '.' || c == '-');
    require(good || image.digest.is_some(), || {
        "A tag has up to 128 letters, digits, dots, hyphens and underscores.".to_owned()
    })
}

fn port(port: i32) -> Result<(), String> {
    require(!RESERVED_PORTS.contains(&port), || {
        format!("Port {port} is Knative's own: let the image listen on another one.")
    })
}

/// A host with an optional port; nothing that a program could take for an option.
fn is_host(text: &str) -> bool {
    text.len() <= 253
        && text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b))
}

/// What git itself takes as a name, and nothing that it would read as more.
fn git_ref(name: &str) -> Result<(), String> {
    let odd = |c: char| c.is_ascii_control() || " ~^:?*[\\+".contains(c);
    let part = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock");
    let good = name.len() <= 255
        && !name.starts_with('-')
        && !name.ends_with('.')
        && !name.contains(odd)
        && !name.contains("..")
        && !name.contains("@{")
        && name != "@"
        && name.split('/').all(part);
    require(good, || "Write the name of a branch or tag, or a whole commit id.".to_owned())
}

fn folder(path: &str) -> Result<(), String> {
    let parts = path.trim_matches('/').split('/');
    let good = path.len() <= 1024
        && !path.contains(|c: char| c.is_control() || c == '\\' || c == ':')
        && parts.clone().all(|part| part != ".." && part != ".git");
    require(good, || "Write the path of a folder in the repository, like functions/hello.".to_owned())
}

/// It ends up in a host name or a path.
fn bucket(name: &str) -> Result<(), String> {
    let edge = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let letter = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-._".contains(b);
    let bytes = name.as_bytes();
    let good = (3..=63).contains(&bytes.len())
        && edge(bytes.first())
        && edge(bytes.last())
        && bytes.iter().all(letter)
        && !name.contains("..");
    require(good, || "A bucket has 3 to 63 lower-case letters, digits, hyphens and dots.".to_owned())
}

fn key(key: &str) -> Result<(), String> {
    let parts = |part: &str| !part.is_empty() && part != "." && part != "..";
    let good =
        (1..=1024).contains(&key.len()) && !key.contains(char::is_control) && key.split('/').all(parts);
    require(good, || "Write the name of the archive in the bucket, like functions/hello.zip.".to_owned())
}

fn region(name: &str) -> Result<(), String> {
    let letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let good = (1..=63).contains(&name.len()) && name.bytes().all(letter);
    require(good, || "Write a region, like eu-central-1.".to_owned())
}

fn endpoint(text: &str) -> Result<(), String> {
    let port = match text.rsplit_once(':') {
        Some((_, port)) if !port.ends_with(']') => port.parse::<u16>().is_ok_and(|port| port > 0),
        _ => true,
    };
    require(is_host(text) && port, || "Write host or host:port, without https:// and path.".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repositories_are_reached_by_https_and_ssh() {
        let good = [
            "https://git.example/team/code.git",
            "https://git.example:8443/code",
            "https://[2606:4700::1111]/code",
            "git@git.example:team/code.git",
            "ssh://git@git.example:2222/team/code.git",
        ];
        for url in good {
            assert_eq!(git_url(url), Ok(()), "{url}");
        }
        let refused = |text: &str| git_url(text).unwrap_err();
        assert!(refused("git://git.example/x").contains("git_protocol"));
        for url in
            ["https://me:token@git.example/x", "https://token@git.example/x", "ssh://git:pw@git.example/x"]
        {
            assert!(refused(url).contains("credentials_in_url"), "{url}");
        }
        let bad = [
            "",
            "http://git.example/x",
            "file:///etc",
            "ext::sh -c id",
            "git@-oProxyCommand=id:x",
            "git@host:-x",
            "ssh://-oProxyCommand=id/x",
            "ssh://-l@host/x",
            "https:///x",
            "git@host:",
            "https://host",
            "https://host/",
            "https://a b/x",
            "https://host/$(id)",
            "https://host/`id`",
        ];
        for url in bad {
            assert!(git_url(url).is_err(), "{url}");
        }
    }

    #[test]
    fn a_reference_is_a_name_and_nothing_that_git_would_read_as_more() {
        for good in
            ["main", "v1.2.3", "feature/x_y", "refs/heads/main", "3f786850e387550fdab836ed7e6dc881de23001b"]
        {
            assert!(git_ref(good).is_ok(), "{good}");
        }
        let bad = [
            "",
            "-x",
            "--upload-pack=touch /tmp/x",
            "a b",
            "a:b",
            "+main",
            "main~1",
            "a..b",
            "a/",
            "/a",
            "x.lock",
            "@{u}",
            "a\n",
        ];
        for bad in bad {
            assert!(git_ref(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_folder_and_an_object_never_leave_their_place() {
        for good in ["", ".", "/", "functions/hello/"] {
            assert!(folder(good).is_ok(), "{good}");
        }
        for bad in ["../x", "a/../../b", "a\0b", "a\\b", ".git/hooks"] {
            assert!(folder(bad).is_err(), "{bad:?}");
        }
        assert!(key("a/b c.zip").is_ok());
        for bad in ["", "/a", "a/", "a/../b", "a\nb"] {
            assert!(key(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_image_that_the_cluster_would_refuse_is_refused_with_the_spec() {
        for good in ["nginx", "ghcr.io/acme/hello", "localhost:5000/a/b-c.d__e", "127.0.0.1:5000/x"] {
            assert_eq!(repository(good), Ok(()), "{good}");
        }
        for bad in ["", "a b", "Acme", "Acme/x", "ghcr.io/Acme", "a//b", "a/", "/a", "a/b:1", "a@b", "-a"] {
            assert!(repository(bad).is_err(), "{bad}");
        }
        let problems = |image: &str| {
            let image = serde_json::from_str(image).unwrap();
            Source::image(image).problems().into_iter().map(|(field, _)| field).collect::<Vec<_>>()
        };
        assert_eq!(problems(r#"{"repository":"r/x","tag":"v1.2_3-a"}"#), [""; 0]);
        for tag in ["a b", "", "-a", ".a", "a:b", "ä"] {
            let image = format!(r#"{{"repository":"r/x","tag":"{tag}"}}"#);
            assert_eq!(problems(&image), ["spec.source.image.tag"], "{tag}");
        }
        assert_eq!(problems(r#"{"repository":"r/x","port":9090}"#), ["spec.source.image.port"]);
    }

    #[test]
    fn what_becomes_part_of_a_host_name_is_one_word() {
        assert!(bucket("my-bucket.2").is_ok() && region("eu-central-1").is_ok());
        for bad in ["", "ab", "a/bc", "a..b", "-abc", "ABC"] {
            assert!(bucket(bad).is_err(), "{bad}");
        }
        assert!(region("x.evil.example/").is_err() && region("").is_err());
        assert!(
            endpoint("minio.example").is_ok()
                && endpoint("10.0.0.1:9000").is_ok()
                && endpoint("[fd00::1]:9").is_ok()
        );
        for bad in ["", "http://x", "x/y", "me@x", "x:99999", "x:0", "x?y", "x#y", "x y"] {
            assert!(endpoint(bad).is_err(), "{bad}");
        }
    }
}
