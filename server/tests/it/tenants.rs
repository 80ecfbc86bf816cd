//! Tenants: made, shared with people of different roles, stopped and resumed, deleted.

use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::harness::{TestServer, problem};

fn manifest(name: &str, members: &Value) -> Value {
    json!({
        "apiVersion": "lambda.knative.io/v1alpha1", "kind": "Tenant", "metadata": {"name": name},
        "spec": {"displayName": "Acme", "members": members, "quota": {"functions": 2}},
    })
}

async fn admin(server: &TestServer, method: Method, path: &str, body: &Value) -> Response {
    let request = server.anonymous(method, path).bearer_auth(&server.running().admin_token);
    let request = if body.is_null() { request } else { request.json(body) };
    request.send().await.unwrap()
}

#[tokio::test]
async fn a_new_tenant_can_be_used_at_once_and_its_quota_holds() {
    let server = TestServer::start().await;
    let created = admin(&server, Method::POST, "/api/v1/tenants", &manifest("acme", &json!([]))).await;
    assert_eq!(created.status(), StatusCode::CREATED);
    let created: Value = created.json().await.unwrap();
    let ready = created["status"]["conditions"].as_array().unwrap().iter().find(|c| c["type"] == "Ready");
    assert_eq!(ready.unwrap()["status"], "True", "{created:#}");
    assert_eq!(created["spec"]["quota"]["pods"], 50, "defaults are written out");

    let functions = "/api/v1/tenants/acme/functions";
    for name in ["one", "two"] {
        let body = crate::harness::python(name, "def handler(event):\n    return 1\n");
        assert_eq!(admin(&server, Method::POST, functions, &body).await.status(), StatusCode::CREATED);
    }
    let third = crate::harness::python("three", "def handler(event):\n    return 1\n");
    problem(admin(&server, Method::POST, functions, &third).await, 403, "quota_or_policy").await;
    let quota: Value =
        admin(&server, Method::GET, "/api/v1/tenants/acme/quota", &Value::Null).await.json().await.unwrap();
    let full = &quota["items"][0];
    assert_eq!(
        (full["what"].as_str(), full["used"].as_str(), full["percent"].as_i64()),
        (Some("Functions"), Some("2"), Some(100))
    );
    let gone = admin(&server, Method::DELETE, "/api/v1/tenants/acme", &Value::Null).await;
    assert_eq!(gone.status(), StatusCode::ACCEPTED);
    problem(admin(&server, Method::GET, functions, &Value::Null).await, 404, "not_found").await;
    server.stop().await;
}

#[tokio::test]
async fn wrong_tenants_are_refused_with_the_reason() {
    let server = TestServer::start().await;
    let post = async |body: Value| admin(&server, Method::POST, "/api/v1/tenants", &body).await;
    problem(post(manifest("Not-A-Name", &json!([]))).await, 422, "invalid").await;
    let both = json!([{"user": "a", "group": "b", "role": "viewer"}]);
    problem(post(manifest("acme", &both)).await, 422, "invalid").await;
    problem(post(manifest("default", &json!([]))).await, 422, "invalid").await;
    problem(
        admin(&server, Method::DELETE, "/api/v1/tenants/default", &Value::Null).await,
        409,
        "first_tenant",
    )
    .await;
    let system: Value = post(manifest("kube-acme", &json!([]))).await.json().await.unwrap();
    let ready =
        system["status"]["conditions"].as_array().unwrap().iter().find(|c| c["type"] == "Ready").unwrap();
    assert_eq!(ready["status"], "False");
    server.stop().await;
}

#[tokio::test]
async fn each_person_sees_their_tenants_and_may_do_what_their_role_allows() {
    let server = TestServer::start().await;
    let members = json!([{"user": "local:viewer", "role": "owner"}]);
    let created = admin(&server, Method::POST, "/api/v1/tenants", &manifest("acme", &members)).await;
    assert_eq!(created.status(), StatusCode::CREATED);
    let viewer = server.sign_in("viewer").await;
    let developer = server.sign_in("developer").await;
    let owner = server.sign_in("owner").await;
    let ask = async |cookie: &str, method: Method, path: &str, body: Value| {
        let request = server.by_page(method, path, cookie);
        let request = if body.is_null() { request } else { request.json(&body) };
        request.send().await.unwrap()
    };
    let tenants = async |cookie: &str| {
        let list: Value =
            ask(cookie, Method::GET, "/api/v1/tenants", Value::Null).await.json().await.unwrap();
        let names = list["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|t| t["metadata"]["name"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    assert_eq!(tenants(&viewer).await, ["acme", "default"]);
    assert_eq!(tenants(&developer).await, ["default"]);

    let function = crate::harness::python("hello", "def handler(event):\n    return 1\n");
    let here = "/api/v1/tenants/default/functions";
    let refused = problem(ask(&viewer, Method::POST, here, function.clone()).await, 403, "forbidden").await;
    assert!(refused["detail"].as_str().unwrap().contains("developer"), "{refused:#}");
    assert_eq!(ask(&developer, Method::POST, here, function.clone()).await.status(), StatusCode::CREATED);

    // A tenant of others looks as if it were not there, to the letter.
    let foreign = ask(&developer, Method::GET, "/api/v1/tenants/acme/functions", Value::Null).await;
    let missing = ask(&developer, Method::GET, "/api/v1/tenants/no-such/functions", Value::Null).await;
    let without_id = |mut problem: Value| {
        problem["correlationId"] = Value::Null;
        problem
    };
    let (foreign, missing) =
        (problem(foreign, 404, "not_found").await, problem(missing, 404, "not_found").await);
    assert_eq!(without_id(foreign), without_id(missing));

    // Only administrators make tenants; owners change members and not quotas.
    let mine = "/api/v1/tenants/acme";
    problem(
        ask(&owner, Method::POST, "/api/v1/tenants", manifest("mine", &json!([]))).await,
        403,
        "forbidden",
    )
    .await;
    let mut own = manifest(
        "acme",
        &json!([{"user": "local:viewer", "role": "owner"}, {"group": "g", "role": "viewer"}]),
    );
    assert_eq!(ask(&viewer, Method::PUT, mine, own.clone()).await.status(), StatusCode::OK);
    own["spec"]["quota"]["functions"] = json!(1000);
    problem(ask(&viewer, Method::PUT, mine, own).await, 403, "forbidden").await;
    problem(ask(&viewer, Method::POST, "/api/v1/tenants/acme/suspend", Value::Null).await, 403, "forbidden")
        .await;
    problem(
        ask(&developer, Method::POST, "/api/v1/tenants/acme/suspend", Value::Null).await,
        404,
        "not_found",
    )
    .await;

    // A role that is taken away is gone with the next request.
    let nobody = manifest("acme", &json!([{"user": "local:owner", "role": "owner"}]));
    assert_eq!(admin(&server, Method::PUT, mine, &nobody).await.status(), StatusCode::OK);
    problem(ask(&viewer, Method::GET, mine, Value::Null).await, 404, "not_found").await;
    server.stop().await;
}

#[tokio::test]
async fn a_suspended_tenant_stops_and_goes_on_with_everything_it_had() {
    let server = TestServer::start().await;
    server.create_python("hello", "def handler(event):\n    return 'still here'\n").await;
    server.ready("hello").await;
    let invoke =
        async || server.api(Method::POST, "/functions/hello/invoke").body("{}").send().await.unwrap();
    assert_eq!(invoke().await.status(), StatusCode::OK);
    let suspend = admin(&server, Method::POST, "/api/v1/tenants/default/suspend", &Value::Null).await;
    assert_eq!(suspend.status(), StatusCode::OK);
    problem(invoke().await, 409, "tenant_suspended").await;
    let outside = format!("http://{}/default/hello/", server.running().gateway);
    let refused = server.http.get(&outside).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(server.get("/functions/hello").await["metadata"]["name"], "hello");
    // Its instances end, and none comes back.
    server
        .eventually("/quota", |quota| {
            let pods = quota["items"]
                .as_array()?
                .iter()
                .find(|line| line["what"] == "Instances and builds")?
                .clone();
            (pods["used"] == "0" && pods["limit"] == "0").then_some(())
        })
        .await;
    let resume = admin(&server, Method::POST, "/api/v1/tenants/default/resume", &Value::Null).await;
    assert_eq!(resume.status(), StatusCode::OK);
    server
        .eventually("/quota", |quota| {
            let pods = quota["items"]
                .as_array()?
                .iter()
                .find(|line| line["what"] == "Instances and builds")?
                .clone();
            (pods["limit"] == "1k" || pods["limit"] == "1000").then_some(())
        })
        .await;
    // The cluster tries a Pod that the quota refused again after a few seconds.
    let begun = std::time::Instant::now();
    loop {
        let answer: Value = invoke().await.json().await.unwrap();
        if answer["body"].as_str().is_some_and(|body| body.contains("still here")) {
            break;
        }
        assert!(begun.elapsed() < crate::harness::PATIENCE, "{answer:#}");
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    server.stop().await;
}

#[tokio::test]
async fn a_tenant_is_as_fast_as_its_limits_allow_and_no_other_is_slowed() {
    let server = TestServer::start().await;
    let mut slow = manifest("slow", &json!([]));
    slow["spec"]["limits"] = json!({"eventsPerSecond": 1, "apiPerSecond": 20});
    let made = admin(&server, Method::POST, "/api/v1/tenants", &slow).await;
    assert_eq!(made.status(), StatusCode::CREATED);
    let send = async |tenant: &str| {
        let event = json!({"specversion": "1.0", "id": "1", "source": "test", "type": "com.acme.x"});
        let path = format!("/api/v1/tenants/{tenant}/events");
        let post = server.anonymous(Method::POST, &path).bearer_auth(&server.running().admin_token);
        let post = post.header("content-type", "application/cloudevents+json").body(event.to_string());
        post.send().await.unwrap()
    };
    let mut refused = None;
    for _ in 0..200 {
        let answer = send("slow").await;
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            refused = Some(answer);
            break;
        }
        assert_eq!(answer.status(), StatusCode::ACCEPTED);
    }
    let refused = refused.expect("one a second is allowed");
    assert!(refused.headers().contains_key("retry-after"));
    problem(refused, 429, "rate_limited").await;
    assert_eq!(send("default").await.status(), StatusCode::ACCEPTED);

    let read = async || admin(&server, Method::GET, "/api/v1/tenants/slow/quota", &Value::Null).await;
    let mut asked = 0;
    while read().await.status() == StatusCode::OK {
        asked += 1;
        assert!(asked < 2000, "20 a second are allowed");
    }
    assert_eq!(
        admin(&server, Method::GET, "/api/v1/tenants/default/quota", &Value::Null).await.status(),
        StatusCode::OK
    );
    server.stop().await;
}
