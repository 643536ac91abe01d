//! Desks that send through the same account of the same server share its bounds.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::turns::Turns;
use crate::config::SmtpSettings;
use crate::domain::rules::DeskId;

/// One account, and the desks that send through it.
struct Account {
    turns: Arc<Turns>,
    desks: Vec<DeskId>,
}

/// The accounts of all desks.
pub struct Accounts {
    by_login: BTreeMap<(String, u16, Option<String>), Account>,
}

impl Accounts {
    pub fn new(smtp: &BTreeMap<DeskId, SmtpSettings>) -> Accounts {
        let mut bounds: BTreeMap<_, (Option<u32>, Vec<DeskId>)> = BTreeMap::new();
        for (desk, settings) in smtp {
            let (bound, desks) = bounds.entry(key(settings)).or_default();
            *bound = [*bound, settings.per_minute].into_iter().flatten().min();
            desks.push(desk.clone());
        }
        let account = |(bound, desks)| Account { turns: Arc::new(Turns::new(bound)), desks };
        Accounts { by_login: bounds.into_iter().map(|(key, found)| (key, account(found))).collect() }
    }

    /// The turns of a desk, and its settings with its share of the connections: where a provider bounds an account,
    /// it counts those of all desks together.
    pub fn share(&self, settings: &SmtpSettings) -> (Arc<Turns>, SmtpSettings) {
        let mut settings = settings.clone();
        let Some(account) = self.by_login.get(&key(&settings)) else {
            return (Arc::new(Turns::new(settings.per_minute)), settings);
        };
        if settings.per_minute.is_some() {
            let desks = u32::try_from(account.desks.len()).unwrap_or(u32::MAX).max(1);
            settings.connections = (settings.connections / desks).max(1);
        }
        (account.turns.clone(), settings)
    }

    /// The bounded accounts: whose they are, and their turns.
    pub fn bounded(&self) -> impl Iterator<Item = (&[DeskId], &Turns)> {
        let all = self.by_login.values().map(|account| (account.desks.as_slice(), &*account.turns));
        all.filter(|(_, turns)| turns.is_bounded())
    }
}

fn key(settings: &SmtpSettings) -> (String, u16, Option<String>) {
    let user = settings.login.as_ref().map(|login| login.user.clone());
    (settings.server.host.clone(), settings.server.port, user)
}
