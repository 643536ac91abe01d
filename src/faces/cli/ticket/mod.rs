//! `maildesk ticket`: look at tickets and work on them, beside a running daemon or without one.

mod attach;
mod export;
mod list;
mod new;
mod next;
mod show;
mod write;

use clap::Subcommand;

use super::Common;
use super::failure::Failure;
use super::office::Office;
use super::page::Page;

#[derive(Debug, Subcommand)]
#[command(after_help = "\
A ticket is named 3107, KL-3107 or [KL-3107]; where there are several desks a bare number needs --desk. What changes
a ticket is done by the running daemon, or here when none runs, by the same rules as an agent's mail.")]
pub enum TicketCommand {
    /// List tickets, by default those that are not finished
    List(list::ListArgs),
    /// Show a ticket with its thread
    Show(show::ShowArgs),
    /// Register a request that did not come by mail
    New(Box<new::NewArgs>),
    /// Take the next request from the queue
    Next(next::NextArgs),
    /// Answer the client
    Reply(write::ReplyArgs),
    /// Leave a note that only agents see
    Note(write::NoteArgs),
    /// Give a ticket to an agent, or to nobody
    Assign(write::AssignArgs),
    /// Resolve a ticket, with or without words to the client
    Resolve(write::ResolveArgs),
    /// Take a resolved or closed ticket up again
    #[command(after_help = "Examples:\n  maildesk ticket reopen KL-3107")]
    Reopen(write::OneArgs),
    /// Close a ticket for good without a word
    #[command(after_help = "Examples:\n  maildesk ticket close KL-3107 --as petr")]
    Close(write::OneArgs),
    /// Add a scanned paper to a ticket, also to a closed one
    Attach(attach::AttachArgs),
    /// Go on with a ticket's matter in another one
    Merge(write::MergeArgs),
    /// Write a whole case into a folder
    Export(export::ExportArgs),
}

/// Carries one of them out.
///
/// # Errors
/// There is no such ticket, or it cannot be done as it stands.
pub fn run(common: &Common, command: TicketCommand) -> Result<Page, Failure> {
    let office = Office::open(common)?;
    match command {
        TicketCommand::List(args) => list::run(&office, &args),
        TicketCommand::Show(args) => show::run(&office, &args),
        TicketCommand::New(args) => new::run(&office, &args),
        TicketCommand::Next(args) => next::run(&office, &args),
        TicketCommand::Reply(args) => write::reply(&office, &args),
        TicketCommand::Note(args) => write::note(&office, &args),
        TicketCommand::Assign(args) => write::assign(&office, &args),
        TicketCommand::Resolve(args) => write::resolve(&office, &args),
        TicketCommand::Reopen(args) => write::reopen(&office, &args),
        TicketCommand::Close(args) => write::close(&office, &args),
        TicketCommand::Attach(args) => attach::run(&office, &args),
        TicketCommand::Merge(args) => write::merge(&office, &args),
        TicketCommand::Export(args) => export::run(&office, &args),
    }
}
