//! A full disk: the platform refuses what it can not keep, loses nothing, and goes on when there is room.

use std::{fs::File, io::Write, path::PathBuf, process::Stdio, time::Instant};

use reqwest::{Client, Method, Response};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::{harness::PATIENCE, process::server};

/// A platform whose data folder is a small disk of its own, which goes with it.
struct Small {
    child: Child,
    /// The data folder, as it is seen from here.
    data: PathBuf,
    api: String,
    token: String,
    http: Client,
}

const DISK: &str = "mount -t tmpfs -o size=64m tmpfs \"$1\" && exec \"$2\" server";

impl Small {
    async fn start(folder: &std::path::Path) -> Self {
        let plain = server(folder);
        let mut command = Command::new("unshare");
        // Without root, a user namespace gives the right to mount.
        let own_user: &[&str] =
            if nix::unistd::geteuid().is_root() { &[] } else { &["--user", "--map-root-user"] };
        command.args(own_user).args(["--mount", "sh", "-c", DISK, "sh"]).arg(folder);
        command.arg(plain.as_std().get_program()).env_clear();
        for (name, value) in plain.as_std().get_envs() {
            command.env(name, value.unwrap_or_default());
        }
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::inherit()).kill_on_drop(true).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let link = tokio::time::timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap();
        let base = link.expect("it starts on its small disk").split("/sign-in").next().unwrap().to_owned();
        let root = PathBuf::from(format!("/proc/{}/root", child.id().unwrap()));
        let data = root.join(folder.strip_prefix("/").unwrap());
        let token = std::fs::read_to_string(data.join("admin-token")).unwrap().trim().to_owned();
        let http = Client::builder().timeout(PATIENCE).build().unwrap();
        Self { child, data, api: format!("{base}/api/v1/tenants/default"), token, http }
    }

    /// A function that builds nothing and takes 100 kB to keep.
    async fn create(&self, name: &str) -> Response {
        let manifest = json!({
            "apiVersion": "lambda.knative.io/v1alpha1", "kind": "LambdaFunction",
            "metadata": {"name": name, "annotations": {"example.org/ballast": "x".repeat(100_000)}},
            "spec": {"source": {"type": "image", "image": {"repository": "example.org/nothing"}}},
        });
        let url = format!("{}/functions", self.api);
        self.http.post(url).bearer_auth(&self.token).json(&manifest).send().await.unwrap()
    }

    async fn names(&self) -> Vec<String> {
        let url = format!("{}/functions?limit=200", self.api);
        let list = self.http.request(Method::GET, url).bearer_auth(&self.token).send().await.unwrap();
        assert_eq!(list.status().as_u16(), 200, "reading goes on");
        let list: Value = list.json().await.unwrap();
        let items = list["items"].as_array().unwrap();
        items.iter().map(|item| item["metadata"]["name"].as_str().unwrap().to_owned()).collect()
    }

    fn fill(&self) {
        let mut file = File::create(self.data.join("ballast")).unwrap();
        for size in [1 << 20, 4096, 1] {
            let block = vec![1_u8; size];
            while file.write_all(&block).is_ok() {}
        }
    }
}

#[tokio::test]
async fn a_full_disk_is_told_by_its_code_and_what_was_accepted_stays() {
    let folder = tempfile::tempdir().unwrap();
    let mut platform = Small::start(folder.path()).await;
    let mut accepted = vec!["before".to_owned()];
    assert_eq!(platform.create("before").await.status().as_u16(), 201);
    platform.fill();
    // The files have some room inside.
    let mut refusal = None;
    for number in 0..200 {
        let name = format!("during-{number}");
        let answer = platform.create(&name).await;
        match answer.status().as_u16() {
            201 => accepted.push(name),
            status => {
                refusal = Some((status, answer.json::<Value>().await.unwrap()));
                break;
            }
        }
    }
    let (status, problem) = refusal.expect("a full disk takes no more");
    assert_eq!((status, problem["code"].as_str()), (507, Some("disk_full")), "{problem:#}");
    for part in ["title", "detail"] {
        assert!(!problem[part].as_str().unwrap().is_empty(), "{problem:#}");
    }
    accepted.sort();
    let mut seen = platform.names().await;
    seen.sort();
    assert_eq!(seen, accepted);

    // With room again it goes on by itself.
    std::fs::remove_file(platform.data.join("ballast")).unwrap();
    let begun = Instant::now();
    while platform.create("after").await.status().as_u16() != 201 {
        assert!(begun.elapsed() < PATIENCE, "it takes nothing although there is room");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    accepted.push("after".to_owned());
    accepted.sort();
    let mut seen = platform.names().await;
    seen.sort();
    assert_eq!(seen, accepted);
    assert!(platform.child.try_wait().unwrap().is_none(), "it never ended");
}

#[tokio::test]
async fn a_start_on_a_full_disk_is_refused_with_a_sentence_and_an_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let plain = server(folder.path());
    let own_user: &[&str] =
        if nix::unistd::geteuid().is_root() { &[] } else { &["--user", "--map-root-user"] };
    let mut command = Command::new("unshare");
    let disk = DISK.replace("size=64m", "size=4m");
    command.args(own_user).args(["--mount", "sh", "-c", &disk, "sh"]).arg(folder.path());
    command.arg(plain.as_std().get_program()).env_clear().kill_on_drop(true);
    for (name, value) in plain.as_std().get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    let output = tokio::time::timeout(PATIENCE, command.output()).await.unwrap().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), text.contains("no space left")), (Some(74), true), "{text}");
}
