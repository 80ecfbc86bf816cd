//! kill -9 at bad moments: what was accepted is there, nothing hangs, no process is left over.

use std::{
    io::{Read, Write},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::process::Child;

use crate::{
    harness::{PATIENCE, TestServer, python},
    process::{server, started},
};

/// A platform in a process of its own, which can be killed.
struct Mortal {
    folder: PathBuf,
    child: Child,
    base: String,
    http: Client,
    token: String,
}

impl Mortal {
    async fn start(folder: &Path) -> Self {
        let (child, link) = started(&mut server(folder)).await;
        let base = link.split("/sign-in").next().unwrap().to_owned();
        let token = std::fs::read_to_string(folder.join("admin-token")).unwrap().trim().to_owned();
        let http = Client::builder().timeout(PATIENCE).build().unwrap();
        Self { folder: folder.to_owned(), child, base, http, token }
    }

    /// kill -9, and a new one on the same folder.
    async fn die_and_rise(mut self) -> Self {
        self.child.start_kill().unwrap();
        self.child.wait().await.unwrap();
        Self::start(&self.folder).await
    }

    fn api(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}/api/v1/tenants/default{path}", self.base);
        self.http.request(method, url).bearer_auth(&self.token)
    }

    async fn eventually<T>(&self, path: &str, wanted: impl Fn(&Value) -> Option<T>) -> T {
        let begun = Instant::now();
        loop {
            let seen: Value = self.api(Method::GET, path).send().await.unwrap().json().await.unwrap();
            if let Some(found) = wanted(&seen) {
                return found;
            }
            assert!(begun.elapsed() < PATIENCE, "{path} is still {seen:#}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn create_ready(&self, name: &str, code: &str) {
        let created = self.api(Method::POST, "/functions").json(&python(name, code)).send().await.unwrap();
        assert_eq!(created.status().as_u16(), 201);
        self.eventually(&format!("/functions/{name}"), |function| {
            (function["status"]["phase"] == "Ready").then_some(())
        })
        .await;
    }
}

fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.path().is_dir() {
            true => found.extend(files(&entry.path())),
            false => found.push(entry.path().display().to_string()),
        }
    }
    found
}

fn is_running(command: &str) -> bool {
    std::fs::read_dir("/proc").unwrap().flatten().any(|entry| {
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).replace('\0', " ").trim() == command
    })
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn killed_during_an_upload_it_keeps_no_part_of_it_and_takes_the_next_one() {
    let folder = tempfile::tempdir().unwrap();
    let platform = Mortal::start(folder.path()).await;
    let address = platform.base.trim_start_matches("http://").to_owned();
    let mut half = std::net::TcpStream::connect(&address).unwrap();
    let head = format!(
        "POST /t/default/uploads?filename=code.zip HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {}\r\ncontent-length: 20000000\r\n\r\n",
        platform.token
    );
    half.write_all(head.as_bytes()).unwrap();
    half.write_all(&vec![7; 12_000_000]).unwrap();
    let stored = folder.path().join("files");
    until("a part of it is on the disk", || !files(&stored).is_empty()).await;
    let platform = platform.die_and_rise().await;
    assert!(half.read(&mut [0; 1]).is_ok_and(|read| read == 0) || half.write(&[0]).is_err());
    until("nothing of it is left", || files(&stored).is_empty()).await;
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("main.py", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(b"def handler(event):\n    return 1\n").unwrap();
    let again = platform
        .http
        .post(format!("{}/t/default/uploads?filename=code.zip", platform.base))
        .bearer_auth(&platform.token)
        .body(zip.finish().unwrap().into_inner());
    assert!(again.send().await.unwrap().status().is_success());
}

#[tokio::test]
async fn killed_during_calls_and_deliveries_it_leaves_no_process_and_answers_every_event() {
    let folder = tempfile::tempdir().unwrap();
    let platform = Mortal::start(folder.path()).await;
    let mark = format!("94{}", std::process::id());
    let code = format!(
        "import subprocess\ndef handler(event):\n    if event.get('stay'):\n        subprocess.run(['sleep', '{mark}'])\n    return {{'n': event['n']}}\n"
    );
    platform.create_ready("worker", &code).await;
    let stays = platform.api(Method::POST, "/functions/worker/invoke").json(&json!({"stay": true, "n": 0}));
    let mut calls = tokio::task::JoinSet::new();
    calls.spawn(stays.send());
    let sleep = format!("sleep {mark}");
    until("the call runs", || is_running(&sleep)).await;
    for n in 0..10 {
        let event = json!({
            "specversion": "1.0", "id": format!("e-{n}"), "source": "test", "subject": "default/worker",
            "type": "io.knative.lambda.invoke.async", "correlationid": format!("c-{n}"), "data": {"n": n},
        });
        let sent = platform
            .api(Method::POST, "/events")
            .header("content-type", "application/cloudevents+json")
            .body(event.to_string());
        assert_eq!(sent.send().await.unwrap().status().as_u16(), 202);
    }
    let platform = platform.die_and_rise().await;
    assert!(calls.join_next().await.unwrap().unwrap().is_err(), "nobody answers for the dead");
    until("its process is gone", || !is_running(&sleep)).await;
    for n in 0..10 {
        let chain = format!("/events?correlation=c-{n}");
        let answers = platform
            .eventually(&chain, |page| {
                let events = page["items"].as_array()?.iter().map(|record| &record["event"]);
                let answers = events.filter(|event| event["type"] == "io.knative.lambda.response.success");
                let answers: Vec<Value> = answers.map(|event| event["data"].clone()).collect();
                (!answers.is_empty()).then_some(answers)
            })
            .await;
        assert_eq!(answers, [json!({"n": n})]);
    }
    let call = platform.api(Method::POST, "/functions/worker/invoke").json(&json!({"n": 7})).send();
    let answer: Value = call.await.unwrap().json().await.unwrap();
    assert_eq!(answer["status"], 200, "{answer:#}");
}

/// Runs SQL on the rows of a platform that uses them at this moment.
fn sql(database: &str, statements: &str) {
    let program = "import sqlite3, sys\ndb = sqlite3.connect(sys.argv[1], timeout=60)\ndb.executescript(sys.argv[2])\ndb.close()\n";
    let done = std::process::Command::new("python3").args(["-c", program, database, statements]).status();
    assert!(done.unwrap().success(), "{statements}");
}

#[tokio::test]
async fn the_end_of_a_log_that_could_not_be_stored_at_once_was_lost() {
    let server = TestServer::start().await;
    let rows = server.data_path("rows.db");
    sql(
        &rows,
        "CREATE TRIGGER no_lines BEFORE INSERT ON log_lines BEGIN SELECT RAISE(ABORT, 'busy'); END;
         CREATE TRIGGER no_end BEFORE UPDATE ON logs BEGIN SELECT RAISE(ABORT, 'busy'); END;",
    );
    server.create_python("hello", "def handler(event):\n    return 1\n").await;
    // The build has ended, and nothing of its log is stored.
    server.ready("hello").await;
    let builds = server.get("/functions/hello/builds").await;
    let id = builds["items"][0]["id"].as_str().unwrap().to_owned();
    sql(&rows, "DROP TRIGGER no_lines; DROP TRIGGER no_end;");
    let log = server
        .eventually(&format!("/functions/hello/builds/{id}/log"), |log| {
            (log["state"] == "ended").then(|| log.clone())
        })
        .await;
    let last = log["lines"].as_array().and_then(|lines| lines.last()).unwrap();
    assert!(last["text"].as_str().unwrap().contains("sha256:"), "{log:#}");
    server.stop().await;
}

#[tokio::test]
async fn a_function_that_was_made_anew_inherited_what_its_forerunner_left() {
    let server = TestServer::start().await;
    let code = |word: &str| format!("def handler(event):\n    print('{word}')\n    return 1\n");
    let call = async |word: &str| {
        assert!(server.post("/functions/hello/invoke", &json!({})).await.status().is_success());
        let log = server.eventually("/functions/hello/logs", |log| {
            let lines = log["lines"].as_array().unwrap();
            lines.iter().any(|line| line["text"] == word).then_some(lines.len())
        });
        log.await
    };
    server.create_python("hello", &code("first")).await;
    server.ready("hello").await;
    call("first").await;
    let old = server.get("/functions/hello/builds").await["items"][0]["id"].clone();
    // The recorder lags behind.
    let rows = server.data_path("rows.db");
    sql(&rows, "CREATE TRIGGER lag BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'busy'); END;");
    assert!(server.api(Method::DELETE, "/functions/hello").send().await.unwrap().status().is_success());
    server.eventually("/functions/hello", |seen| (seen["code"] == "not_found").then_some(())).await;
    // Times of creation are whole seconds.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    server.create_python("hello", &code("second")).await;
    server.ready("hello").await;
    call("second").await;
    sql(&rows, "DROP TRIGGER lag;");
    let builds = server
        .eventually("/functions/hello/builds", |page| {
            let items = page["items"].as_array().unwrap();
            items.iter().all(|build| build["id"] != old).then_some(items.len())
        })
        .await;
    assert_eq!(builds, 1, "its own stays");
    server
        .eventually("/functions/hello/logs", |log| {
            let lines = log["lines"].as_array().unwrap();
            assert!(lines.iter().any(|line| line["text"] == "second"), "{log:#}");
            lines.iter().all(|line| line["text"] != "first").then_some(())
        })
        .await;
    server.stop().await;
}

#[tokio::test]
async fn killed_during_a_build_it_leaves_no_process_and_begins_the_build_anew() {
    let folder = tempfile::tempdir().unwrap();
    let platform = Mortal::start(folder.path()).await;
    // Long enough that the build surely runs when it is killed.
    let sleep = format!("sleep 6.{}", std::process::id());
    let setup = format!(
        "import subprocess\nfrom setuptools import setup\nsubprocess.run({:?}.split())\nsetup(name='slow', version='1', py_modules=['slow'])\n",
        sleep
    );
    let files = [
        ("main.py", "import slow\n\n\ndef handler(event):\n    return slow.WORD\n"),
        ("requirements.txt", "./slow\n"),
        ("slow/setup.py", setup.as_str()),
        ("slow/slow.py", "WORD = 'built'\n"),
    ];
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (path, text) in files {
        zip.start_file(path, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    let archive = zip.finish().unwrap().into_inner();
    let code = "def handler(event):\n    return 0\n";
    platform.create_ready("slow", code).await;
    let put = platform.api(Method::PUT, "/functions/slow/code?filename=code.zip").body(archive);
    assert_eq!(put.send().await.unwrap().status().as_u16(), 202);
    until("the build is at work", || is_running(&sleep)).await;
    let newest = |page: &Value| page["items"][0].clone();
    let running = |page: &Value| Some(newest(page)).filter(|build| build["state"] == "running");
    let before = platform.eventually("/functions/slow/builds", running).await;
    assert_eq!(before["number"], 2);
    assert!(is_running(&sleep), "it is at work when the platform dies");

    let platform = platform.die_and_rise().await;
    let build = platform
        .eventually("/functions/slow/builds", |page| {
            let build = newest(page);
            (build["state"] == "completed").then_some(build)
        })
        .await;
    assert_eq!((&build["id"], &build["number"]), (&before["id"], &before["number"]), "the same build");
    let log = format!("/functions/slow/builds/{}/log?limit=200", build["id"].as_str().unwrap());
    let lines =
        platform.eventually(&log, |page| (page["state"] == "ended").then(|| page["lines"].clone())).await;
    let told = |words: &str| {
        lines.as_array().unwrap().iter().filter(|line| line["text"].as_str().unwrap().contains(words)).count()
    };
    assert_eq!(told("The platform was restarted: the build begins anew."), 1, "{lines:#}");
    until("nothing of either build is left", || !is_running(&sleep)).await;
    let call = async || {
        let call = platform.api(Method::POST, "/functions/slow/invoke").json(&json!({})).send();
        call.await.unwrap().json::<Value>().await.unwrap()["body"].clone()
    };
    let begun = Instant::now();
    while call().await != "\"built\"" {
        assert!(begun.elapsed() < PATIENCE, "the new code answers");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
