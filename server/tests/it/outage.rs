//! A backend that goes away while people look.

use std::{path::Path, process::Command, time::Instant};

use crate::{
    harness::PATIENCE,
    process::{server, started},
};

/// The RabbitMQ of `setup/rabbitmq.sh`, as far as a virtual host comes and goes.
struct Broker {
    amqp: String,
    management: String,
    name: String,
}

impl Broker {
    fn new() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../setup/rabbitmq.sh");
        let output = Command::new(script).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let mut words = text.lines().last().unwrap().split_whitespace().map(str::to_owned);
        let (amqp, management) = (words.next().unwrap(), words.next().unwrap());
        let broker = Self { amqp, management, name: format!("outage_{}", std::process::id()) };
        broker.host("PUT");
        broker
    }

    fn host(&self, method: &str) {
        let url = format!("{}/api/vhosts/{}", self.management, self.name);
        let done = Command::new("curl").args(["-sSf", "-m", "30", "-X", method, &url]).status().unwrap();
        assert!(done.success(), "{method} {url}");
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let url = format!("{}/api/vhosts/{}", self.management, self.name);
        let _ = Command::new("curl").args(["-s", "-m", "30", "-X", "DELETE", &url]).status();
    }
}

#[tokio::test]
async fn a_broker_that_goes_away_is_named_on_every_page_until_it_is_back() {
    let (broker, folder) = (Broker::new(), tempfile::tempdir().unwrap());
    let url = format!("{}/{}", broker.amqp, broker.name);
    let (_child, link) = started(server(folder.path()).env("KL_BUS_URL", &url)).await;
    let token = std::fs::read_to_string(folder.path().join("admin-token")).unwrap().trim().to_owned();
    let http = reqwest::Client::builder().timeout(PATIENCE).build().unwrap();
    let functions = format!("{}/t/default/functions", link.split("/sign-in").next().unwrap());
    let names_broker = async || {
        let page = http.get(&functions).bearer_auth(&token).send().await.unwrap();
        assert_eq!(page.status().as_u16(), 200, "the page itself does not depend on the broker");
        // Texts that stand beside each other are kept apart by a comment.
        let html = page.text().await.unwrap().replace("<!>", "");
        html.contains("The event broker does not answer")
    };
    let becomes = async |wanted: bool| {
        let begun = Instant::now();
        while names_broker().await != wanted {
            assert!(begun.elapsed() < PATIENCE, "the banner does not become {wanted}");
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
    };
    assert!(!names_broker().await);
    broker.host("DELETE");
    becomes(true).await;
    broker.host("PUT");
    becomes(false).await;
}
