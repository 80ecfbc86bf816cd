//! A built function, started by hand and called over plain sockets.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use domain::function::Language;
use serde_json::Value;

use crate::harness::{Bench, inline, search_path};

/// A function's process.
pub(crate) struct Function {
    child: Child,
    pub(crate) port: u16,
    lines: Mutex<Receiver<String>>,
    _bench: Bench,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

impl Function {
    /// Builds the code and starts the image's entry point on a free port.
    pub(crate) async fn start(language: Language, code: &str, env: &[(&str, &str)]) -> Self {
        let bench = Bench::new();
        let built = bench.build(&inline(language, code, None)).await;
        built.digest();
        let folder = bench.unpacked(&built, "image");
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut child = command(language, &folder)
            .env_clear()
            .envs([("PATH", search_path().as_str()), ("HOST", "127.0.0.1"), ("PORT", &port.to_string())])
            .envs([("KL_TENANT", "acme"), ("KL_FUNCTION", "hello"), ("KL_HANDLER", "main.handler")])
            .envs(env.iter().copied())
            .current_dir(&folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let (sender, lines) = channel();
        let out = child.stdout.take().unwrap();
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let function = Self { child, port, lines: Mutex::new(lines), _bench: bench };
        let until = Instant::now() + Duration::from_secs(10);
        while function.connect().is_err() {
            assert!(Instant::now() < until, "the function does not listen");
            std::thread::yield_now();
        }
        function
    }

    pub(crate) fn connect(&self) -> std::io::Result<TcpStream> {
        TcpStream::connect(("127.0.0.1", self.port))
    }

    pub(crate) fn call(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        send(&mut self.connect().unwrap(), method, path, headers, body)
    }

    pub(crate) fn post(&self, body: &str) -> Answer {
        self.call("POST", "/", &[("content-type", "application/json")], body.as_bytes())
    }

    /// The next log line with that message.
    pub(crate) fn line(&self, message: &str) -> Value {
        loop {
            let line = self.lines.lock().unwrap().recv_timeout(Duration::from_secs(10)).expect("a log line");
            let line: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("not JSON: {line}"));
            if line["msg"].as_str().is_some_and(|text| text.starts_with(message)) {
                return line;
            }
        }
    }

    pub(crate) fn terminate(&self) {
        Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
    }

    /// The exit code, and how long it took.
    pub(crate) fn wait(&mut self) -> (Option<i32>, Duration) {
        let began = Instant::now();
        (self.child.wait().unwrap().code(), began.elapsed())
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn command(language: Language, folder: &Path) -> Command {
    let (program, args, wrapper) = match language {
        Language::Python => ("python3", &["-I", "-S"][..], "wrapper.py"),
        _ => ("node", &[][..], "wrapper.cjs"),
    };
    let mut command = Command::new(program);
    command.args(args).arg(folder.join(".runtime").join(wrapper));
    command
}

/// One request on an open connection.
pub(crate) fn send(
    stream: &mut TcpStream,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: f\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    // A refusal may come, and the connection end, before all of the body was taken.
    let _ = stream.write_all(body);
    read_answer(stream)
}

pub(crate) fn read_answer(stream: &mut TcpStream) -> Answer {
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first).unwrap();
    let status = first.split(' ').nth(1).unwrap_or_else(|| panic!("no answer: {first:?}")).parse().unwrap();
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        match line.trim_end().split_once(':') {
            Some((name, value)) => headers.push((name.to_lowercase(), value.trim().to_owned())),
            None => break,
        }
    }
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .map_or(0, |(_, value)| value.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    Answer { status, headers, body }
}
