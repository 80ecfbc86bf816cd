//! What ought to be there, from what is wanted; pure.

mod job;
mod service;

pub(crate) use job::ANNOTATION_SOURCE;

use domain::function::{LABEL_FUNCTION, LambdaFunction};
use k8s_openapi::{
    api::batch::v1::Job,
    apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference},
};
use knative::serving::Service;
use kube::{Resource, ResourceExt};

use super::{
    build::{NewBuild, Plan},
    dereference::Observed,
    validate::Validated,
};
use crate::Settings;

/// Objects as they ought to be; what is absent is left as it is.
#[derive(Debug, Default)]
pub(crate) struct Desired {
    pub(crate) job: Option<Job>,
    pub(crate) service: Option<Service>,
}

pub(crate) fn run(
    function: &LambdaFunction,
    valid: &Validated,
    plan: &Plan,
    observed: &Observed,
    settings: &Settings,
) -> Desired {
    let job = |build: &NewBuild| job::render(function, valid, build, settings);
    Desired {
        job: if let Plan::Start { build } = plan { Some(job(build)) } else { None },
        service: plan.image().map(|image| service::render(function, valid, image, observed)),
    }
}

/// Name, namespace, our labels, and the function as the controlling owner.
fn owned(function: &LambdaFunction, name: &str) -> ObjectMeta {
    ObjectMeta {
        name: Some(name.to_owned()),
        namespace: function.namespace(),
        labels: Some([(LABEL_FUNCTION.to_owned(), function.name_any())].into()),
        owner_references: function.controller_owner_ref(&()).map(|owner: OwnerReference| vec![owner]),
        ..ObjectMeta::default()
    }
}
