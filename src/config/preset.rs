//! What is known of a provider beforehand: hosts, ports, bounds, addresses for access tokens. Whatever is written in
//! the file goes before it.

use super::reader::{Item, Table};
use super::settings::Security;

/// A provider that we know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// Exchange Online.
    M365,
    /// Gmail and Google Workspace.
    Gmail,
    /// Dovecot and Postfix on this machine.
    Local,
}

/// A server of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At {
    pub host: &'static str,
    pub port: u16,
    pub security: Security,
}

/// How letters leave through a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sending {
    pub at: At,
    /// Whether it wants a login at all.
    pub login: bool,
    pub connections: u32,
    pub per_minute: Option<u32>,
    pub empty_sender: bool,
}

/// Where a provider gives out access tokens; `{tenant}` stands for the directory of Microsoft's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tokens {
    pub token: &'static str,
    /// Login at another device (RFC 8628).
    pub device: Option<&'static str>,
    /// Login in a browser.
    pub authorize: Option<&'static str>,
    /// For the application itself, where that is possible.
    pub app_scope: Option<&'static str>,
    /// For a user.
    pub user_scopes: &'static [&'static str],
}

impl Preset {
    /// The preset of a table.
    pub fn of(table: &Table<'_>) -> Option<Preset> {
        table.get("preset").and_then(|item| Preset::read(&item))
    }

    fn read(item: &Item<'_>) -> Option<Preset> {
        item.choice(&[("m365", Preset::M365), ("gmail", Preset::Gmail), ("local", Preset::Local)])
    }

    /// The server of mailboxes. Gmail is watched at INBOX as every other: its All Mail shows each mail a second time,
    /// with those that were sent.
    pub fn mailbox(self) -> At {
        let tls = |host| At { host, port: 993, security: Security::Tls };
        match self {
            Preset::M365 => tls("outlook.office365.com"),
            Preset::Gmail => tls("imap.gmail.com"),
            Preset::Local => At { host: "localhost", port: 143, security: Security::Plain },
        }
    }

    /// The server of letters. Exchange Online takes 30 letters a minute over 3 connections from a mailbox; Gmail has
    /// bounds for a day alone, and dislikes haste. Both put what was sent into the mailbox's Sent folder themselves.
    pub fn sending(self) -> Sending {
        match self {
            Preset::M365 => Sending {
                at: At { host: "smtp.office365.com", port: 587, security: Security::StartTls },
                login: true,
                connections: 3,
                per_minute: Some(30),
                empty_sender: false,
            },
            Preset::Gmail => Sending {
                at: At { host: "smtp.gmail.com", port: 465, security: Security::Tls },
                login: true,
                connections: 3,
                per_minute: Some(60),
                empty_sender: false,
            },
            Preset::Local => Sending {
                at: At { host: "localhost", port: 25, security: Security::Plain },
                login: false,
                connections: 4,
                per_minute: None,
                empty_sender: true,
            },
        }
    }

    /// Where access tokens come from; `None` where passwords do.
    pub fn tokens(self) -> Option<Tokens> {
        match self {
            Preset::M365 => Some(Tokens {
                token: "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",
                device: Some("https://login.microsoftonline.com/{tenant}/oauth2/v2.0/devicecode"),
                authorize: None,
                app_scope: Some("https://outlook.office365.com/.default"),
                user_scopes: &[
                    "https://outlook.office.com/IMAP.AccessAsUser.All",
                    "https://outlook.office.com/SMTP.Send",
                    "offline_access",
                ],
            }),
            // The mail scope is not to be had at another device, only in a browser.
            Preset::Gmail => Some(Tokens {
                token: "https://oauth2.googleapis.com/token",
                device: None,
                authorize: Some("https://accounts.google.com/o/oauth2/v2/auth"),
                app_scope: None,
                user_scopes: &["https://mail.google.com/"],
            }),
            Preset::Local => None,
        }
    }
}
