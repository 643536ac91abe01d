//! `maildesk client add|import` and `agent add|import`: the tables beside the configuration, checked with all of it
//! before they are written.

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::Common;
use super::failure::Failure;
use super::office::{environment, paths};
use super::page::Page;
use crate::config::sheets::{Changes, Sheet, Trial, merged};
use crate::config::{load_trial, named_sheets};
use crate::daemon::control::{self, AskError, Order};
use crate::domain::books::csv::{self, Separator};
use crate::faces::exit;

/// Longer tables are a mistake.
const BYTES_MAX: u64 = 50_000_000;

#[derive(Debug, Args)]
#[command(after_help = "\
The desk names its own table: clients_file = \"clients.csv\" (or agents_file). Whoever is in FILE is replaced there with
all rows, everybody else stays. Columns of clients: code, name, domains, devices, consultant, contract, contract_email,
hours, period, price_beyond, price, billing, contact, email, phone, position, language, statement, responsible; a
further contact of a client is a further row with the same code. Columns of agents: id, name, email, phone, team, role,
signature.

Examples:
  maildesk client import clients.csv --dry-run
  maildesk client import - < export.csv
  maildesk agent import agents.csv --desk support")]
pub struct ImportArgs {
    /// Comma, semicolon or tab separated values in UTF-8, headings first; - reads standard input
    file: PathBuf,
    /// Only say what would change, and whether all of it is right
    #[arg(long)]
    dry_run: bool,
    /// The desk, where there are several
    #[arg(long, value_name = "NAME")]
    desk: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  maildesk client add 300000101 'UAB Pavyzdys' --domain client.example --contact 'Ona <ona@client.example>'")]
pub struct AddClientArgs {
    /// Registration number; it tells clients apart
    code: String,
    /// The company's name
    name: String,
    /// A mail domain that is this client's alone; may be repeated
    #[arg(long, value_name = "DOMAIN")]
    domain: Vec<String>,
    /// Name of the contract
    #[arg(long, value_name = "NAME")]
    contract: Option<String>,
    /// Address of the contract
    #[arg(long, value_name = "ADDRESS", requires = "contract")]
    contract_email: Option<String>,
    /// A person, as in 'Ona <ona@client.example>'; may be repeated
    #[arg(long, value_name = "PERSON")]
    contact: Vec<String>,
    /// The desk, where there are several
    #[arg(long, value_name = "NAME")]
    desk: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  maildesk agent add ona 'Ona Onaitė' ona@desk.example --phone '+370 600 00001'")]
pub struct AddAgentArgs {
    /// What #assign takes
    id: String,
    /// Clients see it under each answer
    name: String,
    /// The agent's own address
    email: String,
    #[arg(long, value_name = "NUMBER")]
    phone: Option<String>,
    #[arg(long, value_name = "NAME")]
    team: Option<String>,
    #[arg(long, value_name = "WORD")]
    role: Option<String>,
    /// The desk, where there are several
    #[arg(long, value_name = "NAME")]
    desk: Option<String>,
}

#[derive(Serialize)]
struct Document {
    file: String,
    added: Vec<String>,
    replaced: Vec<String>,
    written: bool,
    /// A daemon reads the configuration again.
    reloading: bool,
}

/// Joins a file to the desk's table.
///
/// # Errors
/// The desk names no table, the file cannot be read, or the configuration would not hold with it.
pub fn import(common: &Common, sheet: Sheet, args: &ImportArgs) -> Result<Page, Failure> {
    let text = read(&args.file)?;
    let table = Table::of(common, sheet, args.desk.as_deref())?;
    let (text, changes) = merged(sheet, &table.text, &text)
        .map_err(|what| Failure::usage(format!("{}: {what}", args.file.display())))?;
    table.replace(&text, changes, args.dry_run)
}

/// Adds one client.
///
/// # Errors
/// There is one of that number in the table; see [`import`].
pub fn add_client(common: &Common, args: &AddClientArgs) -> Result<Page, Failure> {
    let mut contacts = Vec::new();
    for person in &args.contact {
        let (name, address) = person.rsplit_once('<').unwrap_or((person, person));
        let address = address.trim_end_matches('>').trim();
        contacts.push([name.trim(), address].map(str::to_owned));
    }
    let first = contacts.first().cloned().unwrap_or_default();
    let (contract, contract_email) = (args.contract.clone(), args.contract_email.clone());
    let mut lines = vec![
        ["code", "name", "domains", "contract", "contract_email", "contact", "email"]
            .map(str::to_owned)
            .to_vec(),
        vec![
            args.code.clone(),
            args.name.clone(),
            args.domain.join(" "),
            contract.unwrap_or_default(),
            contract_email.unwrap_or_default(),
            first[0].clone(),
            first[1].clone(),
        ],
    ];
    for [name, address] in contacts.into_iter().skip(1) {
        let empty = || String::new();
        lines.push(vec![args.code.clone(), empty(), empty(), empty(), empty(), name, address]);
    }
    add(common, Sheet::Clients, &lines, args.desk.as_deref())
}

/// Adds one agent.
///
/// # Errors
/// There is one of that id in the table; see [`import`].
pub fn add_agent(common: &Common, args: &AddAgentArgs) -> Result<Page, Failure> {
    let optional = |value: &Option<String>| value.clone().unwrap_or_default();
    let lines = vec![
        ["id", "name", "email", "phone", "team", "role"].map(str::to_owned).to_vec(),
        vec![
            args.id.clone(),
            args.name.clone(),
            args.email.clone(),
            optional(&args.phone),
            optional(&args.team),
            optional(&args.role),
        ],
    ];
    add(common, Sheet::Agents, &lines, args.desk.as_deref())
}

fn add(common: &Common, sheet: Sheet, lines: &[Vec<String>], desk: Option<&str>) -> Result<Page, Failure> {
    let table = Table::of(common, sheet, desk)?;
    let new = csv::write_exactly(lines, Separator::Comma);
    let (text, changes) = merged(sheet, &table.text, &new).map_err(Failure::usage)?;
    if changes.added.is_empty() {
        let id = lines.get(1).and_then(|line| line.first()).cloned().unwrap_or_default();
        return Err(Failure::refused(format!("{id} is there already; `import` replaces")));
    }
    table.replace(&text, changes, false)
}

/// The table of a desk.
struct Table {
    path: PathBuf,
    /// As it is; empty where there is none yet.
    text: String,
    configuration: Vec<PathBuf>,
}

impl Table {
    fn of(common: &Common, sheet: Sheet, desk: Option<&str>) -> Result<Table, Failure> {
        let env = environment();
        let configuration = paths(common, &env);
        let named = named_sheets(&configuration, &env).into_iter();
        let mut of_desk = named.filter(|(id, what, _)| *what == sheet && desk.is_none_or(|desk| desk == id));
        let path = match (of_desk.next(), of_desk.next()) {
            (Some((.., path)), None) => path,
            (Some(_), Some(_)) => return Err(Failure::usage("which desk? Give --desk")),
            (None, _) => {
                let key = sheet.key();
                let example = key.replace("_file", ".csv");
                let text = format!(
                    "the desk names no such table: write {key} = \"{example}\" into the configuration"
                );
                return Err(Failure { code: exit::CONFIG, text });
            }
        };
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(Failure::io(path.display(), &error)),
        };
        Ok(Table { path, text, configuration })
    }

    /// Writes the table where the whole configuration holds with it, and has the daemon read it.
    fn replace(&self, text: &str, changes: Changes, dry_run: bool) -> Result<Page, Failure> {
        let trial = Trial::from([(self.path.clone(), text.to_owned())]);
        let loaded = load_trial(&self.configuration, &environment(), &trial)?;
        let changed = changes != Changes::default() || !self.path.exists();
        let written = changed && !dry_run;
        if written {
            self.write(text).map_err(|error| Failure::io(self.path.display(), &error))?;
        }
        let mut said = format!("{} added, {} replaced\n", changes.added.len(), changes.replaced.len());
        let mut reloading = false;
        if written {
            reloading = match control::ask(&loaded.settings.control_socket, &Order::Reload) {
                Ok(_) => true,
                Err(AskError::Nobody) => false,
                Err(error) => {
                    let failure = Failure::from(error);
                    let text = format!(
                        "{} is written; the daemon was not told: {}",
                        self.path.display(),
                        failure.text
                    );
                    return Err(Failure { text, ..failure });
                }
            };
            said.push_str(if reloading { "the daemon reads it now\n" } else { "" });
        }
        let file = self.path.display().to_string();
        let Changes { added, replaced } = changes;
        Ok(Page::text(&Document { file, added, replaced, written, reloading }, said))
    }

    /// Beside it, then in its place; readable for whoever may read the configuration.
    fn write(&self, text: &str) -> io::Result<()> {
        let mut name = self.path.as_os_str().to_owned();
        name.push(".new");
        let beside = Path::new(&name);
        let mut file = fs::File::create(beside)?;
        let model = if self.path.exists() { Some(&self.path) } else { self.configuration.first() };
        if let Some(model) = model.and_then(|path| fs::metadata(path).ok()) {
            file.set_permissions(fs::Permissions::from_mode(model.permissions().mode() & 0o777))?;
            // Only root can give it away; anybody else writes as the owner.
            let _ = chown(beside, Some(model.uid()), Some(model.gid()));
        }
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(beside, &self.path)
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    let failed = |error: io::Error| Failure::io(path.display(), &error);
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        io::stdin().lock().take(BYTES_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
    } else {
        fs::File::open(path).map_err(failed)?.take(BYTES_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
    }
    if bytes.len() as u64 > BYTES_MAX {
        return Err(Failure::usage(format!("{} is longer than {BYTES_MAX} bytes", path.display())));
    }
    String::from_utf8(bytes).map_err(|_| {
        Failure::usage(format!("{} is not in UTF-8: save it so, or convert it with iconv", path.display()))
    })
}
