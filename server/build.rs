//! The folder of the web part is there before the server is compiled: rust-embed resolves its path at
//! compile time, and a debug server that was compiled without it would never find a file in it.

#[expect(clippy::disallowed_methods, reason = "cargo tells a build script everything by variables")]
fn main() {
    let made = std::fs::create_dir_all("../web");
    assert!(made.is_ok(), "the folder web/ can not be made: {made:?}");
    println!("cargo:rerun-if-changed=build.rs");
    // A release has the files inside.
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo:rerun-if-changed=../web");
    }
}
