//! Kinds the platform uses but does not own: Knative Serving, Knative Eventing and the RabbitMQ
//! topology operator, as `kube` resources; and the texts that Kubernetes has for amounts and durations.
//!
//! All types read leniently: a field that is not known here is skipped, a field that is absent stays
//! `None`, so that a newer Knative does not break a watch. They are meant for reading and for
//! server-side apply of the fields that the platform sets; whoever must keep fields of others through a
//! read-modify-write uses `kube::api::DynamicObject`.
//!
//! To add a kind: a struct `<Kind>Spec` with `#[derive(CustomResource)]` and `schema = "disabled"` in the
//! module of its API group, and a case in `tests/round_trip.rs`.

pub mod condition;
pub mod eventing;
pub mod go_duration;
pub mod quantity;
pub mod rabbitmq;
pub mod serving;

pub use condition::Condition;
pub use quantity::Quantity;
