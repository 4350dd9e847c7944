//! The `sluice` command: hands the process's arguments to the library and its exit code back.

/// Rendering makes and drops many small values; the system's allocator is a third of its time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    sluicegate::cli::main()
}
