//! An identity provider that says what a test wants it to say, truly signed.

use std::sync::{Arc, Mutex};

use axum::{
    Form, Json, Router,
    extract::State,
    routing::{get, post},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use domain::{Clock as _, SystemClock};
use openidconnect::{
    JsonWebKeyId, PrivateSigningKey,
    core::{CoreEdDsaPrivateSigningKey, CoreJwsSigningAlgorithm},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio_util::task::TaskTracker;

/// What the next answers are.
pub(crate) struct Script {
    /// Claims of the next identity token, beside those that are always right.
    pub(crate) claims: Value,
    /// Header of the next token, when it is not the right one.
    pub(crate) header: Option<Value>,
    /// Signs; its public half is published when `published` says so.
    pub(crate) key: Key,
    pub(crate) published: Vec<Value>,
    /// PKCE challenge that the verifier must fit.
    pub(crate) challenge: String,
    /// Calls of the token endpoint.
    pub(crate) asked: usize,
    /// The token endpoint refuses.
    pub(crate) refuses: bool,
}

/// A key with an id.
pub(crate) struct Key {
    id: String,
    signing: CoreEdDsaPrivateSigningKey,
}

impl Key {
    pub(crate) fn new(id: &str) -> Self {
        let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
        let kid = Some(JsonWebKeyId::new(id.to_owned()));
        let pem = format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
            STANDARD
                .encode(&pair.serialize_der()[..])
                .as_bytes()
                .chunks(64)
                .map(|line| std::str::from_utf8(line).unwrap())
                .collect::<Vec<_>>()
                .join("\n")
        );
        let signing = CoreEdDsaPrivateSigningKey::from_ed25519_pem(&pem, kid).unwrap();
        Self { id: id.to_owned(), signing }
    }

    pub(crate) fn public(&self) -> Value {
        serde_json::to_value(self.signing.as_verification_key()).unwrap()
    }

    /// A signed token.
    pub(crate) fn token(&self, header: Option<Value>, claims: &Value) -> String {
        let unsigned = header.as_ref().is_some_and(|header| header["alg"] == "none");
        let header = header.unwrap_or_else(|| json!({"alg": "EdDSA", "typ": "JWT", "kid": self.id}));
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(&header), part(claims));
        if unsigned {
            return format!("{message}.");
        }
        let signature = self.signing.sign(&CoreJwsSigningAlgorithm::EdDsa, message.as_bytes()).unwrap();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

#[derive(Clone)]
pub(crate) struct Issuer {
    pub(crate) url: String,
    pub(crate) script: Arc<Mutex<Script>>,
}

impl Issuer {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let key = Key::new("one");
        let script = Script {
            claims: json!({}),
            header: None,
            published: vec![key.public()],
            key,
            challenge: String::new(),
            asked: 0,
            refuses: false,
        };
        let issuer = Self { url, script: Arc::new(Mutex::new(script)) };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .with_state(issuer.clone());
        TaskTracker::new().spawn(async move { axum::serve(listener, router).await });
        issuer
    }

    /// Claims that are right in every way, and then `changed`.
    pub(crate) fn claims(&self, changed: &Value) -> Value {
        let now = SystemClock.now().as_millis() / 1000;
        let mut claims = json!({"iss": self.url, "aud": "lambda", "sub": "17", "iat": now, "exp": now + 300});
        for (name, value) in changed.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims
    }
}

async fn discovery(State(issuer): State<Issuer>) -> Json<Value> {
    let at = |path: &str| format!("{}{path}", issuer.url);
    Json(json!({
        "issuer": issuer.url,
        "authorization_endpoint": at("/authorize"),
        "token_endpoint": at("/token"),
        "jwks_uri": at("/keys"),
        "end_session_endpoint": at("/end"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["EdDSA"],
    }))
}

async fn keys(State(issuer): State<Issuer>) -> Json<Value> {
    Json(json!({"keys": issuer.script.lock().unwrap().published}))
}

async fn token(
    State(issuer): State<Issuer>,
    Form(form): Form<std::collections::HashMap<String, String>>,
) -> (axum::http::StatusCode, Json<Value>) {
    let mut script = issuer.script.lock().unwrap();
    script.asked += 1;
    let verifier = form.get("code_verifier").cloned().unwrap_or_default();
    let fits = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) == script.challenge;
    if script.refuses || (form["grant_type"] == "authorization_code" && !fits) {
        return (axum::http::StatusCode::BAD_REQUEST, Json(json!({"error": "invalid_grant"})));
    }
    let claims = issuer.claims(&script.claims);
    let id_token = script.key.token(script.header.clone(), &claims);
    let answer = json!({
        "access_token": "a", "token_type": "Bearer", "expires_in": 300, "refresh_token": "r", "id_token": id_token,
    });
    (axum::http::StatusCode::OK, Json(answer))
}
