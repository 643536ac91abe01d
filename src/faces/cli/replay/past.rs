//! What the desk's own database knows of the mails that are played: its keys, so that its tokens are believed, and
//! which request each mail became, so that requests keep their numbers. It is only read.

use std::collections::BTreeMap;

use super::mails::Mail;
use crate::config::Settings;
use crate::desk::identity::{Identity, identity};
use crate::domain::hash::Hash;
use crate::domain::rules::DeskId;
use crate::domain::ticket::{Number, TicketKey};
use crate::faces::cli::explain::dry::Dry;
use crate::faces::cli::failure::Failure;
use crate::store::{Result as StoreResult, SqliteStore, Store, TicketFilter, Tx};

/// Signs what never leaves the replay, where there is no database.
const RANDOM: [u8; 48] = *b"a replay's letters go nowhere at all, nor do its";

/// The past of the mails of a replay.
pub struct Past {
    pub identity: Identity,
    /// By the fingerprint of a mail: what it belongs to.
    tickets: BTreeMap<Hash, Vec<TicketKey>>,
    newest: BTreeMap<DeskId, Number>,
}

impl Past {
    /// Asks the first database of `settings` that exists; without one nothing is known.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn of(settings: &[&Settings], mails: &[Mail]) -> Result<Past, Failure> {
        let mut store: Box<dyn Store> = Box::new(SqliteStore::open_in_memory()?);
        for one in settings {
            let path = &one.database;
            if path.try_exists().map_err(|error| Failure::io(path.display(), &error))? {
                store = Box::new(SqliteStore::open_reader(path)?);
                break;
            }
        }
        Ok(store.run(|tx| {
            let mut newest = BTreeMap::new();
            for desk in settings.iter().flat_map(|s| &s.desks).map(|rules| &rules.desk) {
                let filter = TicketFilter { desk: Some(desk.clone()), limit: 1, ..TicketFilter::default() };
                newest.extend(tx.tickets(&filter)?.into_iter().map(|t| (t.key.desk, t.key.number)));
            }
            let mut tickets = BTreeMap::new();
            for mail in mails {
                tickets.insert(mail.read.fingerprint, tickets_of(tx, mail)?);
            }
            Ok(Past { identity: identity(&mut Dry::over(tx), &RANDOM)?, tickets, newest })
        })?)
    }

    /// The request that a mail became or joined at the desk.
    pub fn ticket(&self, desk: &DeskId, mail: &Mail) -> Option<Number> {
        let keys = self.tickets.get(&mail.read.fingerprint)?;
        keys.iter().find(|key| key.desk == *desk).map(|key| key.number)
    }

    /// The number of the desk's newest request; 0 where it has none.
    pub fn newest(&self, desk: &DeskId) -> Number {
        self.newest.get(desk).copied().unwrap_or(0)
    }
}

/// By what it says, else by its Message-ID.
fn tickets_of(tx: &mut dyn Tx, mail: &Mail) -> StoreResult<Vec<TicketKey>> {
    let same = tx.mail_by_fingerprint(&mail.read.fingerprint)?;
    let named = match (&same, &mail.read.message_id) {
        (None, Some(id)) => tx.mails_by_message_id(id)?,
        _ => Vec::new(),
    };
    let all = same.into_iter().chain(named);
    Ok(all.filter_map(|mail| mail.mail.outcome.ticket().cloned()).collect())
}
