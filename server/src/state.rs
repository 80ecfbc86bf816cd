//! What the handlers share.

use std::sync::Arc;

use domain::{CorrelationId, Timestamp};
use platform::{Platform, Rate};
use store::Store;
use tokio_util::sync::CancellationToken;

use crate::{
    auth::oidc::Oidc,
    problem::{Answer, Refusal},
    streams::Streams,
};

/// Cheap to clone.
#[derive(Clone)]
pub(crate) struct AppState {
    pub(crate) platform: Platform,
    /// Sessions, links and tokens only; everything else goes through the platform.
    pub(crate) store: Arc<dyn Store>,
    /// The administrator's bearer token.
    pub(crate) admin_token: Arc<str>,
    /// Sign-in with an identity provider, when one is named.
    pub(crate) oidc: Option<Arc<Oidc>>,
    /// People reach the dashboard by https.
    pub(crate) https: bool,
    /// Requests per minute of one user.
    pub(crate) requests_per_minute: u32,
    /// Open streams.
    pub(crate) streams: Streams,
    /// Ends streams that would never end by themselves.
    pub(crate) stop: CancellationToken,
    /// Figures for `/metrics`.
    pub(crate) metrics: telemetry::MetricsHandle,
}

impl AppState {
    /// A result of the sign-in tables.
    pub(crate) fn taken<T>(result: Result<T, store::Error>) -> Answer<T> {
        let id: CorrelationId =
            uuid::Uuid::now_v7().simple().to_string().parse().expect("hex is a correlation id");
        result.map_err(|error| Refusal::from_error(&platform::Error::from(error), &id))
    }

    /// Sign-in attempts of one address.
    pub(crate) fn limit_sign_in(&self, address: &str, now: Timestamp) -> Answer<()> {
        self.limit(format!("sign-in/{address}"), Rate::SIGN_IN, now)
    }

    /// Returns from the identity provider of one address: each attempt was counted when it began.
    pub(crate) fn limit_callback(&self, address: &str, now: Timestamp) -> Answer<()> {
        self.limit(format!("callback/{address}"), Rate::BUILD, now)
    }

    fn limit(&self, key: String, rate: Rate, now: Timestamp) -> Answer<()> {
        let id: CorrelationId =
            uuid::Uuid::now_v7().simple().to_string().parse().expect("hex is a correlation id");
        let taken = self.platform.limits().take(key, rate, now);
        taken.map_err(|error| Refusal::from_error(&error, &id))
    }
}
