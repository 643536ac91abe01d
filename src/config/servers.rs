//! Mailboxes and relays: `[mailbox]`, `[mailboxes.NAME]`, `[smtp]` and `[desks.NAME.smtp]`.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::passwords::Passwords;
use super::reader::{Item, Table, suggestion};
use super::settings::{Adopt, After, Auth, Login, MailboxSettings, Security, Server, SmtpSettings};
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
    let server = server(table, &Ports { tls: 993, other: 143 }, None, passwords);
    let auth = table.choice("auth", &AUTH, Some(Auth::Auto)).unwrap_or(Auth::Auto);
    let user = table.need("user", "the name for the login, often the address itself");
    let password = passwords.read(table);
    if password.is_none() && !passwords.is_given(table) {
        table.missing("password_file", "the file that holds the password, readable by its owner alone");
    }
    let served = served_desks(table, desks);
    let folder = table.text("folder").unwrap_or_else(|| "INBOX".to_owned());
    let after = table.get("after").and_then(|item| after(&item, &folder)).unwrap_or(After::Leave);
    let adopt = table.get("adopt").and_then(|item| adopt(&item)).unwrap_or(Adopt::New);
    let poll =
        table.get("poll_seconds").and_then(|item| at_least(&item, 0.05)).unwrap_or(Duration::from_secs(60));
    let noop = table.get("noop_seconds").and_then(|item| at_least(&item, 0.05));
    let late = table.seconds("late_seconds", Duration::from_secs(86_400));
    let aliases = table.get("aliases").map(|item| aliases(&item)).unwrap_or_default();
    let login = Login { user: user?.text()?, password: password?, auth };
    let name = name.to_owned();
    let server = server?;
    Some(MailboxSettings {
        name,
        desks: served,
        aliases,
        server,
        login,
        folder,
        after,
        adopt,
        poll,
        noop,
        late,
    })
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

fn server(
    table: &Table<'_>,
    ports: &Ports,
    like: Option<&Server>,
    passwords: &Passwords<'_>,
) -> Option<Server> {
    let host = match (table.get("host"), like) {
        (Some(item), _) => item.text(),
        (None, Some(like)) => Some(like.host.clone()),
        (None, None) => {
            table.missing("host", "the name of the mail server");
            None
        }
    };
    let like = like.filter(|like| Some(&like.host) == host.as_ref());
    let security = table.get("security");
    let chosen = security.as_ref().map_or(Some(Security::Tls), |item| item.choice(&SECURITY));
    let allowed = table.flag("allow_plaintext", false);
    if let (Some(Security::Plain), Some(item), Some(host)) = (chosen, &security, &host)
        && !allowed
        && !is_loopback(host)
    {
        item.refuse(
            format!("would send the password to {host} for everybody to read"),
            "use tls or starttls, or set allow_plaintext = true if the network itself is protected",
        );
    }
    let default = if chosen == Some(Security::Tls) { ports.tls } else { ports.other };
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
    let common_is_used = !all_own || !common.item().is_empty();
    // Read once, so that what is wrong with it is told once.
    let shared = common_is_used.then(|| relay(common, mailboxes.first(), by_mailbox, passwords)).flatten();
    let inherits_host = common.get("host").is_none();
    own.iter()
        .filter_map(|(id, table)| {
            let mailbox = of_mailbox(id);
            let smtp = match table {
                Some(table) => relay(table, mailbox, by_mailbox, passwords),
                None => shared.clone().map(|smtp| if inherits_host { at_home(smtp, mailbox) } else { smtp }),
            };
            Some((id.clone(), smtp?))
        })
        .collect()
}

/// The common relay without a host of its own: for each desk the server of its own mailbox.
fn at_home(smtp: SmtpSettings, mailbox: Option<&MailboxSettings>) -> SmtpSettings {
    let Some(mailbox) = mailbox else { return smtp };
    let server = Server { host: mailbox.server.host.clone(), ..smtp.server };
    let login = smtp.login.map(|login| Login { auth: login.auth, ..mailbox.login.clone() });
    SmtpSettings { server, login, ..smtp }
}

fn relay(
    table: &Table<'_>,
    mailbox: Option<&MailboxSettings>,
    by_mailbox: bool,
    passwords: &Passwords<'_>,
) -> Option<SmtpSettings> {
    // Without a mailbox its own problem was told; a host here is then not missed a second time.
    let silent = by_mailbox && mailbox.is_none() && table.get("host").is_none();
    let server = if silent {
        None
    } else {
        server(table, &Ports { tls: 465, other: 587 }, mailbox.map(|m| &m.server), passwords)
    };
    let ways: Vec<(&str, Option<Auth>)> = AUTH.iter().copied().chain([("none", None)]).collect();
    let auth = table.choice("auth", &ways, Some(Auth::Auto));
    let user = table.get("user");
    let password = passwords.read(table);
    let given = passwords.is_given(table);
    if let (Some(user), false) = (&user, given) {
        user.refuse("stands here without a password", "add password_file");
    }
    if user.is_none() && given {
        table.missing("user", "a password stands here without it");
    }
    let own = user.and_then(|user| user.text()).zip(password);
    // The mailbox's password goes to the mailbox's own host and nowhere else.
    let home = mailbox.filter(|m| server.as_ref().is_some_and(|s| s.host == m.server.host)).map(|m| &m.login);
    let login = auth.and_then(|auth| match own {
        Some((user, password)) => Some(Login { user, password, auth }),
        None => home.map(|login| Login { auth, ..login.clone() }),
    });
    let ehlo = table.text("ehlo");
    let empty_sender = table.flag("empty_sender", true);
    let connections = table.whole("connections", 1..=50, 4);
    let per_minute = table.get("per_minute").and_then(|item| item.whole(1..=100_000));
    let per_minute = per_minute.and_then(|n| u32::try_from(n).ok());
    Some(SmtpSettings { server: server?, login, ehlo, empty_sender, connections, per_minute })
}
