//! The identity provider: what it says about itself, its keys, and how it is asked.

use std::{pin::Pin, sync::Arc, time::Duration};

use domain::Timestamp;
use openidconnect::{
    ClientId, ClientSecret, HttpRequest, HttpResponse, IssuerUrl, ProviderMetadataWithLogout, RedirectUrl,
    core::{CoreClient, CoreIdTokenVerifier, CoreJwsSigningAlgorithm as Algorithm},
};
use tokio::sync::Mutex;

use crate::{Error, Result, config::Config};

/// How long an answer of the provider may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long what the provider says of itself is taken for true.
const FRESH_MS: i64 = 10 * 60_000;
/// Keys that are not known are looked for at most this often: a made-up key id must not become a flood.
const LOOK_AGAIN_MS: i64 = 10_000;
/// Largest answer of the provider.
const MOST_BYTES: usize = 1024 * 1024;

/// Signatures that are believed: never none, never one made with a shared secret.
const ALGORITHMS: [Algorithm; 10] = [
    Algorithm::RsaSsaPkcs1V15Sha256,
    Algorithm::RsaSsaPkcs1V15Sha384,
    Algorithm::RsaSsaPkcs1V15Sha512,
    Algorithm::RsaSsaPssSha256,
    Algorithm::RsaSsaPssSha384,
    Algorithm::RsaSsaPssSha512,
    Algorithm::EcdsaP256Sha256,
    Algorithm::EcdsaP384Sha384,
    Algorithm::EcdsaP521Sha512,
    Algorithm::EdDsa,
];

/// A client whose addresses come from discovery.
pub(super) type Client = CoreClient<
    openidconnect::EndpointSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointNotSet,
    openidconnect::EndpointMaybeSet,
    openidconnect::EndpointMaybeSet,
>;

/// Why the provider was of no help.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// It does not answer, or not in time.
    #[error("the identity provider does not answer: {0}")]
    Away(String),
    /// It answered what can not be believed.
    #[error("the identity provider's answer is refused: {0}")]
    Refused(String),
}

/// An answer that could not be had.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Unanswered(String);

/// The provider that the configuration names.
pub(crate) struct Provider {
    issuer: IssuerUrl,
    client_id: ClientId,
    secret: Option<ClientSecret>,
    redirect: RedirectUrl,
    http: reqwest::Client,
    known: Mutex<Option<(Arc<ProviderMetadataWithLogout>, Timestamp)>>,
}

impl Provider {
    pub(super) fn new(config: &Config) -> Result<Self> {
        let wrong = |name: &str, error: &dyn std::fmt::Display| {
            Error::Config(format!("{name} can not be used: {error}."))
        };
        if config.oidc_client_id.is_empty() {
            return Err(Error::Config(
                "KL_OIDC_ISSUER is set; KL_OIDC_CLIENT_ID is needed with it.".to_owned(),
            ));
        }
        let issuer =
            IssuerUrl::new(config.oidc_issuer.clone()).map_err(|error| wrong("KL_OIDC_ISSUER", &error))?;
        let host = issuer.url().host_str().unwrap_or_default();
        let here = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
        if issuer.url().scheme() != "https" && !here {
            return Err(Error::Config("KL_OIDC_ISSUER must begin with https:.".to_owned()));
        }
        let redirect = RedirectUrl::new(format!("{}/auth/callback", config.public_url()))
            .map_err(|error| wrong("KL_PUBLIC_URL", &error))?;
        // A redirect of the provider could lead anywhere, with the client's secret.
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .build()
            .map_err(|error| Error::part("the client of the identity provider")(&error))?;
        let secret = config.oidc_client_secret.reveal();
        Ok(Self {
            issuer,
            client_id: ClientId::new(config.oidc_client_id.clone()),
            secret: (!secret.is_empty()).then(|| ClientSecret::new(secret.to_owned())),
            redirect,
            http,
            known: Mutex::new(None),
        })
    }

    /// What the provider says about itself; asked again when it is old, or when `unknown_key` says that it
    /// must have changed.
    pub(super) async fn metadata(
        &self,
        now: Timestamp,
        unknown_key: bool,
    ) -> Result<Arc<ProviderMetadataWithLogout>, Failure> {
        // Held while asking: of many who sign in at once, one asks.
        let mut known = self.known.lock().await;
        if let Some((metadata, at)) = &*known {
            let good_for = if unknown_key { LOOK_AGAIN_MS } else { FRESH_MS };
            if now.millis_since(*at) < good_for {
                return Ok(metadata.clone());
            }
        }
        let asked = ProviderMetadataWithLogout::discover_async(self.issuer.clone(), &self.ask()).await;
        let metadata = match asked {
            Ok(metadata) => Arc::new(metadata),
            Err(error) => {
                let failure = match error {
                    openidconnect::DiscoveryError::Request(error) => Failure::Away(error.to_string()),
                    openidconnect::DiscoveryError::Response(status, _, _) => {
                        Failure::Away(status.to_string())
                    }
                    other => Failure::Refused(other.to_string()),
                };
                return match (&*known, failure) {
                    // Signatures are still checked with the keys that are known.
                    (Some((metadata, _)), Failure::Away(_)) => Ok(metadata.clone()),
                    (_, failure) => Err(failure),
                };
            }
        };
        *known = Some((metadata.clone(), now));
        Ok(metadata)
    }

    pub(super) fn client(&self, metadata: &ProviderMetadataWithLogout) -> Client {
        CoreClient::from_provider_metadata(metadata.clone(), self.client_id.clone(), self.secret.clone())
            .set_redirect_uri(self.redirect.clone())
    }

    /// Issuer, audience, authorised party, expiry, algorithm and signature.
    pub(super) fn verifier(client: &Client) -> CoreIdTokenVerifier<'_> {
        client.id_token_verifier().set_allowed_algs(ALGORITHMS)
    }

    pub(super) const fn issuer(&self) -> &IssuerUrl {
        &self.issuer
    }

    pub(super) const fn client_id(&self) -> &ClientId {
        &self.client_id
    }

    /// Whether a signature of this kind may be believed.
    pub(super) fn believes(algorithm: &Algorithm) -> bool {
        ALGORITHMS.contains(algorithm)
    }

    /// Asks the provider, within limits of time and size.
    pub(super) fn ask(
        &self,
    ) -> impl Fn(HttpRequest) -> Pin<Box<dyn Future<Output = Result<HttpResponse, Unanswered>> + Send>> + use<>
    {
        let http = self.http.clone();
        move |request| {
            let http = http.clone();
            Box::pin(async move {
                let failed = |error: reqwest::Error| Unanswered(error.without_url().to_string());
                let request = reqwest::Request::try_from(request).map_err(failed)?;
                let mut response = http.execute(request).await.map_err(failed)?;
                let mut answer = openidconnect::http::Response::builder().status(response.status());
                for (name, value) in response.headers() {
                    answer = answer.header(name, value);
                }
                let mut body = Vec::new();
                while let Some(chunk) = response.chunk().await.map_err(failed)? {
                    body.extend_from_slice(&chunk);
                    if body.len() > MOST_BYTES {
                        return Err(Unanswered("the answer is too large".to_owned()));
                    }
                }
                answer.body(body).map_err(|error| Unanswered(error.to_string()))
            })
        }
    }
}
