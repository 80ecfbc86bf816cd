//! `spec.source.git.url`, whose form the rules of [`domain`] have checked.

use url::Url;

/// Where a repository is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Remote {
    Https { url: Url, host: String, port: u16 },
    Ssh { url: String, host: String, port: u16 },
}

impl Remote {
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Some((host, _)) = text.strip_prefix("git@").and_then(|rest| rest.split_once(':')) {
            return Some(Self::Ssh { url: text.to_owned(), host: host.to_owned(), port: 22 });
        }
        let url = Url::parse(text).ok()?;
        let host = url.host_str()?.to_owned();
        match url.scheme() {
            "https" => Some(Self::Https { port: url.port().unwrap_or(443), host, url }),
            "ssh" => Some(Self::Ssh { port: url.port().unwrap_or(22), host, url: url.to_string() }),
            _ => None,
        }
    }

    /// As git is told it.
    pub(super) fn url(&self) -> &str {
        match self {
            Self::Https { url, .. } => url.as_str(),
            Self::Ssh { url, .. } => url,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_and_port_are_those_that_git_will_ask() {
        let ssh = |url: &str, port| Remote::Ssh { url: url.into(), host: "git.example".into(), port };
        let short = "git@git.example:team/code.git";
        assert_eq!(Remote::parse(short), Some(ssh(short, 22)));
        let long = "ssh://git@git.example:2222/team/code.git";
        assert_eq!(Remote::parse(long), Some(ssh(long, 2222)));
        let Some(Remote::Https { host, port, url }) = Remote::parse("https://Git.Example/team/code.git")
        else {
            panic!("it is one")
        };
        assert_eq!(
            (host.as_str(), port, url.as_str()),
            ("git.example", 443, "https://git.example/team/code.git")
        );
        assert_eq!(Remote::parse("http://git.example/x"), None);
    }
}
