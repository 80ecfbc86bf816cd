//! The OpenAPI document, made from the table of operations.

use domain::{event::EventType, function::LambdaFunction, tenant::Tenant};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt;
use serde_json::{Map, Value, json};

use super::{BASE, OPERATIONS, Operation, code};

/// OpenAPI 3.1 of everything below `/api/v1`.
pub(crate) fn document() -> Value {
    let mut paths = Map::new();
    for operation in OPERATIONS.iter().chain(code::OPERATIONS) {
        let path = paths.entry(format!("{BASE}{}", operation.path)).or_insert_with(|| json!({}));
        path[operation.method] = described(operation);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Knative Lambda",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Functions, builds, calls, logs and events. Errors are application/problem+json.",
        },
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "responses": {"Problem": {
                "description": "What went wrong, with a stable code, and what to do next.",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            }},
            "schemas": schemas(),
        },
    })
}

fn described(operation: &Operation) -> Value {
    let in_path = operation.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let parameter = |name: &str, place: &str| json!({"name": name, "in": place, "required": place == "path", "schema": {"type": "string"}});
    let parameters: Vec<_> = in_path
        .map(|name| parameter(name, "path"))
        .chain(operation.query.iter().map(|name| parameter(name, "query")))
        .collect();
    let (status, answer) = operation.answer;
    let mut described = json!({
        "summary": operation.summary,
        "operationId": operation_id(operation),
        "parameters": parameters,
        "responses": {
            status.to_string(): body(answer, "Done."),
            "default": {"$ref": "#/components/responses/Problem"},
        },
    });
    if !operation.request.is_empty() {
        described["requestBody"] = body(operation.request, "");
        described["requestBody"]["required"] = true.into();
    }
    described
}

/// `getTenantsFunctionsBuilds`: unique, since method and path are.
fn operation_id(operation: &Operation) -> String {
    let parts = operation.path.split('/').filter(|part| !part.is_empty());
    let words = parts.map(|part| part.trim_matches(['{', '}']).replace('.', ""));
    words.fold(operation.method.to_owned(), |id, word| {
        let mut letters = word.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        id + &first.into_iter().chain(letters).collect::<String>()
    })
}

fn body(schema: &str, description: &str) -> Value {
    let kinds: &[&str] = match schema {
        "Empty" => &[],
        "LambdaFunction" | "Tenant" => &["application/json", "application/yaml"],
        "LogPage" => &["application/json", "text/plain"],
        "CloudEvent" => {
            &["application/cloudevents+json", "application/cloudevents-batch+json", "application/json"]
        }
        "Archive" => &["application/octet-stream"],
        "Any" => &["application/json", "application/cloudevents+json", "text/plain"],
        _ => &["application/json"],
    };
    let content: Map<_, _> = kinds
        .iter()
        .map(|kind| {
            ((*kind).to_owned(), json!({"schema": {"$ref": format!("#/components/schemas/{schema}")}}))
        })
        .collect();
    let mut body = json!({});
    if !description.is_empty() {
        body["description"] = description.into();
    }
    if !content.is_empty() {
        body["content"] = Value::Object(content);
    }
    body
}

fn schemas() -> Value {
    let text = json!({"type": "string"});
    let list = |of: &str| {
        json!({"type": "object", "required": ["items"], "properties": {
            "items": {"type": "array", "items": {"$ref": format!("#/components/schemas/{of}")}},
            "next": {"type": ["string", "null"], "description": "Cursor of the next page."},
        }})
    };
    let object = |fields: &[&str]| {
        let properties: Map<_, _> = fields.iter().map(|name| ((*name).to_owned(), json!({}))).collect();
        json!({"type": "object", "properties": properties})
    };
    let types: Vec<_> = EventType::ALL.iter().map(|kind| kind.full_name()).collect();
    json!({
        "Any": {},
        "Object": {"type": ["object", "array"]},
        "Archive": {"type": "string", "format": "binary"},
        "LambdaFunction": definition(&LambdaFunction::crd()),
        "LambdaFunctionList": list("LambdaFunction"),
        "Tenant": definition(&Tenant::crd()),
        "TenantList": list("Tenant"),
        "AuditRecord": object(&["position", "hash", "at", "actor", "actorName", "tenant", "action", "object", "result",
            "reason", "before", "after", "correlationId", "address"]),
        "AuditPage": list("AuditRecord"),
        "TenantTotals": object(&["tenant", "members", "functions", "functionCount", "replicas", "buildsRunning",
            "buildsQueued", "quota"]),
        "OverviewPage": list("TenantTotals"),
        "QuotaUse": object(&["what", "used", "limit", "percent"]),
        "QuotaUseList": list("QuotaUse"),
        "Revision": object(&["name", "ready", "reason", "percent", "tags", "replicas", "image", "createdAt"]),
        "RevisionList": list("Revision"),
        "Build": object(&["id", "function", "number", "state", "language", "sourceHash", "attempt", "queuePosition",
            "correlationId", "createdAt", "startedAt", "finishedAt", "report"]),
        "BuildList": list("Build"),
        "LogPage": object(&["lines", "last", "first", "state", "matched"]),
        "InvokeResult": object(&["invocationId", "status", "headers", "body", "binary", "truncated", "revision",
            "queueMs", "runMs", "totalMs", "coldStart", "correlationId"]),
        "CloudEvent": {"type": "object", "required": ["specversion", "id", "source", "type"], "properties": {
            "specversion": {"const": "1.0"}, "id": text, "source": text, "subject": text, "data": {},
            "type": {"type": "string", "examples": types},
        }},
        "EventRecord": object(&["position", "tenant", "function", "receivedAt", "event"]),
        "EventList": list("EventRecord"),
        "EventLife": object(&["record", "triggers", "tries", "answers", "deadLetters", "replays"]),
        "DeadLetter": object(&["position", "tenant", "function", "queue", "kind", "reason", "attempts", "diedAt", "event"]),
        "DeadLetterList": list("DeadLetter"),
        "Replay": object(&["data"]),
        "DeadLetterGroups": {"type": "array", "items": object(&["error", "kind", "count", "functions", "first", "last"])},
        "DeadLetterFilter": object(&["function", "kind", "error", "eventType", "correlation", "positions"]),
        "ReplayPlan": object(&["count", "oldest", "newest", "repeated", "upto", "functions"]),
        "ReplayOfMany": object(&["filter", "upto", "rate", "stopAfter"]),
        "ReplayJob": object(&["id", "tenant", "asked", "askedBy", "user", "createdAt", "state", "total", "sent",
            "failed", "diedAgain", "reached", "failures", "endedAt"]),
        "ReplayJobs": {"type": "array", "items": {"$ref": "#/components/schemas/ReplayJob"}},
        "ReplayChange": {"type": "object", "required": ["state"], "properties": {
            "state": {"enum": ["paused", "running", "aborted"]},
        }},
        "Discard": {"type": "object", "required": ["upto", "count"], "properties": {
            "filter": {"$ref": "#/components/schemas/DeadLetterFilter"},
            "upto": {"type": "integer"}, "count": {"type": "integer"},
        }},
        "Discarded": object(&["discarded"]),
        "Accepted": object(&["accepted", "refused"]),
        "Problem": {"type": "object", "required": ["type", "code", "status", "title", "detail", "correlationId"],
            "properties": {
                "type": text, "code": text, "status": {"type": "integer"}, "title": text, "detail": text,
                "correlationId": text,
                "errors": {"type": "array", "items": object(&["field", "message"])},
            }},
    })
}

/// The schema of the custom resource itself, so that the two can not differ.
fn definition(definition: &CustomResourceDefinition) -> Value {
    let definition = serde_json::to_value(definition).unwrap_or_default();
    definition
        .pointer("/spec/versions/0/schema/openAPIV3Schema")
        .cloned()
        .unwrap_or_else(|| json!({"type": "object"}))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_operation_is_in_the_document_once() {
        let document = document();
        let mut ids = HashSet::new();
        for operation in OPERATIONS.iter().chain(code::OPERATIONS) {
            let found = &document["paths"][format!("{BASE}{}", operation.path)][operation.method];
            assert_eq!(found["summary"], operation.summary);
            assert!(ids.insert(found["operationId"].to_string()), "{}", found["operationId"]);
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = document();
        let text = document.to_string();
        for (_, rest) in text.match_indices("\"$ref\":\"#").map(|(at, found)| (at, &text[at + found.len()..]))
        {
            let pointer = rest.split('"').next().unwrap();
            assert!(document.pointer(pointer).is_some(), "{pointer}");
        }
    }
}
