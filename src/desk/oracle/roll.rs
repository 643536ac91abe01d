//! Everybody who has stood in the configuration of a desk: a letter of last month is judged by the people of last
//! month. Only short hashes are kept, so that the roll names nobody who has been taken out.

use std::collections::BTreeSet;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::domain::address::Address;
use crate::domain::rules::{DeskId, Rules};
use crate::store::{Result, StoreError, Tx};

/// Bytes of a hash that are kept: enough that no two of some thousand people are taken for each other.
const KEPT_BYTES: usize = 8;

/// The people of a desk, now and before.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Roll {
    /// Since when it has been kept; `None`: it is not yet.
    pub begun: Option<Timestamp>,
    entries: BTreeSet<[u8; KEPT_BYTES]>,
}

impl Roll {
    /// The roll of a desk as it is kept; an empty one where none is.
    ///
    /// # Errors
    /// The store's; `Corrupt` where it cannot be read.
    pub fn kept(tx: &mut dyn Tx, desk: &DeskId) -> Result<Roll> {
        let Some(bytes) = tx.value(&name(desk))? else { return Ok(Roll::default()) };
        let unreadable = || StoreError::Corrupt(format!("the value {:?} is no roll", name(desk)));
        let (first, rest) = bytes.split_at_checked(8).ok_or_else(unreadable)?;
        let second = i64::from_be_bytes(first.try_into().map_err(|_| unreadable())?);
        let begun = Timestamp::from_second(second).map_err(|_| unreadable())?;
        let (entries, odd) = rest.as_chunks::<KEPT_BYTES>();
        if !odd.is_empty() {
            return Err(unreadable());
        }
        Ok(Roll { begun: Some(begun), entries: entries.iter().copied().collect() })
    }

    /// Adds everybody who stands in the rules now.
    pub fn add(&mut self, rules: &Rules) {
        let agents = rules.agents.iter().chain(&rules.head).map(|agent| &agent.address);
        for address in agents.chain(rules.staff_addresses()).chain(&rules.operator) {
            self.entries.insert(entry(&["staff", address.as_str()]));
        }
        for client in rules.clients.iter() {
            for domain in &client.domains {
                self.entries.insert(entry(&["of", &client.code, &domain.to_lowercase()]));
            }
            let contract = client.contract.as_ref().and_then(|contract| contract.address.as_ref());
            if let Some(address) = contract {
                self.entries.insert(entry(&["contract", &client.code, address.as_str()]));
            }
            for address in client.contacts.iter().map(|contact| &contact.address).chain(contract) {
                self.entries.insert(entry(&["registered", address.as_str()]));
                self.entries.insert(entry(&["of", &client.code, address.as_str()]));
            }
        }
    }

    pub(super) fn is_staff(&self, address: &Address) -> bool {
        self.entries.contains(&entry(&["staff", address.as_str()]))
    }

    /// The address of a contract, or a contact.
    pub(super) fn is_registered(&self, address: &Address) -> bool {
        self.entries.contains(&entry(&["registered", address.as_str()]))
    }

    pub(super) fn is_contract_of(&self, client: &str, address: &Address) -> bool {
        self.entries.contains(&entry(&["contract", client, address.as_str()]))
    }

    /// Belongs to the client, by its own address or by its domain.
    pub(super) fn is_of(&self, client: &str, address: &Address) -> bool {
        [address.as_str(), address.domain()]
            .iter()
            .any(|one| self.entries.contains(&entry(&["of", client, one])))
    }
}

/// Writes down who stands in the rules now; nothing where all of them stand there already.
///
/// # Errors
/// The store's.
pub fn call(tx: &mut dyn Tx, rules: &Rules, now: Timestamp) -> Result<()> {
    let before = Roll::kept(tx, &rules.desk)?;
    let mut roll = before.clone();
    roll.add(rules);
    if roll == before {
        return Ok(());
    }
    let begun = roll.begun.unwrap_or(now).as_second();
    let mut bytes = begun.to_be_bytes().to_vec();
    bytes.extend(roll.entries.iter().flatten());
    tx.set_value(&name(&rules.desk), &bytes)
}

fn name(desk: &DeskId) -> String {
    format!("roll:{desk}")
}

fn entry(words: &[&str]) -> [u8; KEPT_BYTES] {
    let mut hash = Sha256::new();
    for word in words {
        hash.update((word.len() as u64).to_be_bytes());
        hash.update(word.as_bytes());
    }
    let mut kept = [0; KEPT_BYTES];
    kept.copy_from_slice(&hash.finalize()[..KEPT_BYTES]);
    kept
}
