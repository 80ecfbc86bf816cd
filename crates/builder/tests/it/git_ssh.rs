//! Sources of type git behind ssh, from a real ssh server.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use domain::build::FailureCategory;
use domain::function::{GitSource, Language, LocalRef, Source};

use crate::git_server::Repository;
use crate::harness::{Bench, exists, request};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

struct Server {
    child: Child,
    port: u16,
    host_key: PathBuf,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn keygen(path: &Path) -> String {
    let made =
        Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(path).status().unwrap();
    assert!(made.success());
    std::fs::read_to_string(path).unwrap()
}

fn start(bench: &Bench, root: &Path, client: &Path) -> Server {
    let programs = Command::new(format!("{ROOT}/setup/servers.sh")).output().unwrap();
    let programs = String::from_utf8(programs.stdout).unwrap();
    let host_key = bench.path("host");
    keygen(&host_key);
    let mut child = Command::new(format!("{}/python3", programs.trim()))
        .arg(format!("{ROOT}/setup/servers/git_ssh.py"))
        .args([root, &host_key, &client.with_extension("pub")])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    Server { child, port: line.trim().parse().unwrap(), host_key }
}

#[tokio::test]
async fn a_repository_behind_ssh_is_built_with_key_and_known_host_only() {
    let bench = Bench::new();
    let (root, client) = (bench.path("repositories"), bench.path("client"));
    let repository = Repository(root.join("code"));
    std::fs::create_dir_all(&repository.0).unwrap();
    repository.git(&["init", "--quiet", "--initial-branch=main"]);
    repository.commit(&[("main.py", "def handler(event):\n    return event\n")]);
    let private = keygen(&client);
    let server = start(&bench, &root, &client);
    let known = std::fs::read_to_string(server.host_key.with_extension("pub")).unwrap();
    let known = format!("[127.0.0.1]:{} {known}", server.port);

    let source = GitSource {
        url: format!("ssh://git@127.0.0.1:{}/code", server.port),
        reference: "main".into(),
        path: None,
        secret_ref: Some(LocalRef { name: "deploy".into() }),
    };
    let request = request(Language::Python, Source::git(source));
    let mut settings = bench.settings(&request);
    settings.source_allow = format!("127.0.0.1:{}", server.port).parse().unwrap();
    settings.secret = [("ssh-privatekey".to_owned(), private), ("known_hosts".to_owned(), known)].into();
    let built = bench.build_with(settings.clone()).await;
    built.digest();
    assert!(exists(&bench.unpacked(&built, "image"), "main.py"));

    let mut other = settings.clone();
    let stranger = keygen(&bench.path("stranger"));
    other.secret.insert("ssh-privatekey".into(), stranger);
    let built = bench.build_with(other).await;
    assert_eq!(built.failure().0, FailureCategory::SourceDenied);
    assert!(built.failure().1.contains("refused the credentials"), "{}", built.failure().1);

    let mut other = settings.clone();
    let line = std::fs::read_to_string(bench.path("stranger.pub")).unwrap();
    other.secret.insert("known_hosts".into(), format!("[127.0.0.1]:{} {line}", server.port));
    let built = bench.build_with(other).await;
    assert!(built.failure().1.contains("known_hosts"), "{}", built.failure().1);

    let mut other = settings.clone();
    other.secret.remove("known_hosts");
    assert!(bench.build_with(other).await.failure().1.contains("ssh-keyscan"));

    settings.source_allow = Default::default();
    assert!(bench.build_with(settings).await.failure().1.contains("address_not_public"));
}
