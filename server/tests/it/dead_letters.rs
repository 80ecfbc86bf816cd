//! Dead letters: how an event dies, and how it lives again.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{TestServer, form_token, problem, python};

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

/// What others put on the bus, past the door.
async fn put_on_the_bus(server: &mut TestServer, events: &[Value]) {
    let publish = async |folder: &std::path::Path| {
        let bus = bus::open("embedded", folder).await.unwrap();
        // The recorder may not have come to it before the stop; an event without a queue is forgotten.
        bus.declare(bus::QueueSpec::timeline()).await.unwrap();
        for event in events {
            let event = serde_json::from_value(event.clone()).unwrap();
            bus.publish(bus::Exchange::Events, &event).await.unwrap();
        }
        bus.close().await;
    };
    server.restart_after(publish).await;
}

#[tokio::test]
async fn one_event_that_can_not_be_stored_stopped_the_timeline() {
    let mut server = TestServer::start().await;
    let poison = json!({
        "specversion": "1.0", "id": "a\u{0}b", "source": "foreign", "type": "com.acme.x", "subject": "default/f",
        "data": {"order": 1},
    });
    let mut good = poison.clone();
    good["id"] = json!("good");
    put_on_the_bus(&mut server, &[poison.clone(), good]).await;
    let kept =
        server.eventually("/events?kind=com.acme.x", |page| page["items"].get(0).map(|_| page.clone())).await;
    assert_eq!(kept["items"][0]["event"]["id"], "good");
    assert_eq!(kept["items"].as_array().unwrap().len(), 1);
    let letter = server.eventually("/deadletters", |page| page["items"].get(0).cloned()).await;
    assert!(letter["reason"].as_str().unwrap().contains("control character U+0000"), "{letter:#}");
    let whole: Value = serde_json::from_str(letter["event"]["data"].as_str().unwrap()).unwrap();
    assert_eq!((&whole["id"], &whole["data"]), (&poison["id"], &poison["data"]));
    server.stop().await;
}

const NOBODYS: &str = "/api/v1/tenants/knative-lambda/deadletters";

async fn letter_of_nobody(server: &TestServer) -> Value {
    let begun = std::time::Instant::now();
    loop {
        let ask = server.anonymous(Method::GET, NOBODYS).bearer_auth(&server.running().admin_token);
        let page: Value = ask.send().await.unwrap().json().await.unwrap();
        match page["items"].get(0) {
            Some(letter) => return letter.clone(),
            None => assert!(begun.elapsed() < crate::harness::PATIENCE, "{page:#}"),
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_letter_for_a_tenant_that_is_not_there_waited_for_ever() {
    let mut server = TestServer::start().await;
    let poison = json!({
        "specversion": "1.0", "id": "a\u{0}b", "source": "foreign", "type": "com.acme.x", "subject": "ghost/f",
    });
    put_on_the_bus(&mut server, &[poison]).await;
    let letter = letter_of_nobody(&server).await;
    assert!(letter["event"]["data"].as_str().unwrap().contains("ghost/f"), "{letter:#}");
    server.stop().await;
}

#[tokio::test]
async fn letters_of_nobody_were_shown_to_the_members_of_the_first_tenant() {
    let mut server = TestServer::start().await;
    let nobodys = json!({"specversion": "1.0", "id": "n-1", "source": "foreign", "type": "com.acme.x"});
    put_on_the_bus(&mut server, &[nobodys]).await;
    let path = NOBODYS;
    let letter = letter_of_nobody(&server).await;
    assert_eq!(letter["event"]["id"], "n-1");
    assert_eq!(server.get("/deadletters").await["items"], json!([]), "it is not the first tenant's");
    let owner = server.sign_in("owner").await;
    for path in [path.to_owned(), format!("{path}/{}", letter["position"])] {
        let refused = server.by_page(Method::GET, &path, &owner).send().await.unwrap();
        problem(refused, 404, "not_found").await;
    }
    let link = server.http.get(&server.running().link).send().await.unwrap();
    let admin = link.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let page = |path: &str| server.by_page(Method::GET, path, &admin).header("accept", "text/html").send();
    let overview = page("/admin").await.unwrap().text().await.unwrap();
    assert!(overview.contains("/t/knative-lambda/deadletters"), "administrators are told");
    let list = page("/t/knative-lambda/deadletters").await.unwrap();
    assert_eq!(list.status(), StatusCode::OK);
    assert!(list.text().await.unwrap().contains("n-1"));
    let one = format!("{path}/{}", letter["position"]);
    let replay = server.anonymous(Method::POST, &format!("{one}/replay"));
    let replay = replay.bearer_auth(&server.running().admin_token).json(&json!({}));
    problem(replay.send().await.unwrap(), 409, "no_function").await;
    let discard = server.anonymous(Method::DELETE, &one).bearer_auth(&server.running().admin_token);
    assert!(discard.send().await.unwrap().status().is_success());
    server.stop().await;
}

#[tokio::test]
async fn a_form_that_is_sent_once_starts_one_replay() {
    let server = TestServer::start().await;
    let mut function = python("frail", CODE);
    function["spec"]["eventing"] = json!({"dlq": {"retryMaxAttempts": 1}});
    assert_eq!(server.post("/functions", &function).await.status(), StatusCode::CREATED);
    server.ready("frail").await;
    let event = json!({
        "specversion": "1.0", "id": "once", "source": "test", "subject": "default/frail",
        "type": "io.knative.lambda.invoke.async", "data": {"order": 1},
    });
    assert_eq!(server.post_event(&event).await.status(), StatusCode::ACCEPTED);
    let signed = server.http.get(&server.running().link).send().await.unwrap();
    let cookie = signed.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    // Each time it dies again; whether the page's work was done twice was a matter of luck.
    for round in 1..=9 {
        let there = |page: &Value| {
            (page["items"].get(0)?["event"]["replaycount"].as_u64().unwrap_or(0) == round - 1).then_some(())
        };
        server.eventually("/deadletters", there).await;
        let sent = server
            .anonymous(Method::POST, "/t/default/deadletters/replay?function=frail")
            .header("cookie", &cookie)
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(format!("upto=0&do=start&form-token={}", form_token(&cookie)))
            .send()
            .await
            .unwrap();
        assert_eq!(sent.status(), StatusCode::SEE_OTHER);
        let jobs = server.get("/deadletters/replays").await;
        assert_eq!(jobs.as_array().unwrap().len() as u64, round, "{jobs:#}");
    }
    server.stop().await;
}

#[tokio::test]
async fn an_event_that_a_trigger_sent_is_a_dead_letter_of_the_function_that_failed() {
    let server = TestServer::start().await;
    let mut function = python("listener", CODE);
    function["spec"]["triggers"] = json!([{"filter": {"type": "com.acme.order"}}]);
    function["spec"]["eventing"] = json!({"dlq": {"retryMaxAttempts": 1}});
    assert_eq!(server.post("/functions", &function).await.status(), StatusCode::CREATED);
    server.ready("listener").await;
    // One that is about nothing, and one that is about another function.
    for (id, subject) in [("t-1", Value::Null), ("t-2", json!("default/another"))] {
        let event = json!({
            "specversion": "1.0", "id": id, "source": "shop", "type": "com.acme.order", "subject": subject,
            "data": {"order": 7},
        });
        assert_eq!(server.post_event(&event).await.status(), StatusCode::ACCEPTED);
    }
    let page = server
        .eventually("/deadletters?function=listener", |page| {
            (page["items"].as_array()?.len() == 2).then(|| page.clone())
        })
        .await;
    let path = format!("/deadletters/{}/replay", page["items"][0]["position"]);
    let sent = server.post(&path, &json!({"data": {"mend": true}})).await;
    assert_eq!(sent.status(), StatusCode::ACCEPTED, "{}", sent.text().await.unwrap());
    let answered = |page: &Value| page["items"].get(0).map(|item| item["function"].clone());
    let answer = server.eventually("/events?kind=response.success", answered).await;
    assert_eq!(answer, "listener");
    server.stop().await;
}

/// The dead letters that there are, by their groups.
fn counted(groups: &Value) -> Option<u64> {
    groups.as_array()?.iter().map(|group| group["count"].as_u64()).sum()
}

#[tokio::test]
async fn many_dead_letters_are_planned_and_replayed_over_a_restart_without_loss_or_double() {
    const MANY: u64 = 30;
    let mut server = TestServer::start().await;
    let mut function = python("frail", CODE);
    function["spec"]["eventing"] = json!({"dlq": {"retryMaxAttempts": 1}});
    assert_eq!(server.post("/functions", &function).await.status(), StatusCode::CREATED);
    server.ready("frail").await;
    let event = |n: u64| {
        json!({
            "specversion": "1.0", "id": format!("m-{n}"), "source": "test", "subject": "default/frail",
            "type": "io.knative.lambda.invoke.async", "correlationid": "c-many", "data": {"order": n},
        })
    };
    let batch: Vec<Value> = (0..MANY).map(event).collect();
    let publish = server
        .api(Method::POST, "/events")
        .header("content-type", "application/cloudevents-batch+json")
        .body(json!(batch).to_string());
    assert_eq!(publish.send().await.unwrap().status(), StatusCode::ACCEPTED);
    let all_dead = |groups: &Value| (counted(groups) == Some(MANY)).then(|| groups.clone());
    server.eventually("/deadletters/groups", all_dead).await;

    let filter = json!({"function": "frail", "kind": "transient"});
    let plan: Value = server.post("/deadletters/plan", &filter).await.json().await.unwrap();
    assert_eq!((&plan["count"], &plan["functions"][0]["function"]), (&json!(MANY), &json!("frail")));
    assert!(plan["functions"][0]["revision"].is_string(), "{plan:#}");
    let few = json!({"filter": filter, "upto": plan["upto"], "count": 3});
    problem(server.post("/deadletters/discard", &few).await, 422, "invalid").await;

    // Still broken: it stops after a few, and what died again is among the dead letters as before.
    let asked = json!({"filter": filter, "rate": 3, "stopAfter": 5});
    let job: Value = server.post("/deadletters/replays", &asked).await.json().await.unwrap();
    let path = format!("/deadletters/replays/{}", job["id"].as_str().unwrap());
    let stopped = server.eventually(&path, |job| (job["state"] == "stopped").then(|| job.clone())).await;
    assert!(stopped["diedAgain"].as_u64().unwrap() >= 5, "{stopped:#}");
    server.eventually("/deadletters/groups", all_dead).await;
    let again = server.get("/deadletters?limit=200").await;
    let replayed =
        again["items"].as_array().unwrap().iter().filter(|letter| letter["event"]["replaycount"] == 1);
    assert!(replayed.count() >= 5);

    function["spec"]["source"]["inline"]["code"] = json!("def handler(event):\n    return event['order']\n");
    let mended = server.api(Method::PUT, "/functions/frail").json(&function).send().await.unwrap();
    assert!(mended.status().is_success(), "{}", mended.text().await.unwrap());
    server.ready("frail").await;
    let job: Value = server.post("/deadletters/replays", &json!({"rate": 4})).await.json().await.unwrap();
    let path = format!("/deadletters/replays/{}", job["id"].as_str().unwrap());
    server.eventually(&path, |job| (job["sent"].as_u64()? > 0).then_some(())).await;
    let paused = server.api(Method::PATCH, &path).json(&json!({"state": "paused"})).send().await.unwrap();
    assert_eq!(paused.status(), StatusCode::OK);
    server.restart().await;
    let resting = server.get(&path).await;
    assert_eq!(resting["state"], "paused");
    server.ready("frail").await;
    server.api(Method::PATCH, &path).json(&json!({"state": "running"})).send().await.unwrap();
    let done = server.eventually(&path, |job| (job["state"] == "done").then(|| job.clone())).await;
    assert_eq!((&done["sent"], &done["failed"]), (&json!(MANY), &json!(0)), "{done:#}");
    let answers = server
        .eventually("/events?kind=response.success&correlation=c-many&limit=200", |page| {
            let items = page["items"].as_array()?;
            (items.len() as u64 >= MANY).then(|| items.clone())
        })
        .await;
    let mut orders: Vec<u64> =
        answers.iter().map(|answer| answer["event"]["data"].as_u64().unwrap()).collect();
    orders.sort_unstable();
    assert_eq!(orders, (0..MANY).collect::<Vec<_>>(), "each was worked off once");
    assert_eq!(counted(&server.get("/deadletters/groups").await), Some(0));

    // One intention, many events at once: each call is told as caused by its own event.
    let calls = server.get("/events?kind=lifecycle.parser.completed&correlation=c-many&limit=200").await;
    for call in calls["items"].as_array().unwrap() {
        let event = &call["event"];
        assert_eq!(event["data"]["trigger"], "event", "{event:#}");
        assert!(event["causationid"].as_str().is_some_and(|cause| cause.starts_with("m-")), "{event:#}");
    }
    server.stop().await;
}
