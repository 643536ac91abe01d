//! The five questions.

use std::path::PathBuf;

use super::Wishes;
use super::console::Console;
use super::guess::{At, Found, Part, guess, read};
use crate::config::Security;
use crate::domain::address::Address;
use crate::faces::cli::failure::Failure;

/// Languages that come with the program.
const LANGUAGES: [&str; 5] = ["en", "lt", "lv", "ru", "cs"];

/// All that a configuration needs.
#[derive(Clone, Debug)]
pub struct Answers {
    pub address: Address,
    pub provider: Provider,
    pub imap: At,
    pub smtp: At,
    pub user: String,
    pub secret: SecretIn,
    /// Access tokens instead of a password; the secret is then the application's.
    pub application: Option<Application>,
    /// `Name <address>` or an address alone.
    pub agents: Vec<String>,
    pub languages: Vec<String>,
    pub ca_file: Option<PathBuf>,
}

/// Who runs the servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    Gmail,
    M365,
    /// Dovecot and Postfix on this machine.
    Local,
    Other,
}

/// An application that is registered with Microsoft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// Directory (tenant) ID.
    pub tenant: String,
    /// Application (client) ID.
    pub client: String,
}

/// Where the password is.
#[derive(Clone)]
pub enum SecretIn {
    /// It was typed; a file is to be made for it.
    Typed(String),
    File(PathBuf),
    /// There is none: a person logs in later.
    Later,
}

impl std::fmt::Debug for SecretIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            SecretIn::Typed(_) => f.write_str("Typed"),
            SecretIn::Later => f.write_str("Later"),
            SecretIn::File(path) => write!(f, "File({})", path.display()),
        }
    }
}

/// Asks for what was not given.
///
/// # Errors
/// Nobody answers, or what was given cannot be.
pub async fn ask(console: &Console, wishes: &Wishes) -> Result<Answers, Failure> {
    let address = ask_address(console, wishes)?;
    let (provider, imap, smtp) = ask_servers(console, wishes, &address).await?;
    let user = wishes.user.clone().unwrap_or_else(|| address.to_string());
    let application = ask_application(console, wishes, provider)?;
    let secret = ask_secret(console, wishes, provider, &user)?;
    let agents = ask_agents(console, wishes)?;
    let languages = ask_languages(console, wishes)?;
    Ok(Answers {
        address,
        application,
        provider,
        imap,
        smtp,
        user,
        secret,
        agents,
        languages,
        ca_file: wishes.ca_file.clone(),
    })
}

fn ask_address(console: &Console, wishes: &Wishes) -> Result<Address, Failure> {
    if let Some(given) = &wishes.address {
        return Address::parse(given)
            .ok_or_else(|| Failure::usage(format!("{given:?} is not a mail address; write local@domain")));
    }
    loop {
        let text = console.ask("1. Address that clients write to", None, "--address")?;
        match Address::parse(&text) {
            Some(address) => return Ok(address),
            None => console.say("   That is not a mail address; it looks like support@desk.example."),
        }
    }
}

/// Host, provider, or what is found.
pub async fn ask_servers(
    console: &Console,
    wishes: &Wishes,
    address: &Address,
) -> Result<(Provider, At, At), Failure> {
    let security = wishes.security.as_deref().map(security);
    if let Some(imap) = &wishes.imap {
        let imap = server(Part::Imap, imap, security)?;
        let smtp = match &wishes.smtp {
            Some(smtp) => server(Part::Smtp, smtp, security)?,
            None => server(Part::Smtp, &imap.host, security)?,
        };
        return Ok((Provider::Other, imap, smtp));
    }
    let text = match &wishes.server {
        Some(server) => server.clone(),
        None => {
            let question = "2. Mail server: its name, or gmail, m365, local; empty to look for it";
            console.ask(question, Some(""), "--server or --imap")?
        }
    };
    if let Some(known) = preset(&text) {
        return Ok(known);
    }
    let host = if text.is_empty() { address.domain() } else { &text };
    if text.is_empty() {
        console.say(&format!("   Looking for the servers of {host} …"));
    } else {
        let of_host =
            || Some((server(Part::Imap, &text, security).ok()?, server(Part::Smtp, &text, security).ok()?));
        let (imap, smtp) = of_host().ok_or_else(|| no_host(&text))?;
        return Ok((Provider::Other, imap, smtp));
    }
    let Found { imap, smtp } = guess(host, wishes.ca_file.as_deref()).await;
    let imap = settle(console, Part::Imap, imap, security)?;
    let smtp = settle(console, Part::Smtp, smtp, security)?;
    Ok((Provider::Other, imap, smtp))
}

/// What was found, or what the operator says.
fn settle(
    console: &Console,
    part: Part,
    found: Option<At>,
    security: Option<Security>,
) -> Result<At, Failure> {
    let (what, option) = match part {
        Part::Imap => ("Server of the mailbox (IMAP)", "--imap"),
        Part::Smtp => ("Server that letters leave through (SMTP)", "--smtp"),
    };
    if let Some(at) = found {
        console.say(&format!("   {what}: {}:{}", at.host, at.port));
        return Ok(at);
    }
    loop {
        let text = console.ask(&format!("   {what}, none was found"), None, option)?;
        match read(part, &text, security) {
            Some(at) => return Ok(at),
            None => console.say("   Write a host name, or a host name and a port: mail.desk.example:993."),
        }
    }
}

fn server(part: Part, text: &str, security: Option<Security>) -> Result<At, Failure> {
    read(part, text, security).ok_or_else(|| no_host(text))
}

fn no_host(text: &str) -> Failure {
    Failure::usage(format!("{text:?} is no name of a server; write host or host:port"))
}

fn security(word: &str) -> Security {
    match word {
        "plain" => Security::Plain,
        "starttls" => Security::StartTls,
        _ => Security::Tls,
    }
}

fn preset(word: &str) -> Option<(Provider, At, At)> {
    let at = |host: &str, port, security| At { host: host.to_owned(), port, security };
    match word {
        "gmail" => Some((
            Provider::Gmail,
            at("imap.gmail.com", 993, Security::Tls),
            at("smtp.gmail.com", 465, Security::Tls),
        )),
        "m365" => Some((
            Provider::M365,
            at("outlook.office365.com", 993, Security::Tls),
            at("smtp.office365.com", 587, Security::StartTls),
        )),
        "local" => Some((
            Provider::Local,
            at("localhost", 143, Security::Plain),
            at("localhost", 25, Security::Plain),
        )),
        _ => None,
    }
}

/// Microsoft takes no passwords.
fn ask_application(
    console: &Console,
    wishes: &Wishes,
    provider: Provider,
) -> Result<Option<Application>, Failure> {
    if provider != Provider::M365 {
        return Ok(None);
    }
    console.say(
        "   Microsoft takes access tokens alone: docs/microsoft-365.md says how to register maildesk there.",
    );
    let given = |wish: &Option<String>, question, option| match wish {
        Some(text) => Ok(text.clone()),
        None => console.ask(question, None, option),
    };
    let tenant = given(&wishes.tenant, "   Directory (tenant) ID", "--tenant")?;
    let client = given(&wishes.client_id, "   Application (client) ID", "--client-id")?;
    Ok(Some(Application { tenant, client }))
}

/// The password of the mailbox.
pub fn ask_secret(
    console: &Console,
    wishes: &Wishes,
    provider: Provider,
    user: &str,
) -> Result<SecretIn, Failure> {
    if let Some(file) = &wishes.password_file {
        let whole = std::path::absolute(file).map_err(|error| Failure::io(file.display(), &error))?;
        return Ok(SecretIn::File(whole));
    }
    if provider == Provider::M365 {
        let question = "3. Client secret, it is not shown; empty: a person logs in later (maildesk login)";
        let secret = console.ask_secret_or(question, "", "--password-file")?;
        return Ok(if secret.is_empty() { SecretIn::Later } else { SecretIn::Typed(secret) });
    }
    if provider == Provider::Gmail {
        console.say("   Google wants an app password here: https://myaccount.google.com/apppasswords");
    }
    loop {
        let question = format!("3. Password of {user}, it is not shown");
        let secret = console.ask_secret(&question, "--password-file")?;
        if !secret.is_empty() {
            return Ok(SecretIn::Typed(secret));
        }
        console.say("   It is empty.");
    }
}

fn ask_agents(console: &Console, wishes: &Wishes) -> Result<Vec<String>, Failure> {
    if let Some(wrong) = wishes.agent.iter().find(|agent| !is_agent(agent)) {
        return Err(Failure::usage(format!("{wrong:?} is no agent; write 'Name <address>'")));
    }
    let mut agents = wishes.agent.clone();
    if !agents.is_empty() {
        return Ok(agents);
    }
    console.say("4. Who answers? One a line, as Ona Onaitė <ona@desk.example>; an empty line ends the list.");
    loop {
        let default = (!agents.is_empty()).then_some("");
        let text = console.ask(&format!("   Agent {}", agents.len() + 1), default, "--agent")?;
        match (text.is_empty(), agents.is_empty()) {
            (true, false) => return Ok(agents),
            (true, true) => console.say("   Somebody has to."),
            (false, _) if is_agent(&text) => agents.push(text),
            (false, _) => console.say("   Write a name and an address: Ona Onaitė <ona@desk.example>."),
        }
    }
}

/// `Name <address>`: clients see the name.
fn is_agent(text: &str) -> bool {
    let Some((name, rest)) = text.split_once('<') else { return false };
    !name.trim().is_empty() && rest.trim_end().strip_suffix('>').and_then(Address::parse).is_some()
}

fn ask_languages(console: &Console, wishes: &Wishes) -> Result<Vec<String>, Failure> {
    let known = |word: &String| LANGUAGES.contains(&word.as_str());
    if let Some(wrong) = wishes.language.iter().find(|word| !known(word)) {
        let all = LANGUAGES.join(", ");
        return Err(Failure::usage(format!("{wrong:?} is no language of maildesk; there are {all}")));
    }
    if !wishes.language.is_empty() {
        return Ok(wishes.language.clone());
    }
    let own = own_language();
    loop {
        let question = "5. Languages of the desk, its own first, of en, lt, lv, ru, cs";
        let text = console.ask(question, Some(own), "--language")?;
        let words: Vec<String> =
            text.split([',', ' ']).filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
        if !words.is_empty() && words.iter().all(known) {
            return Ok(words);
        }
        console.say("   Write two letters for each, parted by commas: lt, ru.");
    }
}

/// The language of whoever asks, where it is one of ours.
fn own_language() -> &'static str {
    let named = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(|name| std::env::var(name).ok());
    let named = named.unwrap_or_default();
    LANGUAGES.into_iter().find(|language| named.starts_with(language)).unwrap_or("en")
}
