//! Options of create, update, patch and delete.

use serde_json::{Value, json};

use super::Query;
use crate::api::auth::User;
use crate::api::decode;
use crate::api::status::{ApiError, ApiResult, Cause};
use crate::api::warnings::Warnings;

/// What is done about fields that a kind does not have, or that are there twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FieldValidation {
    Ignore,
    #[default]
    Warn,
    Strict,
}

/// Bytes of the name of a field manager.
const MANAGER_LIMIT: usize = 128;

/// The circumstances of a write.
#[derive(Debug, Clone)]
pub struct WriteOptions {
    pub user: User,
    /// Nothing is kept.
    pub dry_run: bool,
    /// The answer to an update may come before it is on disk.
    pub soon: bool,
    /// Who is written into `managedFields`.
    pub manager: String,
    /// Apply takes over the fields of others.
    pub force: bool,
    pub validation: FieldValidation,
    pub warnings: Warnings,
}

impl WriteOptions {
    /// For writes of the server's own controllers.
    pub fn controller(name: &str) -> Self {
        Self {
            user: User::controller(name),
            dry_run: false,
            soon: false,
            manager: name.to_owned(),
            force: false,
            validation: FieldValidation::Ignore,
            warnings: Warnings::default(),
        }
    }

    /// `kind` is that of the options in a refusal: `CreateOptions`, `UpdateOptions`, `PatchOptions`.
    pub(in crate::api) fn parse(
        query: &Query,
        kind: &str,
        user: User,
        agent: &str,
        warnings: Warnings,
    ) -> ApiResult<Self> {
        let mut causes: Vec<Cause> =
            dry_run_cause(&query.all("dryRun").collect::<Vec<_>>()).into_iter().collect();
        let validation = match query.text("fieldValidation") {
            "" | "Warn" => FieldValidation::Warn,
            "Ignore" => FieldValidation::Ignore,
            "Strict" => FieldValidation::Strict,
            other => {
                let supported = ["", "Ignore", "Strict", "Warn"];
                causes.push(Cause::not_supported("fieldValidation", &Value::from(other), &supported));
                FieldValidation::Warn
            }
        };
        if query.text("fieldManager").len() > MANAGER_LIMIT {
            causes.push(Cause::too_long("fieldManager", MANAGER_LIMIT));
        }
        if !causes.is_empty() {
            return Err(ApiError::invalid_kind("meta.k8s.io", kind, "", causes));
        }
        let manager = match query.text("fieldManager") {
            "" => agent.split('/').next().unwrap_or_default().to_owned(),
            name => name.to_owned(),
        };
        let dry_run = query.all("dryRun").any(|value| value == "All");
        Ok(Self { user, dry_run, soon: false, manager, force: query.flag("force"), validation, warnings })
    }
}

/// What becomes of dependents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Propagation {
    Orphan,
    Background,
    Foreground,
}

impl Propagation {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "Orphan" => Some(Self::Orphan),
            "Background" => Some(Self::Background),
            "Foreground" => Some(Self::Foreground),
            _ => None,
        }
    }
}

/// `DeleteOptions`, from the body or the query.
#[derive(Debug, Clone, Default)]
pub struct DeleteOptions {
    pub dry_run: bool,
    pub grace_period_seconds: Option<i64>,
    pub propagation: Option<Propagation>,
    pub uid: Option<String>,
    pub resource_version: Option<String>,
}

impl DeleteOptions {
    pub fn propagate(propagation: Propagation) -> Self {
        Self { propagation: Some(propagation), ..Self::default() }
    }

    /// The body counts if there is one, otherwise the query.
    pub(in crate::api) fn parse(query: &Query, body: &[u8]) -> ApiResult<Self> {
        let options = if body.is_empty() { from_query(query)? } else { from_body(body)? };
        Self::read(&options)
    }

    fn read(options: &Value) -> ApiResult<Self> {
        let policy = options["propagationPolicy"].as_str().filter(|policy| !policy.is_empty());
        let orphan = options["orphanDependents"].as_bool();
        let mut causes = Vec::new();
        let dry_run: Vec<&str> =
            options["dryRun"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        if let (Some(policy), Some(_)) = (policy, orphan) {
            let why = "orphanDependents and deletionPropagation cannot be both set";
            causes.push(Cause::invalid("propagationPolicy", &policy.into(), why));
        }
        if let Some(policy) = policy
            && Propagation::parse(policy).is_none()
        {
            let supported = ["Foreground", "Background", "Orphan", "nil"];
            causes.push(Cause::not_supported("propagationPolicy", &policy.into(), &supported));
        }
        causes.extend(dry_run_cause(&dry_run));
        if !causes.is_empty() {
            return Err(ApiError::invalid_kind("meta.k8s.io", "DeleteOptions", "", causes));
        }
        let text = |value: &Value| value.as_str().map(str::to_owned);
        Ok(Self {
            dry_run: dry_run.contains(&"All"),
            grace_period_seconds: options["gracePeriodSeconds"].as_i64(),
            propagation: policy
                .and_then(Propagation::parse)
                .or(orphan.map(|orphan| if orphan { Propagation::Orphan } else { Propagation::Background })),
            uid: text(&options["preconditions"]["uid"]),
            resource_version: text(&options["preconditions"]["resourceVersion"]),
        })
    }
}

fn from_query(query: &Query) -> ApiResult<Value> {
    let mut options = json!({"dryRun": query.all("dryRun").collect::<Vec<_>>()});
    if let Some(seconds) = query.number("gracePeriodSeconds")? {
        options["gracePeriodSeconds"] = seconds.into();
    }
    if !query.text("orphanDependents").is_empty() {
        options["orphanDependents"] = query.flag("orphanDependents").into();
    }
    options["propagationPolicy"] = query.text("propagationPolicy").into();
    Ok(options)
}

fn from_body(body: &[u8]) -> ApiResult<Value> {
    if decode::is_protobuf(body) {
        return decode::from_protobuf(body);
    }
    let options: Value = serde_json::from_slice(body).map_err(|error| {
        let why = if error.is_eof() { "unexpected end of JSON input".to_owned() } else { error.to_string() };
        ApiError::bad_request(format!("couldn't get version/kind; json parse error: {why}"))
    })?;
    let (kind, version) = (options["kind"].as_str(), options["apiVersion"].as_str());
    if let Some(kind) = kind
        && kind != "DeleteOptions"
    {
        let version = version.unwrap_or_default();
        return Err(ApiError::bad_request(format!(
            "no kind \"{kind}\" is registered for version \"{version}\" in scheme \"k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30\""
        )));
    }
    Ok(options)
}

fn dry_run_cause(values: &[&str]) -> Option<Cause> {
    let unknown: Vec<&str> = values.iter().copied().filter(|value| !matches!(*value, "" | "All")).collect();
    (!unknown.is_empty()).then(|| Cause::not_supported("dryRun", &json!(values), &["All"]))
}
