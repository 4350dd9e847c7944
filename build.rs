//! Links the command so that it starts quickly.
//!
//! A position-independent executable of this size has 190,000 addresses that the loader fills in before `main`: 3 ms of
//! every command. Linked to a fixed address there are none. What that gives up is the random address of the program's
//! own code; libraries, heap and stack keep theirs, and the program is written in a memory-safe language.

#![expect(clippy::disallowed_methods, reason = "a build script is told its target by the environment")]

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|found| found == value);
    if is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
