//! Login by access token, against a real Dovecot, a submission server of the story's choice, and a token endpoint that
//! does what it is told. The clock moves only when told.

mod giving;
mod logging_in;
mod refused;

use std::time::Duration;

use data_encoding::BASE64;
use jiff::SignedDuration;
use maildesk::daemon::house::House;
use maildesk::daemon::{intake, outbox, tokens};
use maildesk::store::TicketFilter;
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::support::dovecot::{Dovecot, User};
use crate::support::house::house;
use crate::support::liar_smtp::{Act, Liar, Script, Stage};
use crate::support::token_server::{SECRET, TokenServer};

const DESK: &str = "help@desk.example";
const ONA: &str = "From: Ona <ona@client.example>\r\nTo: help@desk.example\r\nSubject: Printer\r\n\
                   Message-ID: <1@client.example>\r\n\r\nThe printer prints nothing.\r\n";

/// Longest wait for anything.
const SOON: Duration = Duration::from_secs(20);

/// The application's own grant.
const APP: &str = "grant = \"client_credentials\"\nclient_secret = \"obuolys-7\"\n";

/// A desk at work, and the servers around it.
struct Desk {
    house: House,
    dovecot: Dovecot,
    user: User,
    provider: TokenServer,
    liar: Liar,
    tasks: JoinSet<()>,
    _dir: TempDir,
}

fn offers_tokens(lies: Vec<(Stage, usize, Act)>) -> Script {
    Script {
        keywords: vec!["SIZE 1000000", "AUTH LOGIN PLAIN XOAUTH2", "8BITMIME"],
        lies,
        ..Script::default()
    }
}

impl Desk {
    /// Everything up but the desk's tasks; none where Dovecot is not installed. `oauth` are lines of the table.
    async fn open(oauth: &str, lies: Vec<(Stage, usize, Act)>) -> Option<Desk> {
        let provider = TokenServer::start();
        let dovecot = Dovecot::start_with(|home| provider.passdb(home)).await?;
        let user = dovecot.user_at(DESK);
        let liar = Liar::start(offers_tokens(lies)).await;
        let dir = tempfile::tempdir().unwrap();
        let house = house(dir.path(), &config(oauth, &provider, dovecot.imap_port, liar.port));
        Some(Desk { house, dovecot, user, provider, liar, tasks: JoinSet::new(), _dir: dir })
    }

    /// Intake, outbox and the keeper of tokens begin to work.
    fn begin(&mut self) {
        let (house, mailbox) = (self.house.clone(), self.house.settings.mailboxes[0].clone());
        self.tasks.spawn(async move { intake::run(house, mailbox).await.expect("the store is sound") });
        self.tasks.spawn(outbox::run(self.house.clone()));
        self.tasks.spawn(tokens::run(self.house.clone()));
    }

    async fn ona_writes(&self) {
        self.dovecot.deliver(&self.user, ONA.as_bytes()).await;
    }

    fn advance(&self, by: SignedDuration) {
        self.house.clock.advance_to(self.house.clock.now() + by);
    }

    /// The clock goes on in steps of ten seconds until it is so.
    async fn goes_on(&self, what: &str, mut so: impl AsyncFnMut() -> bool) {
        until(what, async || {
            self.advance(SignedDuration::from_secs(10));
            so().await
        })
        .await;
    }

    /// Dovecot goes and comes back: every session must log in again.
    async fn cut(&mut self) {
        self.dovecot.stop();
        self.dovecot.start_again().await;
    }

    /// Waits until the mailbox is being read.
    async fn is_in(&self) {
        let read = || self.house.progress.all().remove("mailbox").and_then(|progress| progress.read_up_to);
        until("the mailbox is read", async || read().is_some()).await;
    }

    fn mailbox_trouble(&self) -> String {
        self.house.progress.all().remove("mailbox").and_then(|progress| progress.trouble).unwrap_or_default()
    }

    fn relay_trouble(&self) -> String {
        let relays = self.house.progress.relays().into_values();
        relays.filter_map(|relay| relay.trouble).next().unwrap_or_default()
    }

    async fn tickets(&self) -> usize {
        self.house.clerk.run(|tx| tx.tickets(&TicketFilter::default())).await.unwrap().len()
    }

    /// How often somebody tried to log in to Dovecot and was refused.
    fn refusals(&self) -> usize {
        self.dovecot.log().lines().filter(|line| line.contains("auth failed")).count()
    }

    async fn stop(mut self) {
        self.house.stop.cancel();
        while let Some(ended) = self.tasks.join_next().await {
            ended.expect("no panic");
        }
    }
}

fn config(oauth: &str, provider: &TokenServer, imap: u16, smtp: u16) -> String {
    let token = provider.url("token");
    let device = provider.url("device");
    format!(
        r#"state_dir = "state"
[desk]
address = "{DESK}"
agents = ["Petr Novák <petr@desk.example>"]
reply_delay_seconds = 0
[mailbox]
host = "localhost"
port = {imap}
security = "plain"
user = "{DESK}"
adopt = "all"
poll_seconds = 0.05
[mailbox.oauth]
client_id = "desk"
token_endpoint = "{token}"
device_endpoint = "{device}"
{oauth}
[smtp]
port = {smtp}
security = "plain"
connections = 1
[waits]
reconnect_first_seconds = 0.02
reconnect_longest_seconds = 0.1
"#
    )
}

/// The token in an AUTH XOAUTH2 of the submission server.
fn token_in(line: &str) -> Option<String> {
    let coded = line.strip_prefix("AUTH XOAUTH2 ")?;
    let text = String::from_utf8(BASE64.decode(coded.as_bytes()).ok()?).ok()?;
    let rest = text.strip_prefix(&format!("user={DESK}\x01auth=Bearer "))?;
    rest.strip_suffix("\x01\x01").map(str::to_owned)
}

/// Waits until it is so.
async fn until(what: &str, mut so: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !so().await {
            // Servers and tasks have no bell for onlookers.
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(tokio::time::timeout(SOON, waiting).await.is_ok(), "never: {what}");
}
