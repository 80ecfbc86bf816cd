//! The embedded gateway behind the platform's ports: calls out, observations in.

use std::sync::Arc;

use async_trait::async_trait;
use axum::{
    Router,
    body::Body,
    extract::Request,
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
        let tenant = knative::called_namespace(request.headers(), request.uri(), &domain);
        let tenant = tenant.and_then(|name| name.parse::<TenantName>().ok());
        let suspended = tenant.is_some_and(|tenant| platform.is_suspended(&tenant));
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
            // Nobody was answered: what proxies write down for a caller who closed the connection.
            status: if call.status == 0 { 499 } else { call.status },
            queue_ms: call.queued.as_secs_f64() * 1000.0,
            run_ms: call.run.as_secs_f64() * 1000.0,
            cold_start: call.cold_start.map(|start| cold_start(start.reason)),
            correlation_id: call.correlation_id.to_string(),
            tag: call.tag.map(|knative::Tag(tag)| CallTag(tag)),
            failure: match call.outcome {
                Outcome::CallerGone if call.status == 0 => Some("CallerGone"),
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
