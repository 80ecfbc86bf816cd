//! Events: the timeline's reads, and what comes in.

use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{
    CorrelationId, Cursor, FunctionName, Page, TenantName,
    event::{
        Category, CloudEvent, EventFilter, EventOverview, EventRecord, EventType, check_data, extension,
        from_legacy,
    },
    identity::{Caller, Permission},
    page,
};
use serde_json::Value;

use crate::{Error, Platform, Result, dispatcher::hops, redaction::Redact as _};

/// What the types of the platform begin with.
const OWN: &str = "io.knative.lambda.";
/// Functions that one event may pass through.
const MOST_HOPS: i64 = 10;
/// What the sources of the platform's own events begin with: nobody else's may.
const OWN_SOURCE: &str = "io.knative.lambda/";

impl Platform {
    /// Events of the tenant, newest first.
    pub async fn list_events(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        filter: &EventFilter,
        cursor: Option<Cursor>,
        limit: Option<u32>,
    ) -> Result<Page<EventRecord>> {
        self.authorize(caller, tenant, Permission::Read)?;
        let page = self.store().list_events(tenant, filter, cursor.as_ref(), page::limit(limit)).await?;
        Ok(Page { items: page.items.redacted(), ..page })
    }

    /// How many events happened when; none when there are none.
    pub async fn event_overview(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        filter: &EventFilter,
    ) -> Result<Option<EventOverview>> {
        self.authorize(caller, tenant, Permission::Read)?;
        let (most, steps) = (EventOverview::MOST, EventOverview::STEPS);
        Ok(self.store().event_overview(tenant, filter, most, steps).await?)
    }

    /// One event.
    pub async fn get_event(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        position: i64,
    ) -> Result<EventRecord> {
        self.authorize(caller, tenant, Permission::Read)?;
        let found = self.store().get_event(tenant, position).await?.ok_or(Error::NotFound("event"))?;
        Ok(found.redacted())
    }

    /// All events of one intention, oldest first.
    pub async fn event_chain(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        correlation: &CorrelationId,
    ) -> Result<Vec<EventRecord>> {
        self.authorize(caller, tenant, Permission::Read)?;
        Ok(self.store().event_chain(tenant, correlation.as_str()).await?.redacted())
    }

    /// Takes an event in; when it returns, the event survives a crash. Gives the event as it was accepted.
    ///
    /// `invoke.async` goes to the queue of the function in its subject, commands to the operator.
    pub async fn publish_event(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        event: CloudEvent,
    ) -> Result<CloudEvent> {
        let kind = from_legacy(&event.kind).or_else(|| event.event_type());
        let done = self.take_in(caller, tenant, event).await;
        // Types of users are theirs to make up: one word for all of them.
        let kind = kind.map_or("other", EventType::name);
        let result = if done.is_ok() { "success" } else { "failure" };
        metrics::counter!("knative_lambda_events_total", "type" => kind, "result" => result).increment(1);
        done
    }

    async fn take_in(&self, caller: &Caller, tenant: &TenantName, event: CloudEvent) -> Result<CloudEvent> {
        let mut event = accept(event, tenant)?;
        let kind = event.event_type();
        let permission = match kind.map(EventType::category) {
            None | Some(Category::Invocation) => Permission::Invoke,
            Some(_) => Permission::Write,
        };
        self.authorize(caller, tenant, permission)?;
        self.limit_events(tenant)?;
        if event.correlation_id().is_none() {
            event = event.correlated(&caller.correlation_id);
        }
        if event.time.is_none() {
            event.time = Some(self.now());
        }
        if kind == Some(EventType::InvokeAsync) {
            let function = self.invoked_function(tenant, &event)?;
            // The timeline first: a call whose request nobody can see would be worse than a request
            // whose call is sent again.
            self.bus().publish(bus::Exchange::Events, &event).await?;
            self.bus().publish_to(&bus::name::function(tenant, &function), &event).await?;
            return Ok(event);
        }
        if kind.map(EventType::category) == Some(Category::Command) && event.target().is_none() {
            return Err(Error::field(
                "subject",
                format!("Name what the command is for: {tenant}/<function>."),
            ));
        }
        let exchange = match kind.map(EventType::category) {
            Some(Category::Command) => bus::Exchange::Commands,
            _ => bus::Exchange::Events,
        };
        self.bus().publish(exchange, &event).await?;
        Ok(event)
    }

    fn invoked_function(&self, tenant: &TenantName, event: &CloudEvent) -> Result<FunctionName> {
        let wanted = event.target().map(|(_, function)| function);
        let found = wanted.filter(|function| self.cache().function(tenant, function).is_some());
        found.ok_or_else(|| {
            Error::field("subject", format!("Name a function of this tenant: {tenant}/<function>."))
        })
    }
}

/// Whose an event is: the tenant that the door wrote on it, or that of its subject.
pub(crate) fn tenant_of(event: &CloudEvent) -> Option<TenantName> {
    let written = event.extension(extension::TENANT).and_then(|text| text.parse().ok());
    written.or_else(|| event.target().map(|(tenant, _)| tenant))
}

/// Whether the platform itself says this. The door lets nobody else use such a source.
pub(crate) fn is_own(event: &CloudEvent) -> bool {
    event.source.starts_with(OWN_SOURCE)
}

/// What only the platform may say. Its events have ids that can be foretold, so that one under its name could
/// stand in for the real one, which would then be a duplicate.
fn refuse_reserved(event: &CloudEvent) -> Result<()> {
    let source = event.source.trim().to_ascii_lowercase();
    if source.starts_with(OWN_SOURCE) || source == OWN_SOURCE.trim_end_matches('/') {
        return Err(Error::refused(
            403,
            "event_source_reserved",
            "This event's source is the platform's own.",
            "Name your own system as the source, for example https://shop.example.org/orders.",
        ));
    }
    if event.event_type().is_some_and(EventType::is_lifecycle) {
        return Err(Error::refused(
            403,
            "event_type_reserved",
            "Events of this type tell what the platform did, and only the platform sends them.",
            "Send a command (io.knative.lambda.command.…), io.knative.lambda.invoke.async or a type of your own.",
        ));
    }
    Ok(())
}

/// Checks an event at the door and maps older names.
///
/// An older producer's report, such as `network.notifi.lambda.build.complete`, is kept under its present name;
/// it has the producer's source, so that nothing but the timeline believes it.
fn accept(mut event: CloudEvent, tenant: &TenantName) -> Result<CloudEvent> {
    if event.specversion != "1.0" {
        return Err(Error::field("specversion", "This must be 1.0."));
    }
    event
        .check_attributes()
        .map_err(|invalid| Error::field(invalid.attribute.clone(), invalid.to_string()))?;
    if let Some(text) = &event.data_base64
        && STANDARD.decode(text).is_err()
    {
        return Err(Error::field("data_base64", "This is not base64."));
    }
    refuse_reserved(&event)?;
    if let Some(kind) = from_legacy(&event.kind) {
        event.kind = kind.full_name();
    }
    match event.event_type() {
        Some(kind) => check_data(kind, event.data.as_ref().unwrap_or(&Value::Null))
            .map_err(|invalid| Error::field("data", invalid.to_string()))?,
        None if event.kind.to_ascii_lowercase().starts_with(OWN) => {
            return Err(Error::field("type", "There is no such type: see the list of event types."));
        }
        None => {}
    }
    if hops(&event) >= MOST_HOPS {
        return Err(Error::refused(
            422,
            "too_many_hops",
            format!(
                "This event has passed through {MOST_HOPS} functions: they seem to call each other in a circle."
            ),
            "Give the functions' triggers filters that their own events do not match.",
        ));
    }
    if event.correlation_id().is_some_and(|id| id.parse::<CorrelationId>().is_err()) {
        return Err(Error::field(
            extension::CORRELATION,
            "A correlation id has 1 to 128 letters, digits, - _ . and :",
        ));
    }
    if event.target().is_some_and(|(owner, _)| owner != *tenant) {
        return Err(Error::field("subject", format!("The subject must begin with {tenant}/.")));
    }
    event.check_sent_size()?;
    Ok(event.with(extension::TENANT, tenant.as_str()))
}

#[cfg(test)]
mod tests {
    use domain::event::{MAX_ATTRIBUTE_BYTES, MAX_DATA_BYTES};
    use serde_json::json;

    use super::*;

    fn event(value: serde_json::Value) -> CloudEvent {
        let mut base = json!({"specversion": "1.0", "id": "1", "source": "test", "type": "com.acme.x"});
        base.as_object_mut().unwrap().extend(value.as_object().unwrap().clone());
        serde_json::from_value(base).unwrap()
    }

    fn field(value: serde_json::Value) -> String {
        match accept(event(value), &"acme".parse().unwrap()) {
            Err(Error::Invalid(errors)) => errors[0].field.clone(),
            Err(Error::Refused { code, .. }) => code.to_owned(),
            Ok(_) => "accepted".to_owned(),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn what_is_wrong_with_an_event_is_named() {
        assert_eq!(field(json!({})), "accepted");
        assert_eq!(field(json!({"specversion": "0.3"})), "specversion");
        assert_eq!(field(json!({"id": ""})), "id");
        assert_eq!(field(json!({"type": "io.knative.lambda.nonsense"})), "type");
        assert_eq!(field(json!({"type": "IO.knative.lambda.lifecycle.build.started"})), "type");
        assert_eq!(field(json!({"type": "io.knative.lambda.command.function.rollback", "data": {}})), "data");
        assert_eq!(field(json!({"subject": "other/hello"})), "subject");
        assert_eq!(field(json!({"Bad-Name": "x"})), "Bad-Name");
        assert_eq!(field(json!({"hops": 9})), "accepted");
        assert_eq!(field(json!({"hops": 10})), "too_many_hops");
        assert_eq!(field(json!({"hops": "10"})), "too_many_hops", "as a header carries it");
        assert_eq!(field(json!({"data_base64": "no base64"})), "data_base64");
    }

    #[test]
    fn control_characters_in_attributes_were_accepted() {
        for attribute in ["id", "source", "type", "subject", "region"] {
            assert_eq!(field(json!({attribute: "acme/\u{0}"})), attribute);
        }
        assert_eq!(field(json!({"data": "\u{0}"})), "accepted");
    }

    #[test]
    fn what_is_too_large_is_told_by_its_encoded_size() {
        assert_eq!(field(json!({"data": "x".repeat(MAX_DATA_BYTES)})), "event_too_large");
        let text = json!({"data": "x".repeat(MAX_DATA_BYTES), "datacontenttype": "text/plain"});
        assert_eq!(field(text), "accepted", "text is sent as it is");
        let bytes = STANDARD.encode(vec![7; MAX_DATA_BYTES]);
        assert_eq!(field(json!({"data_base64": bytes})), "accepted", "bytes count, not their base64");
        let over = STANDARD.encode(vec![7; MAX_DATA_BYTES + 1]);
        assert_eq!(field(json!({"data_base64": over})), "event_too_large");
        let mut many = json!({});
        for number in 0..10 {
            many[format!("x{number}")] = "x".repeat(MAX_ATTRIBUTE_BYTES / 9).into();
        }
        assert_eq!(field(many), "event_too_large");
    }

    #[test]
    fn nobody_speaks_in_the_platforms_name() {
        for source in ["io.knative.lambda/operator/acme/hello", "IO.Knative.Lambda/x", " io.knative.lambda/x"]
        {
            assert_eq!(field(json!({"source": source})), "event_source_reserved", "{source}");
        }
        for kind in EventType::ALL.iter().filter(|kind| kind.is_lifecycle()) {
            assert_eq!(field(json!({"type": kind.full_name()})), "event_type_reserved", "{kind}");
        }
        assert_eq!(field(json!({"source": "https://acme.example/io.knative.lambda/"})), "accepted");
        let call = json!({"type": EventType::InvokeAsync.full_name(), "data": {}, "subject": "acme/hello"});
        assert_eq!(field(call), "accepted");
    }

    #[test]
    fn older_names_are_mapped_at_the_door() {
        let older =
            event(json!({"type": "network.notifi.lambda.build.start", "data": {}, "subject": "acme/hello"}));
        let accepted = accept(older, &"acme".parse().unwrap()).unwrap();
        assert_eq!(accepted.event_type(), Some(EventType::CommandBuildStart));
    }
}
