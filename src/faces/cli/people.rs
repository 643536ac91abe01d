//! `maildesk client`, `contract` and `agent`: the people of a desk, as the configuration has them.

use clap::{Args, Subcommand};
use serde::Serialize;

use super::Common;
use super::books::{amount, client};
use super::failure::Failure;
use super::office::Office;
use super::page::Page;
use super::sheets;
use crate::config::sheets::Sheet;
use crate::domain::fold::fold;
use crate::domain::people::{Agent, Client, Contract};
use crate::domain::period::Rhythm;
use crate::domain::rules::Rules;
use crate::words::when::duration;

/// List them, or show one.
#[derive(Debug, Subcommand)]
pub enum PeopleCommand {
    /// List all of them
    List(ListArgs),
    /// Show one
    Show(ShowArgs),
}

/// The same, and what changes the desk's table of clients.
#[derive(Debug, Subcommand)]
pub enum ClientCommand {
    /// List all of them
    List(ListArgs),
    /// Show one
    Show(ShowArgs),
    /// Add one to the desk's table
    Add(sheets::AddClientArgs),
    /// Take clients over from a CSV file
    Import(sheets::ImportArgs),
}

/// The same, and what changes the desk's table of agents.
#[derive(Debug, Subcommand)]
pub enum AgentCommand {
    /// List all of them, with the head
    List(ListArgs),
    /// Show one
    Show(ShowArgs),
    /// Add one to the desk's table
    Add(sheets::AddAgentArgs),
    /// Take agents over from a CSV file
    Import(sheets::ImportArgs),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  maildesk client list
  maildesk contract list --desk support
  maildesk agent list --json")]
pub struct ListArgs {
    /// The desk, where there are several
    #[arg(long, value_name = "NAME")]
    desk: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  maildesk client show 300000101
  maildesk contract show A-17
  maildesk agent show petr --json")]
pub struct ShowArgs {
    /// Number, id, name or address
    which: String,
    /// The desk, where there are several
    #[arg(long, value_name = "NAME")]
    desk: Option<String>,
}

#[derive(Serialize)]
struct ClientView {
    name: String,
    code: String,
    domains: Vec<String>,
    contract: Option<ContractView>,
    consultant: Option<String>,
    /// Which period is billed.
    billed: Rhythm,
    price: Option<String>,
    devices: Vec<String>,
    contacts: Vec<ContactView>,
}

#[derive(Serialize)]
struct ContactView {
    name: String,
    address: String,
    phone: Option<String>,
    position: Option<String>,
    language: Option<String>,
    statement: bool,
    responsible: bool,
}

#[derive(Serialize)]
struct ContractView {
    name: String,
    client: String,
    address: Option<String>,
    included: Option<String>,
    period: Rhythm,
    price_beyond: Option<String>,
    /// The promise of a solution by this contract.
    resolve: Option<String>,
}

#[derive(Serialize)]
struct AgentView {
    id: String,
    name: String,
    address: String,
    phone: Option<String>,
    team: Option<String>,
    role: Option<String>,
    /// Gets new requests.
    told: bool,
}

impl ClientView {
    fn of(rules: &Rules, client: &Client) -> ClientView {
        let contact = |c: &crate::domain::people::Contact| ContactView {
            name: c.name.clone(),
            address: c.address.to_string(),
            phone: c.phone.clone(),
            position: c.position.clone(),
            language: c.language.map(|lang| lang.to_string()),
            statement: c.statement,
            responsible: c.responsible,
        };
        ClientView {
            name: client.name.clone(),
            code: client.code.clone(),
            domains: client.domains.clone(),
            contract: client.contract.as_ref().map(|contract| ContractView::of(rules, client, contract)),
            consultant: client.consultant.as_ref().map(|id| id.0.clone()),
            billed: client.billing.rhythm,
            price: client.billing.price.as_ref().map(amount),
            devices: client.devices.clone(),
            contacts: client.contacts.iter().map(contact).collect(),
        }
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts = vec![
            ("name", self.name.clone()),
            ("code", self.code.clone()),
            ("domains", self.domains.join(", ")),
            ("consultant", self.consultant.clone().unwrap_or_default()),
            ("billed by", word(self.billed).to_owned()),
            ("price", self.price.clone().unwrap_or_default()),
            ("devices", self.devices.join(", ")),
        ];
        facts
            .extend(self.contract.iter().flat_map(ContractView::facts).filter(|(name, _)| *name != "client"));
        for contact in &self.contacts {
            let rights =
                [(contact.statement, "may ask for statements"), (contact.responsible, "responsible")];
            let rights = rights.into_iter().filter(|(has, _)| *has).map(|(_, right)| right.to_owned());
            let parts = [Some(format!("{} <{}>", contact.name, contact.address))].into_iter();
            let parts =
                parts.chain([contact.position.clone(), contact.phone.clone(), contact.language.clone()]);
            facts.push(("contact", parts.flatten().chain(rights).collect::<Vec<_>>().join(", ")));
        }
        facts
    }
}

impl ContractView {
    fn of(rules: &Rules, client: &Client, contract: &Contract) -> ContractView {
        let promise = rules.contract_resolve.get(&contract.name);
        ContractView {
            name: contract.name.clone(),
            client: client.name.clone(),
            address: contract.address.as_ref().map(ToString::to_string),
            included: contract.minutes_included.map(|minutes| duration(i64::from(minutes))),
            period: contract.period,
            price_beyond: contract.price_beyond.as_ref().map(amount),
            resolve: promise.map(ToString::to_string),
        }
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let included = self.included.as_ref().map(|hours| format!("{hours} a {}", word(self.period)));
        vec![
            ("contract", self.name.clone()),
            ("client", self.client.clone()),
            ("mail to", self.address.clone().unwrap_or_default()),
            ("included", included.unwrap_or_default()),
            ("beyond", self.price_beyond.as_ref().map(|p| format!("{p} an hour")).unwrap_or_default()),
            ("solution in", self.resolve.clone().unwrap_or_default()),
        ]
    }
}

impl AgentView {
    fn of(rules: &Rules, agent: &Agent) -> AgentView {
        let told = rules.notify_new.iter().chain(rules.notify_teams.values().flatten());
        let is_head = rules.head.as_ref().is_some_and(|head| head.id == agent.id);
        AgentView {
            id: agent.id.0.clone(),
            name: agent.name.clone(),
            address: agent.address.to_string(),
            phone: agent.phone.clone(),
            team: agent.team.clone(),
            role: agent.role.clone().or_else(|| is_head.then(|| "head".to_owned())),
            told: told.into_iter().any(|address| *address == agent.address),
        }
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        vec![
            ("id", self.id.clone()),
            ("name", self.name.clone()),
            ("address", self.address.clone()),
            ("phone", self.phone.clone().unwrap_or_default()),
            ("team", self.team.clone().unwrap_or_default()),
            ("role", self.role.clone().unwrap_or_default()),
            ("told of new", if self.told { "yes" } else { "" }.to_owned()),
        ]
    }
}

fn word(rhythm: Rhythm) -> &'static str {
    match rhythm {
        Rhythm::Month => "month",
        Rhythm::Quarter => "quarter",
    }
}

fn shown<T: Serialize>(document: &T, facts: Vec<(&'static str, String)>) -> Page {
    let lines = facts.into_iter().filter(|(_, value)| !value.is_empty());
    let lines: String = lines.map(|(name, value)| format!("{name:<12} {value}\n")).collect();
    Page::text(document, lines)
}

/// Lists clients, shows one, or changes the desk's table of them.
///
/// # Errors
/// There is no such client, or the table would not hold.
pub fn clients(common: &Common, command: &ClientCommand) -> Result<Page, Failure> {
    match command {
        ClientCommand::Add(args) => sheets::add_client(common, args),
        ClientCommand::Import(args) => sheets::import(common, Sheet::Clients, args),
        ClientCommand::List(args) => {
            let office = Office::open(common)?;
            let rules = office.desk(args.desk.as_deref())?;
            let all: Vec<ClientView> = rules.clients.iter().map(|c| ClientView::of(rules, c)).collect();
            Ok(Page::rows(&all, "no clients", &["code", "client", "contract", "domains", "contacts"], |c| {
                let contract = c.contract.as_ref().map(|contract| contract.name.clone());
                let contacts: Vec<&str> = c.contacts.iter().map(|contact| contact.name.as_str()).collect();
                let domains = c.domains.join(", ");
                vec![
                    c.code.clone(),
                    c.name.clone(),
                    contract.unwrap_or_default(),
                    domains,
                    contacts.join(", "),
                ]
            }))
        }
        ClientCommand::Show(args) => {
            let office = Office::open(common)?;
            let rules = office.desk(args.desk.as_deref())?;
            let view = ClientView::of(rules, client(rules, &args.which)?);
            Ok(shown(&view, view.facts()))
        }
    }
}

/// Lists contracts, or shows one.
///
/// # Errors
/// There is no such contract.
pub fn contracts(common: &Common, command: &PeopleCommand) -> Result<Page, Failure> {
    let office = Office::open(common)?;
    let (PeopleCommand::List(ListArgs { desk }) | PeopleCommand::Show(ShowArgs { desk, .. })) = command;
    let rules = office.desk(desk.as_deref())?;
    let view = |client: &Client| Some(ContractView::of(rules, client, client.contract.as_ref()?));
    let mut all: Vec<ContractView> = rules.clients.iter().filter_map(view).collect();
    if let PeopleCommand::Show(args) = command {
        let wanted = fold(args.which.trim());
        all.retain(|contract| fold(&contract.name) == wanted);
        if all.is_empty() {
            all.extend(view(client(rules, &args.which)?));
        }
        if let [only] = &all[..] {
            return Ok(shown(only, only.facts()));
        }
    }
    let heads = ["contract", "client", "mail to", "included", "beyond", "solution in"];
    Ok(Page::rows(&all, "no contracts", &heads, |contract| {
        contract.facts().into_iter().map(|(_, value)| value).collect()
    }))
}

/// Lists agents with the head, shows one, or changes the desk's table of them.
///
/// # Errors
/// There is no such agent, or the table would not hold.
pub fn agents(common: &Common, command: &AgentCommand) -> Result<Page, Failure> {
    let (desk, which) = match command {
        AgentCommand::Add(args) => return sheets::add_agent(common, args),
        AgentCommand::Import(args) => return sheets::import(common, Sheet::Agents, args),
        AgentCommand::List(args) => (&args.desk, None),
        AgentCommand::Show(args) => (&args.desk, Some(&args.which)),
    };
    let office = Office::open(common)?;
    let rules = office.desk(desk.as_deref())?;
    let all: Vec<AgentView> =
        rules.agents.iter().chain(&rules.head).map(|agent| AgentView::of(rules, agent)).collect();
    if let Some(which) = which {
        let wanted = fold(which.trim());
        let named = |agent: &&AgentView| {
            [&agent.id, &agent.name, &agent.address].iter().any(|name| fold(name) == wanted)
        };
        let none = || Failure::usage(format!("no agent is called {which:?}"));
        let agent = all.iter().find(named).ok_or_else(none)?;
        return Ok(shown(agent, agent.facts()));
    }
    let heads = ["id", "name", "address", "phone", "team", "role", "told of new"];
    Ok(Page::rows(&all, "no agents", &heads, |agent| {
        agent.facts().into_iter().map(|(_, value)| value).collect()
    }))
}
