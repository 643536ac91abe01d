//! How long things may take and how much is done at a time: `[waits]` and `[pace]`.

use std::time::Duration;

use super::reader::Table;

/// Every wait of the daemon, so that a test need not wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waits {
    /// Name lookup and TCP.
    pub connect: Duration,
    /// The TLS handshake.
    pub tls: Duration,
    /// A server's first line.
    pub greeting: Duration,
    /// Each step of a login.
    pub login: Duration,
    /// An IMAP command without a byte of progress.
    pub imap_quiet: Duration,
    /// An IMAP command with progress.
    pub imap_command: Duration,
    /// The answers to IDLE and to its end.
    pub idle_answer: Duration,
    /// IDLE is begun anew this often.
    pub idle_renew: Duration,
    /// A polite goodbye.
    pub logout: Duration,
    /// An SMTP command but the last.
    pub smtp_command: Duration,
    /// The answer to the final dot (RFC 5321, section 4.5.3.2.6: ten minutes).
    pub smtp_data_end: Duration,
    /// An SMTP connection is kept so long without work.
    pub smtp_keep: Duration,
    /// First and longest wait before connecting again.
    pub reconnect_first: Duration,
    pub reconnect_longest: Duration,
    /// A letter stays claimed so long.
    pub lease: Duration,
    /// The scheduler never sleeps longer.
    pub tick: Duration,
    /// Work in hand may be finished for so long after the word to stop.
    pub stop: Duration,
    /// A database that is held by somebody else is waited for.
    pub database_busy: Duration,
    /// The mark of who reads a mailbox is looked at this often.
    pub owner: Duration,
}

impl Default for Waits {
    fn default() -> Waits {
        let s = Duration::from_secs;
        Waits {
            connect: s(10),
            tls: s(10),
            greeting: s(10),
            login: s(30),
            imap_quiet: s(60),
            imap_command: s(600),
            idle_answer: s(10),
            idle_renew: s(300),
            logout: s(3),
            smtp_command: s(300),
            smtp_data_end: s(600),
            smtp_keep: s(10),
            reconnect_first: s(1),
            reconnect_longest: s(300),
            lease: s(900),
            tick: s(60),
            stop: s(20),
            database_busy: s(10),
            owner: s(60),
        }
    }
}

impl Waits {
    pub(super) fn read(table: &Table<'_>) -> Waits {
        let d = Waits::default();
        let waits = Waits {
            connect: table.seconds("connect_seconds", d.connect),
            tls: table.seconds("tls_seconds", d.tls),
            greeting: table.seconds("greeting_seconds", d.greeting),
            login: table.seconds("login_seconds", d.login),
            imap_quiet: table.seconds("imap_quiet_seconds", d.imap_quiet),
            imap_command: table.seconds("imap_command_seconds", d.imap_command),
            idle_answer: table.seconds("idle_answer_seconds", d.idle_answer),
            idle_renew: table.seconds("idle_renew_seconds", d.idle_renew),
            logout: table.seconds("logout_seconds", d.logout),
            smtp_command: table.seconds("smtp_command_seconds", d.smtp_command),
            smtp_data_end: table.seconds("smtp_data_end_seconds", d.smtp_data_end),
            smtp_keep: table.seconds("smtp_keep_seconds", d.smtp_keep),
            reconnect_first: table.seconds("reconnect_first_seconds", d.reconnect_first),
            reconnect_longest: table.seconds("reconnect_longest_seconds", d.reconnect_longest),
            lease: table.seconds("lease_seconds", d.lease),
            tick: table.seconds("tick_seconds", d.tick),
            stop: table.seconds("stop_seconds", d.stop),
            database_busy: table.seconds("database_busy_seconds", d.database_busy),
            owner: table.seconds("owner_seconds", d.owner),
        };
        if waits.reconnect_longest < waits.reconnect_first {
            table.refuse("reconnect_longest_seconds", "is shorter than reconnect_first_seconds", "");
        }
        // A lease that ends while its sender still waits lets the same letter go out twice.
        if waits.lease < waits.smtp_data_end {
            table.refuse("lease_seconds", "is shorter than smtp_data_end_seconds", "");
        }
        // Servers end an IDLE after half an hour (RFC 9051, section 6.3.13).
        if waits.idle_renew > Duration::from_secs(29 * 60) {
            table.refuse("idle_renew_seconds", "is longer than the 29 minutes that servers allow", "");
        }
        waits
    }
}

/// How much is done at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Mails that one commit takes at most, 1 to 1000.
    pub commit_mails: u32,
    /// A mail is fetched in pieces of this size.
    pub fetch_piece_bytes: u64,
    /// With less room than this on the disk no mail is taken.
    pub disk_free_bytes_min: u64,
    /// A mail that stopped the program so often is set aside, 1 to 100.
    pub attempts: u32,
    /// A mail that was in hand when the program died is left alone until the program has run for so long.
    pub suspect: Duration,
}

impl Default for Pace {
    fn default() -> Pace {
        const MB: u64 = 1_000_000;
        Pace {
            commit_mails: 64,
            fetch_piece_bytes: MB,
            disk_free_bytes_min: 200 * MB,
            attempts: 3,
            suspect: Duration::from_secs(5),
        }
    }
}

impl Pace {
    pub(super) fn read(table: &Table<'_>) -> Pace {
        let d = Pace::default();
        Pace {
            commit_mails: table.whole("commit_mails", 1..=1000, d.commit_mails),
            fetch_piece_bytes: table.bytes("fetch_piece", d.fetch_piece_bytes),
            disk_free_bytes_min: table.bytes("disk_free_min", d.disk_free_bytes_min),
            attempts: table.whole("attempts", 1..=100, d.attempts),
            suspect: table.seconds("suspect_seconds", d.suspect),
        }
    }
}
