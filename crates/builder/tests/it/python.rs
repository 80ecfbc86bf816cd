//! The Python wrapper, really run.

use std::time::Duration;

use domain::function::Language;
use serde_json::json;

use crate::function::{Function, read_answer, send};
use crate::harness::{Bench, request, zip};

async fn start(code: &str, env: &[(&str, &str)]) -> Function {
    Function::start(Language::Python, code, env).await
}

const ECHO: &str = "def handler(event, context):\n    print('one'); print('two', end='')\n    return {'event': event, 'attributes': context.attributes, 'cid': context.correlation_id, 'fn': context.function}\n";

#[tokio::test]
async fn plain_json_in_gives_json_out_and_lines_with_the_correlation_id() {
    let function = start(ECHO, &[]).await;
    let headers = [("content-type", "application/json"), ("x-correlation-id", "c-7")];
    let answer = function.call("POST", "/", &headers, br#"{"a": 1}"#);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json(), json!({"event": {"a": 1}, "attributes": {}, "cid": "c-7", "fn": "hello"}));
    for text in ["one", "two"] {
        let line = function.line(text);
        assert_eq!(
            (&line["level"], &line["correlationid"], &line["tenant"]),
            (&json!("info"), &json!("c-7"), &json!("acme"))
        );
    }
    let done = function.line("call completed");
    assert_eq!(
        (&done["cold_start"], &done["status"], &done["function"]),
        (&json!(true), &json!(200), &json!("hello"))
    );
    assert!(done["duration_ms"].is_number());
    function.post("{}");
    assert_eq!(function.line("call completed")["cold_start"], json!(false));
}

#[tokio::test]
async fn a_binary_event_is_answered_by_a_binary_event() {
    let function = start(ECHO, &[]).await;
    let headers = [
        ("content-type", "application/json"),
        ("ce-specversion", "1.0"),
        ("ce-id", "e-1"),
        ("ce-source", "/here"),
        ("ce-type", "x.y"),
        ("ce-correlationid", "c-9"),
        ("ce-hops", "2"),
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
        ("c-9", "e-1", "3")
    );
    assert_eq!(answer.json()["attributes"]["type"], "x.y");
    assert_eq!(function.line("one")["eventid"], "e-1");
}

#[tokio::test]
async fn a_structured_event_is_answered_by_a_structured_event() {
    let function = start("def handler(event):\n    return len(event)\n", &[]).await;
    let event = json!({"specversion": "1.0", "id": "e-2", "source": "s", "type": "t", "data_base64": "AAEC"});
    let kind = [("content-type", "application/cloudevents+json")];
    let answer = function.call("POST", "/", &kind, event.to_string().as_bytes());
    assert_eq!(answer.header("content-type"), Some("application/cloudevents+json"));
    let body = answer.json();
    assert_eq!(
        (&body["data"], &body["causationid"], &body["correlationid"]),
        (&json!(3), &json!("e-2"), &json!("e-2"))
    );
    assert_eq!(body["type"], "io.knative.lambda.response.success");
}

#[tokio::test]
async fn an_exception_is_told_with_type_message_stack_and_whether_to_retry() {
    let function = start(
        "def handler(event):\n    if event: raise ConnectionError('down')\n    return event['x']\n",
        &[],
    )
    .await;
    let plain = function.post("{}");
    assert_eq!(plain.status, 500);
    let error = plain.json();
    assert_eq!((&error["type"], &error["retryable"]), (&json!("KeyError"), &json!(false)));
    let stack = error["stack"].as_str().unwrap();
    assert!(stack.contains("main.py\", line 3") && !stack.contains("wrapper.py"), "{stack}");
    let event = r#"{"specversion":"1.0","id":"e","source":"s","type":"t","correlationid":"c-1","data":1}"#;
    let answer =
        function.call("POST", "/", &[("content-type", "application/cloudevents+json")], event.as_bytes());
    let body = answer.json();
    assert_eq!((answer.status, &body["type"]), (500, &json!("io.knative.lambda.response.error")));
    assert_eq!((&body["data"]["message"], &body["data"]["retryable"]), (&json!("down"), &json!(true)));
    assert_eq!(body["correlationid"], "c-1");
    assert_eq!(function.line("call failed: 'x'")["level"], "error");
}

#[tokio::test]
async fn a_handler_that_never_answers_is_answered_for() {
    let code = "import time\ndef handler(event):\n    time.sleep(3600 if event else 0)\n    return 'ok'\n";
    let function = start(code, &[("KL_TIMEOUT", "300ms")]).await;
    let answer = function.post("1");
    assert_eq!((answer.status, answer.json()["type"].clone()), (504, json!("Timeout")));
    assert_eq!(function.post("0").json(), "ok");
}

#[tokio::test]
async fn a_loop_without_end_is_ended_when_its_call_is_answered_for() {
    let code = "import time\ndef handler(event):\n    if event == 'time':\n        return time.process_time()\n    while True:\n        pass\n";
    let function = start(code, &[("KL_TIMEOUT", "300ms")]).await;
    assert_eq!(function.post("1").status, 504);
    let used = || function.post("\"time\"").json().as_f64().unwrap();
    // It ends soon after the answer, not with it.
    let ended = (0..100).any(|_| {
        let before = used();
        std::thread::sleep(std::time::Duration::from_millis(200));
        used() - before < 0.1
    });
    assert!(ended, "the loop goes on");
}

#[tokio::test]
async fn async_handlers_run_side_by_side_and_keep_their_ids() {
    let code = "import asyncio\nasync def handler(event, context):\n    await asyncio.sleep(1)\n    print('at', event)\n    return context.correlation_id\n";
    let function = start(code, &[]).await;
    let began = std::time::Instant::now();
    std::thread::scope(|scope| {
        for number in 0..8 {
            let function = &function;
            scope.spawn(move || {
                let id = format!("c-{number}");
                let headers = [("content-type", "application/json"), ("x-correlation-id", id.as_str())];
                let answer = send(
                    &mut function_connection(function),
                    "POST",
                    "/",
                    &headers,
                    number.to_string().as_bytes(),
                );
                assert_eq!(answer.json(), json!(id));
            });
        }
    });
    assert!(began.elapsed() < Duration::from_secs(6));
    for _ in 0..8 {
        let line = function.line("at");
        let number = line["msg"].as_str().unwrap().trim_start_matches("at ").to_owned();
        assert_eq!(line["correlationid"], format!("c-{number}"));
    }
}

fn function_connection(function: &Function) -> std::net::TcpStream {
    function.connect().unwrap()
}

#[tokio::test]
async fn what_has_no_json_form_and_what_is_no_json_are_told() {
    let function = start("def handler(event):\n    return {1, 2} if event else float('nan')\n", &[]).await;
    for body in ["0", "1"] {
        let answer = function.post(body);
        assert_eq!((answer.status, answer.json()["type"].clone()), (500, json!("InvalidReturnValue")));
    }
    let answer = function.post("{not json");
    assert_eq!((answer.status, answer.json()["type"].clone()), (400, json!("BadRequest")));
}

#[tokio::test]
async fn bytes_come_in_and_go_out_and_ten_mebibytes_are_the_end() {
    let function =
        start("def handler(event):\n    return event[::-1] if isinstance(event, bytes) else event\n", &[])
            .await;
    let kind = [("content-type", "application/octet-stream")];
    let answer = function.call("POST", "/", &kind, &[1, 2, 255]);
    assert_eq!(
        (answer.body.as_slice(), answer.header("content-type")),
        (&[255, 2, 1][..], Some("application/octet-stream"))
    );
    let full = vec![7; 10 << 20];
    assert_eq!(function.call("POST", "/", &kind, &full).body.len(), full.len());
    assert_eq!(
        function
            .call(
                "POST",
                "/",
                &[("content-type", "application/octet-stream"), ("content-length", "10485761")],
                b""
            )
            .status,
        413
    );
    assert_eq!(function.call("GET", "/?name=Ada", &[], b"").json(), json!({"name": "Ada"}));
}

#[tokio::test]
async fn one_connection_serves_many_calls_and_chunks_are_read() {
    use std::io::Write;
    let function = start("def handler(event):\n    return event\n", &[]).await;
    let mut stream = function.connect().unwrap();
    for number in 0..20 {
        let answer = send(
            &mut stream,
            "POST",
            "/",
            &[("content-type", "application/json")],
            number.to_string().as_bytes(),
        );
        assert_eq!(answer.json(), json!(number));
    }
    let chunked = b"POST / HTTP/1.1\r\nhost: f\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n3\r\n[1,\r\n2\r\n2]\r\n0\r\n\r\n";
    stream.write_all(chunked).unwrap();
    assert_eq!(read_answer(&mut stream).json(), json!([1, 2]));
    stream.write_all(b"nonsense\r\n\r\n").unwrap();
    assert_eq!(read_answer(&mut stream).status, 400);
}

#[tokio::test]
async fn health_readiness_and_metrics_are_served() {
    let function = start("def handler(event):\n    return 1 / event\n", &[]).await;
    assert_eq!(function.call("GET", "/healthz", &[], b"").body, b"ok\n");
    assert_eq!(function.call("GET", "/readyz", &[], b"").status, 200);
    function.post("1");
    function.post("0");
    let text = String::from_utf8(function.call("GET", "/metrics", &[], b"").body).unwrap();
    for line in [
        r#"knative_lambda_function_invocations_total{function="hello",namespace="acme",status="success"} 1"#,
        r#"knative_lambda_function_errors_total{function="hello",namespace="acme",error_type="ZeroDivisionError"} 1"#,
        r#"knative_lambda_function_duration_seconds_count{function="hello",namespace="acme"} 2"#,
        r#"knative_lambda_function_cold_starts_total{function="hello",namespace="acme"} 1"#,
    ] {
        assert!(text.contains(line), "{text}");
    }
}

#[tokio::test]
async fn sigterm_lets_running_calls_end_and_takes_no_new_ones() {
    let code = "import time\ndef handler(event):\n    print('in')\n    time.sleep(0.5)\n    return 'done'\n";
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

#[tokio::test]
async fn a_second_sigterm_broke_the_drain_off() {
    let code = "import time\ndef handler(event):\n    print('in')\n    time.sleep(1)\n    return 'done'\n";
    let mut function = start(code, &[]).await;
    std::thread::scope(|scope| {
        let call = scope.spawn(|| function.post("1"));
        function.line("in");
        function.terminate();
        while function.connect().is_ok() {
            std::thread::yield_now();
        }
        function.terminate();
        assert_eq!(call.join().unwrap().json(), "done");
    });
    assert_eq!(function.wait().0, Some(0));
}

#[tokio::test]
async fn the_logging_module_and_standard_error_become_lines_with_levels() {
    let code = "import logging, sys\nlog = logging.getLogger('shop')\ndef handler(event, context):\n    log.info('i %d', 1)\n    log.error('e')\n    sys.stderr.write('raw\\n')\n    context.logger.debug('d', extra_field=5)\n    raise SystemExit(3)\n";
    let function = start(code, &[]).await;
    assert_eq!(function.post("1").json()["type"], "SystemExit");
    let info = function.line("i 1");
    assert_eq!((&info["level"], &info["logger"]), (&json!("info"), &json!("shop")));
    assert_eq!(function.line("e")["level"], "error");
    assert_eq!(function.line("raw")["level"], "warn");
    assert_eq!(function.line("d")["extra_field"], 5);
}

#[tokio::test]
async fn a_function_that_cannot_be_loaded_says_why_and_ends() {
    use crate::harness::{Bench, inline};
    let cases = [
        (
            Language::Python,
            "import nowhere\ndef handler(event): pass\n",
            "ModuleNotFoundError: No module named 'nowhere'",
        ),
        (Language::Nodejs, "require('nowhere'); exports.handler = 1;\n", "Cannot find module 'nowhere'"),
        (Language::Nodejs, "exports.handler = 5;\n", "The module main exports no function handler."),
    ];
    for (language, code, expected) in cases {
        let bench = Bench::new();
        let built = bench.build(&inline(language, code, None)).await;
        built.digest();
        let folder = bench.unpacked(&built, "image");
        let message = bench.path("message");
        let output = crate::function::command(language, &folder)
            .env("TERMINATION_MESSAGE_PATH", &message)
            .env("KL_HANDLER", "main.handler")
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        let told = std::fs::read_to_string(message).unwrap();
        assert!(told.starts_with("The function cannot be loaded: ") && told.contains(expected), "{told}");
        let line: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(line["level"], "error");
    }
}

#[tokio::test]
async fn what_a_function_imports_was_compiled_with_its_image() {
    let bench = Bench::new();
    let files = [("main.py", "import lib.a\ndef handler(event): return lib.a.A\n"), ("lib/a.py", "A = 1\n")];
    let built = bench.build(&request(Language::Python, bench.upload(zip(&files)).await)).await;
    built.digest();
    let folder = bench.unpacked(&built, "image");
    // The compiled form counts, not the source: what is changed behind its back is not seen.
    for name in ["lib/a.py", ".runtime/kl_function.py", ".runtime/kl_http.py"] {
        std::fs::write(folder.join(name), "raise SystemExit('compiled anew')\n").unwrap();
    }
    let script = "import sys; sys.path[:0] = [sys.argv[1], sys.argv[1] + '/.runtime']; import main, kl_function; print(main.handler(0), main.handler.__code__.co_filename)";
    let output =
        std::process::Command::new("python3").args(["-I", "-B", "-c", script]).arg(&folder).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        printed.trim(),
        format!("1 {}", folder.join("main.py").display()),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
