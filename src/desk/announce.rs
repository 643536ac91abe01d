//! The operator tells all clients something: one letter each, in the client's language.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Desk;
use super::perform::Cause;
use super::say::to_person;
use crate::domain::address::Mailbox;
use crate::domain::effect::{Announcement, Purpose};
use crate::domain::language::Lang;
use crate::domain::people::Client;
use crate::domain::rules::Rules;
use crate::store::{Result, Tx};

/// An announcement as the operator wrote it, in his file and on the way to the daemon.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Written {
    /// By language; a client whose language is lacking gets the desk's own, else any.
    pub title: BTreeMap<Lang, String>,
    pub text: BTreeMap<Lang, String>,
    pub effective_on: Option<Date>,
    /// Codes of clients; empty: all.
    pub to: Vec<String>,
}

/// Whom an announcement reaches, and whom it cannot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    pub told: Vec<Mailbox>,
    /// Names of clients without an address.
    pub unreachable: Vec<String>,
}

/// One letter to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Code of the client.
    pub client: String,
    pub to: Mailbox,
    pub language: Lang,
    pub announcement: Announcement,
}

/// The letters that an announcement makes, and the names of clients that have no address. Writes nothing.
pub fn plan(rules: &Rules, written: &Written) -> (Vec<Planned>, Vec<String>) {
    let (mut letters, mut unreachable) = (Vec::new(), Vec::new());
    for client in rules.clients.iter() {
        if !written.to.is_empty() && !written.to.contains(&client.code) {
            continue;
        }
        let Some(to) = addressee(client) else {
            unreachable.push(client.name.clone());
            continue;
        };
        let language = language(client, rules);
        let in_language = |texts: &BTreeMap<Lang, String>| {
            let own = texts.get(&rules.own_language());
            texts.get(&language).or(own).or(texts.values().next()).cloned().unwrap_or_default()
        };
        let announcement = Announcement {
            title: in_language(&written.title),
            text: in_language(&written.text),
            effective_on: written.effective_on,
            company: client.name.clone(),
        };
        letters.push(Planned { client: client.code.clone(), to, language, announcement });
    }
    (letters, unreachable)
}

/// Writes the letters; `id` tells this announcement from every other, so that the same one never goes out twice.
///
/// # Errors
/// The store's.
pub fn announce(tx: &mut dyn Tx, desk: &Desk, written: &Written, id: &str, now: Timestamp) -> Result<Reach> {
    let (letters, unreachable) = plan(&desk.rules, written);
    let mut reach = Reach { unreachable, ..Reach::default() };
    for letter in letters {
        let cause = Cause::new(format!("announcement:{id}:{}", letter.client), "announced", now);
        let purpose = Purpose::Announcement(letter.announcement);
        to_person(tx, desk, &cause, purpose, letter.language, letter.to.clone())?;
        reach.told.push(letter.to);
    }
    Ok(reach)
}

/// The responsible contact, else the address of the contract, else the first contact.
fn addressee(client: &Client) -> Option<Mailbox> {
    let of = |contact: &crate::domain::people::Contact| Mailbox::new(&contact.name, contact.address.clone());
    let responsible = client.contacts.iter().find(|contact| contact.responsible).map(of);
    let contract = client.contract.as_ref().and_then(|contract| contract.address.clone());
    responsible
        .or_else(|| contract.map(|address| Mailbox::new("", address)))
        .or_else(|| client.contacts.first().map(of))
}

/// Of the first contact that has one set, else the desk's own.
fn language(client: &Client, rules: &Rules) -> Lang {
    let set = client.contacts.iter().find_map(|contact| contact.language);
    set.filter(|lang| rules.languages.contains(lang)).unwrap_or(rules.own_language())
}
