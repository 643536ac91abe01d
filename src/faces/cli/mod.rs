//! The command line: every command is a function from arguments to a [`page::Page`], which is printed as a table on
//! a terminal, as plain lines elsewhere, or as JSON.

mod announce;
mod backup;
mod books;
mod check;
mod daemon;
mod deadline;
mod doctor;
mod explain;
mod failure;
mod folder;
mod init;
mod later;
mod ledger;
mod login;
mod office;
mod outbox;
mod page;
mod pause;
mod people;
mod person;
mod quarantine;
mod receive;
mod reindex;
mod replay;
mod restore;
mod retention;
mod run;
mod sheets;
mod status;
mod ticket;
mod when;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::LazyLock;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand};

use super::{demo, exit, rehearse};
use failure::Failure;
use later::Later;
use page::Page;

/// A support desk that lives in a mailbox: numbered tickets, deadlines and answers by mail.
#[derive(Debug, Parser)]
#[command(name = "maildesk", version, long_version = versions(), propagate_version = true, max_term_width = 100)]
#[command(after_help = "\
Examples:
  maildesk demo                      the whole desk at work, with nothing installed
  maildesk init                      examples of a configuration to begin with
  maildesk check                     is the configuration right, do the servers answer
  maildesk run                       the daemon, in the foreground
  maildesk ticket list               what is to be done
  maildesk explain mail.eml          what would become of this mail, and why
  maildesk ledger --since 1d         what became of every mail of the last day

Exit codes: 0 done, 1 not so (a check failed, it cannot be done as things stand), 64 usage, 65 and 67
a mail that is not taken (receive), 70 bug, 73 another maildesk holds the database, 74 database or file,
75 later it may work, 77 permission, 78 configuration.")]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// What every command understands.
#[derive(Clone, Debug, Args)]
pub struct Common {
    /// Configuration file; repeat it for layers, later ones win
    ///
    /// Without it the files in MAILDESK_CONFIG (parted by colons), else /etc/maildesk/maildesk.toml.
    #[arg(short, long, global = true, value_name = "FILE")]
    config: Vec<PathBuf>,
    /// Answer as one JSON document
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a configuration: five questions, or an example
    Init(Later<init::InitArgs>),
    /// Run the daemon until it is told to stop
    Run(Later<run::RunArgs>),
    /// Try everything out: configuration, templates, database, servers
    Check(Later<check::CheckArgs>),
    /// Log in to a mailbox at Microsoft or Google, once
    Login(Later<login::LoginArgs>),
    /// Show the whole desk at work, with nothing installed
    #[command(after_help = "\
Examples:
  maildesk demo                      the story, then a desk to write to
  maildesk demo --once --lang cs     the story alone; the exit code says whether it went as told")]
    Demo(Later<demo::Args>),
    /// Play scripted conversations with a desk and compare
    #[command(after_help = "\
Nothing is sent and nothing is kept: the clock is stepped, the database lies in memory.

Examples:
  maildesk rehearse /etc/maildesk/maildesk.toml stories/*.yaml
  maildesk rehearse desk.yaml story.yaml --transcript")]
    Rehearse(Later<rehearse::RehearseArgs>),
    /// Say what would become of a mail, and why, without touching anything
    Explain(Later<explain::ExplainArgs>),
    /// Play mails of the past through a configuration and show what it decides
    Replay(Later<replay::ReplayArgs>),
    /// Say what became of every mail ever seen
    Ledger(Later<ledger::LedgerArgs>),
    /// Have the running daemon look into every mailbox now
    Poke(Later<daemon::PokeArgs>),
    /// Take one mail from a pipe, as a mail server hands it over
    Receive(Later<receive::ReceiveArgs>),
    /// Say how it all stands: mailboxes, letters to go, tickets, mails set aside
    Status(Later<status::StatusArgs>),
    /// Look at tickets and work on them
    #[command(subcommand)]
    Ticket(ticket::TicketCommand),
    /// Look at letters that are to go
    #[command(subcommand)]
    Outbox(outbox::OutboxCommand),
    /// Look at mails that were set aside
    #[command(subcommand)]
    Quarantine(quarantine::QuarantineCommand),
    /// Tell all clients something, each in its language
    Announce(Later<announce::AnnounceArgs>),
    /// Look at the clients of the configuration, or add some
    #[command(subcommand)]
    Client(people::ClientCommand),
    /// Look at the contracts of the configuration
    #[command(subcommand)]
    Contract(people::PeopleCommand),
    /// Look at the agents of the configuration, or add some
    #[command(subcommand)]
    Agent(people::AgentCommand),
    /// Look at what is kept of a person
    #[command(subcommand)]
    Person(person::PersonCommand),
    /// Show how the promises of a desk are reckoned
    Deadline(Later<deadline::DeadlineArgs>),
    /// Look at the work journal, or correct it
    Journal(books::journal::JournalArgs),
    /// Show the work for a client in a period, and what it comes to
    Statement(Later<books::statement::StatementArgs>),
    /// Bill the clients of a month or a quarter
    Bill(Later<books::bill::BillArgs>),
    /// Say how well the desk keeps its promises
    Report(Later<books::report::ReportArgs>),
    /// Copy the database while it is in use
    Backup(Later<backup::BackupArgs>),
    /// Put a copy in the place of a database that was lost
    Restore(Later<restore::RestoreArgs>),
    /// Stop letters, acknowledgements, the intake of mail or the timers until further notice
    Pause(Later<pause::PauseArgs>),
    /// Let go on what was paused
    Resume(Later<pause::ResumeArgs>),
    /// Say what is old enough to be emptied
    Retention(Later<retention::RetentionArgs>),
    /// Read mailboxes that another maildesk has read so far
    TakeOver(Later<daemon::TakeOverArgs>),
    /// Make the search index anew
    Reindex(Later<reindex::ReindexArgs>),
    /// Compare the database with what must hold
    Doctor(Later<doctor::DoctorArgs>),
}

/// Every command with its texts: what `--help` says is also what the manual and the completions are made of.
pub fn grammar() -> clap::Command {
    Cli::command()
}

/// What the operator's things must be of: the database is brought up to date by itself, the others by hand.
fn versions() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        format!(
            "{}\ndatabase schema {}, configuration {}, templates {}",
            env!("CARGO_PKG_VERSION"),
            crate::store::schema(),
            crate::config::VERSION,
            crate::words::VERSION
        )
    });
    &TEXT
}

/// Runs the command line and answers with the exit code.
pub fn run() -> ExitCode {
    let done = std::panic::catch_unwind(|| run_with(std::env::args_os()));
    done.unwrap_or(ExitCode::from(at_fault(exit::BUG, std::env::args_os())))
}

fn run_with(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let words: Vec<OsString> = arguments.into_iter().collect();
    let cli = match Cli::try_parse_from(&words) {
        Ok(cli) => cli,
        Err(error) => {
            let wanted = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            // Nothing can be done about a terminal that is gone.
            let _ = error.print();
            return ExitCode::from(if wanted { exit::OK } else { at_fault(exit::USAGE, words) });
        }
    };
    let form = page::Form::wanted(cli.common.json);
    match obey(&cli.common, cli.command) {
        Ok(Answered::Page(page)) => {
            page.print(form);
            ExitCode::from(page.code)
        }
        Ok(Answered::Told(code)) => code,
        Err(failure) => {
            failure.print(form);
            ExitCode::from(failure.code)
        }
    }
}

/// What a fault in the call or in the program is answered with: a mail server would send a good mail back for it.
fn at_fault(code: u8, words: impl IntoIterator<Item = OsString>) -> u8 {
    let words: Vec<OsString> = words.into_iter().skip(1).collect();
    let is_value = |at: usize| at > 0 && ["-c", "--config"].iter().any(|option| words[at - 1] == *option);
    let is_option = |word: &OsString| word.to_string_lossy().starts_with('-');
    let command = words.iter().enumerate().find(|(at, word)| !is_option(word) && !is_value(*at));
    if command.is_some_and(|(_, word)| word == "receive") { exit::TEMPORARY } else { code }
}

/// How a command ended that did not fail.
enum Answered {
    Page(Page),
    /// It has told its story itself.
    Told(ExitCode),
}

fn obey(common: &Common, command: Command) -> Result<Answered, Failure> {
    match command {
        Command::Run(Later(args)) => run::run(common, &args).map(Answered::Page),
        command => serve(common, command),
    }
}

/// Every command but the daemon itself: apart from it, so that a program that waits has none of their code in memory.
#[inline(never)]
fn serve(common: &Common, command: Command) -> Result<Answered, Failure> {
    let page = match command {
        Command::Demo(Later(args)) => return Ok(Answered::Told(demo::run(&args))),
        Command::Rehearse(Later(args)) => return Ok(Answered::Told(rehearse::run(args))),
        Command::Init(Later(args)) => init::run(&args),
        Command::Run(Later(args)) => run::run(common, &args),
        Command::Check(Later(args)) => check::run(common, &args),
        Command::Login(Later(args)) => login::run(common, &args),
        Command::Explain(Later(args)) => explain::run(common, &args),
        Command::Replay(Later(args)) => replay::run(common, &args),
        Command::Ledger(Later(args)) => ledger::run(common, &args),
        Command::Poke(Later(args)) => daemon::poke(common, &args),
        Command::Receive(Later(args)) => receive::run(common, &args),
        Command::Status(Later(args)) => status::run(common, &args),
        Command::Ticket(command) => ticket::run(common, command),
        Command::Outbox(command) => outbox::run(common, command),
        Command::Quarantine(command) => quarantine::run(common, command),
        Command::Announce(Later(args)) => announce::run(common, &args),
        Command::Client(command) => people::clients(common, &command),
        Command::Contract(command) => people::contracts(common, &command),
        Command::Agent(command) => people::agents(common, &command),
        Command::Person(command) => person::run(common, command),
        Command::Deadline(Later(args)) => deadline::run(common, &args),
        Command::Journal(args) => books::journal::run(common, &args),
        Command::Statement(Later(args)) => books::statement::run(common, &args),
        Command::Bill(Later(args)) => books::bill::run(common, &args),
        Command::Report(Later(args)) => books::report::run(common, &args),
        Command::Backup(Later(args)) => backup::run(common, &args),
        Command::Restore(Later(args)) => restore::run(common, &args),
        Command::Pause(Later(args)) => pause::pause(common, &args),
        Command::Resume(Later(args)) => pause::resume(common, &args),
        Command::Retention(Later(args)) => retention::run(common, &args),
        Command::TakeOver(Later(args)) => daemon::take_over(common, &args),
        Command::Reindex(Later(args)) => reindex::run(common, &args),
        Command::Doctor(Later(args)) => doctor::run(common, &args),
    };
    page.map(Answered::Page)
}
