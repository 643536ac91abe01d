//! From the operator's files to [`Settings`].

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::desk::{self, Surroundings, limits::limits};
use super::layers;
use super::local::{WAYS_IN, local};
use super::node::Node;
use super::passwords::Passwords;
use super::problem::{Problem, Problems};
use super::reader::{Item, Report, Table};
use super::servers::{mailbox, relays};
use super::settings::{LocalSettings, Log, LogFormat, MailboxSettings, Settings};
use super::sheets::{self, Sheet, Trial};
use super::upkeep::{Retention, canary};
use super::waits::{Pace, Waits};
use crate::domain::address::Address;
use crate::domain::language::Lang;
use crate::domain::rules::{DeskId, Limits, Rules};

/// A configuration that can be used.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub settings: Settings,
    /// What the operator should look at, though it works.
    pub warnings: Vec<Problem>,
    /// The files that were read, in the order of their layers.
    pub files: Vec<PathBuf>,
}

/// Reads the files in order, `conf.d/*.toml` beside the first, and the variables `MAILDESK__SECTION__KEY`;
/// later ones go before earlier ones. `env` also holds `CREDENTIALS_DIRECTORY` and the variables of
/// `password_env`. Names of files are taken from the folder of the first file.
///
/// # Errors
/// Every problem that was found, in the order of the files. None of them holds a secret.
pub fn load(paths: &[PathBuf], env: &BTreeMap<String, String>) -> Result<Loaded, Problems> {
    load_trial(paths, env, &Trial::new())
}

/// As [`load`], with texts in place of some files that a desk names: what would be if they stood there.
///
/// # Errors
/// Those of [`load`].
pub fn load_trial(
    paths: &[PathBuf],
    env: &BTreeMap<String, String>,
    trial: &Trial,
) -> Result<Loaded, Problems> {
    read(paths, env, trial, true)
}

/// As [`load`] for a command that speaks to no server: passwords are not read, and are empty. So a member of the
/// daemon's group, who may not read them, can use it.
///
/// # Errors
/// Those of [`load`], but for passwords.
pub fn load_without_secrets(paths: &[PathBuf], env: &BTreeMap<String, String>) -> Result<Loaded, Problems> {
    read(paths, env, &Trial::new(), false)
}

fn read(
    paths: &[PathBuf],
    env: &BTreeMap<String, String>,
    trial: &Trial,
    secrets: bool,
) -> Result<Loaded, Problems> {
    let (mut tree, files, mut faults) = layers::read(paths, env);
    let base = files.first().and_then(|file| file.parent()).unwrap_or(Path::new(""));
    faults.extend(sheets::join(&mut tree, base, trial));
    let report = Report::default();
    // After a fault of syntax half the keys are lost; complaints about that would hide the cause.
    let passwords = Passwords::new(env, &files);
    let passwords = if secrets { passwords } else { passwords.withheld() };
    let settings = if faults.is_empty() { settings(tree, &report, &passwords, &files) } else { None };
    faults.extend(report.problems.take());
    faults.extend(report.unsupported.take().into_iter().map(|found| Problem {
        place: found.place,
        key: found.key,
        what: "has no effect yet".to_owned(),
        hint: Some(found.why),
    }));
    faults.sort();
    faults.dedup();
    match settings {
        Some(settings) if faults.is_empty() => {
            // The common relay is read once for each desk.
            let mut warnings = report.warnings.take();
            let mut told = std::collections::BTreeSet::new();
            warnings.retain(|warning| told.insert(warning.clone()));
            Ok(Loaded { settings, warnings, files })
        }
        _ => Err(Problems(faults)),
    }
}

/// The tables that desks name ([`sheets::Sheet`]), whether they are there or not: desk, what of, and where.
pub fn named_sheets(paths: &[PathBuf], env: &BTreeMap<String, String>) -> Vec<(String, Sheet, PathBuf)> {
    let (mut tree, files, _) = layers::read(paths, env);
    let base = files.first().and_then(|file| file.parent()).unwrap_or(Path::new(""));
    sheets::named(&mut tree, base)
}

/// Where the daemon of this configuration listens for orders, whatever else may be wrong with the configuration, and
/// without a look at its secrets: whoever only hands something over needs no more.
pub fn control_socket(paths: &[PathBuf], env: &BTreeMap<String, String>) -> PathBuf {
    let (tree, files, _) = layers::read(paths, env);
    let base = files.first().and_then(|file| file.parent()).unwrap_or(Path::new(""));
    let path = |key| tree.get(key).and_then(Node::as_text).map(|text| base.join(text.trim()));
    let state_dir = path("state_dir").unwrap_or_else(|| PathBuf::from(STATE_DIR));
    path("control_socket").unwrap_or_else(|| state_dir.join(CONTROL_SOCKET))
}

/// Where the daemon keeps everything, and the socket in there.
const STATE_DIR: &str = "/var/lib/maildesk";
const CONTROL_SOCKET: &str = "control.sock";

/// Reads the whole tree. `None` only after a problem was reported.
pub(super) fn settings(
    tree: Node,
    report: &Report,
    passwords: &Passwords<'_>,
    files: &[PathBuf],
) -> Option<Settings> {
    let watched = watched(&tree);
    let root = Item::root(tree, report).table()?;
    let base = files.first().and_then(|file| file.parent()).unwrap_or(Path::new(""));
    let path = |key| root.text(key).map(|text| base.join(text));
    let state_dir = path("state_dir").unwrap_or_else(|| PathBuf::from(STATE_DIR));
    let database = path("database").unwrap_or_else(|| state_dir.join("maildesk.sqlite"));
    let control_socket = path("control_socket").unwrap_or_else(|| state_dir.join(CONTROL_SOCKET));
    let templates_dir = path("templates_dir");
    let log = section(&root, "log", |table| log(&table, base)).unwrap_or_else(default_log);
    let http = section(&root, "http", |table| http(&table)).flatten();
    let waits = section(&root, "waits", |table| Waits::read(&table)).unwrap_or_default();
    let pace = section(&root, "pace", |table| Pace::read(&table)).unwrap_or_default();
    let common = section(&root, "limits", |table| limits(&table, &Limits::default())).unwrap_or_default();
    let languages = languages(templates_dir.as_deref());
    let around =
        Surroundings { watched, limits: common, reply_delay_seconds: 0, hold_collision: true, languages };

    let tables = desk_tables(&root);
    let own: BTreeMap<DeskId, Option<Table<'_>>> =
        tables.iter().map(|(id, table)| (id.clone(), own_smtp(table))).collect();
    let desks: Vec<Rules> = tables.iter().filter_map(|(id, table)| desk::rules(id, table, &around)).collect();
    let ids: Vec<DeskId> = tables.iter().map(|(id, _)| id.clone()).collect();
    let local = section(&root, "local", |table| local(&table, &ids, base));
    let mailboxes = mailboxes(&root, &ids, local.as_ref(), passwords);
    let by_mailbox = local.is_none() || !mailboxes.is_empty();
    let smtp = match root.get("smtp") {
        Some(item) => relays(&item.table()?, &own, &mailboxes, by_mailbox, passwords),
        None => relays(&Item::empty_at(&root, "smtp").table()?, &own, &mailboxes, by_mailbox, passwords),
    };
    drop(tables);
    let retention = section(&root, "retention", |table| Retention::read(&table, &ids)).unwrap_or_default();
    let canary = section(&root, "canary", |table| canary(&table)).flatten();
    let state = Settings {
        state_dir,
        database,
        control_socket,
        templates_dir,
        log,
        http,
        mailboxes,
        local,
        smtp,
        desks,
        waits,
        pace,
        retention,
        canary,
    };
    Some(state)
}

/// The built-in languages, and those that have a folder among the operator's templates. A folder that cannot be
/// read is told of when the templates are.
fn languages(templates: Option<&Path>) -> Vec<Lang> {
    let mut languages = desk::LANGUAGES.to_vec();
    let folders = templates.and_then(|path| std::fs::read_dir(path).ok()).into_iter().flatten().flatten();
    let mut own: Vec<Lang> = folders
        .filter(|entry| entry.path().is_dir())
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|language| !languages.contains(language))
        .collect();
    own.sort();
    languages.extend(own);
    languages
}

fn section<T>(root: &Table<'_>, key: &'static str, read: impl FnOnce(Table<'_>) -> T) -> Option<T> {
    root.get(key).and_then(|item| item.table()).map(read)
}

fn default_log() -> Log {
    Log { filter: "info".to_owned(), format: LogFormat::Text, journal: None }
}

fn log(table: &Table<'_>, base: &Path) -> Log {
    let d = default_log();
    Log {
        filter: table.text("filter").unwrap_or(d.filter),
        format: table.choice("format", &[("text", LogFormat::Text), ("json", LogFormat::Json)], d.format),
        journal: table.text("journal").map(|text| base.join(text)),
    }
}

/// `[http]`: there is no login, so only this machine is let in without the operator's word.
fn http(table: &Table<'_>) -> Option<SocketAddr> {
    let remote = table.flag("allow_remote", false);
    let item = table.get("listen")?;
    let text = item.text()?;
    let Ok(address) = text.parse::<SocketAddr>() else {
        item.refuse(format!("\"{text}\" is not an address with a port"), "write 127.0.0.1:9180");
        return None;
    };
    if !address.ip().is_loopback() && !remote {
        let hint = "write 127.0.0.1 or [::1], or set allow_remote = true where only monitoring can reach it";
        item.refuse("would show how the desk stands to everybody who can reach it", hint);
        return None;
    }
    Some(address)
}

/// `[desk]`, or `[desks.NAME]` for several.
fn desk_tables<'r>(root: &Table<'r>) -> Vec<(DeskId, Table<'r>)> {
    let one = root.get("desk").map(|item| ("desk".to_owned(), item));
    let alone = one.is_some();
    let several = root.get("desks");
    if let (Some((_, item)), Some(_)) = (&one, &several) {
        item.refuse("stands beside desks", "make it one of them: [desks.NAME]");
    }
    let named = several.map(|item| item.named()).unwrap_or_default();
    if one.is_none() && named.is_empty() {
        root.missing("desk", "a desk needs at least address and agents");
    }
    let mut tables = Vec::new();
    for (name, item) in one.into_iter().chain(named) {
        let Some(table) = item.table() else { continue };
        let id = if alone { table.text("id") } else { None };
        let name = id.unwrap_or(name);
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        {
            item.refuse(
                format!("\"{name}\" is no name of a desk"),
                "write small letters, digits and hyphens",
            );
        }
        item.report().claim("desk", &name, item.key(), &item);
        tables.push((name.into(), table));
    }
    tables
}

fn own_smtp<'r>(table: &Table<'r>) -> Option<Table<'r>> {
    table.get("smtp").and_then(|item| item.table())
}

/// `[mailbox]`, or `[mailboxes.NAME]` for several.
fn mailboxes(
    root: &Table<'_>,
    desks: &[DeskId],
    local: Option<&LocalSettings>,
    passwords: &Passwords<'_>,
) -> Vec<MailboxSettings> {
    let one = root.get("mailbox").map(|item| ("mailbox".to_owned(), item));
    let several = root.get("mailboxes");
    if let (Some((_, item)), Some(_)) = (&one, &several) {
        item.refuse("stands beside mailboxes", "make it one of them: [mailboxes.NAME]");
    }
    let named: Vec<(String, Item<'_>)> =
        one.into_iter().chain(several.map(|item| item.named()).unwrap_or_default()).collect();
    if named.is_empty() && local.is_none() {
        root.missing("mailbox", "a mailbox needs host, user and password_file");
    }
    let mut read: Vec<MailboxSettings> = Vec::new();
    let mut served: Vec<DeskId> = local.map(|local| local.desks.clone()).unwrap_or_default();
    let mut whole = true;
    for (name, item) in &named {
        if WAYS_IN.contains(&name.as_str()) {
            item.refuse(format!("\"{name}\" is how the ledger calls mail of [local]"), "choose another name");
        }
        let Some(table) = item.table() else { continue };
        let Some(found) = mailbox(name, &table, desks, passwords) else {
            whole = false;
            continue;
        };
        let where_to = format!("{} {}", found.server.host, found.folder);
        item.report().claim("mailbox", &format!("{}, {where_to}", found.login.user), name, item);
        served.extend(found.desks.iter().cloned());
        read.push(found);
    }
    let some = !named.is_empty() || local.is_some();
    for id in desks.iter().filter(|id| whole && some && !served.contains(id)) {
        root.item().refuse(format!("no mailbox serves the desk {id}"), "name it in desks of a mailbox");
    }
    read
}

/// Every address whose mail comes to the program: those of the desks, aliases, and names of logins.
/// Read before all else and without complaint, because people are checked against it.
fn watched(tree: &Node) -> Vec<Address> {
    let under = |one: &str, several: &str| -> Vec<&Node> {
        let named = tree.get(several).into_iter().flat_map(|node| node.entries().map(|(_, node)| node));
        tree.get(one).into_iter().chain(named).collect()
    };
    let desks = under("desk", "desks").into_iter().filter_map(|desk| desk.get("address"));
    let boxes = under("mailbox", "mailboxes");
    let users = boxes.iter().filter_map(|mailbox| mailbox.get("user"));
    let ways_in = boxes.iter().copied().chain(tree.get("local"));
    let aliases = ways_in.filter_map(|way| way.get("aliases")).flat_map(Node::list);
    let mut watched: Vec<Address> = Vec::new();
    for node in desks.chain(users).chain(aliases) {
        let address = node.as_text().and_then(Address::parse).map(|address| address.base());
        watched.extend(address.filter(|address| !watched.contains(address)));
    }
    watched
}
