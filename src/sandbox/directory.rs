//! Which address belongs to whom.

use std::collections::{BTreeMap, BTreeSet};

/// Why the sandbox does not take a mail for an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The domain is served here and nobody has this address (550 5.1.1).
    #[error("no such user here")]
    NoSuchUser,
    /// The domain is not served here, and nothing leaves the sandbox (550 5.7.1).
    #[error("relay access denied: the sandbox sends nothing out")]
    Relay,
    /// Not an address: no `@`, an empty side, a control character (553 5.1.3).
    #[error("not a mail address")]
    NotAnAddress,
}

/// Where a mail for an address goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Route {
    /// The account, as configured.
    pub account: String,
    /// What `Delivered-To` says: the address with its extension, or the account behind a catch-all.
    pub delivered_to: String,
}

/// The accounts, the domains served, and who takes what nobody else has.
#[derive(Debug, Default)]
pub(super) struct Directory {
    domains: BTreeSet<String>,
    /// Folded address to the account as configured.
    accounts: BTreeMap<String, String>,
    /// Folded domain to the account that takes every unknown address of it.
    catch_all: BTreeMap<String, String>,
}

impl Directory {
    /// Builds it from addresses as an operator writes them.
    ///
    /// # Errors
    /// A sentence that names the first account or catch-all that fits no domain or account.
    pub fn new<'a>(
        domains: impl IntoIterator<Item = &'a str>,
        accounts: impl IntoIterator<Item = &'a str>,
        catch_all: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Directory, String> {
        let mut directory = Directory {
            domains: domains.into_iter().map(str::to_lowercase).collect(),
            ..Directory::default()
        };
        for account in accounts {
            match account.rsplit_once('@') {
                Some((_, domain)) if directory.domains.contains(&domain.to_lowercase()) => {}
                _ => return Err(format!("the account {account} is in none of the domains served")),
            }
            directory.accounts.insert(account.to_lowercase(), account.to_owned());
        }
        for (domain, account) in catch_all {
            let known = directory.accounts.get(&account.to_lowercase()).cloned();
            match known {
                Some(account) if directory.domains.contains(&domain.to_lowercase()) => {
                    directory.catch_all.insert(domain.to_lowercase(), account);
                }
                _ => return Err(format!("the catch-all of {domain} needs a served domain and an account")),
            }
        }
        Ok(directory)
    }

    /// The account a user means at login; case does not matter.
    pub fn account(&self, address: &str) -> Option<&str> {
        self.accounts.get(&address.to_lowercase()).map(String::as_str)
    }

    /// Where a mail for `address` goes: the account itself, the account before a `+`, the catch-all.
    pub fn route(&self, address: &str) -> Result<Route, Refusal> {
        let (local, domain) = address.rsplit_once('@').ok_or(Refusal::NotAnAddress)?;
        if local.is_empty() || domain.is_empty() || address.contains(char::is_control) {
            return Err(Refusal::NotAnAddress);
        }
        let domain = domain.to_lowercase();
        if !self.domains.contains(&domain) {
            return Err(Refusal::Relay);
        }
        let base = local.split_once('+').map_or(local, |(base, _)| base);
        for local in [local, base] {
            if let Some(account) = self.account(&format!("{local}@{domain}")) {
                return Ok(Route { account: account.to_owned(), delivered_to: address.to_owned() });
            }
        }
        let account = self.catch_all.get(&domain).ok_or(Refusal::NoSuchUser)?;
        Ok(Route { account: account.clone(), delivered_to: account.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_finds_its_account_or_a_refusal() {
        let directory = Directory::new(
            ["desk.example", "client.example"],
            ["support@desk.example", "support+vip@desk.example", "Ona@Client.example"],
            [("client.example", "ona@client.example")],
        )
        .unwrap();
        let table = [
            ("support@desk.example", Ok(("support@desk.example", "support@desk.example"))),
            ("Support@DESK.example", Ok(("support@desk.example", "Support@DESK.example"))),
            ("support+7.k3@desk.example", Ok(("support@desk.example", "support+7.k3@desk.example"))),
            ("support+VIP@desk.example", Ok(("support+vip@desk.example", "support+VIP@desk.example"))),
            ("nobody@desk.example", Err(Refusal::NoSuchUser)),
            ("anyone@client.example", Ok(("Ona@Client.example", "Ona@Client.example"))),
            ("petr@elsewhere.example", Err(Refusal::Relay)),
            ("support", Err(Refusal::NotAnAddress)),
            ("@desk.example", Err(Refusal::NotAnAddress)),
        ];
        for (address, expected) in table {
            let expected = expected.map(|(account, delivered_to)| Route {
                account: account.to_owned(),
                delivered_to: delivered_to.to_owned(),
            });
            assert_eq!(directory.route(address), expected, "{address}");
        }
    }

    #[test]
    fn an_account_outside_the_domains_is_a_mistake() {
        assert!(Directory::new(["desk.example"], ["olga@other.example"], []).is_err());
        assert!(Directory::new(["desk.example"], [], [("desk.example", "olga@desk.example")]).is_err());
    }
}
