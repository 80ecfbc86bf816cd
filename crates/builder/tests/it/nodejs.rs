//! The Node.js wrapper, really run.

use std::time::Duration;

use domain::function::Language;
use serde_json::json;

use crate::function::{Function, send};

async fn start(code: &str, env: &[(&str, &str)]) -> Function {
    Function::start(Language::Nodejs, code, env).await
}

#[tokio::test]
async fn commonjs_and_modules_answer_plain_json() {
    let common = "exports.handler = (event, context) => { console.log('said', event); return { event, cid: context.correlationId }; };\n";
    let module = "export const handler = async (event, context) => { console.log('said', event); return { event, cid: context.correlationId }; };\n";
    for code in [common, module] {
        let function = start(code, &[]).await;
        let headers = [("content-type", "application/json"), ("x-correlation-id", "c-7")];
        let answer = function.call("POST", "/", &headers, br#"{"a": 1}"#);
        assert_eq!((answer.status, answer.json()), (200, json!({"event": {"a": 1}, "cid": "c-7"})));
        assert_eq!(function.line("said")["correlationid"], "c-7");
        let done = function.line("call completed");
        assert_eq!((&done["cold_start"], &done["level"]), (&json!(true), &json!("info")));
    }
}

#[tokio::test]
async fn events_are_answered_by_events_in_the_same_mode() {
    let function =
        start("exports.handler = (event, context) => ({ event, type: context.attributes.type });\n", &[])
            .await;
    let headers = [
        ("content-type", "application/json"),
        ("ce-specversion", "1.0"),
        ("ce-id", "e-1"),
        ("ce-source", "/here"),
        ("ce-type", "x.y"),
        ("ce-correlationid", "c-9"),
    ];
    let answer = function.call("POST", "/", &headers, b"[1]");
    let header = |name: &str| answer.header(name).unwrap_or_default();
    assert_eq!((answer.status, header("ce-type")), (200, "io.knative.lambda.response.success"));
    assert_eq!(
        (header("ce-source"), header("ce-subject")),
        ("io.knative.lambda/function/acme/hello", "acme/hello")
    );
    assert_eq!(
        (header("ce-correlationid"), header("ce-causationid"), header("ce-hops")),
        ("c-9", "e-1", "1")
    );
    assert_eq!(answer.json(), json!({"event": [1], "type": "x.y"}));
    let event = r#"{"specversion":"1.0","id":"e","source":"s","type":"t","data":5}"#;
    let answer =
        function.call("POST", "/", &[("content-type", "application/cloudevents+json")], event.as_bytes());
    assert_eq!((&answer.json()["data"]["event"], &answer.json()["correlationid"]), (&json!(5), &json!("e")));
    assert_eq!(function.call("POST", "/", &[("ce-specversion", "1.0")], b"{}").status, 400);
}

#[tokio::test]
async fn errors_are_told_with_type_message_and_stack() {
    let code = "exports.handler = async (event) => {\n  if (event === 1) throw Object.assign(new RangeError('far'), { retryable: true });\n  if (event === 2) return 10n;\n  if (event === 3) return () => 1;\n  throw 'text';\n};\n";
    let function = start(code, &[]).await;
    let error = function.post("1").json();
    assert_eq!(
        (&error["type"], &error["message"], &error["retryable"]),
        (&json!("RangeError"), &json!("far"), &json!(true))
    );
    let stack = error["stack"].as_str().unwrap();
    assert!(stack.contains("main.js:2") && !stack.contains(".runtime"), "{stack}");
    assert_eq!(function.line("call failed: far")["level"], "error");
    for body in ["2", "3"] {
        let answer = function.post(body);
        assert_eq!((answer.status, answer.json()["type"].clone()), (500, json!("InvalidReturnValue")));
    }
    assert_eq!(function.post("4").json()["message"], "text");
    assert_eq!(function.post("{").status, 400);
}

#[tokio::test]
async fn a_handler_that_never_answers_is_answered_for() {
    let code = "exports.handler = (event) => event ? new Promise(() => {}) : 'ok';\n";
    let function = start(code, &[("KL_TIMEOUT", "300ms")]).await;
    let answer = function.post("1");
    assert_eq!((answer.status, answer.json()["type"].clone()), (504, json!("Timeout")));
    assert_eq!(function.post("0").json(), "ok");
}

#[tokio::test]
async fn calls_side_by_side_keep_their_ids_in_the_log() {
    let code = "exports.handler = async (event) => { await new Promise((done) => setTimeout(done, 300)); process.stdout.write(`at ${event}\\n`); return event; };\n";
    let function = start(code, &[]).await;
    std::thread::scope(|scope| {
        for number in 0..8 {
            let function = &function;
            scope.spawn(move || {
                let id = format!("c-{number}");
                let headers = [("content-type", "application/json"), ("x-correlation-id", id.as_str())];
                let mut stream = function.connect().unwrap();
                assert_eq!(
                    send(&mut stream, "POST", "/", &headers, number.to_string().as_bytes()).json(),
                    json!(number)
                );
            });
        }
    });
    for _ in 0..8 {
        let line = function.line("at");
        let number = line["msg"].as_str().unwrap().trim_start_matches("at ").to_owned();
        assert_eq!(line["correlationid"], format!("c-{number}"));
    }
}

#[tokio::test]
async fn buffers_come_in_and_go_out_and_ten_mebibytes_are_the_end() {
    let function =
        start("exports.handler = (event) => Buffer.isBuffer(event) ? event.reverse() : event;\n", &[]).await;
    let kind = [("content-type", "application/octet-stream")];
    let answer = function.call("POST", "/", &kind, &[1, 2, 255]);
    assert_eq!(
        (answer.body.as_slice(), answer.header("content-type")),
        (&[255, 2, 1][..], Some("application/octet-stream"))
    );
    let full = vec![7; 10 << 20];
    assert_eq!(function.call("POST", "/", &kind, &full).body.len(), full.len());
    assert_eq!(function.call("POST", "/", &kind, &vec![7; (10 << 20) + 1]).status, 413);
    assert_eq!(function.call("GET", "/?name=Ada", &[], b"").json(), json!({"name": "Ada"}));
}

#[tokio::test]
async fn health_readiness_and_metrics_are_served() {
    let function = start("exports.handler = () => { throw new TypeError('x'); };\n", &[]).await;
    assert_eq!(function.call("GET", "/healthz", &[], b"").body, b"ok\n");
    assert_eq!(function.call("GET", "/readyz", &[], b"").status, 200);
    function.post("1");
    let text = String::from_utf8(function.call("GET", "/metrics", &[], b"").body).unwrap();
    for line in [
        r#"knative_lambda_function_invocations_total{function="hello",namespace="acme",status="failure"} 1"#,
        r#"knative_lambda_function_errors_total{function="hello",namespace="acme",error_type="TypeError"} 1"#,
    ] {
        assert!(text.contains(line), "{text}");
    }
}

#[tokio::test]
async fn sigterm_lets_running_calls_end() {
    let code = "exports.handler = () => { console.log('in'); return new Promise((done) => setTimeout(done, 500, 'done')); };\n";
    let mut function = start(code, &[]).await;
    std::thread::scope(|scope| {
        let call = scope.spawn(|| function.post("1"));
        function.line("in");
        function.terminate();
        assert_eq!(call.join().unwrap().json(), "done");
    });
    let (code, took) = function.wait();
    assert_eq!(code, Some(0));
    assert!(took < Duration::from_secs(5));
}
