//! The embedded gateway behind the platform's ports: calls out, observations in.

use std::sync::Arc;

use async_trait::async_trait;
use axum::{
    Router,
    body::Body,
    extract::Request,
    http::header,
    middleware::{self, Next},
    response::IntoResponse,
};
use bytes::Bytes;
use cluster::knative::{self, Activator, ColdReason, Outcome};
use domain::{FunctionName, TenantName, Timestamp, invocation::ColdStart};
use http_body_util::BodyExt;
use platform::{Answer, CallTag, Facts, Gateway, ObservedCall, Platform};
use tokio::sync::mpsc;

use crate::problem::Refusal;

/// Calls in process, without a socket.
pub(crate) struct Embedded(pub(crate) Activator);

#[async_trait]
impl Gateway for Embedded {
    async fn call(
        &self,
        tenant: &TenantName,
        function: &FunctionName,
        request: http::Request<Bytes>,
    ) -> Answer {
        let mut request = request;
        if let Some(CallTag(tag)) = request.extensions_mut().remove() {
            request.extensions_mut().insert(knative::Tag(tag));
        }
        let response = self.0.handle(request.map(Body::from), tenant.as_str(), function.as_str()).await;
        let facts = response.extensions().get::<knative::Facts>().map(|facts| Facts {
            revision: facts.revision.to_string(),
            queue_ms: facts.queued.as_secs_f64() * 1000.0,
            cold_start: facts.cold_start.map(|start| cold_start(start.reason)),
        });
        Answer { response: response.map(|body| body.map_err(Into::into).boxed_unsync()), facts }
    }
}

/// Refuses calls of functions whose tenant is suspended, before anything of it is woken.
pub(crate) fn guard(router: Router, platform: Platform, domain: &str) -> Router {
    let domain: Arc<str> = domain.into();
    router.layer(middleware::from_fn(move |request: Request, next: Next| {
        let suspended = called_tenant(&request, &domain).is_some_and(|tenant| platform.is_suspended(&tenant));
        async move {
            if suspended {
                return Refusal::new(
                    503,
                    "tenant_suspended",
                    "This function is stopped, because its tenant is suspended.",
                    "Nothing is lost. An administrator of the platform can resume the tenant.",
                )
                .into_response();
            }
            next.run(request).await
        }
    }))
}

/// The tenant in `<function>.<tenant>.<domain>` or `/<tenant>/<function>/`.
fn called_tenant(request: &Request, domain: &str) -> Option<TenantName> {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| request.uri().host()).unwrap_or_default();
    let host = host.rsplit_once(':').map_or(host, |(name, _)| name).to_ascii_lowercase();
    let below = host.strip_suffix(domain).and_then(|below| below.strip_suffix('.'));
    let named = below.and_then(|below| below.rsplit_once('.')).map(|(_, tenant)| tenant.to_owned());
    let named = named.or_else(|| Some(request.uri().path().split('/').nth(1)?.to_owned()));
    named?.parse().ok()
}

/// Hands finished calls to the platform; never waits, a full channel drops.
pub(crate) struct Observer(pub(crate) mpsc::Sender<ObservedCall>);

impl knative::Observer for Observer {
    fn call_finished(&self, call: knative::Call) {
        let (Ok(tenant), Ok(function)) = (call.namespace.parse(), call.service.parse()) else { return };
        let observed = ObservedCall {
            tenant,
            function,
            revision: call.revision.map(|name| name.to_string()),
            pod: call.pod.map(|name| name.to_string()),
            at: Timestamp::from_millis(call.started.as_millisecond()),
            method: call.method.to_string(),
            status: call.status,
            queue_ms: call.queued.as_secs_f64() * 1000.0,
            run_ms: call.run.as_secs_f64() * 1000.0,
            cold_start: call.cold_start.map(|start| cold_start(start.reason)),
            correlation_id: call.correlation_id.to_string(),
            tag: call.tag.map(|knative::Tag(tag)| CallTag(tag)),
            failure: match call.outcome {
                Outcome::Answered | Outcome::CallerGone => None,
                Outcome::TimedOut => Some("TimedOut"),
                Outcome::BrokenOff => Some("BrokenOff"),
                Outcome::Refused => Some("Refused"),
            },
        };
        if self.0.try_send(observed).is_err() {
            metrics::counter!("knative_lambda_observed_calls_dropped_total").increment(1);
        }
    }
}

const fn cold_start(reason: ColdReason) -> ColdStart {
    match reason {
        ColdReason::FirstStart => ColdStart::NewRevision,
        ColdReason::ScaledToZero => ColdStart::Zero,
    }
}
