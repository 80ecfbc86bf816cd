//! Writes what a process prints, line by line with its time.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;

use jiff::Timestamp;
use tokio::io::{AsyncRead, AsyncReadExt};

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
    let mut writer = match Writer::open(&logs, &run, limit) {
        Ok(writer) => Some(writer),
        Err(error) => {
            tracing::error!(%error, pod.name = run.pod, "the log of a container cannot be kept");
            None
        }
    };
    let mut streams = (Stream::new("stdout"), Stream::new("stderr"));
    let (mut stdout, mut stderr) = (Some(stdout), Some(stderr));
    while stdout.is_some() || stderr.is_some() {
        // Read on even if nothing can be written, or the process would stand still.
        let (stream, size) = tokio::select! {
            size = read(&mut stdout, &mut streams.0.chunk), if stdout.is_some() => (&mut streams.0, size),
            size = read(&mut stderr, &mut streams.1.chunk), if stderr.is_some() => (&mut streams.1, size),
        };
        let lines = stream.lines(size, clock());
        if size == 0 && stream.name == "stdout" {
            stdout = None;
        } else if size == 0 {
            stderr = None;
        }
        if let Some(Err(error)) = writer.as_mut().map(|writer| writer.write(&lines)) {
            tracing::error!(%error, pod.name = run.pod, "the log of a container cannot be written");
            writer = None;
        }
    }
}

/// 0 at the end, also at an error.
async fn read(stream: &mut Option<impl AsyncRead + Unpin>, chunk: &mut [u8]) -> usize {
    match stream {
        Some(stream) => stream.read(chunk).await.unwrap_or(0),
        None => std::future::pending().await,
    }
}

struct Stream {
    name: &'static str,
    chunk: Vec<u8>,
    /// A line that has not ended.
    begun: Vec<u8>,
}

impl Stream {
    fn new(name: &'static str) -> Self {
        Self { name, chunk: vec![0; CHUNK], begun: Vec::new() }
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

struct Writer {
    path: PathBuf,
    file: File,
    size: u64,
    limit: u64,
    announcer: Announcer,
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
        Ok(Self { path, file, size, limit, announcer: logs.live.announce(run) })
    }

    /// Writes whole lines, as many into one file as fit.
    fn write(&mut self, mut lines: &[u8]) -> io::Result<()> {
        while !lines.is_empty() {
            let room = self.limit.saturating_sub(self.size);
            let window = &lines[..lines.len().min(usize::try_from(room).unwrap_or(usize::MAX))];
            let fits = window.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
            if fits == 0 && self.size > 0 {
                self.turn()?;
                continue;
            }
            let first = lines.iter().position(|byte| *byte == b'\n').map_or(lines.len(), |end| end + 1);
            // A line that no file has room for is written all the same.
            let (now, rest) = lines.split_at(fits.max(first));
            self.file.write_all(now)?;
            self.size += now.len() as u64;
            self.announcer.grew(now.len() as u64);
            lines = rest;
        }
        Ok(())
    }

    fn turn(&mut self) -> io::Result<()> {
        fs::rename(&self.path, old(&self.path))?;
        self.file = append(&self.path)?;
        self.size = 0;
        self.announcer.turned();
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

    fn fed(stream: &mut Stream, text: &[u8]) -> String {
        stream.chunk[..text.len()].copy_from_slice(text);
        let lines = stream.lines(text.len(), Timestamp::UNIX_EPOCH);
        String::from_utf8(lines).unwrap().replace("1970-01-01T00:00:00.000000000Z ", "")
    }

    #[test]
    fn lines_are_put_together_across_reads_and_ended_at_the_end() {
        let mut stream = Stream::new("stdout");
        assert_eq!(fed(&mut stream, b"one\ntw"), "stdout F one\n");
        assert_eq!(fed(&mut stream, b"o\nthr"), "stdout F two\n");
        assert_eq!(fed(&mut stream, b""), "stdout P thr\n");
    }

    #[test]
    fn a_line_without_end_is_kept_in_pieces() {
        let mut stream = Stream::new("stderr");
        let kept = fed(&mut stream, &vec![b'x'; LINE * 2 + 5]);
        assert_eq!(kept.lines().count(), 2);
        assert!(kept.lines().all(|line| line.starts_with("stderr P ") && line.len() == LINE + 9));
        assert_eq!(fed(&mut stream, b"\n"), "stderr F xxxxx\n");
    }
}
