//! Who is meant: an audience as addresses.

use super::address::{Address, Mailbox};
use super::effect::Audience;
use super::people::AgentId;
use super::rules::Rules;
use super::ticket::Ticket;

/// The people a notice goes to.
#[derive(Clone, Debug, PartialEq)]
pub enum Recipients {
    /// One letter on the client's side, with one delivery for each address.
    Client { to: Vec<Mailbox>, cc: Vec<Mailbox> },
    /// A letter each, with a token each.
    Staff(Vec<Staff>),
}

/// One who works for the desk: an agent, or a team's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staff {
    /// Whose token the letter carries: an agent's id, or the address of a team.
    pub holder: String,
    pub agent: Option<AgentId>,
    pub mailbox: Mailbox,
}

/// Resolves an audience. Addresses that maildesk itself watches are left out (B8), nobody stands twice.
pub fn recipients(audience: &Audience, ticket: &Ticket, rules: &Rules) -> Recipients {
    match audience {
        Audience::Requester => client(requester(ticket), Vec::new(), rules),
        Audience::RequesterAndContract => {
            let mut to = requester(ticket);
            if rules.ack.to_contract
                && let Some(address) = contract_address(ticket, rules)
            {
                to.push(Mailbox::new("", address));
            }
            client(to, Vec::new(), rules)
        }
        Audience::Everyone => client(requester(ticket), ticket.participants.clone(), rules),
        Audience::Contract => {
            let contract = contract_address(ticket, rules).map(|address| Mailbox::new("", address));
            client(contract.into_iter().collect(), Vec::new(), rules)
        }
        Audience::Person(mailbox) => client(vec![mailbox.clone()], Vec::new(), rules),
        Audience::NotifyNew => staff(newcomers(ticket, rules), rules),
        Audience::Newcomers => {
            staff(rules.told_of_new(ticket).iter().map(|a| at_address(a, rules)).collect(), rules)
        }
        Audience::Responsible { but } => {
            let mut all: Vec<Staff> = ticket.workers().filter_map(|id| agent(id, rules)).collect();
            if all.is_empty() {
                all = newcomers(ticket, rules);
            }
            all.retain(|s| s.agent.is_none() || s.agent != *but);
            staff(all, rules)
        }
        Audience::Workers { but } => {
            let workers = ticket.workers().filter(|id| !but.contains(id));
            staff(workers.filter_map(|id| agent(id, rules)).collect(), rules)
        }
        Audience::Nobody => Recipients::Staff(Vec::new()),
        Audience::Agent(id) => staff(agent(id, rules).into_iter().collect(), rules),
        Audience::Writer(mailbox) => staff(vec![at_address(&mailbox.address, rules)], rules),
        Audience::Head => staff(rules.head.iter().map(|h| at_address(&h.address, rules)).collect(), rules),
    }
}

fn requester(ticket: &Ticket) -> Vec<Mailbox> {
    let address = ticket.requester.address.clone();
    address.into_iter().map(|a| Mailbox::new(&ticket.requester.name, a)).collect()
}

fn contract_address(ticket: &Ticket, rules: &Rules) -> Option<Address> {
    let client = rules.clients.of_code(ticket.client.as_deref()?)?;
    client.contract.as_ref()?.address.clone()
}

fn newcomers(ticket: &Ticket, rules: &Rules) -> Vec<Staff> {
    let urgent = if ticket.urgent { rules.notify_urgent.as_slice() } else { &[] };
    rules.told_of_new(ticket).iter().chain(urgent).map(|a| at_address(a, rules)).collect()
}

fn agent(id: &AgentId, rules: &Rules) -> Option<Staff> {
    let agent = rules.agent(id)?;
    Some(Staff { holder: agent.id.0.clone(), agent: Some(agent.id.clone()), mailbox: agent.mailbox() })
}

fn at_address(address: &Address, rules: &Rules) -> Staff {
    match rules.agent_at(address) {
        Some(agent) => {
            Staff { holder: agent.id.0.clone(), agent: Some(agent.id.clone()), mailbox: agent.mailbox() }
        }
        None => Staff {
            holder: address.as_str().to_owned(),
            agent: None,
            mailbox: Mailbox::new("", address.clone()),
        },
    }
}

fn client(to: Vec<Mailbox>, cc: Vec<Mailbox>, rules: &Rules) -> Recipients {
    let mut seen: Vec<Address> = Vec::new();
    let mut fresh = |list: Vec<Mailbox>| -> Vec<Mailbox> {
        let mut kept = list;
        kept.retain(|m| {
            let new = !rules.watches(&m.address) && !seen.contains(&m.address);
            if new {
                seen.push(m.address.clone());
            }
            new
        });
        kept
    };
    let to = fresh(to);
    let cc = fresh(cc);
    Recipients::Client { to, cc }
}

fn staff(mut all: Vec<Staff>, rules: &Rules) -> Recipients {
    let mut seen = Vec::new();
    all.retain(|s| {
        let new = !rules.watches(&s.mailbox.address) && !seen.contains(&s.mailbox.address);
        seen.push(s.mailbox.address.clone());
        new
    });
    Recipients::Staff(all)
}
