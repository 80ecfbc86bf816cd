//! `knative-lambda`.

use std::process::ExitCode;

use server::cli;

/// What this program mostly does is make and drop small trees of JSON, at which the C library's allocator is slow.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    // Before any thread is started: this process becomes the user's program.
    if arguments.get(1).is_some_and(|command| command == cli::SANDBOX) {
        sandbox::child_main();
    }
    // One TLS provider for everything; a second one in the tree would make the choice at run time.
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        eprintln!("knative-lambda: a TLS provider was installed already");
    }
    match cli::run(arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("knative-lambda: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}
