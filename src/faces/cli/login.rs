//! `maildesk login`: a person lets the desk into a mailbox, once.

use std::io::{self, BufRead, Write};

use clap::Args;
use serde::Serialize;

use super::Common;
use super::failure::Failure;
use super::office::Office;
use super::page::Page;
use crate::config::{Grant, Oauth};
use crate::daemon::control::{AskError, Order, ask};
use crate::daemon::tokens::login::{LoginError, Visit};
use crate::mail::oauth::Invitation;

#[derive(Debug, Args)]
#[command(after_help = "\
For mailboxes with [mailbox.oauth] and grant = \"refresh_token\". At Microsoft an address and a code are shown: open
the address on any device, type the code, and log in as the mailbox. At Google an address is shown to be opened in a
browser; at the end the browser finds nothing to show, and what stands in its address bar is pasted here.

What comes of it, a refresh token, is kept in the state directory for the daemon's user alone; a daemon that runs takes
it up at once. Run this as the daemon's user, as in: sudo -u maildesk maildesk login

Examples:
  maildesk login
  maildesk login sales")]
pub struct LoginArgs {
    /// The mailbox, where there are several
    mailbox: Option<String>,
}

#[derive(Serialize)]
struct LoggedIn<'a> {
    account: &'a str,
    user: &'a str,
    daemon_told: bool,
}

/// Logs in.
///
/// # Errors
/// 78 where the configuration does not fit, 77 where it was not granted, 75 where the provider is away.
pub fn run(common: &Common, args: &LoginArgs) -> Result<Page, Failure> {
    let office = Office::with_secrets(common)?;
    let oauth = account(&office, args.mailbox.as_deref())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::io("no threads", &error))?;
    runtime.block_on(log_in(&office, oauth))?;
    let daemon_told = tell_daemon(&office)?;
    let then = if daemon_told { "the daemon goes on with it" } else { "try it out: maildesk check" };
    let text = format!("{} is logged in; {then}\n", oauth.user);
    Ok(Page::text(&LoggedIn { account: &oauth.name, user: &oauth.user, daemon_told }, text))
}

/// The account of that name, or the only one to which a person logs in.
fn account<'a>(office: &'a Office, name: Option<&str>) -> Result<&'a Oauth, Failure> {
    let all = office.settings.oauths();
    let found: Vec<&Oauth> = match name {
        Some(name) => all.into_iter().filter(|oauth| oauth.name == name).collect(),
        None => all.into_iter().filter(|oauth| oauth.grant == Grant::RefreshToken).collect(),
    };
    match (found.as_slice(), name) {
        ([one], _) if one.grant == Grant::ClientCredentials => Err(Failure::usage(format!(
            "{} needs no login: the application logs in with its own secret; see `maildesk check`",
            one.name
        ))),
        ([one], _) => Ok(one),
        ([], Some(name)) => Err(Failure::usage(format!("no login by access token is called {name:?}"))),
        ([], None) => Err(Failure::usage(
            "no mailbox has [mailbox.oauth] with grant = \"refresh_token\"; passwords need no login"
                .to_owned(),
        )),
        (several, _) => {
            let names: Vec<&str> = several.iter().map(|oauth| oauth.name.as_str()).collect();
            Err(Failure::usage(format!("which one? There are {}", names.join(", "))))
        }
    }
}

async fn log_in(office: &Office, oauth: &Oauth) -> Result<(), LoginError> {
    let visit = Visit::new(&office.settings, oauth, office.clock.clone())?;
    if oauth.device_endpoint.is_some() {
        return visit.at_device(|invitation| show(oauth, invitation)).await;
    }
    let login = visit.in_browser()?;
    say(&format!(
        "Open this address in a browser and log in as {}:\n\n{}\n\nAt the end the browser shows an error, for nobody \
         answers at 127.0.0.1. Copy the whole address from its address bar, paste it here and press Enter:",
        oauth.user, login.address
    ));
    let mut pasted = String::new();
    io::stdin().lock().read_line(&mut pasted)?;
    visit.came_back(&login, &pasted).await
}

fn show(oauth: &Oauth, invitation: &Invitation) {
    say(&format!(
        "Open this address on any device and log in as {}:\n\n    {}\n\nand type this code:\n\n    {}\n\nWaiting \
         (it is good for {} minutes) ...",
        oauth.user,
        invitation.address,
        invitation.user_code,
        invitation.lifetime.as_secs() / 60
    ));
}

/// To standard error, so that standard output holds the answer alone. That nobody reads it changes nothing.
fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Has a daemon that runs begin anew with the new token.
fn tell_daemon(office: &Office) -> Result<bool, Failure> {
    match ask(&office.settings.control_socket, &Order::Reload) {
        Ok(_) => Ok(true),
        Err(AskError::Nobody) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
