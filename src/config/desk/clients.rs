//! Clients with their domains, contracts and contacts.

use super::promises::Promises;
use super::{Surroundings, language, policy, refuse_watched, scope, texts};
use crate::config::reader::{Item, Table, suggestion};
use crate::config::servers::address;
use crate::domain::free_mail::is_free_mail;
use crate::domain::money::Money;
use crate::domain::people::{Agent, AgentId, Client, ClientBilling, Clients, Contact, Contract};
use crate::domain::period::Rhythm;
use crate::domain::rules::DeskId;

/// What clients refer to.
#[derive(Debug)]
pub struct Known<'a> {
    pub around: &'a Surroundings,
    pub promises: &'a Promises,
    pub agents: &'a [Agent],
    pub desk: &'a DeskId,
}

/// Reads `clients`; without `by_domain` their domains mean nothing.
pub fn read(table: &Table<'_>, known: &Known<'_>, by_domain: bool) -> Clients {
    let items = table.get("clients").map(|item| item.items()).unwrap_or_default();
    let mut all: Vec<Client> = items.iter().filter_map(|item| known.client(item)).collect();
    if !by_domain {
        all.iter_mut().for_each(|client| client.domains.clear());
    }
    Clients::new(all)
}

impl Known<'_> {
    fn client(&self, item: &Item<'_>) -> Option<Client> {
        let table = item.table()?;
        let owner = item.key();
        let name = table.need("name", "the company's name").and_then(|item| item.text());
        let code = table.need("code", "the registration number; it tells clients apart").and_then(|item| {
            let code = item.text()?;
            self.claim("client code", &code, owner, &item);
            Some(code)
        });
        let domains = table.get("domains").map(|item| item.items()).unwrap_or_default();
        let domains = domains.iter().filter_map(|item| self.domain(item, owner)).collect();
        let agreed = table.get("contract").and_then(|item| self.contract(&item, owner));
        let (contract, agreed) = agreed.map_or((None, None), |(c, billing)| (Some(c), Some(billing)));
        let billing = billing(&table, agreed);
        let consultant = table.get("consultant").and_then(|item| self.consultant(&item));
        let contacts = table.get("contacts").map(|item| item.items()).unwrap_or_default();
        let contacts = contacts.iter().filter_map(|item| self.contact(item, owner)).collect();
        let devices = table.get("devices").map(|item| self.devices(&item, owner)).unwrap_or_default();
        Some(Client { name: name?, code: code?, domains, contract, contacts, consultant, billing, devices })
    }

    fn claim(&self, what: &str, value: &str, owner: &str, item: &Item<'_>) -> bool {
        item.report().claim(&scope(self.desk, what), value, owner, item)
    }

    fn domain(&self, item: &Item<'_>, owner: &str) -> Option<String> {
        let domain = item.text()?.to_lowercase();
        let labels =
            || domain.split('.').all(|l| !l.is_empty() && l.chars().all(|c| c.is_alphanumeric() || c == '-'));
        if !domain.contains('.') || !labels() {
            item.refuse(format!("\"{domain}\" is not a mail domain"), "write what stands behind the @");
            return None;
        }
        if is_free_mail(&domain) {
            item.refuse(
                format!("{domain} is everybody's"),
                "every stranger there would count as this client; list the people as contacts",
            );
        }
        self.claim("client domain", &domain, owner, item);
        Some(domain)
    }

    fn contract(&self, item: &Item<'_>, owner: &str) -> Option<(Contract, Agreed)> {
        let table = item.table()?;
        let named = table.need("name", "the contract's name or number");
        let name = named.as_ref().and_then(Item::text);
        let known = &self.promises.contract_resolve;
        if let (Some(item), Some(name)) = (&named, &name)
            && !known.is_empty()
            && !known.contains_key(name)
        {
            let known: Vec<&str> = known.keys().map(String::as_str).collect();
            item.refuse(format!("contracts has no \"{name}\""), suggestion(name, &known));
        }
        let email = table.get("email").and_then(|item| {
            let email = address(&item)?;
            refuse_watched(&item, &email, self.around);
            self.claim("client address", email.as_str(), owner, &item);
            Some(email)
        });
        let minutes_included = table.get("hours").and_then(|item| policy::minutes(&item));
        let agreed = Agreed {
            rhythm: table.get("billing").and_then(|item| item.choice(&RHYTHMS)),
            price: table.get("price").and_then(|item| money(&item)),
        };
        let contract = Contract {
            name: name?,
            address: email,
            minutes_included,
            period: table.choice("period", &RHYTHMS, Rhythm::Month),
            price_beyond: table.get("price_beyond").and_then(|item| money(&item)),
        };
        Some((contract, agreed))
    }

    fn consultant(&self, item: &Item<'_>) -> Option<AgentId> {
        let name = item.text()?;
        let found = self.agents.iter().find(|agent| agent.id.0 == name);
        if found.is_none() {
            let known: Vec<&str> = self.agents.iter().map(|agent| agent.id.0.as_str()).collect();
            item.refuse(format!("there is no agent \"{name}\""), suggestion(&name, &known));
        }
        found.map(|agent| agent.id.clone())
    }

    fn contact(&self, item: &Item<'_>, owner: &str) -> Option<Contact> {
        let table = item.table()?;
        let email = table.need("email", "").and_then(|item| {
            let email = address(&item)?;
            refuse_watched(&item, &email, self.around);
            if self.claim("client contact", email.as_str(), item.key(), &item) {
                self.claim("client address", email.as_str(), owner, &item);
            }
            Some(email)
        });
        let name = table.need("name", "").and_then(|item| item.text());
        let (phone, position) = (table.text("phone"), table.text("position"));
        let language = table.get("language").and_then(|item| language(&item.text()?, &item, self.around));
        let (statement, responsible) = (table.flag("statement", false), table.flag("responsible", false));
        Some(Contact { name: name?, address: email?, phone, position, language, statement, responsible })
    }

    fn devices(&self, item: &Item<'_>, owner: &str) -> Vec<String> {
        for device in item.items() {
            if let Some(number) = device.as_word() {
                self.claim("device", number, owner, &device);
            }
        }
        texts(item)
    }
}

const RHYTHMS: [(&str, Rhythm); 2] = [("month", Rhythm::Month), ("quarter", Rhythm::Quarter)];

/// What the contract says of billing.
struct Agreed {
    rhythm: Option<Rhythm>,
    price: Option<Money>,
}

/// `billing` of a client, or else what its contract says.
fn billing(table: &Table<'_>, agreed: Option<Agreed>) -> ClientBilling {
    let agreed = agreed.unwrap_or(Agreed { rhythm: None, price: None });
    let Some(inner) = table.get("billing").and_then(|item| item.table()) else {
        return ClientBilling { rhythm: agreed.rhythm.unwrap_or_default(), price: agreed.price };
    };
    let rhythm = inner.get("period").and_then(|item| item.choice(&RHYTHMS));
    let price = inner.get("price").and_then(|item| money(&item));
    let twice = rhythm.is_some() && agreed.rhythm.is_some() || price.is_some() && agreed.price.is_some();
    if twice {
        inner.item().refuse("says again what the contract says", "remove it here or there");
    }
    ClientBilling { rhythm: rhythm.or(agreed.rhythm).unwrap_or_default(), price: price.or(agreed.price) }
}

fn money(item: &Item<'_>) -> Option<Money> {
    let text = item.text()?;
    let money = Money::parse(&text);
    if money.is_none() {
        item.refuse(format!("\"{text}\" is no amount"), "write for example \"60 EUR\"");
    }
    money
}
