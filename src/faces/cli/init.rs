//! `maildesk init`: a configuration to begin with.

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
Without --example the examples are listed. Each is a complete desk with comments: change names and addresses, write
the mailbox's password into its file, and try it out with maildesk check.

Examples:
  maildesk init
  maildesk init --example accounting | less
  maildesk init --example accounting /etc/maildesk/maildesk.toml")]
pub struct InitArgs {
    /// The example to begin with
    #[arg(long, value_name = "NAME")]
    example: Option<String>,
    /// Where it goes; it must not be there yet. Without it the example is printed
    #[arg(requires = "example")]
    file: Option<PathBuf>,
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

/// Lists the examples, prints one, or writes it.
///
/// # Errors
/// There is no such example; the file is there already or cannot be written.
pub fn run(args: &InitArgs) -> Result<Page, Failure> {
    let Some(name) = &args.example else {
        let all = EXAMPLES.map(|example| Listed { name: example.name, about: example.about() });
        let row = |listed: &Listed| vec![listed.name.to_owned(), listed.about.to_owned()];
        return Ok(Page::rows(&all, "", &["example", "what it is"], row));
    };
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
    let mut open = std::fs::OpenOptions::new();
    let mut target = open.write(true).create_new(true).mode(0o600).open(file)?;
    target.write_all(example.text.as_bytes())?;
    target.sync_all()
}
