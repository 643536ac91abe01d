//! One case: a readable page, the raw mails in and out, attachments, journal and history.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::telling::{Part, page, telling};
use super::{Names, Put, put_raw};
use crate::desk::send::{assembled, attached};
use crate::domain::address::Address;
use crate::domain::books::csv::{self, Separator};
use crate::domain::hash::Hash;
use crate::domain::rules::Rules;
use crate::domain::thread::{Entry, Message, Work};
use crate::domain::ticket::{Number, Ticket, TicketKey};
use crate::store::{DeliveryFilter, DeliveryRow, LetterId, Mail, MailFilter, Result, StoreError, Tx};
use crate::words::when::duration;

/// All that belongs to a ticket.
pub(super) struct Case {
    pub ticket: Ticket,
    pub messages: Vec<Message>,
    pub works: Vec<Work>,
    pub history: Vec<Entry>,
    pub mails: Vec<Mail>,
    pub deliveries: Vec<DeliveryRow>,
}

/// Puts a whole case: `index.html` and `index.txt` to read, `ticket.json`, `journal.csv`, `history.csv`,
/// `mails/*.eml` in the order of time, `attachments/*`. Returns the text of the page.
///
/// # Errors
/// `Abandoned` where there is no such ticket; the store's; those of `put`.
pub fn ticket(tx: &mut dyn Tx, rules: &Rules, number: Number, put: Put<'_>) -> Result<String> {
    let case = Case::read(tx, rules, number)?;
    case.put(tx, rules, "", put)
}

impl Case {
    pub(super) fn read(tx: &mut dyn Tx, rules: &Rules, number: Number) -> Result<Case> {
        let key = TicketKey::new(&rules.desk, number);
        let none = || StoreError::Abandoned(format!("there is no request {}", rules.tag.shown(number)));
        let filter = MailFilter { ticket: Some(key.clone()), ..MailFilter::default() };
        let of_ticket = DeliveryFilter { ticket: Some(key.clone()), ..DeliveryFilter::default() };
        let mut case = Case {
            ticket: tx.ticket(&key)?.ok_or_else(none)?,
            messages: tx.messages(&key)?,
            works: tx.works(&key)?,
            history: tx.entries(&key)?,
            mails: tx.mails(&filter)?,
            deliveries: tx.deliveries(&of_ticket)?,
        };
        case.mails.reverse();
        case.deliveries.reverse();
        Ok(case)
    }

    /// What a person may have of it: what is public, what the person wrote and what was written to that address.
    pub(super) fn of_person(mut self, person: &Address) -> Case {
        self.mails.retain(|mail| mail.mail.from.as_ref() == Some(person));
        self.deliveries.retain(|delivery| delivery.recipient == *person);
        let own: BTreeSet<Hash> = self.mails.iter().map(|mail| mail.mail.raw).collect();
        self.messages.retain(|message| {
            message.kind.is_public() || message.mail.is_some_and(|mail| own.contains(&mail))
        });
        // Who of the desk did what, and why it was decided so, is the desk's own.
        self.history.clear();
        self
    }

    /// Puts it into a folder (`""`, or a path that ends with `/`).
    pub(super) fn put(&self, tx: &mut dyn Tx, rules: &Rules, folder: &str, put: Put<'_>) -> Result<String> {
        let mut names = Names::default();
        let mut parts: Vec<Part> = Vec::new();
        self.put_mails(tx, rules, folder, &mut parts, put)?;
        for message in &self.messages {
            for part in &message.attachments {
                let path = names.fresh("attachments", &part.name);
                match attached(tx, part)? {
                    Some(bytes) => put(&format!("{folder}{path}"), &bytes)?,
                    None => continue,
                }
                parts.push(Part { at: message.at, what: part.name.clone(), path });
            }
        }
        let text = telling(self, &parts, rules);
        put(&format!("{folder}index.txt"), text.as_bytes())?;
        put(
            &format!("{folder}index.html"),
            page(&rules.tag.shown(self.ticket.key.number), &text).as_bytes(),
        )?;
        put(&format!("{folder}journal.csv"), self.journal(rules).as_bytes())?;
        if !self.history.is_empty() {
            put(&format!("{folder}history.csv"), self.changes(rules).as_bytes())?;
        }
        put(&format!("{folder}ticket.json"), self.document()?.as_bytes())?;
        Ok(text)
    }

    /// Mails of both directions, numbered together in the order of time.
    fn put_mails(
        &self,
        tx: &mut dyn Tx,
        rules: &Rules,
        folder: &str,
        parts: &mut Vec<Part>,
        put: Put<'_>,
    ) -> Result<()> {
        enum Source {
            In(Hash),
            Out(LetterId),
        }
        let mut all: Vec<(Timestamp, String, Source)> = Vec::new();
        let raws: BTreeMap<Hash, (Timestamp, String)> = self.raws(rules);
        all.extend(raws.into_iter().map(|(raw, (at, what))| (at, what, Source::In(raw))));
        let mut letters = BTreeSet::new();
        for delivery in self.deliveries.iter().filter(|delivery| letters.insert(delivery.letter)) {
            let what = format!("{} to {} ({})", delivery.purpose, delivery.recipient, delivery.state.word());
            all.push((delivery.created_at, what, Source::Out(delivery.letter)));
        }
        all.sort_by_key(|(at, ..)| *at);
        for (n, (at, what, source)) in all.into_iter().enumerate() {
            let way = if matches!(source, Source::In(_)) { "in" } else { "out" };
            let path = format!("mails/{:03}-{way}.eml", n + 1);
            let whole = format!("{folder}{path}");
            let kept = match source {
                Source::In(raw) => put_raw(tx, &raw, &whole, put)?,
                Source::Out(letter) => match tx.letter(letter)? {
                    Some(row) => put(&whole, &assembled(tx, &row.letter.letter)?).map(|()| true)?,
                    None => false,
                },
            };
            if kept {
                parts.push(Part { at, what: format!("{way}: {what}"), path });
            }
        }
        Ok(())
    }

    /// Received mails by their raw bytes: those of the ledger, and those that messages came by (of a merged ticket).
    fn raws(&self, rules: &Rules) -> BTreeMap<Hash, (Timestamp, String)> {
        let mut raws = BTreeMap::new();
        for message in &self.messages {
            if let Some(raw) = message.mail {
                raws.insert(raw, (message.at, message.author.shown()));
            }
        }
        for mail in &self.mails {
            let from = mail.mail.from.as_ref().map_or_else(|| rules.name.clone(), ToString::to_string);
            raws.insert(mail.mail.raw, (mail.mail.received_at, from));
        }
        raws
    }

    fn journal(&self, rules: &Rules) -> String {
        let head = ["row", "corrects", "at", "consultant", "spent", "mode", "work"];
        let mut lines = vec![head.map(str::to_owned).to_vec()];
        lines.extend(self.works.iter().map(|work| {
            vec![
                work.row.to_string(),
                work.corrects.map(|row| row.to_string()).unwrap_or_default(),
                local(rules, work.at),
                rules.agent(&work.agent).map_or_else(|| work.agent.0.clone(), |a| a.name.clone()),
                duration(i64::from(work.minutes)),
                work.mode.clone(),
                work.text.clone(),
            ]
        }));
        csv::write(&lines, Separator::Comma)
    }

    fn changes(&self, rules: &Rules) -> String {
        let mut lines = vec![["at", "event", "by", "reason", "change"].map(str::to_owned).to_vec()];
        lines.extend(self.history.iter().map(|entry| {
            vec![
                local(rules, entry.at),
                entry.event.clone(),
                entry.by.shown(),
                entry.reason.clone(),
                entry.change.to_string(),
            ]
        }));
        csv::write(&lines, Separator::Comma)
    }

    fn document(&self) -> Result<String> {
        let document = serde_json::json!({
            "ticket": self.ticket,
            "messages": self.messages,
            "works": self.works,
            "history": self.history,
        });
        serde_json::to_string_pretty(&document)
            .map(|text| text + "\n")
            .map_err(|error| StoreError::Abandoned(format!("it cannot be written as JSON: {error}")))
    }
}

/// On the desk's clock, with its offset.
pub(super) fn local(rules: &Rules, at: Timestamp) -> String {
    at.to_zoned(rules.zone.clone()).strftime("%Y-%m-%d %H:%M %:z").to_string()
}
