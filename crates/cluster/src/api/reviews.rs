//! Kinds that are answered and not kept: who a token is, what a user may do, and tokens for service accounts.

use jiff::ToSpan;
use serde_json::{Value, json};

use crate::api::Api;
use crate::api::auth::{Action, Rule, User, decide, rules_of, service_account};
use crate::api::status::{ApiError, ApiResult, Cause};
use crate::api::token::{Account, Claims, ISSUER, Reference};
use crate::api::verbs::{self, Target};
use crate::registry::metadata;
use crate::registry::object::Object;

/// The answer to a review by `user` in `namespace`.
pub(super) fn review(api: &Api, user: &User, namespace: &str, mut review: Object) -> ApiResult<Object> {
    let status = match review.kind() {
        "TokenReview" => token_review(api, &review),
        "SelfSubjectReview" => json!({"userInfo": user.info()}),
        "SelfSubjectAccessReview" => access(api, user, &review, Vec::new())?,
        "SubjectAccessReview" => access(api, &named_user(&review), &review, nobody(&review))?,
        "LocalSubjectAccessReview" => {
            let mut causes = nobody(&review);
            let asked = review.text("/spec/resourceAttributes/namespace");
            if asked != namespace {
                let field = "spec.resourceAttributes.namespace";
                causes.push(Cause::invalid(field, &asked.into(), "must match metadata.namespace"));
            }
            access(api, &named_user(&review), &review, causes)?
        }
        "SelfSubjectRulesReview" => rules(api, user, &mut review)?,
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

/// What is wrong with a review that says for nobody whom it is about.
fn nobody(review: &Object) -> Vec<Cause> {
    let groups = review.at("/spec/groups").and_then(Value::as_array).is_some_and(|groups| !groups.is_empty());
    if groups || !review.text("/spec/user").is_empty() {
        return Vec::new();
    }
    vec![Cause::invalid("spec.user", &"".into(), "at least one of user or group must be specified")]
}

fn access(api: &Api, user: &User, review: &Object, mut causes: Vec<Cause>) -> ApiResult<Value> {
    let of_resource = review.at("/spec/resourceAttributes").filter(|one| !one.is_null());
    let of_path = review.at("/spec/nonResourceAttributes").filter(|one| !one.is_null());
    let text = |object: &'_ Value, field: &str| object[field].as_str().unwrap_or_default().to_owned();
    if of_resource.is_some() == of_path.is_some() {
        let why = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
        causes.insert(0, Cause::invalid("spec.resourceAttributes", &Value::Null, why));
    }
    if !causes.is_empty() {
        // A real server does not name the kind here.
        return Err(ApiError::invalid_kind("authorization.k8s.io", "", "", causes));
    }
    let fields = ["verb", "group", "resource", "subresource", "namespace", "name", "path"];
    let asked = of_resource.or(of_path).cloned().unwrap_or_default();
    let [verb, group, resource, subresource, namespace, name, path] = fields.map(|field| text(&asked, field));
    let action = if of_path.is_some() {
        Action::Path { verb: &verb, path: &path }
    } else {
        Action::Resource {
            verb: &verb,
            group: &group,
            resource: &resource,
            subresource: &subresource,
            namespace: &namespace,
            name: &name,
        }
    };
    let decision = decide(api, user, &action);
    let mut status = json!({"allowed": decision.allowed});
    if !decision.reason.is_empty() {
        status["reason"] = decision.reason.into();
    }
    Ok(status)
}

fn named_user(review: &Object) -> User {
    let list = |value: Option<&Value>| -> Vec<String> {
        let texts = value.and_then(Value::as_array).into_iter().flatten();
        texts.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let extra = review.at("/spec/extra").and_then(Value::as_object).into_iter().flatten();
    User {
        name: review.text("/spec/user").to_owned(),
        uid: review.text("/spec/uid").to_owned(),
        groups: list(review.at("/spec/groups")),
        extra: extra.map(|(key, values)| (key.clone(), list(Some(values)))).collect(),
    }
}

fn rules(api: &Api, user: &User, review: &mut Object) -> ApiResult<Value> {
    let namespace = review.text("/spec/namespace").to_owned();
    if namespace.is_empty() {
        return Err(ApiError::bad_request("no namespace on request"));
    }
    review.set("spec", json!({}));
    let (paths, resources): (Vec<Rule>, Vec<Rule>) =
        rules_of(api, user, &namespace).into_iter().partition(|rule| !rule.non_resource_urls.is_empty());
    Ok(json!({"resourceRules": resources, "nonResourceRules": paths, "incomplete": false}))
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
