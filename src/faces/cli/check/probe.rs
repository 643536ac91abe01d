//! A letter to oneself: what becomes of it on the way tells how tokens can travel.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::finding::Finding;
use super::servers::{code, refusal_code};
use crate::config::{After, MailboxSettings, SmtpSettings};
use crate::daemon::intake::NotIn;
use crate::daemon::tokens::Tokens;
use crate::daemon::{intake, outbox};
use crate::desk::Desk;
use crate::domain::address::{Address, Mailbox};
use crate::domain::delivery::Delivery;
use crate::domain::message::Incoming;
use crate::domain::rules::Carrier;
use crate::faces::cli::explain::dry::Dry;
use crate::faces::cli::failure::Failure;
use crate::faces::cli::office::{Office, furnish};
use crate::faces::exit;
use crate::mail::compose::{Automatic, Draft, compose};
use crate::mail::imap::{Session, Trouble};
use crate::mail::parse::{Limits, parse};
use crate::mail::{auth_results, msgid};
use crate::store::{SqliteStore, Store};

/// A letter that has not come by then is waited for no longer.
const ARRIVAL_MAX: Duration = Duration::from_secs(60);
/// Between two looks into the mailbox.
const LOOK: Duration = Duration::from_millis(250);

/// Sends one letter for each desk and reports how it came back.
pub async fn check(office: &Office, tokens: &Tokens, findings: &mut Vec<Finding>) {
    let desks = match desks(office) {
        Ok(desks) => desks,
        Err(failure) => return findings.push(Finding::fail("probe", failure.text, failure.code)),
    };
    for desk in desks.iter() {
        let area = format!("probe {}", desk.id());
        let mailbox = office.settings.mailboxes.iter().find(|m| m.desks.contains(desk.id()));
        let (Some(mailbox), Some(relay)) = (mailbox, office.settings.smtp.get(desk.id())) else { continue };
        let probe = Probe { office, tokens, desk, mailbox, relay, area: &area };
        if let Err(finding) = probe.run(findings).await {
            findings.push(finding);
        }
    }
}

/// The desks with the keys of this installation, so that its daemon knows the letter as its own.
fn desks(office: &Office) -> Result<crate::daemon::house::Desks, Failure> {
    let mut store: Box<dyn Store> = match office.settings.database.try_exists() {
        Ok(true) => office.reader()?,
        _ => Box::new(SqliteStore::open_in_memory()?),
    };
    store.run(|tx| Ok(furnish(&office.settings, &mut Dry::over(tx))))?
}

struct Probe<'a> {
    office: &'a Office,
    tokens: &'a Tokens,
    desk: &'a Desk,
    mailbox: &'a MailboxSettings,
    relay: &'a SmtpSettings,
    area: &'a str,
}

/// A letter on its way.
struct Sent {
    word: String,
    message_id: String,
    to: Address,
    at: Instant,
}

/// A folder, and the UID from which on its mail is new.
struct Place {
    folder: String,
    next: u32,
}

impl Place {
    async fn now(session: &mut Session, folder: &str) -> Result<Place, Trouble> {
        let opened = session.examine(folder).await?;
        let next = match opened.next {
            Some(next) => next,
            None => session.uids_from(1).await?.last().map_or(1, |uid| uid + 1),
        };
        Ok(Place { folder: folder.to_owned(), next })
    }

    /// The header of the new mail whose subject has `word` in it.
    async fn look(&mut self, session: &mut Session, word: &str) -> Result<Option<Incoming>, Trouble> {
        session.examine(&self.folder).await?;
        for uid in session.uids_from(self.next).await? {
            if let Some(header) = session.fetch_header(uid).await? {
                let mail = parse(&header, &Limits::default());
                if mail.subject.contains(word) {
                    return Ok(Some(mail));
                }
            }
            self.next = uid + 1;
        }
        Ok(None)
    }
}

impl Probe<'_> {
    async fn run(&self, findings: &mut Vec<Finding>) -> Result<(), Finding> {
        let not_in = |not_in: NotIn| Finding::fail(self.area, not_in.to_string(), code(&not_in));
        let trouble = |trouble: Trouble| not_in(trouble.into());
        let session = intake::log_in(self.mailbox, &self.office.settings.waits, self.tokens).await;
        let mut session = session.map_err(not_in)?;
        let places = self.places(&mut session).await.map_err(trouble)?;
        let sent = self.send(findings).await?;
        let found = self.wait(&mut session, places, &sent.word).await.map_err(trouble)?;
        session.logout().await;
        let Some(mail) = found else {
            let text = format!("the letter did not come in {} s", ARRIVAL_MAX.as_secs());
            return Err(Finding::fail(self.area, text, exit::TEMPORARY));
        };
        let took = sent.at.elapsed().as_millis();
        findings.push(Finding::ok(self.area, format!("the letter arrived after {took} ms")));
        self.judge(&sent, &mail, findings);
        Ok(())
    }

    /// Where the letter may appear: a daemon that runs moves it on at once, if it moves mail.
    async fn places(&self, session: &mut Session) -> Result<Vec<Place>, Trouble> {
        let mut places = vec![Place::now(session, &self.mailbox.folder).await?];
        if let After::Move(target) = &self.mailbox.after
            && let Some(folder) = session.find_folder(target).await?
        {
            places.push(Place::now(session, &folder).await?);
        }
        Ok(places)
    }

    /// Sends it to a plus address of the desk, from `<>` where that is allowed.
    async fn send(&self, findings: &mut Vec<Finding>) -> Result<Sent, Finding> {
        let failed = |text: String, code| Finding::fail(self.area, text, code);
        let server = outbox::server(self.relay, &self.office.settings.waits)
            .map_err(|error| failed(error.to_string(), exit::CONFIG))?;
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).map_err(|error| failed(error.to_string(), exit::IO))?;
        let word = data_encoding::HEXLOWER.encode(&bytes);
        let own = &self.desk.rules.address;
        let plus = own.with_tag(&format!("probe-{word}"));
        let mut refusals = Vec::new();
        for (to, from) in [(&plus, None), (&plus, Some(own)), (own, None), (own, Some(own))] {
            let (letter, message_id) = self.letter(&word, to);
            let open = outbox::open(self.relay, &server, self.tokens).await;
            let mut connection = open.map_err(|r| failed(r.to_string(), refusal_code(&r)))?;
            let at = Instant::now();
            let delivery = connection.send(from, to, &letter).await;
            connection.close().await;
            if let Delivery::Accepted { .. } = delivery {
                self.tell_sender(from.is_none(), findings);
                return Ok(Sent { word, message_id, to: to.clone(), at });
            }
            refusals.push(format!("{}: {}", delivery.word(), delivery.text()));
        }
        Err(failed(format!("the letter was not taken: {}", refusals.join("; ")), exit::TEMPORARY))
    }

    fn tell_sender(&self, may_be_empty: bool, findings: &mut Vec<Finding>) {
        let wanted = self.relay.empty_sender;
        findings.push(match (may_be_empty, wanted) {
            (true, _) => Finding::ok(self.area, "the empty envelope sender is allowed"),
            (false, true) => {
                let text = "the empty envelope sender is refused: set empty_sender = false";
                Finding::warn(self.area, text).mended_by("empty_sender", "false")
            }
            (false, false) => Finding::ok(self.area, "the empty envelope sender is refused, and not used"),
        });
    }

    fn letter(&self, word: &str, to: &Address) -> (Vec<u8>, String) {
        let rules = &self.desk.rules;
        let now: Timestamp = self.office.now();
        let id =
            msgid::own(&self.desk.keys, word, "probe", to.as_str(), &rules.desk, 0, rules.address.domain());
        let letter = compose(&Draft {
            from: rules.mailbox(),
            to: vec![Mailbox::new("", to.clone())],
            cc: Vec::new(),
            reply_to: None,
            subject: format!("maildesk check {word}"),
            message_id: id.clone(),
            in_reply_to: None,
            references: Vec::new(),
            date: now.to_zoned(rules.zone.clone()),
            automatic: Some(Automatic::Generated),
            instance: self.desk.instance.clone(),
            led_by: Vec::new(),
            text: "This letter was sent by `maildesk check --probe`. It may be deleted.\n".to_owned(),
            html: None,
            attachments: Vec::new(),
        });
        // What a stranger would write to be believed: the border must take it away, or write its own above it.
        let forged = rules.authserv_ids.iter().map(|id| {
            let domain = rules.address.domain();
            format!("Authentication-Results: {id}; dmarc=pass header.from={domain} policy.probe={word}\r\n")
        });
        let mut bytes: Vec<u8> = forged.collect::<String>().into_bytes();
        bytes.extend(letter.head);
        (bytes, id.as_str().to_owned())
    }

    /// Looks for the letter until it is there.
    async fn wait(
        &self,
        session: &mut Session,
        mut places: Vec<Place>,
        word: &str,
    ) -> Result<Option<Incoming>, Trouble> {
        let begun = Instant::now();
        while begun.elapsed() < ARRIVAL_MAX {
            for place in &mut places {
                if let Some(mail) = place.look(session, word).await? {
                    return Ok(Some(mail));
                }
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(None)
    }

    fn judge(&self, sent: &Sent, mail: &Incoming, findings: &mut Vec<Finding>) {
        let named = mail.to.iter().map(|m| &m.address).chain(&mail.delivered_to);
        let plus = sent.to.tag().is_some() && named.clone().any(|address| *address == sent.to);
        let id = mail.message_id.as_deref() == Some(sent.message_id.as_str());
        findings.push(match id {
            true => Finding::ok(self.area, "our own Message-ID survives"),
            false => Finding::warn(self.area, "the server writes a Message-ID of its own over ours"),
        });
        let carrier = self.desk.rules.carrier;
        let works = match carrier {
            Carrier::PlusAddress => plus,
            Carrier::References => id,
            Carrier::Subject => true,
        };
        let best = match (plus, id) {
            (true, _) => "plus_address",
            (false, true) => "references",
            (false, false) => "subject",
        };
        findings.push(match (plus, works) {
            (_, false) => {
                let text = format!("agents' tokens would not arrive: set carrier = \"{best}\"");
                Finding::fail(self.area, text, exit::CONFIG).mended_by("carrier", format!("\"{best}\""))
            }
            (true, true) => Finding::ok(self.area, "a plus address arrives"),
            (false, true) => Finding::ok(self.area, "a plus address does not arrive, and is not used"),
        });
        self.tell_border(&sent.word, mail, findings);
    }

    /// Under which name Authentication-Results are written, if anybody writes them.
    fn tell_border(&self, word: &str, mail: &Incoming, findings: &mut Vec<Finding>) {
        let trusted = &self.desk.rules.authserv_ids;
        if mail.authentication.first().is_some_and(|value| value.contains(word)) {
            let text = "Authentication-Results that a sender wrote himself come through: whoever forges them would be believed; have the mail server take them away, or empty authserv_ids";
            return findings.push(Finding::warn(self.area, text).mended_by("authserv_ids", "[]"));
        }
        let topmost = mail.authentication.first().and_then(|value| auth_results::parse(value));
        if let Some(results) = &topmost {
            findings.extend(proofs(results).map(|(method, result)| match result {
                Some("pass") => Finding::ok(self.area, format!("{method}: pass")),
                other => {
                    let found = other.unwrap_or("not looked at");
                    let text = format!("{method} of our own letters: {found}; receivers may refuse them");
                    Finding::warn(self.area, text)
                }
            }));
        }
        findings.push(match topmost.map(|results| results.authserv_id) {
            None if trusted.is_empty() => {
                Finding::ok(self.area, "no Authentication-Results on mail to oneself, and none is trusted")
            }
            None => Finding::warn(self.area, "no Authentication-Results on mail to oneself; mail from outside may bear one"),
            Some(id) if trusted.iter().any(|known| known.eq_ignore_ascii_case(&id)) => {
                Finding::ok(self.area, format!("Authentication-Results of {id} are trusted"))
            }
            Some(id) => {
                let text = format!("Authentication-Results are written by {id}; if that is your own server, set authserv_ids = [\"{id}\"]");
                Finding::warn(self.area, text)
            }
        });
    }
}

/// What the border found out about the domain that our letters come from (E8).
fn proofs(results: &auth_results::Results) -> impl Iterator<Item = (&'static str, Option<&str>)> {
    ["spf", "dkim", "dmarc"].into_iter().map(|method| {
        let found = results.findings.iter().filter(move |finding| finding.method == method);
        let best = found.clone().find(|finding| finding.result == "pass").or(found.clone().next());
        (method, best.map(|finding| finding.result.as_str()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_border_says_of_our_own_letters_is_told_method_by_method() {
        let value = "mx.desk.example; spf=none; dkim=fail header.d=x; dkim=pass header.d=desk.example";
        let results = auth_results::parse(value).unwrap();
        let told: Vec<_> = proofs(&results).collect();
        assert_eq!(told, [("spf", Some("none")), ("dkim", Some("pass")), ("dmarc", None)]);
    }
}
