//! Sources of type git, from a real Git server.

use builder::Settings;
use domain::build::{BuildRequest, FailureCategory};
use domain::function::{GitSource, Language, LocalRef, Source};

use crate::git_server::GitServer;
use crate::harness::{Bench, Built, exists, request};

const PYTHON: &str = "def handler(event):\n    return event\n";

fn git(url: &str) -> BuildRequest {
    let source = GitSource { url: url.into(), reference: "main".into(), path: None, secret_ref: None };
    request(Language::Python, Source::git(source))
}

fn with(mut request: BuildRequest, change: impl FnOnce(&mut GitSource)) -> BuildRequest {
    change(request.source.git.as_mut().unwrap());
    request
}

/// As an administrator sets it who has a Git server in the private network.
fn settings(bench: &Bench, server: &GitServer, request: &BuildRequest) -> Settings {
    Settings {
        source_allow: server.address.to_string().parse().unwrap(),
        ca_file: Some(server.authority.clone()),
        ..bench.settings(request)
    }
}

async fn build(bench: &Bench, server: &GitServer, request: &BuildRequest) -> Built {
    bench.build_with(settings(bench, server, request)).await
}

#[tokio::test]
async fn a_branch_a_tag_and_a_commit_of_a_repository_are_built() {
    let bench = Bench::new();
    let server = GitServer::start(bench.folder.path()).await;
    let repository = server.repository("code", &[("main.py", PYTHON), ("lib/old.py", "")]);
    repository.git(&["tag", "--annotate", "--message=One", "v1"]);
    let first = repository.git(&["rev-parse", "HEAD"]);
    repository.git(&["rm", "--quiet", "lib/old.py"]);
    repository.commit(&[("lib/new.py", "")]);
    for (reference, file) in [("main", "lib/new.py"), ("v1", "lib/old.py"), (first.as_str(), "lib/old.py")] {
        let request = with(git(&server.url("code")), |git| git.reference = reference.into());
        let built = build(&bench, &server, &request).await;
        built.digest();
        assert!(built.log.contains("commit "), "{}", built.log);
        let folder = bench.unpacked(&built, &format!("image-{reference}"));
        assert!(exists(&folder, "main.py") && exists(&folder, file), "{reference}");
        assert!(!exists(&folder, ".git"));
    }
}

#[tokio::test]
async fn only_the_named_folder_becomes_the_function() {
    let bench = Bench::new();
    let server = GitServer::start(bench.folder.path()).await;
    let files = [("functions/hello/src/main.py", PYTHON), ("secrets/all.txt", "x")];
    let repository = server.repository("code", &files);
    let mut request = with(git(&server.url("code")), |git| git.path = Some("/functions/hello/".into()));
    request.handler = "src/main.handler".into();
    let built = build(&bench, &server, &request).await;
    let folder = bench.unpacked(&built, "image");
    assert!(exists(&folder, "src/main.py"), "a folder around everything stays: {}", built.log);
    assert!(!exists(&folder, "secrets") && !exists(&folder, "functions"));
    let lost = with(git(&server.url("code")), |git| git.path = Some("nowhere".into()));
    let built = build(&bench, &server, &lost).await;
    assert_eq!(built.failure().0, FailureCategory::SourceNotFound);
    assert!(built.failure().1.contains("has no folder nowhere"), "{}", built.failure().1);
    drop(repository);
}

#[tokio::test]
async fn what_is_not_there_is_told_by_name() {
    let bench = Bench::new();
    let server = GitServer::start(bench.folder.path()).await;
    server.repository("code", &[("main.py", PYTHON)]);
    let lost = with(git(&server.url("code")), |git| git.reference = "gone".into());
    let built = build(&bench, &server, &lost).await;
    let expected = (FailureCategory::SourceNotFound, "The repository has no branch, tag or commit gone.");
    assert_eq!(built.failure(), expected);
    let built = build(&bench, &server, &git(&server.url("other"))).await;
    assert_eq!(built.failure(), (FailureCategory::SourceNotFound, "There is no repository at this URL."));
}

#[tokio::test]
async fn a_private_repository_takes_the_credentials_of_the_secret_and_nobody_reads_them() {
    let bench = Bench::new();
    let server = GitServer::start(bench.folder.path()).await;
    server.repository("code", &[("main.py", PYTHON)]);
    // me:p@ss:w0rd%
    server.require("bWU6cEBzczp3MHJkJQ==");
    let open = git(&server.url("code"));
    let built = build(&bench, &server, &open).await;
    assert_eq!(built.failure().0, FailureCategory::SourceDenied);
    assert!(built.failure().1.contains("asks for credentials"), "{}", built.failure().1);

    let named = with(open, |git| git.secret_ref = Some(LocalRef { name: "deploy".into() }));
    let built = build(&bench, &server, &named).await;
    assert!(built.failure().1.contains("There is no Secret deploy"), "{}", built.failure().1);

    let mut settings = settings(&bench, &server, &named);
    settings.secret = [("username", "me"), ("password", "p@ss:w0rd%")]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into();
    let built = bench.build_with(settings.clone()).await;
    built.digest();
    assert!(!built.log.contains("p@ss"), "{}", built.log);

    settings.secret.insert("password".into(), "wrong-one".into());
    let built = bench.build_with(settings).await;
    let expected = "The repository refused the credentials of the Secret deploy.";
    assert_eq!(built.failure(), (FailureCategory::SourceDenied, expected));
}

#[tokio::test]
async fn submodules_and_links_are_refused_with_a_reason() {
    let bench = Bench::new();
    let server = GitServer::start(bench.folder.path()).await;
    let inner = server.repository("inner", &[("x.py", "")]).git(&["rev-parse", "HEAD"]);
    let outer = server.repository("outer", &[("main.py", PYTHON)]);
    let cache_info = format!("160000,{inner},vendor/inner");
    outer.git(&["update-index", "--add", "--cacheinfo", &cache_info]);
    outer.git(&["commit", "--quiet", "--message=Submodule"]);
    let built = build(&bench, &server, &git(&server.url("outer"))).await;
    assert_eq!(built.failure().0, FailureCategory::SourceDenied);
    assert!(built.failure().1.contains("submodule vendor/inner"), "{}", built.failure().1);

    let linked = server.repository("linked", &[("main.py", PYTHON)]);
    std::os::unix::fs::symlink("/etc/passwd", linked.0.join("passwd")).unwrap();
    linked.commit(&[]);
    let built = build(&bench, &server, &git(&server.url("linked"))).await;
    assert_eq!(built.failure().0, FailureCategory::SourceDenied);
    assert!(built.failure().1.starts_with("The repository has a link: passwd."), "{}", built.failure().1);
}

#[tokio::test]
async fn a_repository_in_the_private_network_is_refused_unless_it_is_allowed() {
    let bench = Bench::new();
    let server = GitServer::start(bench.folder.path()).await;
    server.repository("code", &[("main.py", PYTHON)]);
    let port = server.address.port();
    let spellings = [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "2130706433",
        "169.254.169.254",
        "10.0.0.1",
    ];
    for host in spellings {
        let request = git(&format!("https://{host}:{port}/code"));
        let mut settings = settings(&bench, &server, &request);
        settings.source_allow = Default::default();
        let built = bench.build_with(settings).await;
        assert_eq!(built.failure().0, FailureCategory::SourceDenied, "{host}");
        assert!(built.failure().1.contains("address_not_public"), "{host}: {}", built.failure().1);
    }
    assert_eq!(server.requests(), 0);
}

#[tokio::test]
async fn a_redirect_is_judged_like_the_url_and_takes_no_credentials_along() {
    let bench = Bench::new();
    let server = GitServer::start(bench.folder.path()).await;
    let other_bench = Bench::new();
    let other = GitServer::start(other_bench.folder.path()).await;
    other.repository("code", &[("main.py", PYTHON)]);
    server.redirect("/moved", other.url("code"));
    server.redirect("/metadata", "https://169.254.169.254/latest/meta-data".to_owned());
    server.redirect("/plain", format!("http://{}/code", other.address));

    let built = build(&bench, &server, &git(&server.url("metadata"))).await;
    assert_eq!(built.failure().0, FailureCategory::SourceDenied);
    assert!(built.failure().1.contains("address_not_public"), "{}", built.failure().1);
    let built = build(&bench, &server, &git(&server.url("moved"))).await;
    assert!(built.failure().1.contains("address_not_public"), "the other port is not allowed: {}", built.log);
    assert_eq!(build(&bench, &server, &git(&server.url("plain"))).await.outcome, builder::Outcome::Failed);
    assert_eq!(other.requests(), 0);

    // Both allowed: the redirect is followed, the first server's password is not.
    let request =
        with(git(&server.url("moved")), |git| git.secret_ref = Some(LocalRef { name: "deploy".into() }));
    let mut settings = settings(&bench, &server, &request);
    settings.source_allow = format!("{}, {}", server.address, other.address).parse().unwrap();
    settings.secret = [("password".to_owned(), "hunter22".to_owned())].into();
    let both = bench.path("both.pem");
    let certificates = [&server, &other].map(|server| std::fs::read_to_string(&server.authority).unwrap());
    std::fs::write(&both, certificates.concat()).unwrap();
    settings.ca_file = Some(both);
    bench.build_with(settings.clone()).await.digest();
    other.require("Z2l0Omh1bnRlcjIy");
    assert_eq!(bench.build_with(settings).await.failure().0, FailureCategory::SourceDenied);
    assert!(!other.was_given_credentials("/code"));
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_refused() {
    let bench = Bench::new();
    let server = GitServer::start(bench.folder.path()).await;
    server.repository("code", &[("main.py", PYTHON)]);
    let request = git(&server.url("code"));
    let settings = Settings { ca_file: None, ..settings(&bench, &server, &request) };
    let built = bench.build_with(settings).await;
    assert_eq!(built.failure().0, FailureCategory::SourceDenied);
    assert!(built.failure().1.contains("certificate"), "{}", built.failure().1);
}

#[tokio::test]
async fn a_url_or_reference_that_git_would_read_as_more_is_refused() {
    let bench = Bench::new();
    let marker = bench.path("marker");
    let hostile = [
        git("ext::sh -c touch% marker"),
        git("git://git.example/x"),
        git("https://me:token@git.example/x"),
        git("git@-oProxyCommand=touch:x"),
        with(git("https://git.example/x"), |git| git.reference = "--upload-pack=touch marker".into()),
        with(git("https://git.example/x"), |git| git.path = Some("../../etc".into())),
    ];
    for request in hostile {
        assert_eq!(bench.build(&request).await.failure().0, FailureCategory::SourceDenied, "{request:?}");
    }
    assert!(!marker.exists());
}

#[tokio::test]
async fn a_trial_tells_what_a_build_would_find_and_leaves_nothing() {
    let bench = Bench::new();
    let server = GitServer::start(bench.folder.path()).await;
    server.repository("code", &[("main.py", PYTHON), ("lib/part.py", "")]);
    let request = git(&server.url("code"));
    let settings = settings(&bench, &server, &request);
    let names = builder::try_source(&settings, &request).await.unwrap();
    assert_eq!(names, ["lib/", "main.py"]);
    let lost = with(request.clone(), |git| git.reference = "gone".into());
    let failure = builder::try_source(&settings, &lost).await.unwrap_err();
    assert_eq!(failure.message, "The repository has no branch, tag or commit gone.");
    let left = std::fs::read_dir(bench.path("work")).map_or(0, |entries| entries.count());
    assert_eq!(left, 0, "a trial leaves no temporary files");
}
