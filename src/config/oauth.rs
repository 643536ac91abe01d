//! Login by access token: `[mailbox.oauth]` and `[smtp.oauth]`.

use std::path::PathBuf;

use jiff::civil::Date;
use url::{Host, Url};

use super::passwords::{CLIENT_SECRET, Passwords, REFRESH_TOKEN};
use super::preset::Preset;
use super::reader::{Item, Table};
use super::secret::Secret;

/// Where access tokens for one account come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Oauth {
    /// The name of the mailbox or relay; what is kept for it bears this name.
    pub name: String,
    /// The account.
    pub user: String,
    pub grant: Grant,
    pub client_id: String,
    /// `None`: a public client.
    pub client_secret: Option<Secret>,
    /// The day on which the secret ends; it is good up to the day before.
    pub secret_expires: Option<Date>,
    /// The one to begin with; later ones are kept in the state directory.
    pub refresh_token: Option<Secret>,
    pub scopes: Vec<String>,
    pub token_endpoint: Url,
    pub device_endpoint: Option<Url>,
    pub authorize_endpoint: Option<Url>,
    /// Authorities that are believed beside the system's.
    pub ca_file: Option<PathBuf>,
}

/// By what right tokens are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// The application's own (RFC 6749, section 4.4).
    ClientCredentials,
    /// A person's, who has logged in once (RFC 6749, section 6).
    RefreshToken,
}

/// What the table stands in.
pub struct Around<'a> {
    pub name: &'a str,
    pub user: &'a str,
    pub preset: Option<Preset>,
    pub ca_file: Option<PathBuf>,
    pub passwords: &'a Passwords<'a>,
}

/// Reads the table; `None` only after a problem was reported.
pub fn oauth(table: &Table<'_>, around: &Around<'_>) -> Option<Oauth> {
    let known = around.preset.and_then(Preset::tokens);
    let tenant = table.get("tenant");
    if let (Some(item), false) = (&tenant, around.preset == Some(Preset::M365)) {
        item.refuse("means nothing without preset = \"m365\"", "");
    }
    let tenant = tenant.and_then(|item| tenant_name(&item));
    let client_id = table.need("client_id", "the name under which the provider knows the application");
    let client_secret = around.passwords.read(table, &CLIENT_SECRET);
    let refresh_token = around.passwords.read(table, &REFRESH_TOKEN);
    let app = around.passwords.is_given(table, &CLIENT_SECRET)
        && !around.passwords.is_given(table, &REFRESH_TOKEN)
        && known.is_some_and(|known| known.app_scope.is_some());
    let usual = if app { Grant::ClientCredentials } else { Grant::RefreshToken };
    let grants = [("client_credentials", Grant::ClientCredentials), ("refresh_token", Grant::RefreshToken)];
    let grant = table.choice("grant", &grants, usual);
    if grant == Grant::ClientCredentials && !around.passwords.is_given(table, &CLIENT_SECRET) {
        table.missing("client_secret_file", "client_credentials proves the application by its secret");
    }
    if grant == Grant::ClientCredentials && known.is_some_and(|known| known.app_scope.is_none()) {
        table.refuse("grant", "does not open mailboxes at this provider", "write refresh_token");
    }
    let scopes = scopes(table, known.as_ref(), grant);
    let needs_tenant = known.is_some_and(|known| known.token.contains("{tenant}"));
    if needs_tenant
        && tenant.is_none()
        && table.get("tenant").is_none()
        && table.get("token_endpoint").is_none()
    {
        table.missing("tenant", "the directory at Microsoft: its ID, or one of its domains");
    }
    let usual = |known: Option<&str>| match (known?, &tenant) {
        (known, _) if !known.contains("{tenant}") => Url::parse(known).ok(),
        (known, Some(tenant)) => Url::parse(&known.replace("{tenant}", tenant)).ok(),
        (_, None) => None,
    };
    let endpoint = |key, known: Option<&str>| match table.get(key) {
        Some(item) => address(&item),
        None => usual(known),
    };
    let token_endpoint = endpoint("token_endpoint", known.map(|known| known.token));
    let device_endpoint = endpoint("device_endpoint", known.and_then(|known| known.device));
    let authorize_endpoint = endpoint("authorize_endpoint", known.and_then(|known| known.authorize));
    if known.is_none() && table.get("token_endpoint").is_none() {
        table.missing("token_endpoint", "where the tokens come from; the presets m365 and gmail know theirs");
    }
    let secret_expires = table.get("secret_expires").and_then(|item| day(&item));
    Some(Oauth {
        name: around.name.to_owned(),
        user: around.user.to_owned(),
        grant,
        client_id: client_id?.text()?,
        client_secret,
        secret_expires,
        refresh_token,
        scopes,
        token_endpoint: token_endpoint?,
        device_endpoint,
        authorize_endpoint,
        ca_file: around.ca_file.clone(),
    })
}

fn scopes(table: &Table<'_>, known: Option<&super::preset::Tokens>, grant: Grant) -> Vec<String> {
    if let Some(item) = table.get("scopes") {
        return item.items().iter().filter_map(|scope| scope.text()).collect();
    }
    let Some(known) = known else { return Vec::new() };
    match (grant, known.app_scope) {
        (Grant::ClientCredentials, Some(scope)) => vec![scope.to_owned()],
        _ => known.user_scopes.iter().map(|scope| (*scope).to_owned()).collect(),
    }
}

/// It becomes a part of an address.
fn tenant_name(item: &Item<'_>) -> Option<String> {
    let text = item.text()?;
    if text.chars().all(|c| c.is_ascii_alphanumeric() || ".-".contains(c)) {
        return Some(text);
    }
    item.refuse(
        format!("\"{text}\" is no directory"),
        "write the Directory (tenant) ID, or a domain of it such as desk.onmicrosoft.com",
    );
    None
}

fn day(item: &Item<'_>) -> Option<Date> {
    let text = item.text()?;
    let date = text.parse().ok();
    if date.is_none() {
        item.refuse(format!("\"{text}\" is no date"), "write it as \"2027-03-01\"");
    }
    date
}

/// An address that nothing secret can be overheard on the way to.
fn address(item: &Item<'_>) -> Option<Url> {
    let text = item.text()?;
    let url = match Url::parse(&text) {
        Ok(url) => url,
        Err(error) => {
            item.refuse(format!("\"{text}\" is no address: {error}"), "write https://…");
            return None;
        }
    };
    let near = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    if url.scheme() == "https" || (url.scheme() == "http" && near) {
        return Some(url);
    }
    item.refuse(format!("\"{text}\" would send secrets for everybody to read"), "write https://…");
    None
}
