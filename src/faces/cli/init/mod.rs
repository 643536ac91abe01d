//! `maildesk init`: a configuration to begin with, asked for and tried out, or one of the examples.

mod answers;
mod console;
mod draft;
mod guess;
mod trial;

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::failure::Failure;
use super::page::Page;
use crate::config::examples::{EXAMPLES, Example, example};

#[derive(Debug, Args)]
#[command(after_help = "\
It asks five questions: the address of the desk, its mail servers, the password, who answers, and the languages. Then
it logs in to both servers, sends one letter to the desk itself to see how it travels, and writes a configuration
with comments and the password into a file of its own beside it. What is given as an option is not asked. Nothing
that is there already is overwritten, and nothing is written while the servers do not let us in.

Answers may also come from a pipe, one a line. Exit codes are those of maildesk check.

Examples:
  maildesk init
  maildesk init /etc/maildesk/maildesk.toml --server gmail
  maildesk init desk.toml --yes --address support@desk.example --imap mail.desk.example \\
      --password-file secret --agent 'Ona <ona@desk.example>' --language lt,ru
  maildesk init --list
  maildesk init --example accounting | less
  maildesk init --example accounting /etc/maildesk/maildesk.toml")]
pub struct InitArgs {
    /// List the examples: complete desks with comments
    #[arg(long, conflicts_with_all = ["example", "file"])]
    list: bool,
    /// Begin with this example instead of questions; without FILE it is printed
    #[arg(long, value_name = "NAME")]
    example: Option<String>,
    /// Where it goes; it must not be there yet
    ///
    /// By default /etc/maildesk/maildesk.toml for root, maildesk.toml for others.
    file: Option<PathBuf>,
    /// Ask nothing: what is not given has its default or is missing
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    wishes: Wishes,
    /// Write it without trying the servers
    #[arg(long)]
    offline: bool,
    /// Send no letter to the desk itself
    #[arg(long)]
    no_probe: bool,
}

/// What need not be asked.
#[derive(Clone, Debug, Default, Args)]
struct Wishes {
    /// Address of the desk
    #[arg(long, value_name = "ADDRESS", conflicts_with = "example")]
    address: Option<String>,
    /// Host of both servers, or gmail, m365, local
    #[arg(long, value_name = "HOST", conflicts_with = "example")]
    server: Option<String>,
    /// Server of the mailbox; the port says how it is protected: 993 TLS, 143 STARTTLS
    #[arg(long, value_name = "HOST[:PORT]", conflicts_with_all = ["example", "server"])]
    imap: Option<String>,
    /// Server that letters leave through; 465 TLS, 587 STARTTLS
    #[arg(long, value_name = "HOST[:PORT]", conflicts_with_all = ["example", "server"])]
    smtp: Option<String>,
    /// tls, starttls or plain, where the ports do not say it
    #[arg(long, value_name = "WORD", value_parser = ["tls", "starttls", "plain"])]
    security: Option<String>,
    /// Authorities to be believed beside the system's, PEM
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Name for the login; by default the address
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Microsoft 365: the directory in which maildesk is registered
    #[arg(long, value_name = "ID", conflicts_with = "example")]
    tenant: Option<String>,
    /// Microsoft 365: maildesk as it is registered there
    #[arg(long, value_name = "ID", conflicts_with = "example")]
    client_id: Option<String>,
    /// A file that holds the password (Microsoft 365: the client secret) already, for its owner alone
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Who answers: 'Name <address>'; may be repeated
    #[arg(long, value_name = "AGENT")]
    agent: Vec<String>,
    /// Languages of the desk, the first its own: en, lt, lv, ru, cs
    #[arg(long, value_name = "LANGUAGE", value_delimiter = ',')]
    language: Vec<String>,
}

#[derive(Serialize)]
struct Listed {
    name: &'static str,
    about: &'static str,
}

#[derive(Serialize)]
struct Begun<'a> {
    example: &'static str,
    file: &'a Path,
}

/// Asks and tries out; or lists the examples, prints one, writes one.
///
/// # Errors
/// There is no such example; the file is there already or cannot be written; an answer is missing; the servers do
/// not let us in.
pub fn run(args: &InitArgs) -> Result<Page, Failure> {
    if args.list {
        let all = EXAMPLES.map(|example| Listed { name: example.name, about: example.about() });
        let row = |listed: &Listed| vec![listed.name.to_owned(), listed.about.to_owned()];
        return Ok(Page::rows(&all, "", &["example", "what it is"], row));
    }
    let Some(name) = &args.example else { return trial::run(args) };
    let Some(example) = example(name) else {
        let known = EXAMPLES.map(|example| example.name).join(", ");
        return Err(Failure::usage(format!("there is no example \"{name}\"; there are {known}")));
    };
    let Some(file) = &args.file else { return Ok(Page::bytes(example.text.as_bytes().to_vec())) };
    write(example, file).map_err(|error| Failure::io(file.display(), &error))?;
    let text = format!(
        "{0}: written; change names and addresses, then: maildesk check --config {0}\n",
        file.display()
    );
    Ok(Page::text(&Begun { example: example.name, file }, text))
}

/// Readable by its owner alone, because passwords may come into it.
fn write(example: &Example, file: &Path) -> std::io::Result<()> {
    create(file, 0o600, example.text)
}

/// Makes a file that is not there yet.
fn create(file: &Path, mode: u32, text: &str) -> std::io::Result<()> {
    let mut open = OpenOptions::new();
    let mut target = open.write(true).create_new(true).mode(mode).open(file)?;
    target.write_all(text.as_bytes())?;
    target.sync_all()
}
