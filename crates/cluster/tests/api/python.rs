//! PyPI's `kubernetes` against the cluster: a client that nobody here wrote. `setup/python-client.sh` installs it.

use std::path::Path;
use std::process::Stdio;

use tokio::net::TcpListener;
use tokio::process::Command;

use crate::serving::Serving;

#[tokio::test(flavor = "multi_thread")]
async fn the_python_client_reads_writes_watches_and_is_refused() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = here.join("../../.tools/python-client/bin/python");
    assert!(python.exists(), "the client is not there: setup/python-client.sh installs it");
    let serving = Serving::start().await;
    let kubeconfig = serving.folder().join("kubeconfig");
    serving.cluster.serve(TcpListener::bind("127.0.0.1:0").await.unwrap(), &kubeconfig).unwrap();
    let output = Command::new(python)
        .arg(here.join("tests/api/python_client.py"))
        .arg(&kubeconfig)
        .env("HOME", serving.folder())
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert_eq!(text(&output.stdout), "ok\n", "{}", text(&output.stderr));
    serving.cluster.shutdown().await;
}
