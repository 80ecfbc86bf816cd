//! Kinds that are answered and not kept: who a token is, what a user may do, and tokens for service accounts.

use jiff::ToSpan;
use serde_json::{Value, json};

use crate::api::Api;
use crate::api::auth::{User, is_allowed, service_account};
use crate::api::status::{ApiError, ApiResult, Cause};
use crate::api::token::{Account, Claims, ISSUER, Reference};
use crate::api::verbs::{self, Target};
use crate::registry::metadata;
use crate::registry::object::Object;

/// The answer to a review by `user`.
pub(super) fn review(api: &Api, user: &User, mut review: Object) -> ApiResult<Object> {
    let status = match review.kind() {
        "TokenReview" => token_review(api, &review),
        "SelfSubjectReview" => json!({"userInfo": user.info()}),
        "SelfSubjectAccessReview" => access(user),
        "SubjectAccessReview" | "LocalSubjectAccessReview" => access(&named_user(&review)),
        "SelfSubjectRulesReview" => rules(user),
        _ => return Err(ApiError::method_not_allowed()),
    };
    review.set_metadata("creationTimestamp", Value::Null);
    review.set("status", status);
    Ok(review)
}

fn token_review(api: &Api, review: &Object) -> Value {
    match service_account(api, review.text("/spec/token")) {
        Some(user) => {
            let mut info = user.info();
            info["extra"] = json!({});
            json!({"authenticated": true, "user": info, "audiences": [ISSUER]})
        }
        None => json!({"user": {}}),
    }
}

fn access(user: &User) -> Value {
    if is_allowed(user) { json!({"allowed": true}) } else { json!({"allowed": false}) }
}

fn named_user(review: &Object) -> User {
    let groups = review.at("/spec/groups").and_then(Value::as_array).into_iter().flatten();
    User {
        name: review.text("/spec/user").to_owned(),
        uid: review.text("/spec/uid").to_owned(),
        groups: groups.filter_map(Value::as_str).map(str::to_owned).collect(),
    }
}

fn rules(user: &User) -> Value {
    let everything = json!(["*"]);
    if !is_allowed(user) {
        return json!({"incomplete": false, "nonResourceRules": [], "resourceRules": []});
    }
    json!({
        "incomplete": false,
        "nonResourceRules": [{"verbs": everything, "nonResourceURLs": everything}],
        "resourceRules": [{"verbs": everything, "apiGroups": everything, "resources": everything}],
    })
}

/// Answers a TokenRequest for the service account that `target` names.
pub(super) fn request_token(api: &Api, target: &Target, mut request: Object) -> ApiResult<Object> {
    let account = verbs::get(api, target)?;
    let seconds = request.at("/spec/expirationSeconds").and_then(Value::as_i64).unwrap_or(3600);
    check_expiry(seconds)?;
    let given: Vec<String> = request
        .at("/spec/audiences")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    let audiences = if given.is_empty() { vec![ISSUER.to_owned()] } else { given };
    let now = api.now();
    let expires = now.checked_add(seconds.seconds()).unwrap_or(now);
    let (name, uid) = (target.name.clone(), account.object().uid().to_owned());
    let token = api.token_key.sign(&Claims {
        issuer: ISSUER.into(),
        subject: format!("system:serviceaccount:{}:{name}", target.namespace),
        audiences: audiences.clone(),
        expires: expires.as_second(),
        issued: now.as_second(),
        account: Account {
            namespace: target.namespace.clone(),
            reference: Reference { name: name.clone(), uid: uid.clone() },
        },
    });
    request.set_metadata("name", name);
    request.set_metadata("namespace", target.namespace.as_str());
    request.set_metadata("uid", uid);
    request.set_metadata("creationTimestamp", metadata::time(now));
    let bound = request.at("/spec/boundObjectRef").cloned().unwrap_or_default();
    request
        .set("spec", json!({"audiences": audiences, "expirationSeconds": seconds, "boundObjectRef": bound}));
    request.set("status", json!({"token": token, "expirationTimestamp": metadata::time(expires)}));
    Ok(request)
}

fn check_expiry(seconds: i64) -> ApiResult<()> {
    let why = if seconds < 600 {
        "may not specify a duration less than 10 minutes"
    } else if seconds > 1 << 32 {
        "may not specify a duration larger than 2^32 seconds"
    } else {
        return Ok(());
    };
    let cause = Cause::invalid("spec.expirationSeconds", &seconds.into(), why);
    Err(ApiError::invalid_kind("authentication.k8s.io", "TokenRequest", "", vec![cause]))
}
