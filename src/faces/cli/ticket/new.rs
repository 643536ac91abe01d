//! `maildesk ticket new`.

use clap::Args;

use super::write::{done, text};
use crate::daemon::control::{NewRequest, Order};
use crate::faces::cli::failure::Failure;
use crate::faces::cli::office::Office;
use crate::faces::cli::page::Page;

#[derive(Debug, Args)]
#[command(after_help = "\
The requester is acknowledged as if he had written, where he has an address.

Examples:
  maildesk ticket new --from 'Ona Onaitė <ona@client.example>' --subject 'Printer' 'It prints nothing.'
  maildesk ticket new --from 'Petr' --phone '+420 600 000 000' --as alice --urgent --subject 'Server' -
  maildesk ticket new --from jānis@client.example --channel visit --subject 'Router' < notes.txt")]
pub struct NewArgs {
    /// Who asks: 'Name <address>', an address, or a name
    #[arg(long, value_name = "WHO")]
    from: String,
    /// What it is about
    #[arg(long, value_name = "TEXT")]
    subject: String,
    /// The request; - or nothing reads standard input
    text: Option<String>,
    /// Where to call back
    #[arg(long, value_name = "NUMBER")]
    phone: Option<String>,
    /// The way it came, one of the desk's channels
    #[arg(long, value_name = "WORD", default_value = "phone")]
    channel: String,
    /// The caller's company
    #[arg(long, value_name = "NAME")]
    company: Option<String>,
    /// The caller's position there
    #[arg(long, value_name = "TEXT")]
    position: Option<String>,
    /// The device that it is about
    #[arg(long, value_name = "CODE")]
    device: Option<String>,
    /// One of the desk's types
    #[arg(long = "type", value_name = "NAME")]
    kind: Option<String>,
    /// One of the desk's severities
    #[arg(long, value_name = "NAME")]
    severity: Option<String>,
    /// What the client is to be asked for by mail; may be given several times
    #[arg(long, value_name = "FIELD")]
    ask: Vec<String>,
    /// It cannot wait
    #[arg(long)]
    urgent: bool,
    /// The requester's language, two letters; else that of the text
    #[arg(long, value_name = "CODE")]
    language: Option<String>,
    /// The agent who took it: id, address or name
    #[arg(long = "as", value_name = "AGENT")]
    by: Option<String>,
    /// The desk, where there are several
    #[arg(long, value_name = "NAME")]
    desk: Option<String>,
}

/// Registers a request.
///
/// # Errors
/// The desk takes none over that channel, or it cannot be read.
pub fn run(office: &Office, args: &NewArgs) -> Result<Page, Failure> {
    let desk = office.desk(args.desk.as_deref())?.desk.to_string();
    let (name, address) = who(&args.from)?;
    let request = NewRequest {
        desk,
        by: args.by.clone(),
        channel: args.channel.clone(),
        name,
        address,
        phone: args.phone.clone(),
        subject: args.subject.clone(),
        text: text(args.text.as_deref(), true)?,
        urgent: args.urgent,
        language: args.language.clone(),
        company: args.company.clone(),
        position: args.position.clone(),
        device: args.device.clone(),
        kind: args.kind.clone(),
        severity: args.severity.clone(),
        ask: args.ask.clone(),
    };
    done(&office.give(&Order::Register(Box::new(request)))?)
}

/// Name and address of `Ona <ona@client.example>`, `ona@client.example` or `Ona`.
fn who(text: &str) -> Result<(String, Option<String>), Failure> {
    let text = text.trim();
    if text.is_empty() || text.chars().any(char::is_control) {
        return Err(Failure::usage("--from needs a name, an address, or both: 'Ona <ona@client.example>'"));
    }
    match text.split_once('<') {
        Some((name, rest)) => {
            let address = rest.trim_end().strip_suffix('>');
            let address = address.ok_or_else(|| Failure::usage(format!("{text:?} lacks its last >")))?;
            Ok((name.trim().trim_matches('"').to_owned(), Some(address.trim().to_owned())))
        }
        None if text.contains('@') => Ok((String::new(), Some(text.to_owned()))),
        None => Ok((text.to_owned(), None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_requester_is_a_name_an_address_or_both() {
        for (text, name, address) in [
            ("Ona Onaitė <ona@client.example>", "Ona Onaitė", Some("ona@client.example")),
            ("\"Onaitė, Ona\" < ona@client.example > ", "Onaitė, Ona", Some("ona@client.example")),
            ("ona@client.example", "", Some("ona@client.example")),
            ("Ona", "Ona", None),
        ] {
            assert_eq!(who(text), Ok((name.to_owned(), address.map(str::to_owned))), "{text}");
        }
        assert!(who("").is_err() && who("Ona <ona@client.example").is_err() && who("O\nna").is_err());
    }
}
