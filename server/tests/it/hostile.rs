//! Functions that mean harm: each is stopped or told no by name, and the platform and the others go on.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::TestServer;

const HOSTILE: &str = r#"
import os, socket, threading, time

def name_of(act):
    try:
        return str(act())
    except OSError as error:
        return type(error).__name__

def fill():
    with open("/tmp/ballast", "wb") as file:
        while True:
            file.write(b"x" * (1 << 20))

def flood():
    block = b"x" * 1023 + b"\n"
    for _ in range(1 << 20):
        os.write(1, block)

def connect(port):
    with socket.create_connection(("127.0.0.1", port), 5):
        return "connected"

def handler(event):
    if "read" in event:
        return [name_of(lambda: open(path).read(1)) for path in event["read"]]
    if "connect" in event:
        return [name_of(lambda: connect(port)) for port in event["connect"]]
    if event.get("fill"):
        answer = name_of(fill)
        os.unlink("/tmp/ballast")
        return answer
    if event.get("flood"):
        threading.Thread(target=flood, daemon=True).start()
        return "begun"
    return "here"
"#;

const FORKER: &str = r#"
import os, time

def handler(event):
    count = 0
    try:
        while True:
            if os.fork() == 0:
                time.sleep(60)
                os._exit(0)
            count += 1
    except OSError as error:
        return {"stopped": type(error).__name__, "count": count}
"#;

const EATER: &str =
    "def handler(event):\n    hoard = []\n    while True:\n        hoard.append(bytearray(1 << 20))\n";

async fn call(server: &TestServer, name: &str, body: Value) -> Value {
    let answer = server.post(&format!("/functions/{name}/invoke"), &body).await;
    answer.json().await.unwrap()
}

async fn returned(server: &TestServer, name: &str, body: Value) -> Value {
    let answer = call(server, name, body).await;
    assert_eq!(answer["status"], 200, "{answer:#}");
    serde_json::from_str(answer["body"].as_str().unwrap()).unwrap()
}

async fn neighbour_answers(server: &TestServer) {
    assert_eq!(returned(server, "neighbour", json!({})).await, json!("well"));
}

#[tokio::test]
async fn hostile_functions_are_stopped_and_their_neighbour_goes_on() {
    let server = TestServer::start().await;
    server.create_python("neighbour", "def handler(event):\n    return 'well'\n").await;
    server.create_python("hostile", HOSTILE).await;
    server.create_python("forker", FORKER).await;
    server.create_python("eater", EATER).await;
    for name in ["neighbour", "hostile", "forker", "eater"] {
        server.ready(name).await;
    }

    // Files of the machine, the platform and other functions are not there.
    let database = server.data_path("rows.db");
    let of_another = server.data_files("cluster/images").into_iter().find(|file| file.ends_with("main.py"));
    let of_another = of_another.expect("an unpacked image");
    assert!(std::path::Path::new(&database).exists());
    let read = returned(&server, "hostile", json!({"read": ["/etc/shadow", database, of_another]})).await;
    for answer in read.as_array().unwrap() {
        assert!(answer == "FileNotFoundError" || answer == "PermissionError", "{read}");
    }

    // The platform's own doors are closed to it.
    let running = server.running();
    let ports = [running.address.port(), running.gateway.port(), running.kubernetes.port()];
    let connected = returned(&server, "hostile", json!({"connect": ports})).await;
    assert_eq!(connected, json!(["PermissionError", "PermissionError", "PermissionError"]));

    // Its own disk has an end, and it lives on.
    assert_eq!(returned(&server, "hostile", json!({"fill": true})).await, json!("OSError"));
    assert_eq!(returned(&server, "hostile", json!({})).await, json!("here"));
    neighbour_answers(&server).await;

    let forked = returned(&server, "forker", json!({})).await;
    assert_eq!(forked["stopped"], "BlockingIOError", "{forked}");
    assert!(forked["count"].as_i64().unwrap() < 1000, "{forked}");
    neighbour_answers(&server).await;

    let ate = call(&server, "eater", json!({})).await;
    assert!(ate["status"].as_i64().is_none_or(|status| status >= 500), "{ate:#}");
    neighbour_answers(&server).await;

    // A gigabyte of output is kept within bounds while others are served.
    assert_eq!(returned(&server, "hostile", json!({"flood": true})).await, json!("begun"));
    server.eventually("/functions/hostile/logs", |page| (page["last"].as_u64()? > 5000).then_some(())).await;
    neighbour_answers(&server).await;
    let logs: u64 = server
        .data_files("cluster/logs")
        .iter()
        .filter_map(|file| std::fs::metadata(file).ok())
        .map(|file| file.len())
        .sum();
    assert!((1..100 << 20).contains(&logs), "{logs} bytes of logs");
    for name in ["hostile", "forker", "eater"] {
        let gone = server.api(Method::DELETE, &format!("/functions/{name}")).send().await.unwrap();
        assert_eq!(gone.status().as_u16(), 202);
    }
    server.eventually("/functions", |list| (list["items"].as_array()?.len() == 1).then_some(())).await;
    neighbour_answers(&server).await;
    server.stop().await;
}
