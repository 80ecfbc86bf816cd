//! What `knative-lambda sandbox-exec` does, alone, so that this crate's tests need no server.

fn main() {
    sandbox::child_main()
}
