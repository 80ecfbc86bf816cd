//! Reads a log: the part that was put aside, the current file, and what is added to it.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use jiff::Timestamp;
use tokio::sync::watch;

use super::live::Progress;
use super::options::Options;
use super::{Logs, Run, old};

const BLOCK: usize = 64 << 10;

/// A log from where it was asked for.
pub(super) struct Reader {
    logs: Logs,
    run: Run,
    options: Options,
    /// Still to be read, the last one first.
    files: Vec<BufReader<File>>,
    follow: Option<watch::Receiver<Progress>>,
    turned: u64,
    /// A line whose end has not been written yet.
    begun: Vec<u8>,
    shown: Shown,
    left: u64,
}

/// What was shown last: pieces of one long line are shown as the line.
#[derive(Default)]
struct Shown {
    /// The stream of a line that has not ended.
    open: Option<Vec<u8>>,
}

impl Reader {
    pub(super) fn open(logs: &Logs, run: &Run, options: &Options) -> Self {
        // Asked before the files are opened, so that nothing falls between.
        let follow = logs.live.follow(run).filter(|_| options.follow);
        let turned = follow.as_ref().map_or(0, |progress| progress.borrow().turned);
        let path = logs.file(run);
        let mut open: Vec<File> = [path.clone(), old(&path)].into_iter().flat_map(File::open).collect();
        if let Some(lines) = options.tail {
            seek_to_tail(&mut open, lines);
        }
        Self {
            logs: logs.clone(),
            run: run.clone(),
            options: options.clone(),
            files: open.into_iter().map(BufReader::new).collect(),
            follow,
            turned,
            begun: Vec::new(),
            shown: Shown::default(),
            left: options.limit.unwrap_or(u64::MAX),
        }
    }

    /// The next piece of what is there; none when all of it has been read.
    fn next_ready(&mut self) -> Option<Bytes> {
        let mut out = Vec::new();
        while out.len() < BLOCK && self.left > out.len() as u64 {
            let Some(file) = self.files.last_mut() else { break };
            let read = file.read_until(b'\n', &mut self.begun).unwrap_or(0);
            if read == 0 {
                // The current file may grow; one that was put aside will not.
                if self.files.len() == 1 {
                    break;
                }
                self.files.pop();
                self.begun.clear();
                continue;
            }
            if self.begun.last() == Some(&b'\n') {
                self.shown.put(&self.begun, &self.options, &mut out);
                self.begun.clear();
            }
        }
        out.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
        self.left -= out.len() as u64;
        (!out.is_empty()).then(|| out.into())
    }

    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if self.left == 0 {
                return None;
            }
            if let Some(bytes) = self.next_ready() {
                return Some(bytes);
            }
            let progress = self.follow.as_mut()?;
            let before = *progress.borrow_and_update();
            if before.turned != self.turned {
                self.turned = before.turned;
                let fresh = File::open(self.logs.file(&self.run)).map(BufReader::new);
                self.files.splice(0..0, fresh);
                continue;
            }
            // Something may have been written between reading and looking.
            if let Some(bytes) = self.next_ready() {
                return Some(bytes);
            }
            if self.follow.as_mut()?.changed().await.is_err() {
                self.follow = None;
            }
        }
    }

    /// As it grows, if following was asked for.
    pub(super) fn into_stream(self) -> impl Stream<Item = io::Result<Bytes>> {
        stream::unfold(self, |mut reader| async move { reader.next().await.map(|bytes| (bytes, reader)) })
            .map(Ok)
    }
}

/// All that is there now.
pub(super) fn whole(logs: &Logs, run: &Run, options: &Options) -> Vec<u8> {
    let mut reader = Reader::open(logs, run, options);
    let mut out = Vec::new();
    while let Some(bytes) = reader.next_ready() {
        out.extend_from_slice(&bytes);
    }
    out
}

impl Shown {
    /// A kept line, or a piece of one, as it is shown.
    fn put(&mut self, line: &[u8], options: &Options, out: &mut Vec<u8>) {
        let mut fields = line.splitn(4, |byte| *byte == b' ');
        let (Some(time), Some(stream), Some(mark), Some(text)) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            return;
        };
        if let Some(since) = options.since {
            let written = std::str::from_utf8(time).ok().and_then(|time| time.parse::<Timestamp>().ok());
            if written.is_none_or(|written| written < since) {
                return;
            }
        }
        let open = self.open.take();
        let continues = open.as_deref() == Some(stream);
        if open.is_some() && !continues {
            // What the other stream has printed in between stands in a line of its own.
            out.push(b'\n');
        }
        if options.timestamps && !continues {
            out.extend_from_slice(time);
            out.push(b' ');
        }
        let partial = mark == b"P";
        out.extend_from_slice(if partial { &text[..text.len() - 1] } else { text });
        self.open = partial.then(|| stream.to_vec());
    }
}

/// Moves each file to where the last `lines` begin; the first file is the newest.
fn seek_to_tail(files: &mut Vec<File>, lines: u64) {
    let mut missing = lines;
    for index in 0..files.len() {
        let position = tail_of(&mut files[index], missing);
        let Ok((start, found)) = position else { continue };
        let _ = files[index].seek(SeekFrom::Start(start));
        missing -= found;
        if missing == 0 {
            files.truncate(index + 1);
            return;
        }
    }
}

/// Where the last `lines` of a file begin, and how many there are.
fn tail_of(file: &mut File, lines: u64) -> io::Result<(u64, u64)> {
    let end = file.seek(SeekFrom::End(0))?;
    if lines == 0 {
        return Ok((end, 0));
    }
    let (mut position, mut found) = (end, 0);
    let mut block = vec![0; BLOCK];
    while position > 0 {
        let size = position.min(BLOCK as u64);
        position -= size;
        file.seek(SeekFrom::Start(position))?;
        let block = &mut block[..usize::try_from(size).unwrap_or(BLOCK)];
        file.read_exact(block)?;
        for (index, _) in block.iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n') {
            let after = position + index as u64 + 1;
            // The end of the line before the first one that is wanted.
            if after < end && found + 1 == lines {
                return Ok((after, lines));
            }
            if after < end {
                found += 1;
            }
        }
    }
    // All of it: the first line has no line before it.
    Ok((0, if end > 0 { found + 1 } else { 0 }))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::capture;
    use super::*;

    fn run() -> Run {
        Run { namespace: "n".into(), pod: "p".into(), uid: "u".into(), container: "c".into(), number: 0 }
    }

    async fn print(logs: &Logs, limit: u64, text: &str) {
        capture(logs.clone(), run(), Arc::new(Timestamp::now), limit, text.as_bytes(), tokio::io::empty())
            .await;
    }

    fn shown(logs: &Logs, options: &Options) -> String {
        String::from_utf8(whole(logs, &run(), options)).unwrap()
    }

    #[tokio::test]
    async fn tail_limit_and_since_choose_what_is_shown() {
        let folder = tempfile::tempdir().unwrap();
        let logs = Logs::new(folder.path());
        print(&logs, 1 << 20, "one\ntwo\nthree\n").await;
        let all = Options::default();
        assert_eq!(shown(&logs, &all), "one\ntwo\nthree\n");
        for (lines, expected) in [(0, ""), (1, "three\n"), (2, "two\nthree\n"), (9, "one\ntwo\nthree\n")] {
            assert_eq!(shown(&logs, &Options { tail: Some(lines), ..all.clone() }), expected);
        }
        assert_eq!(shown(&logs, &Options { limit: Some(6), ..all.clone() }), "one\ntw");
        let later = Timestamp::now() + jiff::SignedDuration::from_hours(1);
        assert_eq!(shown(&logs, &Options { since: Some(later), ..all }), "");
    }

    #[tokio::test]
    async fn a_line_over_16_kib_had_a_time_in_its_middle() {
        let folder = tempfile::tempdir().unwrap();
        let logs = Logs::new(folder.path());
        let long = "x".repeat(40_000);
        print(&logs, 1 << 20, &format!("{long}\nnext\n")).await;
        let stamped = shown(&logs, &Options { timestamps: true, ..Options::default() });
        let lines: Vec<&str> = stamped.lines().map(|line| line.split_once(' ').unwrap().1).collect();
        assert_eq!(lines, [long.as_str(), "next"]);
    }

    #[test]
    fn pieces_of_two_streams_are_not_put_into_one_line() {
        let (mut shown, mut out) = (Shown::default(), Vec::new());
        let options = Options { timestamps: true, ..Options::default() };
        for kept in ["1 stdout P a\n", "2 stderr F e\n", "3 stdout P b\n", "4 stdout F c\n"] {
            shown.put(kept.as_bytes(), &options, &mut out);
        }
        assert_eq!(String::from_utf8(out).unwrap(), "1 a\n2 e\n3 bc\n");
    }

    #[tokio::test]
    async fn a_log_without_end_stays_within_its_limit_and_its_tail_reaches_the_part_put_aside() {
        let folder = tempfile::tempdir().unwrap();
        let logs = Logs::new(folder.path());
        let text = (0..20_000).map(|line| format!("line {line}")).collect::<Vec<_>>().join("\n") + "\n";
        print(&logs, 300_000, &text).await;
        let file = logs.file(&run());
        let size = |path: &std::path::Path| std::fs::metadata(path).unwrap().len();
        assert!(size(&file) <= 300_000 && size(&old(&file)) <= 300_000);
        let tail = shown(&logs, &Options { tail: Some(7_000), ..Options::default() });
        assert_eq!(tail.lines().count(), 7_000);
        assert!(tail.starts_with("line 13000\n") && tail.ends_with("line 19999\n"));
    }

    #[tokio::test]
    async fn a_follower_sees_every_line_also_across_the_turn_of_a_file_and_then_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let logs = Logs::new(folder.path());
        let (mut input, output) = tokio::io::duplex(256);
        let writing =
            capture(logs.clone(), run(), Arc::new(Timestamp::now), 2_000, output, tokio::io::empty());
        let feeding = async {
            for line in 0..500 {
                tokio::io::AsyncWriteExt::write_all(&mut input, format!("{line}\n").as_bytes())
                    .await
                    .unwrap();
                tokio::task::yield_now().await;
            }
            drop(input);
        };
        let reading = async {
            while logs.live.follow(&run()).is_none() {
                tokio::task::yield_now().await;
            }
            let options = Options { follow: true, ..Options::default() };
            let chunks: Vec<_> = Reader::open(&logs, &run(), &options).into_stream().collect().await;
            chunks.into_iter().flat_map(|chunk| chunk.unwrap().to_vec()).collect::<Vec<u8>>()
        };
        let ((), (), seen) = tokio::join!(writing, feeding, reading);
        let expected = (0..500).map(|line| line.to_string()).collect::<Vec<_>>().join("\n") + "\n";
        assert_eq!(String::from_utf8(seen).unwrap(), expected);
    }
}
