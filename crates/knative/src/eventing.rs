//! Knative Eventing (`eventing.knative.dev`): Broker, Trigger, and the RabbitMQ configuration of Brokers.

mod broker;
mod delivery;
mod rabbitmq_broker_config;
mod trigger;

pub use broker::{Broker, BrokerSpec, BrokerStatus};
pub use delivery::{DeliverySpec, Destination, KReference};
pub use rabbitmq_broker_config::{RabbitmqBrokerConfig, RabbitmqBrokerConfigSpec};
pub use trigger::{Trigger, TriggerFilter, TriggerSpec, TriggerStatus};
