//! What is refused at start on addresses that other machines reach.

use std::net::SocketAddr;

use crate::{Error, Result, config::Config};

/// Sign-in is by a link that the administrator hands out: fine on this machine, not in public. With an
/// identity provider the dashboard may be public when browsers reach it by https.
pub(crate) fn refuse_without_sign_in(config: &Config) -> Result<()> {
    let mut doors = vec![("KL_CLUSTER_LISTEN", config.cluster_listen)];
    if !(config.has_issuer() && config.public_url().starts_with("https:")) {
        doors.push(("KL_LISTEN", config.listen));
    }
    match reached(config, &doors) {
        Some((name, address)) => Err(Error::Config(format!(
            "{name} is {address}, which other machines reach, but sign-in is by local links only. Use 127.0.0.1, \
             name an identity provider with KL_OIDC_ISSUER and an https address with KL_PUBLIC_URL, or set \
             KL_ALLOW_PUBLIC_LISTEN=true when something in front of it decides who may come in."
        ))),
        None => Ok(()),
    }
}

/// Code of strangers runs behind the gateway and the cluster's door: only with every wall of the sandbox.
pub(crate) fn refuse_without_sandbox(config: &Config, missing: &[impl std::fmt::Display]) -> Result<()> {
    let doors = [
        ("KL_LISTEN", config.listen),
        ("KL_GATEWAY_LISTEN", config.gateway_listen),
        ("KL_CLUSTER_LISTEN", config.cluster_listen),
    ];
    match (missing.first(), reached(config, &doors)) {
        (Some(missing), Some((name, address))) => Err(Error::Config(format!(
            "{name} is {address}, which other machines reach, but the sandbox of functions is not complete: \
             {missing}. Use 127.0.0.1, or set KL_ALLOW_PUBLIC_LISTEN=true when you trust everyone whose code runs here."
        ))),
        _ => Ok(()),
    }
}

fn reached<'a>(config: &Config, doors: &[(&'a str, SocketAddr)]) -> Option<(&'a str, SocketAddr)> {
    let open = doors.iter().find(|(_, address)| !address.ip().is_loopback());
    open.filter(|_| !config.allow_public_listen).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(pairs: &[(&str, &str)]) -> Config {
        let flags = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::load(&flags.collect()).unwrap()
    }

    #[test]
    fn a_gateway_that_others_reach_needs_the_whole_sandbox() {
        let public = config(&[("gateway_listen", "0.0.0.0:0")]);
        let error = refuse_without_sandbox(&public, &["no user namespaces"]).unwrap_err();
        assert_eq!(error.exit_code(), 78);
        assert!(error.to_string().contains("KL_GATEWAY_LISTEN"), "{error}");
        assert!(refuse_without_sandbox(&public, &[] as &[&str]).is_ok());
        assert!(refuse_without_sandbox(&config(&[]), &["no user namespaces"]).is_ok(), "only this machine");
        let trusted = config(&[("gateway_listen", "0.0.0.0:0"), ("allow_public_listen", "true")]);
        assert!(refuse_without_sandbox(&trusted, &["no user namespaces"]).is_ok());
    }

    #[test]
    fn a_dashboard_that_others_reach_needs_an_identity_provider_and_https() {
        let issuer = ("oidc_issuer", "https://id.example.org");
        let client = ("oidc_client_id", "lambda");
        let listen = ("listen", "0.0.0.0:0");
        let url = ("public_url", "https://lambda.example.org");
        assert!(refuse_without_sign_in(&config(&[listen])).is_err());
        assert!(refuse_without_sign_in(&config(&[listen, issuer, client])).is_err());
        assert!(refuse_without_sign_in(&config(&[listen, issuer, client, url])).is_ok());
        assert!(
            refuse_without_sign_in(&config(&[("cluster_listen", "0.0.0.0:0"), issuer, client, url])).is_err()
        );
    }
}
