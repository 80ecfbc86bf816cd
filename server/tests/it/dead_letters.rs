//! Dead letters: how an event dies, and how it lives again.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{TestServer, problem};

/// Fails until the data says that it may not.
const CODE: &str = "def handler(event):\n    if event.get('mend'):\n        return 'mended'\n    raise ValueError('broken')\n";

async fn dead(server: &TestServer) -> Value {
    server.eventually("/deadletters?function=broken", |page| page["items"].get(0).cloned()).await
}

#[tokio::test]
async fn an_event_that_failed_five_times_is_kept_and_can_be_edited_and_replayed() {
    let server = TestServer::start().await;
    server.create_python("broken", CODE).await;
    server.ready("broken").await;
    let event = json!({
        "specversion": "1.0", "id": "e-1", "source": "test", "type": "io.knative.lambda.invoke.async",
        "subject": "default/broken", "correlationid": "c-story", "data": {"order": 7},
    });
    assert_eq!(server.post("/events", &event).await.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let publish = server
        .api(Method::POST, "/events")
        .header("content-type", "application/cloudevents+json")
        .body(event.to_string());
    assert_eq!(publish.send().await.unwrap().status(), StatusCode::ACCEPTED);

    let letter = dead(&server).await;
    assert_eq!((&letter["kind"], &letter["event"]["data"]), (&json!("transient"), &json!({"order": 7})));
    assert_eq!(letter["attempts"].as_array().unwrap().len(), 5);
    assert_eq!(letter["reason"], "broken");
    let path = format!("/deadletters/{}", letter["position"]);
    assert_eq!(server.get(&path).await, letter, "reading takes nothing away");

    let odd = server.post(&format!("{path}/replay"), &json!({"dta": 1})).await;
    assert!(odd.status().is_client_error());
    let sent = server.post(&format!("{path}/replay"), &json!({"data": {"mend": true}})).await;
    assert_eq!(sent.status(), StatusCode::ACCEPTED);
    let sent: Value = sent.json().await.unwrap();
    assert_eq!((&sent["id"], &sent["correlationid"]), (&json!("e-1"), &json!("c-story")));
    assert_eq!((&sent["replayof"], &sent["replaycount"]), (&letter["position"], &json!(1)));
    let answer = server
        .eventually("/events?kind=response.success&correlation=c-story", |page| page["items"].get(0).cloned())
        .await;
    assert_eq!(answer["event"]["data"], "mended");
    problem(server.api(Method::GET, &path).send().await.unwrap(), 404, "not_found").await;
    problem(server.api(Method::DELETE, &path).send().await.unwrap(), 404, "not_found").await;
    server.stop().await;
}
