//! What the hidden subcommand of the real binary does.

fn main() {
    sandbox::child_main()
}
