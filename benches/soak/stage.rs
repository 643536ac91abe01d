//! The servers, the links to them, and the program under test.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::came::bare;
use crate::link::Link;
use crate::support::child::until;
use crate::support::daemon::Daemon;
use crate::support::town::{DESK, Town};

/// For what a loaded machine does in a second.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the operator wrote: many mails, links that break, short waits; TLS to both servers.
pub fn settings(imap: u16, smtp: u16, name: &str) -> String {
    format!(
        "[log]\nfilter = \"info\"\n\
         [limits]\ntickets_per_hour = 0\nanswers_per_hour = 1000000\nanswers_per_day = 1000000\nknown_answers_per_hour = 1000000\n\
         known_answers_per_day = 1000000\ndomain_answers_per_day = 1000000\nall_answers_per_hour = 1000000\n\
         [waits]\nimap_quiet_seconds = 10\nidle_answer_seconds = 5\ngreeting_seconds = 5\ntls_seconds = 5\n\
         login_seconds = 10\nsmtp_command_seconds = 20\nsmtp_data_end_seconds = 40\n\
         [desk]\nname = \"{name}\"\nnotify_new = [\"petr\"]\nhold_collision = false\n\
         [mailbox]\nport = {imap}\nafter = \"move to Done\"\npoll_seconds = 10\n\
         [smtp]\nsecurity = \"starttls\"\nport = {smtp}\nauth = \"none\"\n"
    )
}

/// All that stands before the load begins.
pub struct Stage {
    pub town: Town,
    pub imap: Link,
    pub smtp: Link,
    pub daemon: Daemon,
    /// The Message-ID of the first request, without brackets.
    pub first: String,
}

impl Stage {
    /// Starts everything. None, said aloud, where the servers are not installed.
    pub fn set() -> Option<Stage> {
        let town = Town::start()?;
        let (imap, smtp) = (Link::to(town.dovecot.imaps_port), Link::to(town.postfix.outside));
        let mut daemon = Daemon::prepare(&town, &settings(imap.port, smtp.port, "First Aid"));
        daemon.start();
        // One request and its answer: from here on everything has been at work once.
        let first = town.person("ona@client.example").writes(DESK, "Lamp", "The lamp is dark.");
        daemon.wait_for_count("SELECT count(*) FROM deliveries WHERE state = 'sent'", 2, PATIENCE);
        town.settle(PATIENCE);
        Some(Stage { town, imap, smtp, daemon, first: bare(&first) })
    }

    /// Where the Maildir of somebody lies.
    pub fn maildir(&self, address: &str) -> PathBuf {
        self.town.dovecot.path(&format!("mail/{address}/Maildir"))
    }

    /// Waits until nothing is on its way; answers with what still is at the end of `limit`.
    pub fn comes_to_rest(&self, limit: Duration) -> Option<String> {
        let inbox = self.town.mailbox(DESK);
        let mut turns = 0;
        let mut left = String::new();
        let rest = until(limit, || {
            turns += 1;
            let open = self.daemon.count("SELECT count(*) FROM deliveries WHERE open = 1");
            let undecided = self.daemon.count("SELECT count(*) FROM mails WHERE outcome = 'stored'");
            left = format!(
                "{open} letters open, {undecided} mails undecided, {} in the mailbox, {} in Postfix's queue",
                inbox.count(),
                self.town.postfix.queued()
            );
            // What is put off or uncertain waits for minutes by itself; the operator is in a hurry.
            if turns % 100 == 0 {
                self.retry();
            }
            (open, undecided, inbox.count(), self.town.postfix.queued()) == (0, 0, 0, 0)
        });
        rest.is_none().then_some(left)
    }

    fn retry(&self) {
        let waiting = "SELECT CAST(id AS TEXT) FROM deliveries WHERE state IN ('deferred', 'uncertain')";
        for id in self.daemon.texts(waiting) {
            self.daemon.command(&["outbox", "retry", &id]);
        }
    }
}

/// Where figures and logs stay: `soak` in the folder for what is built, or MAILDESK_SOAK_FOLDER.
pub fn results() -> PathBuf {
    let built = || Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("soak");
    let folder = std::env::var_os("MAILDESK_SOAK_FOLDER").map_or_else(built, PathBuf::from);
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}
