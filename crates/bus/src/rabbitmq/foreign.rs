//! Messages that are no events, as events: what somebody else put into the platform's queues is kept with the dead
//! letters, where a person can read it.

use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{
    Timestamp,
    deadletter::FailureKind,
    event::{CloudEvent, extension},
};
use lapin::{message::Delivery as Arrival, types::ShortString};

use super::binding::NoEvent;
use crate::{Death, identity, name};

/// The type of such an event.
const KIND: &str = "amqp.message";

/// A message of the dead-letter queue `queue` as an event that carries its bytes, and how it died. The same message is
/// the same event each time that it comes.
pub(super) fn keep(
    arrival: &Arrival,
    death: Option<Death>,
    queue: &str,
    why: &NoEvent,
    now: Timestamp,
) -> (CloudEvent, Death) {
    let text = |part: &Option<ShortString>| part.as_ref().map(|text| text.as_str().to_owned());
    let properties = &arrival.properties;
    let (body, readable) = match std::str::from_utf8(&arrival.data) {
        Ok(text) => (text.to_owned(), true),
        Err(_) => (STANDARD.encode(&arrival.data), false),
    };
    let id = text(properties.message_id()).unwrap_or_else(|| format!("{:032x}", identity::hash(&[&body])));
    let from = death.as_ref().map_or(queue, |death| &death.queue);
    let mut event = CloudEvent {
        specversion: "1.0".to_owned(),
        id,
        source: text(properties.app_id()).unwrap_or_else(|| format!("amqp:{from}")),
        kind: KIND.to_owned(),
        subject: None,
        time: None,
        // What it says of itself may be what it is not.
        datacontenttype: readable.then(|| "text/plain".to_owned()),
        dataschema: None,
        data: readable.then(|| body.clone().into()),
        data_base64: (!readable).then_some(body),
        extensions: std::collections::BTreeMap::new(),
    };
    if let Some((tenant, _)) = name::owner(from) {
        event = event.with(extension::TENANT, tenant.as_str());
    }
    let died = Death {
        queue: from.to_owned(),
        kind: FailureKind::Permanent,
        reason: why.to_string(),
        attempts: Vec::new(),
        died_at: death.map_or(now, |death| death.died_at),
    };
    (event, died)
}
