//! The `maildesk` program: everything is in the library.

/// The C library gives each thread a heap of its own, and each keeps for good what its largest mail took. This one gives
/// back, and is quicker, for SQLite too (`override`); without huge pages (`no_thp`), which took half as much memory again.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    maildesk::faces::cli::run()
}
