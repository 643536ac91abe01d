//! Clients with their domains, contracts and contacts.

use super::promises::Promises;
use super::{LANGUAGES, Surroundings, policy, refuse_watched, scope, texts};
use crate::config::reader::{Item, Table, suggestion};
use crate::config::servers::address;
use crate::domain::language::Lang;
use crate::domain::people::{Client, ClientBilling, Clients, Contact, Contract};
use crate::domain::period::Rhythm;
use crate::domain::rules::DeskId;

/// Domains whose users have nothing to do with each other.
const FREE_MAIL: [&str; 48] = [
    "aol.com",
    "apollo.lv",
    "bk.ru",
    "centrum.cz",
    "delfi.lt",
    "email.cz",
    "fastmail.com",
    "free.fr",
    "gmail.com",
    "gmx.at",
    "gmx.com",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hot.ee",
    "hotmail.com",
    "icloud.com",
    "inbox.lt",
    "inbox.lv",
    "inbox.ru",
    "internet.ru",
    "list.ru",
    "live.com",
    "mac.com",
    "mail.com",
    "mail.ee",
    "mail.ru",
    "me.com",
    "msn.com",
    "o2.pl",
    "one.lt",
    "outlook.com",
    "post.cz",
    "proton.me",
    "protonmail.com",
    "rambler.ru",
    "seznam.cz",
    "t-online.de",
    "tutanota.com",
    "ukr.net",
    "volny.cz",
    "web.de",
    "wp.pl",
    "ya.ru",
    "yahoo.com",
    "yandex.com",
    "yandex.ru",
    "zoho.com",
];

/// Reads `clients`.
pub fn read(table: &Table<'_>, around: &Surroundings, promises: &Promises, id: &DeskId) -> Clients {
    let reader = Reader { around, promises, desk: id };
    let items = table.get("clients").map(|item| item.items()).unwrap_or_default();
    Clients::new(items.iter().filter_map(|item| reader.client(item)).collect())
}

struct Reader<'a> {
    around: &'a Surroundings,
    promises: &'a Promises,
    desk: &'a DeskId,
}

impl Reader<'_> {
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
        let contract = table.get("contract").and_then(|item| self.contract(&item, owner));
        let contacts = table.get("contacts").map(|item| item.items()).unwrap_or_default();
        let contacts = contacts.iter().filter_map(|item| self.contact(item, owner)).collect();
        let devices = table.get("devices").map(|item| self.devices(&item, owner)).unwrap_or_default();
        table.not_yet("billing", "nothing is billed");
        Some(Client {
            name: name?,
            code: code?,
            domains,
            contract,
            contacts,
            consultant: None,
            billing: ClientBilling::default(),
            devices,
        })
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
        if FREE_MAIL.contains(&domain.as_str()) {
            item.refuse(
                format!("{domain} is everybody's"),
                "every stranger there would count as this client; list the people as contacts",
            );
        }
        self.claim("client domain", &domain, owner, item);
        Some(domain)
    }

    fn contract(&self, item: &Item<'_>, owner: &str) -> Option<Contract> {
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
        for key in ["period", "price", "price_beyond", "billing"] {
            table.not_yet(key, "nothing is billed");
        }
        Some(Contract {
            name: name?,
            address: email,
            minutes_included,
            period: Rhythm::Month,
            price_beyond: None,
        })
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
        let language = table.get("language").and_then(|item| language(&item));
        let statement = table.flag("statement", false);
        Some(Contact {
            name: name?,
            address: email?,
            phone,
            position,
            language,
            statement,
            responsible: false,
        })
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

fn language(item: &Item<'_>) -> Option<Lang> {
    let language: Lang = item.parse()?;
    if !LANGUAGES.contains(&language) {
        let known = LANGUAGES.map(|l| l.to_string()).join(", ");
        item.refuse(format!("there are no templates in \"{language}\""), format!("there are {known}"));
    }
    Some(language)
}
