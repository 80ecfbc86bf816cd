//! The binary itself: what it prints, how it ends, and what survives kill -9.

use std::{
    path::Path,
    process::{Output, Stdio},
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::harness::PATIENCE;

pub(crate) fn server(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_knative-lambda"));
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("KL_DATA_DIR", folder)
        .env("KL_LISTEN", "127.0.0.1:0")
        .env("KL_GATEWAY_LISTEN", "127.0.0.1:0")
        .env("KL_CLUSTER_LISTEN", "127.0.0.1:0")
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// A server that is ready, and the link that it printed.
pub(crate) async fn started(command: &mut Command) -> (Child, String) {
    let mut child = command.stderr(Stdio::inherit()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = tokio::time::timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap();
    (child, line.expect("it prints a link"))
}

async fn ended(command: &mut Command) -> (Option<i32>, String) {
    let Output { status, stderr, .. } =
        tokio::time::timeout(PATIENCE, command.stderr(Stdio::piped()).output()).await.unwrap().unwrap();
    (status.code(), String::from_utf8(stderr).unwrap())
}

#[tokio::test]
async fn it_prints_one_link_is_ready_soon_and_ends_well_on_sigterm() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    // The first start makes everything; the second one is what people wait for each day.
    let (mut child, _) = started(&mut server(&data)).await;
    stop(&child);
    assert!(child.wait().await.unwrap().success());
    let begun = Instant::now();
    let (mut child, link) = started(&mut server(&data)).await;
    let took = begun.elapsed();
    assert!(link.starts_with("http://127.0.0.1:") && link.contains("/sign-in?token="), "{link}");
    assert!(took < Duration::from_secs(10), "ready after {took:?}");
    for name in ["admin-token", "kubeconfig"] {
        let mode = std::os::unix::fs::PermissionsExt::mode(
            &std::fs::metadata(data.join(name)).unwrap().permissions(),
        );
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    stop(&child);
    assert!(child.wait().await.unwrap().success());
}

fn stop(child: &Child) {
    let pid = i32::try_from(child.id().unwrap()).unwrap();
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGTERM).unwrap();
}

#[tokio::test]
async fn what_keeps_it_from_starting_is_a_sentence_and_an_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let (_child, link) = started(&mut server(&data)).await;
    let port = link.split("//").nth(1).unwrap().split('/').next().unwrap().to_owned();
    let (code, text) = ended(&mut server(&data)).await;
    assert_eq!((code, text.contains("Another")), (Some(75), true), "{text}");
    let other = folder.path().join("other");
    let (code, text) = ended(server(&other).env("KL_LISTEN", &port)).await;
    assert_eq!((code, text.contains("KL_LISTEN")), (Some(69), true), "{text}");
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let (code, text) = ended(&mut server(&file.join("x"))).await;
    assert_eq!((code, text.contains("KL_DATA_DIR")), (Some(73), true), "{text}");
    let (code, text) = ended(server(&other).env("KL_LISTNE", "x")).await;
    assert_eq!((code, text.contains("KL_LISTNE")), (Some(78), true), "{text}");
    let (code, text) = ended(server(&other).env("KL_LISTEN", "0.0.0.0:0")).await;
    assert_eq!((code, text.contains("KL_ALLOW_PUBLIC_LISTEN")), (Some(78), true), "{text}");
}

#[tokio::test]
async fn commands_work_beside_a_running_server() {
    let folder = tempfile::tempdir().unwrap();
    let (_child, link) = started(&mut server(folder.path())).await;
    let base = link.split("/sign-in").next().unwrap().to_owned();
    let token = server(folder.path())
        .args(["token", "create", "--tenant", "default", "--role", "viewer"])
        .output()
        .await
        .unwrap();
    let token = String::from_utf8(token.stdout).unwrap();
    let token = token.lines().last().unwrap();
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let read = |method: reqwest::Method| {
        http.request(method, format!("{base}/api/v1/tenants/default/functions")).bearer_auth(token)
    };
    assert_eq!(read(reqwest::Method::GET).send().await.unwrap().status().as_u16(), 200);
    let refused = read(reqwest::Method::POST).body("{}").send().await.unwrap();
    assert_eq!(refused.status().as_u16(), 403, "a viewer can not create");
}

#[tokio::test]
async fn after_kill_9_everything_that_was_accepted_is_there_and_answers() {
    let folder = tempfile::tempdir().unwrap();
    let (mut child, link) = started(&mut server(folder.path())).await;
    let token = std::fs::read_to_string(folder.path().join("admin-token")).unwrap().trim().to_owned();
    let http = reqwest::Client::builder().timeout(PATIENCE).build().unwrap();
    let base = |link: &str| format!("{}/api/v1/tenants/default", link.split("/sign-in").next().unwrap());
    let manifest = crate::harness::python("hello", "def handler(event):\n    return {'n': event['n']}\n");
    let created = http
        .post(format!("{}/functions", base(&link)))
        .bearer_auth(&token)
        .json(&manifest)
        .send()
        .await
        .unwrap();
    assert_eq!(created.status().as_u16(), 201);
    // In the middle of the build.
    child.start_kill().unwrap();
    child.wait().await.unwrap();
    let (_child, link) = started(&mut server(folder.path())).await;
    let begun = Instant::now();
    loop {
        let function =
            http.get(format!("{}/functions/hello", base(&link))).bearer_auth(&token).send().await.unwrap();
        let function: serde_json::Value = function.json().await.unwrap();
        match function["status"]["phase"].as_str() {
            Some("Ready") => break,
            Some("Failed") => panic!("a build that died with the platform goes on: {function:#}"),
            _ => {}
        }
        assert!(begun.elapsed() < PATIENCE, "{function:#}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let call =
        http.post(format!("{}/functions/hello/invoke", base(&link))).bearer_auth(&token).body(r#"{"n":7}"#);
    let answer: serde_json::Value = call.send().await.unwrap().json().await.unwrap();
    assert_eq!(
        (answer["status"].as_u64(), answer["body"].as_str()),
        (Some(200), Some(r#"{"n":7}"#)),
        "{answer:#}"
    );
}
