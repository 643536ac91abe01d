//! What a mail costs in instructions, and waiting in memory: times are noisy on machines that build, these are not.

use std::path::PathBuf;
use std::process::Command;

use crate::support::daemon::{Daemon, STOP_MAX};
use crate::support::ground::missing;
use crate::support::town::Town;

const VALGRIND: &str = "/usr/bin/valgrind";

/// Instructions of one mail from its bytes to its two settled letters, in a build without optimization (15 times those of
/// the packaged program); one in ten has a file. Raise it only with a reason: it is what people wait for when a
/// thousand write at once.
const MOST: u64 = 80_000_000;

/// Bytes that the program keeps for itself when it has started; 2 MB more than it does, of which one holds addresses that
/// only a program without optimization has to put right.
const OWN_MAX: u64 = 9_000_000;

#[test]
fn a_program_that_waits_keeps_little_for_itself() {
    let Some(town) = Town::start() else { return };
    let mut daemon = Daemon::prepare(&town, "");
    daemon.start();
    let own = daemon.memory("RssAnon");
    eprintln!("{own} bytes of its own");
    assert!(own <= OWN_MAX, "{own} bytes; {OWN_MAX} are the bound (see docs/performance.md)");
    assert_eq!(daemon.stop(STOP_MAX).code(), Some(0), "{}", daemon.log());
}

#[test]
fn a_mail_costs_no_more_instructions_than_it_is_worth() {
    if missing(&[VALGRIND]) {
        return;
    }
    let (few, many) = (10, 30);
    let each = (instructions(many) - instructions(few)) / u64::from(many - few);
    eprintln!("{each} instructions a mail");
    assert!(each <= MOST, "{each} instructions a mail; {MOST} are the bound (see docs/performance.md)");
    assert!(each > MOST / 3, "{each} instructions a mail; lower the bound of {MOST}, or it guards nothing");
}

/// Instructions of the whole program that takes so many mails.
fn instructions(mails: u32) -> u64 {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_maildesk")).with_file_name("examples/receive");
    let mut command = Command::new(VALGRIND);
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(program).arg(mails.to_string());
    let output = command.output().expect("valgrind");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    let collected = told.lines().find_map(|line| line.split_once("Collected : ")).expect("a sum");
    collected.1.trim().parse().expect("a number")
}
