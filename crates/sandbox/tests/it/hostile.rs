//! Hostile programs: each is stopped or gets an error, and the machine goes on.

use std::time::{Duration, Instant};

use sandbox::{Bind, Exit, Limits, MemoryLimit, Network};
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::harness::{launcher, limits, python, run, shell};

#[tokio::test]
async fn forking_without_end_stops_at_the_limit() {
    let code = "import os,time\nn=0\ntry:\n  while True:\n    if os.fork()==0: time.sleep(60)\n    n+=1\nexcept OSError as e: print(n,type(e).__name__)";
    let outcome = run(python(code).await).await.ok();
    let (count, error) = outcome.trim().split_once(' ').unwrap();
    assert_eq!(error, "BlockingIOError");
    assert!(count.parse::<u32>().unwrap() < 64);
}

#[tokio::test]
async fn eating_memory_is_told_as_out_of_memory() {
    let code = "b=[]\nwhile True: b.append(bytearray(b'x'*1_000_000))";
    let exit = run(python(code).await).await.exit;
    if launcher().await.capabilities().memory == MemoryLimit::Rlimit {
        assert!(!exit.is_success());
    } else {
        assert_eq!(exit, Exit::OutOfMemory);
    }
}

#[tokio::test]
async fn filling_the_temporary_folder_is_an_error_for_the_program() {
    let code = "import errno\ntry:\n  f=open('/tmp/x','wb')\n  while True: f.write(b'x'*1_000_000)\nexcept OSError as e: print(errno.errorcode[e.errno])";
    assert_eq!(run(python(code).await).await.ok(), "ENOSPC\n");
}

#[tokio::test]
async fn many_files_over_the_disk_limit_end_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().display();
    let mut spec = shell(&format!(
        "i=0; while [ $i -lt 500 ]; do i=$((i+1)); head -c 1000000 /dev/zero > {path}/$i; done; sleep 5"
    ));
    spec.writable = vec![folder.path().into()];
    spec.limits = Limits { disk_bytes: Some(20_000_000), ..limits() };
    assert_eq!(run(spec).await.exit, Exit::DiskFull);
}

#[tokio::test]
async fn files_that_were_removed_while_open_went_past_the_disk_limit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().display();
    let code = format!(
        "import os,time\nheld=[]\nfor i in range(50):\n  f=open('{path}/x','wb',0); os.unlink('{path}/x')\n  f.write(b'x'*1_000_000); held.append(f)\ntime.sleep(15)"
    );
    let mut spec = python(&code).await;
    spec.writable = vec![folder.path().into()];
    spec.limits = Limits { disk_bytes: Some(20_000_000), ..limits() };
    assert_eq!(run(spec).await.exit, Exit::DiskFull);
}

#[tokio::test]
async fn files_below_a_very_deep_folder_went_past_the_disk_limit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().display();
    let code = format!(
        "import os,time\nos.chdir('{path}')\nfor i in range(60):\n  os.mkdir('d'*100); os.chdir('d'*100)\nfor i in range(50):\n  open(str(i),'wb').write(b'x'*1_000_000)\ntime.sleep(15)"
    );
    let mut spec = python(&code).await;
    spec.writable = vec![folder.path().into()];
    spec.limits = Limits { disk_bytes: Some(20_000_000), ..limits() };
    assert_eq!(run(spec).await.exit, Exit::DiskFull);
}

#[tokio::test]
async fn a_file_over_the_limit_is_an_error_for_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let mut spec = shell(&format!("head -c 30000000 /dev/zero > {}/x", folder.path().display()));
    spec.writable = vec![folder.path().into()];
    spec.limits = Limits { file_bytes: Some(10_000_000), ..limits() };
    assert!(!run(spec).await.exit.is_success());
    assert_eq!(std::fs::metadata(folder.path().join("x")).unwrap().len(), 10_000_000);
}

#[tokio::test]
async fn running_too_long_is_told_as_a_time_out() {
    let mut spec = shell("sleep 60");
    spec.timeout = Some(Duration::from_millis(300));
    let start = Instant::now();
    assert_eq!(run(spec).await.exit, Exit::TimedOut);
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn files_of_the_machine_the_platform_and_other_functions_are_out_of_reach() {
    let data = tempfile::tempdir().unwrap();
    let (own, other) = (data.path().join("own"), data.path().join("other"));
    for folder in [&own, &other] {
        std::fs::create_dir(folder).unwrap();
        std::fs::write(folder.join("code"), "x").unwrap();
    }
    std::fs::write(data.path().join("platform.db"), "secret").unwrap();
    let tries = [
        "/etc/shadow".into(),
        "/root/.bashrc".into(),
        "/var/log".into(),
        "/sys/kernel".into(),
        "/proc/1/root/etc/shadow".into(),
        other.join("code"),
        data.path().join("platform.db"),
    ];
    let mut spec = shell(&tries.map(|path| format!("cat {0} || ls {0}/", path.display())).join("; "));
    spec.binds = vec![Bind { host: own, inside: "/function".into(), writable: false }];
    let outcome = run(spec).await;
    assert_eq!(outcome.stdout, "");
    assert_eq!(outcome.stderr.lines().count(), 14, "{}", outcome.stderr);
}

#[tokio::test]
async fn ports_of_the_platform_and_protocols_around_the_rules_are_refused() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let code = format!(
        r"
import socket
def attempt(name, f):
    try: f(); print(name, 'went through')
    except OSError as e: print(name, type(e).__name__)
target = ('127.0.0.1', {port})
attempt('connect', lambda: socket.create_connection(target))
attempt('mptcp', lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262).connect(target))
attempt('fast open', lambda: socket.socket().sendto(b'x', 0x20000000, target))
attempt('bind', lambda: socket.create_server(('127.0.0.1', 0)))
attempt('raw', lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))
attempt('packet', lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
attempt('allowed port', lambda: socket.create_connection(('127.0.0.1', 443)))
"
    );
    let outcome = run(python(&code).await).await.ok();
    let expected = "connect PermissionError\nmptcp PermissionError\nfast open PermissionError\nbind PermissionError\n\
                    raw PermissionError\npacket PermissionError\nallowed port ConnectionRefusedError\n";
    assert_eq!(outcome, expected);
}

#[tokio::test]
async fn no_tcp_at_all_is_the_default() {
    let mut spec = python("import socket\ntry: socket.create_connection(('127.0.0.1',443))\nexcept PermissionError: print('no')").await;
    spec.network = Network::default();
    assert_eq!(run(spec).await.ok(), "no\n");
}

#[tokio::test]
async fn tracing_mounting_and_new_namespaces_are_refused() {
    let code = r"
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def attempt(name, *args):
    result = libc.syscall(*args)
    print(name, result, os.strerror(ctypes.get_errno()))
attempt('ptrace', 101, 0, 0, 0, 0)
attempt('mount', 165, b'tmpfs', b'/tmp', b'tmpfs', 0, 0)
attempt('unshare', 272, 0x10000000)
attempt('clone', 56, 0x10000000 | 17, 0, 0, 0, 0)
attempt('clone3', 435, 0, 0)
attempt('bpf', 321, 0, 0, 0)
attempt('io_uring', 425, 1, 0)
attempt('keyctl', 250, 0, 0)
attempt('x32 getpid', 0x40000000 + 39)
attempt('leave the platform', 157, 1, 0, 0, 0, 0)
attempt('kill outside', 62, 2, 0)
";
    let outcome = run(python(code).await).await.ok();
    let lines: Vec<_> = outcome.lines().collect();
    for line in &lines {
        let refused = line.ends_with("Operation not permitted");
        let absent = line.ends_with("Function not implemented") || line.ends_with("No such process");
        assert!(line.contains(" -1 ") && (refused || absent), "{line}");
    }
    assert_eq!(lines.len(), 11);
}

#[tokio::test]
async fn a_daemon_left_behind_dies_with_the_program() {
    let mark = format!("86{}", std::process::id());
    let outcome = run(shell(&format!(
        "setsid sh -c 'trap \"\" TERM HUP; exec sleep {mark}' >/dev/null 2>&1 & echo left"
    )))
    .await;
    assert_eq!(outcome.ok(), "left\n");
    assert!(wait_until_gone(&mark).await);
}

#[tokio::test]
async fn killing_the_supervisor_takes_the_program_along() {
    let mark = format!("87{}", std::process::id());
    let mut running =
        launcher().await.spawn(shell(&format!("echo up; sleep {mark}; echo no"))).await.unwrap();
    let mut lines = BufReader::new(running.stdout.take().unwrap()).lines();
    assert_eq!(lines.next_line().await.unwrap().as_deref(), Some("up"));
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(running.pid()), sandbox::Signal::SIGKILL).unwrap();
    assert_eq!(running.wait().await, Exit::Signal(9));
    assert!(wait_until_gone(&mark).await);
}

#[tokio::test]
async fn dropping_the_handle_ends_the_program() {
    let mark = format!("88{}", std::process::id());
    let mut running =
        launcher().await.spawn(shell(&format!("echo up; sleep {mark}; echo no"))).await.unwrap();
    let mut lines = BufReader::new(running.stdout.take().unwrap()).lines();
    lines.next_line().await.unwrap();
    drop(running);
    assert!(wait_until_gone(&mark).await);
}

#[tokio::test]
async fn a_mount_path_through_a_link_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/old-root/root", folder.path().join("link")).unwrap();
    let bind = |host: &std::path::Path, inside: &str| Bind {
        host: host.into(),
        inside: inside.into(),
        writable: true,
    };
    for inside in ["/function/link/made", "/../made", "/old-root/root/made"] {
        let mut spec = shell("true");
        spec.binds = vec![
            Bind { writable: false, ..bind(folder.path(), "/function") },
            bind(tempfile::tempdir().unwrap().path(), "/data"),
        ];
        let volume = tempfile::tempdir().unwrap();
        spec.binds[1] = bind(volume.path(), inside);
        let exit = run(spec).await.exit;
        assert!(
            matches!(&exit, Exit::NotStarted { message } if message.contains("cannot mount at")),
            "{inside}: {exit:?}"
        );
        assert!(!std::path::Path::new("/root/made").exists());
    }
}

/// Looks for a process that sleeps for a time that only this test uses.
async fn wait_until_gone(mark: &str) -> bool {
    let end = Instant::now() + Duration::from_secs(5);
    while Instant::now() < end {
        let alive = std::fs::read_dir("/proc").expect("/proc").flatten().any(|entry| {
            std::fs::read(entry.path().join("cmdline"))
                .is_ok_and(|line| line.starts_with(format!("sleep\0{mark}").as_bytes()))
        });
        if !alive {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    false
}
