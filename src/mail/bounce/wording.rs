//! Delivery reports in words: who did not get the mail, and why, as qmail, Exim, Exchange, OpenSMTPD and the
//! services of many providers say it.

use crate::domain::address::Address;
use crate::domain::message::{Fate, Reported};

use super::status;

/// Lines, lower case, behind which the copy of the original begins.
const COPY_MARKS: &[&str] = &[
    "below this line is a copy",
    "copy of the message",
    "copy of your message",
    "original message follows",
    "unsent message",
    "message header follows",
    "message text follows",
    "header of the original message",
    "headers of the original",
    "start of returned message",
    "below is a copy",
    "below is the original",
    "original message",
    "returned message",
    "copy of the original",
    "message headers follow",
    "original mail",
    "message body follows",
    "the message headers",
    "start of the original",
    "begin message header",
    "origin message",
    "ваше сообщение приводится",
    "исходное сообщение",
    "ursprüngliche nachricht",
    "původní zpráva",
    "originalus laiškas",
    "sākotnējais ziņojums",
    "the body of your message",
    "header information from the original",
    "included is a copy",
    "first lines of the message",
    "returned mail follows",
    "---included message",
    "message contents follow",
    "text of the message",
    "le message original",
];

/// Words, lower case, with which such reports open.
const OPENINGS: &[&str] = &[
    "could not be delivered",
    "couldn't be delivered",
    "unable to deliver",
    "undeliverable",
    "delivery failed",
    "delivery to the following",
    "did not reach",
    "not delivered",
    "wasn't able to deliver",
    "was not able to deliver",
    "failed to deliver",
    "delivery failure",
    "returned to sender",
    "permanent error",
    "fatal error",
    "undelivered",
    "delivery status notification",
    "cannot be delivered",
    "non-delivery",
    "could not deliver",
    "delivery error",
    "delivery has failed",
    "mail-fehler",
    "nicht zugestellt",
    "nicht zustellbar",
    "не может быть доставлено",
    "не доставлено",
    "не удалось доставить",
    "nepavyko pristatyti",
    "nebuvo pristatyt",
    "nevarēja piegādāt",
    "netika piegādāt",
    "nebylo možné doručit",
    "nelze doručit",
    "nie można dostarczyć",
    "nie została dostarczona",
    "n'a pas pu être",
    "no se pudo entregar",
    "not be sent",
    "delivery incomplete",
    "errors delivering",
    "problem delivering",
    "message delayed",
    "could not send",
    "delayed",
    "user unknown",
];

/// Words, lower case, of reports that are news only: the mail is still being tried.
const DELAYS: &[&str] = &[
    "this is a warning message only",
    "you do not need to resend",
    "do not need to re-send",
    "you do not need to re-send",
    "only a temporary failure report",
    "delivery attempts will continue",
    "will be retried",
    "will continue to be",
    "still being retried",
    "message has not yet been delivered",
    "has been delayed",
    "will keep trying",
    "warning message only",
    "no action is required on your part",
    "continue trying to deliver",
    "will retry for",
    "delivery will be attempted",
    "it will be retried",
    "the server will keep",
    "the system will continue",
    "попытки доставки будут",
    "pokusy o doručení",
    "bandymai bus",
    "weitere zustellversuche",
    "is delayed for more than",
    "delivery is delayed",
    "gmail will retry",
    "will continue trying",
    "temporary problem delivering",
];

/// Failures that may pass, lower case; all others last.
const PASSING: &[&str] = &[
    "timed out",
    "timeout",
    "temporarily",
    "try again later",
    "deferred",
    "connection refused",
    "too long in the queue",
    "been in the queue too long",
    "retry timeout",
    "not reachable",
    "network error",
    "expired",
    "4 days",
    "5 days",
];

/// Whether a text reads as a delivery report.
pub fn opens_like_a_report(text: &str) -> bool {
    let start: String = text.chars().take(2_000).collect::<String>().to_lowercase();
    OPENINGS.iter().any(|words| start.contains(words))
}

/// Whether the report says that the mail is still being tried.
pub fn is_delay(text: &str) -> bool {
    let lower: String = text.chars().take(4_000).collect::<String>().to_lowercase();
    let joined = lower.split_whitespace().collect::<Vec<_>>().join(" ");
    DELAYS.iter().any(|words| joined.contains(words))
}

/// Byte at which the copy of the original begins.
fn copy_start(text: &str) -> Option<usize> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let lower = line.trim().to_lowercase();
        let fenced = lower.starts_with(['-', '=', '*', '_']) || lower.ends_with([':', '.', '-', '=']);
        let marked = fenced && lower.len() < 120 && COPY_MARKS.iter().any(|mark| lower.contains(mark));
        let header = [
            "received: from",
            "received: (",
            "received: by",
            "return-path:",
            "dkim-signature:",
            "x-originating-ip:",
        ];
        if marked || header.iter().any(|h| lower.starts_with(h)) {
            return Some(at);
        }
        at += line.len();
    }
    None
}

/// The report's own words, without the copy of the original.
pub fn notification(text: &str) -> &str {
    let own = copy_start(text).map_or(text, |at| &text[..at]);
    if own.trim().is_empty() { text } else { own }
}

/// What follows the report's own words.
pub fn copy(text: &str) -> Option<&str> {
    copy_start(text).map(|at| &text[at..])
}

/// A place in the text where an address stands.
struct Place {
    address: Address,
    line: usize,
    /// How surely it names a recipient: 2 where the line starts with it, 1 where words say so, 0 otherwise.
    weight: u8,
}

/// The recipients that a report names, with their fates. `not` are addresses of the report's own sender and
/// reader; `failed` are known from a header field.
pub fn recipients(text: &str, not: &[&Address], failed: &[Address]) -> Vec<Reported> {
    let lines: Vec<&str> = text.lines().take(2_000).collect();
    let mut places: Vec<Place> = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let lower = line.to_lowercase();
        if ["from:", "sender:", "reply-to:", "message-id:", "return-path:", ">>> mail from", "reporting-mta"]
            .iter()
            .any(|l| lower.trim_start().starts_with(l))
        {
            continue;
        }
        for (at, address) in addresses(line) {
            places.push(Place { weight: weight(&lower, at), address, line: number });
        }
    }
    let known = |p: &Place| failed.is_empty() || failed.contains(&p.address);
    let foreign = |p: &Place| !not.contains(&&p.address) && !is_system(&p.address);
    let best = places.iter().filter(|p| foreign(p) && known(p)).map(|p| p.weight).max();
    let chosen: Vec<&Place> =
        places.iter().filter(|p| foreign(p) && known(p) && Some(p.weight) == best).collect();
    let mut found: Vec<Reported> = Vec::new();
    for (i, place) in chosen.iter().enumerate() {
        let until =
            chosen[i + 1..].iter().find(|p| p.address != place.address).map_or(lines.len(), |p| p.line);
        let words = lines[place.line..until.max(place.line + 1)]
            .iter()
            .take(12)
            .copied()
            .collect::<Vec<_>>()
            .join(" ");
        if !found.iter().any(|f| f.address == place.address) && (best != Some(0) || found.is_empty()) {
            found.push(judged(place.address.clone(), &words, text));
        }
    }
    for address in failed {
        if !found.iter().any(|f| f.address == *address) {
            found.push(judged(address.clone(), text, ""));
        }
    }
    found
}

/// The fate that the words about one recipient tell; where they tell nothing, the words of all the text do.
pub fn judged(address: Address, words: &str, all: &str) -> Reported {
    let status = status::enhanced(words).or_else(|| status::enhanced(all));
    let code = reply_code(words).or_else(|| reply_code(all));
    let lower = words.to_lowercase();
    let class = status.as_deref().and_then(|s| s.chars().next()).or(code);
    let passing = PASSING.iter().any(|p| lower.contains(p));
    let fate = match class {
        Some('4') => Fate::FailedForNow,
        None if passing => Fate::FailedForNow,
        _ => Fate::Failed,
    };
    let diagnostic = words.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(400).collect();
    Reported { address, fate, status, diagnostic }
}

/// Class of the last SMTP reply code: the verdict stands behind what led to it.
fn reply_code(text: &str) -> Option<char> {
    let bytes = text.as_bytes();
    (0..bytes.len().saturating_sub(3)).rev().find_map(|i| {
        let bounded = i == 0 || !bytes[i - 1].is_ascii_alphanumeric() && bytes[i - 1] != b'.';
        let digits = bytes[i..i + 3].iter().all(u8::is_ascii_digit);
        let ends = matches!(bytes[i + 3], b' ' | b'-' | b':' | b',');
        let sound = bounded && digits && ends && matches!(bytes[i], b'4' | b'5') && bytes[i + 1] <= b'7';
        sound.then(|| char::from(bytes[i]))
    })
}

/// Addresses in a line and where they start.
fn addresses(line: &str) -> Vec<(usize, Address)> {
    let mut found = Vec::new();
    let part = |c: char| c.is_alphanumeric() || "!#$%&*+-/=?^_`{|}~.'".contains(c);
    for (at, _) in line.match_indices('@').take(50) {
        let local: usize = line[..at].chars().rev().take_while(|c| part(*c)).map(char::len_utf8).sum();
        let domain: usize = line[at + 1..]
            .chars()
            .take_while(|c| c.is_alphanumeric() || matches!(c, '-' | '.'))
            .map(char::len_utf8)
            .sum();
        let text = line[at - local..at + 1 + domain].trim_matches(['.', '\'', '`', '*', '=', '-', '/']);
        if let Some(address) = Address::parse(text) {
            found.push((at - local, address));
        }
    }
    found
}

/// How surely the address at `at` of a lower-case line names a recipient.
fn weight(lower: &str, at: usize) -> u8 {
    let before = lower.get(..at).unwrap_or(lower);
    let lead = before.trim_matches(|c: char| c.is_whitespace() || "<*-\"'`•·([>{:".contains(c));
    let codes = lead.chars().all(|c| c.is_ascii_digit() || " .-#".contains(c));
    if lead.is_empty() || codes {
        return 2;
    }
    const NAMING: &[&str] = &[
        "recipient",
        "rcpt to",
        "addressed to",
        "address:",
        "delivered to",
        "to the following",
        "user",
        "deliver to",
        "mailbox",
        "failed:",
        "to:",
        "smtp;",
        "rfc822;",
        "empfänger",
        "adresat",
        "adresāt",
        "gavėj",
        "получател",
        "příjemc",
        "odbiorc",
        "account",
        "sent to",
        "delivery to",
        "deliver",
    ];
    u8::from(NAMING.iter().any(|word| lead.contains(word)))
}

/// Addresses of mail systems themselves.
fn is_system(address: &Address) -> bool {
    [
        "postmaster",
        "mailer-daemon",
        "mailerdaemon",
        "abuse",
        "hostmaster",
        "listmaster",
        "support",
        "helpdesk",
    ]
    .contains(&address.local())
}
