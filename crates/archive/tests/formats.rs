//! Every format, good and hostile.

#![expect(clippy::unwrap_used, reason = "also in the functions that tests share")]

use std::io::{Cursor, Write};
use std::time::Duration;

use archive::{ArchiveError, Format, Inspection, Limits, TextBudget, inspect};
use domain::function::Language;
use zip::write::SimpleFileOptions;

const PYTHON: &[u8] = b"def handler(event):\n    return event\n";

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        if let Some(folder) = name.strip_suffix('/') {
            zip.add_directory(folder, SimpleFileOptions::default()).unwrap();
        } else {
            zip.start_file(*name, SimpleFileOptions::default()).unwrap();
            zip.write_all(bytes).unwrap();
        }
    }
    zip.finish().unwrap().into_inner()
}

/// One tar entry, its name as it is: the library would clean it.
fn entry(name: &str, kind: tar::EntryType, link: &str, bytes: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_ustar();
    header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
    header.as_mut_bytes()[157..157 + link.len()].copy_from_slice(link.as_bytes());
    header.set_entry_type(kind);
    header.set_mode(0o644);
    header.set_size(bytes.len() as u64);
    header.set_cksum();
    let mut all = header.as_bytes().to_vec();
    all.extend_from_slice(bytes);
    all.resize(all.len().next_multiple_of(512), 0);
    all
}

fn tar(entries: &[Vec<u8>]) -> Vec<u8> {
    let mut all = entries.concat();
    all.resize(all.len() + 1024, 0);
    all
}

fn file(name: &str, bytes: &[u8]) -> Vec<u8> {
    entry(name, tar::EntryType::Regular, "", bytes)
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zst(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 3).unwrap()
}

fn look(bytes: &[u8]) -> Result<Inspection, ArchiveError> {
    inspect(Cursor::new(bytes), &Limits::default())
}

/// The code of the refusal; `inspect` and `extract` must agree and nothing may be left behind.
fn refusal(bytes: &[u8]) -> &'static str {
    refusal_within(bytes, &Limits::default())
}

fn refusal_within(bytes: &[u8], limits: &Limits) -> &'static str {
    let inspected = inspect(Cursor::new(bytes), limits).map_or_else(|error| error.code(), |_| "accepted");
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("target");
    std::fs::create_dir(&target).unwrap();
    let extracted = archive::extract(Cursor::new(bytes), &target, limits)
        .map_or_else(|error| error.code(), |_| "accepted");
    assert_eq!(inspected, extracted);
    assert_eq!(std::fs::read_dir(&target).unwrap().count(), 0, "nothing stays of a refused archive");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is written beside the folder");
    inspected
}

#[test]
fn all_four_formats_are_read_and_told_by_their_bytes() {
    let plain = tar(&[file("main.py", PYTHON), file("requirements.txt", b"six\n")]);
    let zipped = zip(&[("main.py", PYTHON), ("requirements.txt", b"six\n")]);
    let all = [
        (Format::Zip, zipped),
        (Format::TarGz, gz(&plain)),
        (Format::TarZst, zst(&plain)),
        (Format::Tar, plain),
    ];
    for (format, bytes) in all {
        let found = look(&bytes).unwrap();
        assert_eq!(found.format, format);
        assert_eq!(found.files, [("main.py".to_owned(), 37), ("requirements.txt".to_owned(), 4)]);
        assert_eq!(
            (found.language, found.handler.as_deref()),
            (Some(Language::Python), Some("main.handler"))
        );
        assert_eq!(found.unpacked, 41);
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(archive::extract(Cursor::new(&bytes), folder.path(), &Limits::default()).unwrap(), found);
        assert_eq!(std::fs::read(folder.path().join("main.py")).unwrap(), PYTHON);
    }
}

#[test]
fn the_folder_around_everything_is_taken_away() {
    let bytes = zip(&[
        ("hello/", b""),
        ("hello/index.js", b"exports.handler = 1"),
        ("hello/hello/x.js", b"1"),
        ("__MACOSX/._x", b""),
    ]);
    let found = look(&bytes).unwrap();
    assert_eq!(found.stripped.as_deref(), Some("hello"));
    assert_eq!(found.handler.as_deref(), Some("index.handler"));
    let folder = tempfile::tempdir().unwrap();
    archive::extract(Cursor::new(&bytes), folder.path(), &Limits::default()).unwrap();
    let mut names: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["hello", "index.js"]);
}

#[test]
fn paths_that_leave_the_folder_are_refused() {
    let cases = [
        ("../x", "archive_traversal"),
        ("a/../../x", "archive_traversal"),
        ("/etc/cron.d/x", "archive_absolute_path"),
        ("C:\\x", "archive_file_name"),
        ("..\\x", "archive_file_name"),
    ];
    for (name, code) in cases {
        assert_eq!(refusal(&tar(&[file("main.py", PYTHON), file(name, b"x")])), code, "tar {name}");
        assert_eq!(refusal(&zip(&[("main.py", PYTHON), (name, b"x")])), code, "zip {name}");
    }
}

#[test]
fn links_and_devices_are_refused() {
    use tar::EntryType::{Block, Char, Fifo, Link, Symlink};
    for (kind, target, code) in [
        (Symlink, "/etc/passwd", "archive_link"),
        (Symlink, "../../x", "archive_link"),
        (Link, "main.py", "archive_link"),
        (Char, "", "archive_device"),
        (Block, "", "archive_device"),
        (Fifo, "", "archive_device"),
    ] {
        let bytes = tar(&[file("main.py", PYTHON), entry("x", kind, target, b"")]);
        assert_eq!(refusal(&bytes), code, "{kind:?}");
        assert_eq!(refusal(&gz(&bytes)), code);
    }
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.add_symlink("x", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    assert_eq!(refusal(&zip.finish().unwrap().into_inner()), "archive_link");
}

#[test]
fn bombs_are_stopped_by_what_really_comes_out() {
    let zeros = vec![0; 20 << 20];
    assert_eq!(refusal(&zip(&[("main.py", PYTHON), ("zeros", &zeros)])), "archive_ratio");
    assert_eq!(refusal(&gz(&tar(&[file("zeros", &zeros)]))), "archive_ratio");
    assert_eq!(refusal(&zst(&tar(&[file("zeros", &zeros)]))), "archive_ratio");
    // A header that tells less than there is.
    let mut lying = zip(&[("zeros", &zeros)]);
    let central = lying.windows(4).rposition(|window| window == b"PK\x01\x02").unwrap();
    lying[central + 24..central + 28].copy_from_slice(&10u32.to_le_bytes());
    assert_ne!(refusal(&lying), "accepted");
    let small = Limits { unpacked: 1 << 20, ..Limits::default() };
    assert_eq!(refusal_within(&tar(&[file("big", &vec![1; 2 << 20])]), &small), "archive_unpacked_too_large");
    let slow = Limits { time: Duration::ZERO, ..Limits::default() };
    assert_eq!(refusal_within(&tar(&[file("main.py", PYTHON)]), &slow), "archive_too_slow");
}

#[test]
fn the_10_001st_file_and_the_byte_after_50_mib_are_too_much() {
    let names: Vec<String> = (0..=10_000).map(|number| format!("f{number}")).collect();
    let many: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b"x"[..])).collect();
    assert_eq!(refusal(&zip(&many)), "archive_too_many_files");
    let entries: Vec<_> = names.iter().map(|name| file(name, b"x")).collect();
    assert_eq!(refusal(&gz(&tar(&entries))), "archive_too_many_files");
    assert!(look(&zip(&many[1..])).is_ok(), "10,000 are allowed");
    let mut large = zip(&[("main.py", PYTHON)]);
    large.resize((50 << 20) + 1, 0);
    assert_eq!(refusal(&large), "archive_too_large");
}

#[test]
fn what_is_no_archive_is_named() {
    assert_eq!(refusal(b""), "archive_empty");
    assert_eq!(refusal(b"def handler(event): pass"), "archive_format");
    assert_eq!(refusal(b"Rar!\x1a\x07\x01\x00"), "archive_format");
    assert_eq!(refusal(&zip(&[])), "archive_empty");
    assert_eq!(refusal(&zip(&[("empty/", b"")])), "archive_empty");
    assert_eq!(
        refusal(&gz(b"not a tar, but long enough to be looked at as if it were one")),
        "archive_damaged"
    );
    let whole = zip(&[("main.py", PYTHON)]);
    assert_eq!(refusal(&whole[..whole.len() / 2]), "archive_damaged");
    let packed = gz(&tar(&[file("main.py", &[7; 4096])]));
    assert_eq!(refusal(&packed[..packed.len() / 2]), "archive_damaged");
}

#[test]
fn two_entries_of_one_name_are_refused_also_when_they_differ_in_case() {
    assert_eq!(refusal(&tar(&[file("main.py", PYTHON), file("main.py", b"x")])), "archive_duplicate");
    assert_eq!(refusal(&zip(&[("main.py", PYTHON), ("MAIN.py", b"x")])), "archive_duplicate");
    let mut doubled = zip(&[("main.py", PYTHON), ("mair.py", b"x")]);
    for at in 0..doubled.len() - 7 {
        if &doubled[at..at + 7] == b"mair.py" {
            doubled[at + 3] = b'n';
        }
    }
    assert_eq!(refusal(&doubled), "archive_duplicate");
}

#[test]
fn files_are_read_edited_and_packed_the_same_way_each_time() {
    let limits = Limits::default();
    let original = zip(&[("f/main.py", PYTHON), ("f/data.bin", &[0, 255]), ("f/old.py", b"x")]);
    let edit = || {
        let changed = [("main.py".to_owned(), "new".to_owned()), ("lib/a.py".to_owned(), "a".to_owned())];
        archive::edit(Cursor::new(&original), &changed, &["old.py".to_owned()], &limits).unwrap()
    };
    assert_eq!(edit(), edit());
    let files = archive::read(Cursor::new(edit()), &limits, TextBudget { file: 1024, all: 4096 }).unwrap();
    let shown: Vec<_> =
        files.iter().map(|file| (file.path.as_str(), file.size, file.text.as_deref())).collect();
    assert_eq!(shown, [("data.bin", 2, None), ("lib/a.py", 1, Some("a")), ("main.py", 3, Some("new"))]);
    let outside = archive::edit(Cursor::new(&original), &[("../x".to_owned(), String::new())], &[], &limits);
    assert_eq!(outside.unwrap_err().code(), "archive_traversal");
    assert!(archive::pack([("a/../../b", &b""[..])], &limits).is_err());
}

#[test]
fn every_text_of_an_archive_was_read_into_memory() {
    let texts: Vec<(String, Vec<u8>)> =
        (0..50).map(|n| (format!("lib/{n:02}.py"), vec![b'x'; 1000])).collect();
    let mut files: Vec<(&str, &[u8])> =
        texts.iter().map(|(path, text)| (path.as_str(), text.as_slice())).collect();
    let large = vec![b'y'; 1001];
    files.extend([("large.py", large.as_slice()), ("main.py", PYTHON)]);
    let budget = TextBudget { file: 1000, all: 3000 };
    let read = archive::read(Cursor::new(zip(&files)), &Limits::default(), budget).unwrap();
    assert_eq!(read.len(), 52, "all are named");
    let shown: Vec<_> =
        read.iter().filter(|file| file.text.is_some()).map(|file| file.path.as_str()).collect();
    assert_eq!(shown, ["lib/00.py", "lib/01.py", "main.py"], "what is nearest to the top comes first");
    let held: usize = read.iter().filter_map(|file| file.text.as_ref()).map(String::len).sum();
    assert!(held <= 3000, "{held}");
}
