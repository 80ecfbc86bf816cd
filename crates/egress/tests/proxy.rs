//! The proxy, spoken to as its clients do.

#![expect(clippy::unwrap_used, reason = "also in the functions that tests share")]
#![expect(clippy::disallowed_methods, reason = "servers of tests end with their runtime")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::{Engine, prelude::BASE64_STANDARD};
use egress::{Allowed, Guard, Proxy, Refused};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Answers every connection with its request, and closes it.
async fn echo() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut bytes = vec![0; 4096];
            let count = client.read(&mut bytes).await.unwrap();
            client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
            client.write_all(&bytes[..count]).await.unwrap();
        }
    });
    address
}

fn secret(proxy: &Proxy) -> String {
    let url = proxy.url();
    BASE64_STANDARD.encode(url.trim_start_matches("http://").split_once('@').unwrap().0)
}

async fn ask(proxy: &Proxy, line: &str, secret: &str, body: &str) -> String {
    let mut client = TcpStream::connect(("127.0.0.1", proxy.port())).await.unwrap();
    let head = format!("{line} HTTP/1.1\r\nHost: x\r\nProxy-Authorization: Basic {secret}\r\n\r\n{body}");
    client.write_all(head.as_bytes()).await.unwrap();
    let mut text = String::new();
    client.read_to_string(&mut text).await.unwrap();
    text
}

#[tokio::test]
async fn a_tunnel_and_a_plain_request_reach_an_allowed_server() {
    let server = echo().await;
    let proxy =
        Proxy::start(Guard::new(format!("127.0.0.1:{}", server.port()).parse().unwrap())).await.unwrap();
    let secret = secret(&proxy);
    let tunnel = ask(&proxy, &format!("CONNECT {server}"), &secret, "hello").await;
    assert!(
        tunnel.starts_with("HTTP/1.1 200 Connection Established") && tunnel.ends_with("hello"),
        "{tunnel}"
    );
    let plain = ask(&proxy, &format!("GET http://{server}/a/b?c"), &secret, "").await;
    assert!(plain.contains("GET /a/b?c HTTP/1.1\r\nHost: x\r\nConnection: close"), "{plain}");
    assert!(!plain.contains("Proxy-"), "the password stays here: {plain}");
    assert_eq!(proxy.refusal(), None);
}

#[tokio::test]
async fn nobody_else_on_the_machine_may_use_it() {
    let server = echo().await;
    let proxy = Proxy::start(Guard::new("127.0.0.0/8".parse().unwrap())).await.unwrap();
    let text = ask(&proxy, &format!("CONNECT {server}"), "d3Jvbmc6d3Jvbmc=", "").await;
    assert!(text.starts_with("HTTP/1.1 407"), "{text}");
}

#[tokio::test]
async fn an_inner_address_is_refused_with_a_reason_for_the_caller() {
    let server = echo().await;
    let proxy = Proxy::start(Guard::new(Allowed::default())).await.unwrap();
    for line in [format!("CONNECT {server}"), format!("GET http://localhost:{}/", server.port())] {
        let text = ask(&proxy, &line, &secret(&proxy), "").await;
        assert!(text.starts_with("HTTP/1.1 403") && text.contains("address_not_public"), "{text}");
        assert!(matches!(proxy.refusal(), Some(Refused::NotPublic { .. })));
    }
}

/// DNS rebinding: the first answer is allowed, the next one is not.
#[tokio::test]
async fn a_name_is_asked_once_and_the_checked_address_is_used() {
    let first = echo().await;
    let port = first.port();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let guard = Guard::with_names(format!("127.0.0.1:{port}").parse().unwrap(), move |_, port| {
        let address = if count.fetch_add(1, Ordering::SeqCst) == 0 { "127.0.0.1" } else { "127.0.0.2" };
        async move { Ok(vec![SocketAddr::new(address.parse().unwrap(), port)]) }
    });
    let proxy = Proxy::start(guard).await.unwrap();
    let line = format!("CONNECT rebind.example:{port}");
    assert!(ask(&proxy, &line, &secret(&proxy), "one").await.ends_with("one"));
    assert_eq!(asked.load(Ordering::SeqCst), 1, "no second question between the check and the connection");
    assert!(ask(&proxy, &line, &secret(&proxy), "two").await.contains("address_not_public"));
}
