//! Sign-in with an identity provider: the way in, and everything that must not get in.

use std::collections::HashMap;

use domain::{Clock as _, SystemClock};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::{
    harness::{TestServer, form},
    issuer::{Issuer, Key},
};

async fn started() -> (Issuer, TestServer) {
    let issuer = Issuer::start().await;
    let more =
        [("oidc_issuer", issuer.url.as_str()), ("oidc_client_id", "lambda"), ("oidc_admin_groups", "root")];
    let server = TestServer::start_with(&more).await;
    (issuer, server)
}

/// An attempt that a browser has begun: what it took to the provider, and its cookie.
struct Attempt {
    query: HashMap<String, String>,
    cookie: String,
}

async fn begin(issuer: &Issuer, server: &TestServer, next: &str) -> Attempt {
    let login = server.anonymous(Method::GET, &format!("/auth/login?next={next}")).send().await.unwrap();
    assert_eq!(login.status(), StatusCode::SEE_OTHER);
    let target = reqwest::Url::parse(login.headers()["location"].to_str().unwrap()).unwrap();
    assert!(target.as_str().starts_with(&format!("{}/authorize?", issuer.url)));
    let query: HashMap<String, String> = target.query_pairs().into_owned().collect();
    assert_eq!(query["code_challenge_method"], "S256");
    let cookie = login.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("HttpOnly"), "{cookie}");
    let attempt = Attempt { cookie: cookie.split(';').next().unwrap().to_owned(), query };
    let mut script = issuer.script.lock().unwrap();
    script.challenge.clone_from(&attempt.query["code_challenge"]);
    script.claims = json!({"nonce": attempt.query["nonce"]});
    script.header = None;
    attempt
}

async fn come_back(server: &TestServer, attempt: &Attempt, state: &str) -> Response {
    let path = format!("/auth/callback?code=c&state={state}");
    server.anonymous(Method::GET, &path).header("cookie", &attempt.cookie).send().await.unwrap()
}

fn session(response: &Response) -> Option<String> {
    let cookies = response.headers().get_all("set-cookie").iter().filter_map(|line| line.to_str().ok());
    let pair =
        cookies.filter_map(|line| line.split(';').next()).find(|pair| pair.starts_with("session=kls_"));
    pair.map(str::to_owned)
}

fn location(response: &Response) -> &str {
    response.headers()["location"].to_str().unwrap()
}

async fn tenants(server: &TestServer, session: &str) -> (u16, Value) {
    let asked = server.anonymous(Method::GET, "/api/v1/tenants").header("cookie", session.to_owned());
    let answer = asked.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn a_person_signs_in_comes_back_to_their_page_and_has_the_roles_of_their_groups() {
    let (issuer, server) = started().await;
    let attempt = begin(&issuer, &server, "/t/default/events").await;
    // Another tab begins meanwhile; neither takes the other's attempt.
    let other = begin(&issuer, &server, "/").await;
    let groups: Vec<_> = (0..200).map(|number| format!("team-{number}")).collect();
    {
        let mut script = issuer.script.lock().unwrap();
        script.challenge.clone_from(&attempt.query["code_challenge"]);
        script.claims = json!({"nonce": attempt.query["nonce"], "groups": groups, "name": "Ada"});
    }
    let back = come_back(&server, &attempt, &attempt.query["state"]).await;
    assert_eq!(location(&back), "/t/default/events");
    let cookie = session(&back).unwrap();
    assert!(cookie.len() < 128, "a cookie does not grow with groups");
    assert_eq!(
        tenants(&server, &cookie).await,
        (
            200,
            json!({"apiVersion": "lambda.knative.io/v1alpha1",
        "kind": "TenantList", "items": [], "next": null})
        ),
        "whom no tenant names sees none"
    );
    let member = json!({"apiVersion": "lambda.knative.io/v1alpha1", "kind": "Tenant", "metadata": {"name": "acme"},
        "spec": {"members": [{"group": "team-150", "role": "viewer"}]}});
    let made = server.anonymous(Method::POST, "/api/v1/tenants").bearer_auth(&server.running().admin_token);
    assert_eq!(made.json(&member).send().await.unwrap().status(), StatusCode::CREATED);
    let (_, list) = tenants(&server, &cookie).await;
    assert_eq!(list["items"][0]["metadata"]["name"], "acme");

    {
        let mut script = issuer.script.lock().unwrap();
        script.challenge.clone_from(&other.query["code_challenge"]);
        script.claims = json!({"nonce": other.query["nonce"]});
    }
    assert!(session(&come_back(&server, &other, &other.query["state"]).await).is_some());
    // An attempt is good for once.
    let again = come_back(&server, &attempt, &attempt.query["state"]).await;
    assert_eq!((session(&again), location(&again)), (None, "/signed-out?reason=attempt"));
    server.stop().await;
}

#[tokio::test]
async fn tokens_that_can_not_be_believed_let_nobody_in() {
    let (issuer, server) = started().await;
    let hour_ago = 3600;
    let now = SystemClock.now().as_millis() / 1000;
    let claims: [(&str, Value); 6] = [
        ("wrong issuer", json!({"iss": "https://evil.example"})),
        ("expired", json!({"iat": now - 2 * hour_ago, "exp": now - hour_ago})),
        ("other audience", json!({"aud": "someone-else"})),
        ("made for another party", json!({"aud": ["lambda", "other"], "azp": "other"})),
        ("replayed: another nonce", json!({"nonce": "of-yesterday"})),
        ("missing nonce", json!({"nonce": null})),
    ];
    for (what, changed) in claims {
        let attempt = begin(&issuer, &server, "/").await;
        {
            let mut script = issuer.script.lock().unwrap();
            for (name, value) in changed.as_object().unwrap() {
                if value.is_null() {
                    script.claims.as_object_mut().unwrap().remove(name);
                } else {
                    script.claims[name] = value.clone();
                }
            }
        }
        let back = come_back(&server, &attempt, &attempt.query["state"]).await;
        assert_eq!((session(&back), location(&back)), (None, "/signed-out?reason=token"), "{what}");
    }
    let headers = [
        ("alg none", json!({"alg": "none", "typ": "JWT"})),
        ("a shared secret", json!({"alg": "HS256", "typ": "JWT", "kid": "one"})),
    ];
    for (what, header) in headers {
        let attempt = begin(&issuer, &server, "/").await;
        issuer.script.lock().unwrap().header = Some(header);
        let back = come_back(&server, &attempt, &attempt.query["state"]).await;
        assert_eq!(session(&back), None, "{what}");
    }
    // Signed by someone else under the name of the real key.
    let attempt = begin(&issuer, &server, "/").await;
    let real = std::mem::replace(&mut issuer.script.lock().unwrap().key, Key::new("one"));
    assert_eq!(session(&come_back(&server, &attempt, &attempt.query["state"]).await), None);
    issuer.script.lock().unwrap().key = real;
    server.stop().await;
}

#[tokio::test]
async fn attempts_of_another_browser_and_ways_to_other_sites_lead_nowhere() {
    let (issuer, server) = started().await;
    let mine = begin(&issuer, &server, "/").await;
    let theirs = begin(&issuer, &server, "/").await;
    let swapped = come_back(&server, &mine, &theirs.query["state"]).await;
    assert_eq!((session(&swapped), location(&swapped)), (None, "/signed-out?reason=attempt"));
    let made_up = come_back(&server, &mine, "made-up").await;
    assert_eq!(location(&made_up), "/signed-out?reason=attempt");
    for evil in ["https://evil.example", "//evil.example", "/%5Cevil.example"] {
        let attempt = begin(&issuer, &server, evil).await;
        let back = come_back(&server, &attempt, &attempt.query["state"]).await;
        assert_eq!(location(&back), "/", "{evil}");
    }
    // A session id that someone fixed beforehand is not taken over.
    let attempt = begin(&issuer, &server, "/").await;
    let path = format!("/auth/callback?code=c&state={}", attempt.query["state"]);
    let fixed = format!("session=kls_{}; {}", "0".repeat(64), attempt.cookie);
    let back = server.anonymous(Method::GET, &path).header("cookie", fixed).send().await.unwrap();
    assert!(!session(&back).unwrap().contains("kls_0000"));
    server.stop().await;
}

#[tokio::test]
async fn the_provider_may_change_its_keys_and_may_end_a_session() {
    let (issuer, server) = started().await;
    let attempt = begin(&issuer, &server, "/").await;
    let cookie = session(&come_back(&server, &attempt, &attempt.query["state"]).await).unwrap();
    let logout = |changed: Value| {
        let mut claims = issuer.claims(&json!({
            "jti": "l-1", "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        }));
        for (name, value) in changed.as_object().unwrap() {
            claims[name] = value.clone();
        }
        issuer.script.lock().unwrap().key.token(None, &claims)
    };
    let tell = async |token: String| {
        let post = server.anonymous(Method::POST, "/auth/backchannel-logout");
        form(post, &[("logout_token", token)]).send().await.unwrap().status()
    };
    for bad in [
        json!({"aud": "other"}),
        json!({"iss": "x"}),
        json!({"events": {}}),
        json!({"nonce": "n"}),
        json!({"iat": 1}),
    ] {
        assert_eq!(tell(logout(bad.clone())).await, StatusCode::BAD_REQUEST, "{bad}");
    }
    assert_eq!(tenants(&server, &cookie).await.0, 200);
    let token = logout(json!({}));
    assert_eq!(tell(token.clone()).await, StatusCode::OK);
    assert_eq!(tenants(&server, &cookie).await.0, 401);
    assert_eq!(tell(token).await, StatusCode::BAD_REQUEST, "used before");
    server.stop().await;
}

#[tokio::test]
async fn a_provider_that_is_away_is_told_in_words() {
    let server =
        TestServer::start_with(&[("oidc_issuer", "http://127.0.0.1:9"), ("oidc_client_id", "lambda")]).await;
    let login = server.anonymous(Method::GET, "/auth/login").send().await.unwrap();
    assert_eq!(location(&login), "/signed-out?reason=provider");
    let page = server.anonymous(Method::GET, "/signed-out?reason=provider").header("accept", "text/html");
    let page = page.send().await.unwrap();
    assert_eq!(page.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.text().await.unwrap().contains("does not answer"));
    server.stop().await;
}
