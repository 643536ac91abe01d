//! The people of a desk: agents and the head, clients and their contacts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::address::{Address, Mailbox};
use super::look_alike::likeness;
use super::money::Money;
use super::period::Rhythm;
use super::span::Span;

/// An agent's short name in the configuration (`tomas`): what `#assign` takes and history keeps.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AgentId(pub String);

impl std::fmt::Display for AgentId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Somebody who answers clients.
#[derive(Clone, Debug, PartialEq)]
pub struct Agent {
    pub id: AgentId,
    pub name: String,
    pub address: Address,
    pub phone: Option<String>,
    pub team: Option<String>,
    /// `administrator`, `dispatcher`, `partner`, … ; the head has `head`.
    pub role: Option<String>,
    /// Stands under each of the agent's answers; the name alone where it is empty.
    pub signature: Option<String>,
}

impl Agent {
    /// Name and address as a letter's To shows them.
    pub fn mailbox(&self) -> Mailbox {
        Mailbox::new(&self.name, self.address.clone())
    }
}

/// A company (or a person) that is served, perhaps under a contract.
#[derive(Clone, Debug, PartialEq)]
pub struct Client {
    pub name: String,
    /// Registration number; identifies the client in the store and in commands.
    pub code: String,
    /// Mail domains that are this client's alone; never those of free-mail providers.
    pub domains: Vec<String>,
    pub contract: Option<Contract>,
    pub contacts: Vec<Contact>,
    /// The agent who always works for this client.
    pub consultant: Option<AgentId>,
    /// How it is billed beside its contract.
    pub billing: ClientBilling,
    /// Devices that identify the client when their number stands in a mail.
    pub devices: Vec<String>,
}

/// What was agreed with a client.
#[derive(Clone, Debug, PartialEq)]
pub struct Contract {
    pub name: String,
    /// The address of the contract: confirmations, invoices, copies of acknowledgements.
    pub address: Option<Address>,
    /// Minutes included in each period.
    pub minutes_included: Option<u32>,
    /// In which the included minutes count.
    pub period: Rhythm,
    /// Price of an hour beyond those included.
    pub price_beyond: Option<Money>,
}

/// What a client pays, and how often.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClientBilling {
    pub rhythm: Rhythm,
    /// Price of an hour; `None`: what the contract says beyond its hours, else nothing is billed.
    pub price: Option<Money>,
}

/// A person of a client.
#[derive(Clone, Debug, PartialEq)]
pub struct Contact {
    pub name: String,
    pub address: Address,
    pub phone: Option<String>,
    pub position: Option<String>,
    pub language: Option<super::language::Lang>,
    /// May ask for statements.
    pub statement: bool,
    /// Announcements go to this person, to be passed on.
    pub responsible: bool,
}

/// Somebody who is not in the configuration and became known by writing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Acquaintance {
    /// Registration number of a client that vouched for the address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// What was learnt: `person`, `company`, `position`, `phone`, …
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, String>,
    /// The client denied the address: what comes from there is kept and answered by nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub denied: bool,
}

impl Acquaintance {
    /// Adds what was learnt now: it replaces what was said of the same thing before, and the rest stays known.
    pub fn learn(&mut self, now: &Acquaintance) {
        self.client = now.client.clone().or(self.client.take());
        self.fields.extend(now.fields.clone());
        self.denied = now.denied;
    }
}

/// All clients of a desk, found by address, domain or code without a walk.
#[derive(Clone, Debug, Default)]
pub struct Clients {
    all: Vec<Client>,
    by_address: BTreeMap<Address, (usize, Option<usize>)>,
    by_domain: BTreeMap<String, usize>,
    /// A domain of some client, by what it looks like.
    by_likeness: BTreeMap<String, String>,
    by_code: BTreeMap<String, usize>,
    by_device: BTreeMap<String, usize>,
}

impl Clients {
    /// Indexes the clients; the first one that claims an address or a domain has it.
    pub fn new(all: Vec<Client>) -> Clients {
        let mut clients = Clients { all, ..Clients::default() };
        for (i, client) in clients.all.iter().enumerate() {
            for (j, contact) in client.contacts.iter().enumerate() {
                clients.by_address.entry(contact.address.clone()).or_insert((i, Some(j)));
            }
            if let Some(address) = client.contract.as_ref().and_then(|c| c.address.clone()) {
                clients.by_address.entry(address).or_insert((i, None));
            }
            for domain in &client.domains {
                clients.by_domain.entry(domain.to_lowercase()).or_insert(i);
                clients.by_likeness.entry(likeness(domain)).or_insert_with(|| domain.to_lowercase());
            }
            clients.by_code.entry(client.code.clone()).or_insert(i);
            for device in &client.devices {
                clients.by_device.entry(device.clone()).or_insert(i);
            }
        }
        clients
    }

    /// The client, and the contact where the address is one's own, that an address belongs to.
    pub fn of_address(&self, address: &Address) -> Option<(&Client, Option<&Contact>)> {
        if let Some((i, contact)) = self.by_address.get(address) {
            let client = &self.all[*i];
            return Some((client, contact.map(|j| &client.contacts[j])));
        }
        self.by_domain.get(address.domain()).map(|i| (&self.all[*i], None))
    }

    /// The client's domain that this one looks like without being it, nor any other that is known.
    pub fn resembled(&self, address: &Address) -> Option<&str> {
        if self.of_address(address).is_some() {
            return None;
        }
        self.by_likeness.get(&likeness(address.domain())).map(String::as_str)
    }

    /// The client with this registration number.
    pub fn of_code(&self, code: &str) -> Option<&Client> {
        self.by_code.get(code).map(|i| &self.all[*i])
    }

    /// The client that has this device.
    pub fn of_device(&self, device: &str) -> Option<&Client> {
        self.by_device.get(device).map(|i| &self.all[*i])
    }

    /// All clients in the order of the configuration.
    pub fn iter(&self) -> impl Iterator<Item = &Client> {
        self.all.iter()
    }
}

/// A promise: when somebody answers, when the matter is solved.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Promise {
    pub respond: Option<Span>,
    pub resolve: Option<Span>,
    /// Name of the calendar in whose hours `h` and `m` count.
    pub calendar: Option<String>,
}
