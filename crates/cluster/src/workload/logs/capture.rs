//! Writes what a process prints, line by line with its time.

use std::fs::{self, File, OpenOptions};
use std::future::poll_fn;
use std::io::{self, Write};
use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll};

use jiff::Timestamp;
use tokio::io::{AsyncRead, ReadBuf};

use super::live::Announcer;
use super::{Logs, Run, old};
use crate::api::Clock;

/// A longer line is kept in pieces.
const LINE: usize = 16 << 10;
const CHUNK: usize = 64 << 10;

/// Reads both streams to their end. A file over `limit` bytes is put aside, and the one that was aside
/// before goes: a process that prints without end costs twice `limit` on disk and a few pages of memory.
pub(in crate::workload) async fn capture<O, E>(
    logs: Logs,
    run: Run,
    clock: Clock,
    limit: u64,
    stdout: O,
    stderr: E,
) where
    O: AsyncRead + Unpin,
    E: AsyncRead + Unpin,
{
    let mut keeper = Keeper::new(logs, run, limit);
    let mut out = Stream::new("stdout", stdout);
    let mut err = Stream::new("stderr", stderr);
    // Read on even if nothing can be written, or the process would stand still.
    while !(out.ended && err.ended) {
        let (printed, complained) = poll_fn(|context| read_both(&mut out, &mut err, context)).await;
        let now = clock();
        let mut lines = printed.map(|size| out.lines(size, now)).unwrap_or_default();
        lines.extend(complained.map(|size| err.lines(size, now)).unwrap_or_default());
        keeper.keep(&lines, now);
    }
}

/// What there is on both, at least one of them. Errors are read first and kept second: what was printed
/// before an error was written is read with it or earlier, and so stands before it in the log.
fn read_both(
    out: &mut Stream<impl AsyncRead + Unpin>,
    err: &mut Stream<impl AsyncRead + Unpin>,
    context: &mut Context<'_>,
) -> Poll<(Option<usize>, Option<usize>)> {
    let complained = err.read(context);
    let printed = out.read(context);
    if printed.is_none() && complained.is_none() { Poll::Pending } else { Poll::Ready((printed, complained)) }
}

struct Stream<S> {
    name: &'static str,
    source: S,
    ended: bool,
    chunk: Vec<u8>,
    /// A line that has not ended.
    begun: Vec<u8>,
}

impl<S: AsyncRead + Unpin> Stream<S> {
    fn new(name: &'static str, source: S) -> Self {
        Self { name, source, ended: false, chunk: vec![0; CHUNK], begun: Vec::new() }
    }

    /// How much was read now, 0 at the end or an error; none if there is nothing yet or no more.
    fn read(&mut self, context: &mut Context<'_>) -> Option<usize> {
        if self.ended {
            return None;
        }
        let mut buffer = ReadBuf::new(&mut self.chunk);
        match Pin::new(&mut self.source).poll_read(context, &mut buffer) {
            Poll::Pending => return None,
            Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(_)) => buffer.clear(),
        }
        let size = buffer.filled().len();
        self.ended = size == 0;
        Some(size)
    }

    /// The lines that `size` new bytes complete, as they are kept; 0 ends the last one.
    fn lines(&mut self, size: usize, now: Timestamp) -> Vec<u8> {
        let mut out = Vec::new();
        let head = format!("{now:.9} {} ", self.name);
        let mut put = |mark: &[u8], text: &[u8]| {
            for part in [head.as_bytes(), mark, text, b"\n"] {
                out.extend_from_slice(part);
            }
        };
        let mut rest = &self.chunk[..size];
        while !rest.is_empty() {
            let room = LINE - self.begun.len();
            let window = &rest[..rest.len().min(room)];
            if let Some(end) = window.iter().position(|byte| *byte == b'\n') {
                self.begun.extend_from_slice(&rest[..end]);
                put(b"F ", &self.begun);
                rest = &rest[end + 1..];
            } else {
                self.begun.extend_from_slice(window);
                rest = &rest[window.len()..];
                if self.begun.len() < LINE {
                    break;
                }
                put(b"P ", &self.begun);
            }
            self.begun.clear();
        }
        if size == 0 && !self.begun.is_empty() {
            put(b"P ", &self.begun);
            self.begun.clear();
        }
        out
    }
}

/// Writes lines as long as the disk takes them, and goes on when it does again.
struct Keeper {
    logs: Logs,
    run: Run,
    limit: u64,
    writer: Option<Writer>,
    /// Lines that could not be kept since the last one that was.
    lost: usize,
    announcer: Announcer,
}

impl Keeper {
    fn new(logs: Logs, run: Run, limit: u64) -> Self {
        let announcer = logs.live.announce(&run);
        let mut keeper = Self { logs, run, limit, writer: None, lost: 0, announcer };
        // At once, so that the log of a silent process is there too; a failure is told with its first line.
        keeper.writer = Writer::open(&keeper.logs, &keeper.run, limit).ok();
        keeper
    }

    fn keep(&mut self, lines: &[u8], now: Timestamp) {
        if let Err(error) = self.try_keep(lines, now) {
            if self.lost == 0 {
                tracing::error!(%error, pod.name = self.run.pod, "the log of a container cannot be written");
            }
            self.lost += lines.split_inclusive(|byte| *byte == b'\n').count();
            self.writer = None;
        }
    }

    fn try_keep(&mut self, lines: &[u8], now: Timestamp) -> io::Result<()> {
        let writer = match self.writer.take() {
            Some(writer) => writer,
            None => Writer::open(&self.logs, &self.run, self.limit)?,
        };
        let writer = self.writer.insert(writer);
        if self.lost > 0 {
            let gap = format!("{now:.9} stderr F [lines that the disk could not take: {}]\n", self.lost);
            writer.write(gap.as_bytes(), &self.announcer)?;
            self.lost = 0;
        }
        writer.write(lines, &self.announcer)
    }
}

struct Writer {
    path: PathBuf,
    file: File,
    size: u64,
    limit: u64,
}

impl Writer {
    fn open(logs: &Logs, run: &Run, limit: u64) -> io::Result<Self> {
        let path = logs.file(run);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
            remove_older(folder, run.number)?;
        }
        let file = append(&path)?;
        let size = file.metadata()?.len();
        Ok(Self { path, file, size, limit })
    }

    /// Writes whole lines, as many into one file as fit.
    fn write(&mut self, mut lines: &[u8], announcer: &Announcer) -> io::Result<()> {
        while !lines.is_empty() {
            let room = self.limit.saturating_sub(self.size);
            let window = &lines[..lines.len().min(usize::try_from(room).unwrap_or(usize::MAX))];
            let fits = window.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
            if fits == 0 && self.size > 0 {
                self.turn(announcer)?;
                continue;
            }
            let first = lines.iter().position(|byte| *byte == b'\n').map_or(lines.len(), |end| end + 1);
            // A line that no file has room for is written all the same.
            let (now, rest) = lines.split_at(fits.max(first));
            if let Err(error) = self.file.write_all(now) {
                // Half a line would be read as one together with the next.
                let _ = self.file.set_len(self.size);
                return Err(error);
            }
            self.size += now.len() as u64;
            announcer.grew(now.len() as u64);
            lines = rest;
        }
        Ok(())
    }

    fn turn(&mut self, announcer: &Announcer) -> io::Result<()> {
        fs::rename(&self.path, old(&self.path))?;
        let fresh = append(&self.path);
        self.size = 0;
        announcer.turned();
        self.file = fresh?;
        Ok(())
    }
}

fn append(path: &std::path::Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

/// The run before this one can be asked for; those before it go.
fn remove_older(folder: &std::path::Path, number: i32) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let found =
            name.to_str().and_then(|name| name.split('.').next()).and_then(|name| name.parse::<i32>().ok());
        if found.is_some_and(|found| found < number - 1) {
            let _ = fs::remove_file(folder.join(name));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fed(stream: &mut Stream<tokio::io::Empty>, text: &[u8]) -> String {
        stream.chunk[..text.len()].copy_from_slice(text);
        let lines = stream.lines(text.len(), Timestamp::UNIX_EPOCH);
        String::from_utf8(lines).unwrap().replace("1970-01-01T00:00:00.000000000Z ", "")
    }

    #[test]
    fn lines_are_put_together_across_reads_and_ended_at_the_end() {
        let mut stream = Stream::new("stdout", tokio::io::empty());
        assert_eq!(fed(&mut stream, b"one\ntw"), "stdout F one\n");
        assert_eq!(fed(&mut stream, b"o\nthr"), "stdout F two\n");
        assert_eq!(fed(&mut stream, b""), "stdout P thr\n");
    }

    #[test]
    fn a_line_without_end_is_kept_in_pieces() {
        let mut stream = Stream::new("stderr", tokio::io::empty());
        let kept = fed(&mut stream, &vec![b'x'; LINE * 2 + 5]);
        assert_eq!(kept.lines().count(), 2);
        assert!(kept.lines().all(|line| line.starts_with("stderr P ") && line.len() == LINE + 9));
        assert_eq!(fed(&mut stream, b"\n"), "stderr F xxxxx\n");
    }

    #[test]
    fn a_full_disk_silenced_a_log_until_the_container_began_anew() {
        let folder = tempfile::tempdir().unwrap();
        let (logs, run) = log(folder.path());
        let file = logs.file(&run);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink("/dev/full", &file).unwrap();
        let mut keeper = Keeper::new(logs.clone(), run.clone(), 1 << 20);
        let line = |text: &str| format!("1970-01-01T00:00:00.000000000Z stdout F {text}\n").into_bytes();
        keeper.keep(&line("one"), Timestamp::UNIX_EPOCH);
        keeper.keep(&line("two"), Timestamp::UNIX_EPOCH);
        assert_eq!(keeper.lost, 2);
        fs::remove_file(&file).unwrap();
        keeper.keep(&line("three"), Timestamp::UNIX_EPOCH);
        let kept = logs.tail(&run, 9, 999);
        assert_eq!(kept, "[lines that the disk could not take: 2]\nthree\n");
    }

    fn log(folder: &std::path::Path) -> (Logs, Run) {
        let run =
            Run { namespace: "n".into(), pod: "p".into(), uid: "u".into(), container: "c".into(), number: 0 };
        (Logs::new(folder), run)
    }

    #[tokio::test]
    async fn what_was_printed_before_an_error_stood_after_it_when_both_were_read_at_once() {
        for _ in 0..20 {
            let folder = tempfile::tempdir().unwrap();
            let (logs, run) = log(folder.path());
            let clock: Clock = std::sync::Arc::new(Timestamp::now);
            capture(logs.clone(), run.clone(), clock, 1 << 20, &b"printed\n"[..], &b"complaint\n"[..]).await;
            assert_eq!(logs.tail(&run, 9, 99), "printed\ncomplaint\n");
        }
    }
}
