//! Agents, the head, and who is told of what.

use std::collections::{BTreeMap, BTreeSet};

use super::{Surroundings, refuse_watched, scope};
use crate::config::reader::{Item, Table, suggestion};
use crate::config::servers::address;
use crate::domain::address::{Address, Mailbox};
use crate::domain::kinds::{TypeRule, Types};
use crate::domain::people::{Agent, AgentId};
use crate::domain::rules::{Channel, DeskId};

/// The people who answer.
#[derive(Debug)]
pub struct People {
    pub agents: Vec<Agent>,
    pub head: Option<Agent>,
    pub operator: Vec<Address>,
    pub notify_new: Vec<Address>,
    /// By team; empty where `notify_new` is a list.
    pub notify_teams: BTreeMap<String, Vec<Address>>,
    pub notify_urgent: Vec<Address>,
}

/// In `notify_new` by team: requests of no team.
const NO_TEAM: &str = "none";

impl People {
    /// Reads `agents`, `head`, `operator`, `notify_new` and `notify_urgent`. An agent without a telephone has that of the team.
    pub fn read(
        table: &Table<'_>,
        around: &Surroundings,
        id: &DeskId,
        phones: &BTreeMap<String, String>,
    ) -> People {
        let reader = Reader { around, scope: scope(id, "agent") };
        let mut agents = reader.agents(table);
        for agent in &mut agents {
            let of_team = agent.team.as_ref().and_then(|team| phones.get(team));
            agent.phone = agent.phone.take().or_else(|| of_team.cloned());
        }
        let head = table.get("head").and_then(|item| reader.head(&item, &agents));
        let everybody: Vec<Agent> = agents.iter().chain(&head).cloned().collect();
        let mut notify_teams = BTreeMap::new();
        let notify_new = match table.get("notify_new") {
            Some(item) if item.is_table() => {
                let told = |(team, item): (String, Item<'_>)| (team, reader.told(&item, &everybody));
                notify_teams = item.named().into_iter().map(told).collect();
                notify_teams.remove(NO_TEAM).unwrap_or_default()
            }
            Some(item) => reader.told(&item, &everybody),
            // A small desk: every agent is told of a new ticket.
            None => agents.iter().map(|agent| agent.address.clone()).collect(),
        };
        let notify_urgent = table.get("notify_urgent").map(|item| reader.told(&item, &everybody));
        let notify_urgent = notify_urgent.unwrap_or_default();
        let operator = table.get("operator").map(|item| reader.told(&item, &everybody)).unwrap_or_default();
        People { agents, head, operator, notify_new, notify_teams, notify_urgent }
    }

    /// Refuses teams that nobody belongs to, and types of which nobody would be told.
    pub fn check_teams(&self, table: &Table<'_>, types: &Types, channels: &BTreeMap<String, Channel>) {
        let of_agents = self.agents.iter().filter_map(|agent| agent.team.as_deref());
        let known: BTreeSet<&str> = self.notify_teams.keys().map(String::as_str).chain(of_agents).collect();
        let known: Vec<&str> = known.into_iter().collect();
        let of_types = types.all.iter().map(|kind| ("types", &kind.name, &kind.team));
        let of_channels = channels.iter().map(|(name, channel)| ("channels", name, &channel.team));
        for (key, name, team) in of_types.chain(of_channels) {
            let Some(team) = team.as_deref().filter(|team| !known.contains(team)) else { continue };
            let hint =
                if known.is_empty() { "no agent has a team".to_owned() } else { suggestion(team, &known) };
            table.refuse(key, &format!("{name} is for the team \"{team}\", which is nobody's"), &hint);
        }
        if self.notify_teams.is_empty() || !self.notify_new.is_empty() {
            return;
        }
        let told =
            |kind: &&TypeRule| kind.team.as_ref().is_some_and(|team| self.notify_teams.contains_key(team));
        let untold: Vec<&str> = types.all.iter().filter(|k| !told(k)).map(|k| k.name.as_str()).collect();
        if types.all.is_empty() {
            table.refuse("notify_new", "is by team, and the desk has no types", "write a list of addresses");
        } else if !untold.is_empty() {
            let what = format!("tells nobody of the types {}", untold.join(", "));
            table.refuse("notify_new", &what, "add none = [...] for all that is no team's");
        }
    }
}

struct Reader<'a> {
    around: &'a Surroundings,
    scope: String,
}

impl Reader<'_> {
    fn agents(&self, table: &Table<'_>) -> Vec<Agent> {
        let hint = "write agents = [\"Ona Onaitė <ona@desk.example>\"], or a table for each";
        let Some(item) = table.need("agents", hint) else { return Vec::new() };
        let agents: Vec<Agent> = if item.is_table() {
            item.named().into_iter().filter_map(|(name, item)| self.agent(Some(&name), &item)).collect()
        } else {
            item.items().iter().filter_map(|item| self.agent(None, item)).collect()
        };
        if item.is_empty() {
            item.refuse("nobody is there to answer", hint);
        }
        agents
    }

    /// `"Name <address>"`, or a table.
    fn agent(&self, id: Option<&str>, item: &Item<'_>) -> Option<Agent> {
        if item.is_table() {
            return self.person(id, item);
        }
        let text = item.text()?;
        let Some(mailbox) = mailbox(&text) else {
            item.refuse(format!("\"{text}\" is nobody"), "write \"Name <local@domain>\"");
            return None;
        };
        let id = id.map_or_else(|| mailbox.address.local().to_owned(), str::to_owned);
        self.check(&id, &mailbox.address, item);
        let Mailbox { name, address } = mailbox;
        Some(Agent { id: AgentId(id), name, address, phone: None, team: None, role: None, signature: None })
    }

    fn person(&self, id: Option<&str>, item: &Item<'_>) -> Option<Agent> {
        let table = item.table()?;
        let written = table.need("email", "the person's own address");
        let email = written.as_ref().and_then(address);
        let name = table.need("name", "clients see it under each answer").and_then(|name| name.text());
        let (phone, team) = (table.text("phone"), table.text("team"));
        let (role, signature) = (table.text("role"), table.text("signature"));
        let id = id.map(str::to_owned).or_else(|| Some(email.as_ref()?.local().to_owned()))?;
        let (written, email) = (written?, email?);
        self.check(&id, &email, &written);
        Some(Agent { id: AgentId(id), name: name?, address: email, phone, team, role, signature })
    }

    fn check(&self, id: &str, address: &Address, item: &Item<'_>) {
        let plain = |c: char| c.is_alphanumeric() && !c.is_uppercase() || "-_.".contains(c);
        if id.is_empty() || !id.chars().all(plain) || id == "me" || id == "none" {
            item.refuse(
                format!("\"{id}\" is no short name"),
                "small letters, digits, -, _ and .; not me or none",
            );
        }
        if item.report().claim(&self.scope, address.as_str(), item.key(), item) {
            item.report().claim(&format!("{} name", self.scope), id, item.key(), item);
        }
        refuse_watched(item, address, self.around);
    }

    /// A person of his own, or the short name of an agent.
    fn head(&self, item: &Item<'_>, agents: &[Agent]) -> Option<Agent> {
        if let Some(name) = item.as_word().filter(|text| !text.contains('@')) {
            return self.named(name, item, agents).cloned();
        }
        let head = self.agent(Some("head"), item)?;
        Some(Agent { role: head.role.or(Some("head".to_owned())), ..head })
    }

    fn named<'p>(&self, name: &str, item: &Item<'_>, people: &'p [Agent]) -> Option<&'p Agent> {
        let found = people.iter().find(|agent| agent.id.0 == name);
        if found.is_none() {
            let known: Vec<&str> = people.iter().map(|agent| agent.id.0.as_str()).collect();
            item.refuse(format!("there is no agent \"{name}\""), suggestion(name, &known));
        }
        found
    }

    /// Addresses, or short names of agents.
    fn told(&self, item: &Item<'_>, people: &[Agent]) -> Vec<Address> {
        let mut told: Vec<Address> = Vec::new();
        for item in item.items() {
            let found = match item.as_word().filter(|text| !text.contains('@')) {
                Some(name) => self.named(name, &item, people).map(|agent| agent.address.clone()),
                None => address(&item).inspect(|address| refuse_watched(&item, address, self.around)),
            };
            told.extend(found.filter(|address| !told.contains(address)));
        }
        told
    }
}

/// `Name <address>` or the address alone.
fn mailbox(text: &str) -> Option<Mailbox> {
    let Some((name, rest)) = text.rsplit_once('<') else {
        return Address::parse(text).map(|address| {
            let name = address.local().to_owned();
            Mailbox::new(&name, address)
        });
    };
    let address = Address::parse(rest.trim().strip_suffix('>')?)?;
    let name = name.trim().trim_matches('"');
    Some(Mailbox::new(if name.is_empty() { address.local() } else { name }, address.clone()))
}
