//! Mailboxes and relays: `[mailbox]`, `[mailboxes.NAME]`, `[smtp]` and `[desks.NAME.smtp]`.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::oauth::{Around, Oauth, oauth};
use super::passwords::{PASSWORD, Passwords};
use super::preset::{At, Preset};
use super::reader::{Item, Table, suggestion};
use super::settings::{Adopt, After, Auth, Login, MailboxSettings, Proof, Security, Server, SmtpSettings};
use crate::domain::address::Address;
use crate::domain::rules::DeskId;

const SECURITY: [(&str, Security); 3] =
    [("tls", Security::Tls), ("starttls", Security::StartTls), ("plain", Security::Plain)];
const AUTH: [(&str, Option<Auth>); 4] = [
    ("auto", Some(Auth::Auto)),
    ("plain", Some(Auth::Plain)),
    ("login", Some(Auth::Login)),
    ("xoauth2", Some(Auth::Xoauth2)),
];

/// Ports of a protocol: with TLS from the first byte, and otherwise.
struct Ports {
    tls: u16,
    other: u16,
}

/// One mailbox; `None` where too little of it is there.
pub fn mailbox(
    name: &str,
    table: &Table<'_>,
    desks: &[DeskId],
    passwords: &Passwords<'_>,
) -> Option<MailboxSettings> {
    let preset = Preset::of(table);
    let known = preset.map(Preset::mailbox);
    let server = server(table, &Ports { tls: 993, other: 143 }, known, None, passwords);
    let user = table.need("user", "the name for the login, often the address itself");
    let user = user.and_then(|user| user.text());
    let ca_file = server.as_ref().and_then(|server| server.ca_file.clone());
    let login = login(table, name, user, preset, ca_file, passwords);
    let served = served_desks(table, desks);
    let folder = table.text("folder").unwrap_or_else(|| "INBOX".to_owned());
    let after = table.get("after").and_then(|item| after(&item, &folder)).unwrap_or(After::Leave);
    let adopt = table.get("adopt").and_then(|item| adopt(&item)).unwrap_or(Adopt::New);
    let poll =
        table.get("poll_seconds").and_then(|item| at_least(&item, 0.05)).unwrap_or(Duration::from_secs(60));
    let noop = table.get("noop_seconds").and_then(|item| at_least(&item, 0.05));
    let late = table.seconds("late_seconds", Duration::from_secs(86_400));
    let aliases = table.get("aliases").map(|item| aliases(&item)).unwrap_or_default();
    let owner_folder = table.text("owner_folder");
    if owner_folder.as_ref().is_some_and(|owner| owner.eq_ignore_ascii_case(&folder)) {
        table.refuse("owner_folder", "is the folder that is watched", "give the mark a folder of its own");
    }
    let name = name.to_owned();
    Some(MailboxSettings {
        owner_folder,
        name,
        desks: served,
        aliases,
        preset,
        server: server?,
        login: login?,
        folder,
        after,
        adopt,
        poll,
        noop,
        late,
    })
}

/// The login of a mailbox: a password, or access tokens.
fn login(
    table: &Table<'_>,
    name: &str,
    user: Option<String>,
    preset: Option<Preset>,
    ca_file: Option<PathBuf>,
    passwords: &Passwords<'_>,
) -> Option<Login> {
    let auth = table.choice("auth", &AUTH, Some(Auth::Auto)).unwrap_or(Auth::Auto);
    let password = passwords.read(table, &PASSWORD);
    let given = passwords.is_given(table, &PASSWORD);
    let Some(item) = table.get("oauth") else {
        if password.is_none() && !given {
            let hint = "the file that holds the password, readable by its owner alone; or access tokens, \
                        as [mailbox.oauth] in the reference";
            table.missing("password_file", hint);
        }
        return Some(Login { user: user?, proof: Proof::Password(password?), auth });
    };
    let oauth = tokens(table, &item, name, user.as_deref(), preset, ca_file, passwords);
    Some(Login { user: user?, proof: Proof::Oauth(Box::new(oauth?)), auth: Auth::Xoauth2 })
}

/// Access tokens for the login of a table.
fn tokens(
    table: &Table<'_>,
    item: &Item<'_>,
    name: &str,
    user: Option<&str>,
    preset: Option<Preset>,
    ca_file: Option<PathBuf>,
    passwords: &Passwords<'_>,
) -> Option<Oauth> {
    if passwords.is_given(table, &PASSWORD) {
        item.refuse("stands beside a password", "keep one of them");
    }
    if let Some(auth) = table.get("auth").filter(|auth| !matches!(auth.as_word(), Some("auto" | "xoauth2"))) {
        auth.refuse("is no login by access token", "remove it, or write xoauth2");
    }
    let around = Around { name, user: user.unwrap_or_default(), preset, ca_file, passwords };
    oauth(&item.table()?, &around)
}

fn at_least(item: &Item<'_>, seconds: f64) -> Option<Duration> {
    let wait = item.seconds()?;
    if wait < Duration::from_secs_f64(seconds) {
        item.refuse(format!("is less than {seconds} s"), "");
        return None;
    }
    Some(wait)
}

/// A list of addresses.
pub fn aliases(item: &Item<'_>) -> Vec<Address> {
    item.items().iter().filter_map(address).collect()
}

/// A plain mail address.
pub fn address(item: &Item<'_>) -> Option<Address> {
    let text = item.text()?;
    let address = Address::parse(&text);
    if address.is_none() {
        item.refuse(format!("\"{text}\" is not a mail address"), "write local@domain and nothing else");
    }
    address
}

/// The desks that `desks` names; without it all.
pub fn served_desks(table: &Table<'_>, desks: &[DeskId]) -> Vec<DeskId> {
    let Some(item) = table.get("desks") else { return desks.to_vec() };
    let known: Vec<&str> = desks.iter().map(|id| &**id).collect();
    let mut served = Vec::new();
    for named in item.items() {
        let Some(name) = named.text() else { continue };
        match desks.iter().find(|id| ***id == *name) {
            Some(id) if served.contains(id) => named.refuse(format!("\"{name}\" stands here twice"), ""),
            Some(id) => served.push(id.clone()),
            None => named.refuse(format!("there is no desk \"{name}\""), suggestion(&name, &known)),
        }
    }
    served
}

fn after(item: &Item<'_>, folder: &str) -> Option<After> {
    let text = item.text()?;
    if text == "leave" {
        return Some(After::Leave);
    }
    match text.strip_prefix("move to ").map(str::trim) {
        Some(target) if target == folder => {
            item.refuse(format!("\"{target}\" is the folder that is watched"), "");
            None
        }
        Some(target) if !target.is_empty() => Some(After::Move(target.to_owned())),
        _ => {
            item.refuse(format!("\"{text}\" is not known"), "write \"leave\" or \"move to FOLDER\"");
            None
        }
    }
}

fn adopt(item: &Item<'_>) -> Option<Adopt> {
    let text = item.text()?;
    match text.as_str() {
        "new" => return Some(Adopt::New),
        "all" => return Some(Adopt::All),
        _ => {}
    }
    let date = text.strip_prefix("since ").and_then(|date| date.trim().parse().ok());
    if date.is_none() {
        item.refuse(format!("\"{text}\" is not known"), "write \"new\", \"all\" or \"since 2026-03-01\"");
    }
    date.map(Adopt::Since)
}

/// `known` is what the preset says, `like` the server whose host is taken where none is written.
fn server(
    table: &Table<'_>,
    ports: &Ports,
    known: Option<At>,
    like: Option<&Server>,
    passwords: &Passwords<'_>,
) -> Option<Server> {
    let host = match (table.get("host"), known, like) {
        (Some(item), _, _) => item.text(),
        (None, Some(known), _) => Some(known.host.to_owned()),
        (None, None, Some(like)) => Some(like.host.clone()),
        // A preset that is not known has been told of.
        (None, None, None) if table.get("preset").is_some() => None,
        (None, None, None) => {
            table.missing("host", "the name of the mail server; or a preset: m365, gmail, local");
            None
        }
    };
    let like = like.filter(|like| Some(&like.host) == host.as_ref());
    let security = table.get("security");
    let usual = known.map_or(Security::Tls, |known| known.security);
    let chosen = security.as_ref().map_or(Some(usual), |item| item.choice(&SECURITY));
    let allowed = table.flag("allow_plaintext", false);
    if let (Some(Security::Plain), Some(host)) = (chosen, &host)
        && !allowed
        && !is_loopback(host)
    {
        let what = format!("would send the password to {host} for everybody to read");
        let hint = "use tls or starttls, or set allow_plaintext = true if the network itself is protected";
        table.refuse("security", &what, hint);
    }
    let default = match known.filter(|known| Some(known.security) == chosen) {
        Some(known) => known.port,
        None if chosen == Some(Security::Tls) => ports.tls,
        None => ports.other,
    };
    let port = table.whole("port", 1..=65_535, u32::from(default));
    let inherited = || like.and_then(|like| like.ca_file.clone());
    let ca_file = table.get("ca_file").and_then(|item| authorities(&item, passwords)).or_else(inherited);
    let port = u16::try_from(port).unwrap_or(default);
    Some(Server { host: host?, port, security: chosen?, ca_file })
}

/// A file that is there; whether it holds certificates is seen when they are loaded.
fn authorities(item: &Item<'_>, passwords: &Passwords<'_>) -> Option<PathBuf> {
    let path = passwords.path(&item.text()?);
    if let Err(error) = std::fs::metadata(&path) {
        item.refuse(format!("cannot be read: {error}"), "");
    }
    Some(path)
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// The relay of each desk: its own, else the common one, else the server of its mailbox. Where mail comes by mailboxes
/// at all, one that is missing is told of elsewhere.
pub fn relays(
    common: &Table<'_>,
    own: &BTreeMap<DeskId, Option<Table<'_>>>,
    mailboxes: &[MailboxSettings],
    by_mailbox: bool,
    passwords: &Passwords<'_>,
) -> BTreeMap<DeskId, SmtpSettings> {
    let of_mailbox = |id: &DeskId| mailboxes.iter().find(|m| m.desks.contains(id)).or(mailboxes.first());
    let all_own = !own.is_empty() && own.values().all(Option::is_some);
    if all_own && !common.item().is_empty() {
        // Nobody uses it; what is wrong with it is told all the same.
        relay("smtp", common, mailboxes.first(), by_mailbox, passwords);
    }
    // Without a host of its own the common relay is for each desk the server of its mailbox. What is wrong with it
    // is told for each, and the same is told once.
    own.iter()
        .filter_map(|(id, table)| {
            let smtp = match table {
                Some(table) => relay(&format!("smtp-{id}"), table, of_mailbox(id), by_mailbox, passwords),
                None if common.get("host").is_none() => {
                    relay("smtp", common, of_mailbox(id), by_mailbox, passwords)
                }
                None => relay("smtp", common, mailboxes.first(), by_mailbox, passwords),
            };
            Some((id.clone(), smtp?))
        })
        .collect()
}

fn relay(
    name: &str,
    table: &Table<'_>,
    mailbox: Option<&MailboxSettings>,
    by_mailbox: bool,
    passwords: &Passwords<'_>,
) -> Option<SmtpSettings> {
    let preset = relay_preset(table, mailbox);
    let known = preset.map(Preset::sending);
    // Without a mailbox its own problem was told; a host here is then not missed a second time.
    let silent = by_mailbox && mailbox.is_none() && known.is_none() && table.get("host").is_none();
    let ports = Ports { tls: 465, other: 587 };
    let server = match silent {
        true => None,
        false => server(table, &ports, known.map(|known| known.at), mailbox.map(|m| &m.server), passwords),
    };
    // A login goes to the host that it is for and nowhere else: the mailbox's own, or its provider's.
    let host = server.as_ref().map(|server| server.host.as_str());
    let home = mailbox.filter(|mailbox| {
        host == Some(&mailbox.server.host)
            || mailbox.preset.is_some_and(|preset| host == Some(preset.sending().at.host))
    });
    let login = relay_login(name, table, preset, server.as_ref(), home, passwords);
    let ehlo = table.text("ehlo");
    let empty_sender = table.flag("empty_sender", known.is_none_or(|known| known.empty_sender));
    let connections = table.whole("connections", 1..=50, known.map_or(4, |known| known.connections));
    let per_minute = table.get("per_minute").and_then(|item| item.whole(1..=100_000));
    let per_minute = per_minute.and_then(|n| u32::try_from(n).ok());
    let per_minute = per_minute.or_else(|| known.and_then(|known| known.per_minute));
    Some(SmtpSettings { server: server?, login, ehlo, empty_sender, connections, per_minute })
}

/// Its own preset; else the mailbox's, unless the letters leave through somebody else.
fn relay_preset(table: &Table<'_>, mailbox: Option<&MailboxSettings>) -> Option<Preset> {
    let own = Preset::of(table);
    let host = table.get("host").and_then(|host| host.as_word().map(str::to_owned));
    let inherited = mailbox.and_then(|mailbox| mailbox.preset);
    own.or_else(|| inherited.filter(|preset| host.is_none_or(|host| host == preset.sending().at.host)))
}

fn relay_login(
    name: &str,
    table: &Table<'_>,
    preset: Option<Preset>,
    server: Option<&Server>,
    home: Option<&MailboxSettings>,
    passwords: &Passwords<'_>,
) -> Option<Login> {
    let ways: Vec<(&str, Option<Auth>)> = AUTH.iter().copied().chain([("none", None)]).collect();
    let usual = if preset.is_some_and(|preset| !preset.sending().login) { None } else { Some(Auth::Auto) };
    let auth = table.choice("auth", &ways, usual);
    let user = table.get("user");
    let password = passwords.read(table, &PASSWORD);
    let item = table.get("oauth");
    let given = passwords.is_given(table, &PASSWORD) || item.is_some();
    if let (Some(user), false) = (&user, given) {
        user.refuse("stands here without a password", "add password_file");
    }
    if user.is_none() && given {
        table.missing("user", "a password stands here without it");
    }
    let user = user.and_then(|user| user.text());
    if let Some(item) = item {
        let ca_file = server.and_then(|server| server.ca_file.clone());
        let oauth = tokens(table, &item, name, user.as_deref(), preset, ca_file, passwords);
        return Some(Login { user: user?, proof: Proof::Oauth(Box::new(oauth?)), auth: Auth::Xoauth2 });
    }
    // Who names a user wants a login, whatever the preset says.
    let auth = if user.is_some() && table.get("auth").is_none() { Some(Auth::Auto) } else { auth };
    match (user.zip(password), auth) {
        (_, None) => None,
        (Some((user, password)), Some(auth)) => Some(Login { user, proof: Proof::Password(password), auth }),
        (None, Some(auth)) => home.map(|mailbox| match &mailbox.login.proof {
            Proof::Oauth(_) => mailbox.login.clone(),
            Proof::Password(_) => Login { auth, ..mailbox.login.clone() },
        }),
    }
}
