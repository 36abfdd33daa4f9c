//! That work grows with what it is about, and no faster: allocations and instructions at one size, and at four
//! times that.
//!
//! Instructions are counted with callgrind, which runs the same test once more for each case and size. Never a
//! time: those move by a third from run to run.

use std::{
    env,
    io::{self, Write},
    panic::resume_unwind,
    process::Command,
    thread::{self, ScopedJoinHandle},
};

/// What is measured. What prepares it is not.
pub type Work = Box<dyn FnOnce()>;

/// A name, and what prepares work on so many of something.
pub type Case = (&'static str, fn(usize) -> Work);

/// So many of something, or four times that.
const SIZE: usize = 1000;
const TIMES: usize = 4;

/// How much more four times as much may take: there is sorting in it, and tables that grow by doubling.
const MOST: f64 = 4.5;
/// What is there only once may be somewhat more.
const ONCE: u64 = 64;

const CASE: &str = "GROWTH_CASE";
const SIZE_OF_CASE: &str = "GROWTH_SIZE";

/// Begins the name of a case whose instructions are not counted: the debug build of `http` looks at all lines of a
/// header for each that is removed, to check itself.
pub const MANY_LINES_REMOVED: &str = "removed: ";

/// Holds each case to growing as its input does. `test` is the name of the test that calls it, by which callgrind finds it again;
/// `allocated` counts the allocations of a piece of work, and their bytes.
///
/// # Panics
///
/// If a case grows faster; if `CI` is set and there is no callgrind.
pub fn is_linear(test: &str, cases: &[Case], allocated: impl Fn(Work) -> (u64, u64)) {
    if let Ok(name) = env::var(CASE) {
        let size = env::var(SIZE_OF_CASE).map(|size| size.parse().expect("a size"));
        let (_, prepare) = cases.iter().find(|case| case.0 == name).expect("a case");
        return the_work_itself(prepare(size.expect("a size")));
    }
    let has_callgrind = Command::new("valgrind").arg("--version").output().is_ok();
    if !has_callgrind {
        assert!(env::var_os("CI").is_none(), "there is no valgrind");
        let _ = writeln!(io::stderr(), "no valgrind: instructions are not counted");
    }
    for (name, prepare) in cases {
        let [few, many] = [SIZE, TIMES * SIZE].map(|size| allocated(prepare(size)));
        grows(name, "allocations", few.0, many.0);
        grows(name, "bytes allocated", few.1, many.1);
        if has_callgrind && !name.starts_with(MANY_LINES_REMOVED) {
            let [few, many] = thread::scope(|scope| {
                let counted = |size| scope.spawn(move || instructions(test, name, size));
                [SIZE, TIMES * SIZE].map(counted).map(joined)
            });
            assert!(few > 0, "{name}: callgrind saw nothing");
            grows(name, "instructions", few, many);
        }
    }
}

fn joined(counted: ScopedJoinHandle<'_, u64>) -> u64 {
    counted.join().unwrap_or_else(|panic| resume_unwind(panic))
}

#[allow(clippy::cast_precision_loss, reason = "the counts are far from 2^52")]
fn grows(name: &str, what: &str, few: u64, many: u64) {
    let ratio = many as f64 / few.max(1) as f64;
    println!("{name}: {few} {what}, {many} for {TIMES} times as much: {ratio:.2} times");
    let most = (few as f64).mul_add(MOST, ONCE as f64);
    assert!(
        many as f64 <= most,
        "{name}: {ratio:.2} times the {what} for {TIMES} times as much"
    );
}

fn instructions(test: &str, case: &str, size: usize) -> u64 {
    let program = env::current_exe().expect("this program");
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg("--toggle-collect=*the_work_itself*")
        .arg(program)
        .args(["--exact", test, "--test-threads=1"])
        .env(CASE, case)
        .env(SIZE_OF_CASE, size.to_string())
        .output()
        .expect("valgrind starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{case}: {said}");
    let collected = said
        .lines()
        .find_map(|line| line.split_once("Collected : "));
    let collected = collected.and_then(|(_, count)| count.trim().parse().ok());
    collected.unwrap_or_else(|| panic!("{case}: callgrind counted nothing:\n{said}"))
}

/// Found by its name.
#[inline(never)]
fn the_work_itself(work: Work) {
    work();
    // Not the last thing it does, so that it stays a function of its own.
    std::hint::black_box(());
}
