//! What a program needs works inside, and quickly.

use std::os::unix::fs::MetadataExt;
use std::time::{Duration, Instant};

use sandbox::{Bind, Exit, Isolation, Launcher, Network, Signal, Spec};
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::harness::{finish, launcher, python, run, shell, toolchain};

#[tokio::test]
async fn this_kernel_is_described() {
    let launcher = launcher().await;
    println!("{:?}\n{:#?}", launcher.capabilities(), launcher.capabilities().missing());
    assert!(launcher.capabilities().is_full(), "{:?}", launcher.capabilities());
}

#[tokio::test]
async fn output_and_exit_code_come_back() {
    let outcome = run(shell("echo out; echo err >&2; exit 3")).await;
    assert_eq!(
        (outcome.exit, outcome.stdout.as_str(), outcome.stderr.as_str()),
        (Exit::Code(3), "out\n", "err\n")
    );
}

#[tokio::test]
async fn a_signal_is_told_apart_from_an_exit_code() {
    assert_eq!(run(shell("exit 137")).await.exit, Exit::Code(137));
    let code = "import resource,os;resource.setrlimit(resource.RLIMIT_CPU,(1,1))\nwhile True: pass";
    assert_eq!(run(python(code).await).await.exit, Exit::Signal(9));
}

#[tokio::test]
async fn a_missing_command_is_named() {
    let spec = Spec { command: "no-such-thing".into(), ..shell("") };
    let message = "exec: \"no-such-thing\": executable file not found in $PATH".to_owned();
    assert_eq!(run(spec).await.exit, Exit::NotStarted { message });
}

#[tokio::test]
async fn the_start_of_the_program_is_told_and_so_is_that_it_could_not_start() {
    let launcher = launcher().await;
    for isolation in [Isolation::Full, Isolation::Trusted] {
        let mut running = launcher.spawn(Spec { isolation, ..shell("sleep 0.2; exit 4") }).await.unwrap();
        assert!(running.started().await, "{isolation:?}: {:?}", running.wait().await);
        assert_eq!(running.wait().await, Exit::Code(4));
        let missing = Spec { isolation, command: "/no/such".into(), ..shell("") };
        let mut running = launcher.spawn(missing).await.unwrap();
        assert!(!running.started().await);
        assert!(matches!(running.wait().await, Exit::NotStarted { .. }));
    }
}

#[tokio::test]
async fn only_the_given_environment_is_seen() {
    let mut spec = shell("/usr/bin/env | sort");
    spec.env.insert("GREETING".into(), "hello".into());
    let seen = run(spec).await.ok();
    let names: Vec<_> = seen.lines().filter_map(|line| line.split('=').next()).collect();
    assert_eq!(names, ["GREETING", "HOME", "LANG", "PATH", "PWD"]);
}

#[tokio::test]
async fn no_descriptor_is_inherited() {
    // A file that would cross an exec by itself.
    let listing = run(python("import os;print(sorted(os.listdir('/proc/self/fd')))").await).await.ok();
    assert_eq!(listing, "['0', '1', '2', '3']\n");
}

#[tokio::test]
async fn python_has_certificates_time_zones_random_numbers_and_temporary_files() {
    let code = r"
import ssl, time, os, tempfile, socket, multiprocessing, getpass, threading
assert ssl.create_default_context().cert_store_stats()['x509_ca'] > 0
assert len(os.urandom(8)) == 8 and open('/dev/urandom','rb').read(4)
time.tzset(); assert time.localtime()
tempfile.NamedTemporaryFile().write(b'x')
multiprocessing.Queue()
assert socket.gethostbyname('localhost') == '127.0.0.1'
assert getpass.getuser() == 'function', getpass.getuser()
t = threading.Thread(target=print, args=('thread',)); t.start(); t.join()
print(socket.gethostname(), os.getpid())
";
    assert_eq!(run(python(code).await).await.ok(), "thread\nfunction 1\n");
}

#[tokio::test]
async fn node_runs_with_little_memory() {
    let tools = toolchain().await;
    let Some(node) = &tools.node else { return };
    let mut spec = shell("");
    spec.command = node.program.display().to_string();
    spec.args = vec!["-e".into(), "console.log(require('os').cpus().length > 0, process.pid)".into()];
    spec.read_only = tools.read_only();
    assert_eq!(run(spec).await.ok(), "true 1\n");
}

#[tokio::test]
async fn folders_are_writable_read_only_or_renamed_as_asked() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["writable", "fixed", "code"] {
        std::fs::create_dir(folder.path().join(name)).unwrap();
    }
    std::fs::write(folder.path().join("code/main.txt"), "content").unwrap();
    let at = |name: &str| folder.path().join(name);
    let mut spec = shell(&format!(
        "cat /function/main.txt; echo made > {writable}/file; echo x > {fixed}/file; echo x > /function/file; ls {parent}",
        writable = at("writable").display(),
        fixed = at("fixed").display(),
        parent = folder.path().display(),
    ));
    spec.cwd = "/function".into();
    spec.writable = vec![at("writable")];
    spec.read_only = vec![at("fixed")];
    spec.binds = vec![Bind { host: at("code"), inside: "/function".into(), writable: false }];
    let outcome = run(spec).await;
    assert_eq!(outcome.stdout, "contentfixed\nwritable\n", "{}", outcome.stderr);
    assert_eq!(std::fs::read_to_string(at("writable/file")).unwrap(), "made\n");
    assert!(!at("fixed/file").exists() && !at("code/file").exists());
    assert_ne!(std::fs::metadata(at("writable/file")).unwrap().uid(), 0);
}

#[tokio::test]
async fn the_given_port_can_be_listened_on() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let code = format!(
        "import socket;s=socket.create_server(('127.0.0.1',{port}));print('up',flush=True);c,_=s.accept();c.send(b'hi')"
    );
    let mut spec = python(&code).await;
    spec.network = Network::Ports { connect: vec![], bind: vec![port] };
    let mut running = launcher().await.spawn(spec).await.unwrap();
    let mut lines = BufReader::new(running.stdout.take().unwrap()).lines();
    assert_eq!(lines.next_line().await.unwrap().as_deref(), Some("up"));
    let mut answer = String::new();
    let stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    tokio::io::AsyncReadExt::read_to_string(&mut { stream }, &mut answer).await.unwrap();
    assert_eq!(answer, "hi");
    assert_eq!(running.wait().await, Exit::Code(0));
}

#[tokio::test]
async fn a_program_can_handle_the_request_to_end() {
    let code = "import signal,sys;signal.signal(signal.SIGTERM,lambda *a:sys.exit(7));print('up',flush=True);signal.pause()";
    let mut running = launcher().await.spawn(python(code).await).await.unwrap();
    let mut lines = BufReader::new(running.stdout.take().unwrap()).lines();
    lines.next_line().await.unwrap();
    running.control().signal(Signal::SIGTERM);
    assert_eq!(running.wait().await, Exit::Code(7));
}

#[tokio::test]
async fn a_program_without_a_handler_ignored_the_request_to_end() {
    let mut running = launcher()
        .await
        .spawn(python("print('up',flush=True)\nimport time;time.sleep(60)").await)
        .await
        .unwrap();
    let mut lines = BufReader::new(running.stdout.take().unwrap()).lines();
    lines.next_line().await.unwrap();
    let start = Instant::now();
    running.control().signal(Signal::SIGTERM);
    assert_eq!(running.wait().await, Exit::Signal(15));
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_program_that_ignores_the_request_to_end_goes_on() {
    let code = "import signal;signal.signal(signal.SIGTERM,signal.SIG_IGN);print('up',flush=True)\nimport time;time.sleep(0.5);exit(9)";
    let mut running = launcher().await.spawn(python(code).await).await.unwrap();
    let mut lines = BufReader::new(running.stdout.take().unwrap()).lines();
    lines.next_line().await.unwrap();
    running.control().signal(Signal::SIGTERM);
    assert_eq!(running.wait().await, Exit::Code(9));
}

#[tokio::test]
async fn a_trusted_program_sees_the_machine_but_not_the_environment() {
    let spec = Spec { isolation: Isolation::Trusted, ..shell("id -u; ls -d /root; /usr/bin/env | wc -l") };
    assert_eq!(run(spec).await.ok(), format!("{}\n/root\n4\n", nix::unistd::geteuid()));
}

#[tokio::test]
async fn the_sandbox_adds_little_to_the_start() {
    let launcher = launcher().await;
    let time = async |isolation| {
        let mut best = Duration::MAX;
        for _ in 0..10 {
            let start = Instant::now();
            let spec = Spec { isolation, ..shell("true") };
            finish(launcher.spawn(spec).await.unwrap()).await.ok();
            best = best.min(start.elapsed());
        }
        best
    };
    let (bare, full) = (time(Isolation::Trusted).await, time(Isolation::Full).await);
    println!("trusted {bare:?}, full {full:?}");
    assert!(full < bare + Duration::from_millis(60), "trusted {bare:?}, full {full:?}");
}

#[tokio::test]
async fn a_machine_on_which_no_sandbox_could_be_tried_was_said_to_filter_system_calls() {
    let launcher = Launcher::new("/bin/false", Vec::<String>::new()).await;
    assert!(!launcher.capabilities().seccomp && !launcher.capabilities().is_full());
}
