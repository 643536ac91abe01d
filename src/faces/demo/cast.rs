//! Who plays: addresses, names and passwords. All of them are invented.

use crate::domain::address::Address;

/// The desk's name and address.
pub const DESK_NAME: &str = "Riverside IT support";
pub const DESK_ADDRESS: &str = "support@desk.example";

/// Everybody's password: the sandbox listens on this machine alone and holds nothing.
pub const PASSWORD: &str = "demo";

/// A part in the story.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The mailbox that the daemon reads.
    Desk,
    Petr,
    Eva,
    Ona,
    Janis,
    Olga,
    Jana,
    Alice,
    /// Whoever sits at the terminal.
    Guest,
}

impl Role {
    pub const ALL: [Role; 9] = [
        Role::Desk,
        Role::Petr,
        Role::Eva,
        Role::Ona,
        Role::Janis,
        Role::Olga,
        Role::Jana,
        Role::Alice,
        Role::Guest,
    ];

    /// The name in From.
    pub fn name(self) -> &'static str {
        match self {
            Role::Desk => DESK_NAME,
            Role::Petr => "Petr Novák",
            Role::Eva => "Eva Lind",
            Role::Ona => "Ona Onaitė",
            Role::Janis => "Jānis Bērziņš",
            Role::Olga => "Ольга Смирнова",
            Role::Jana => "Jana Dvořáková",
            Role::Alice => "Alice Green",
            Role::Guest => "Guest",
        }
    }

    /// The name as the story says it.
    pub fn called(self) -> &'static str {
        match self {
            Role::Desk => "maildesk",
            Role::Petr => "Petr",
            Role::Eva => "Eva",
            Role::Ona => "Ona",
            Role::Janis => "Jānis",
            Role::Olga => "Olga",
            Role::Jana => "Jana",
            Role::Alice => "Alice",
            Role::Guest => "you",
        }
    }

    /// The address, and the name of the account in the sandbox.
    pub fn address(self) -> &'static str {
        match self {
            Role::Desk => DESK_ADDRESS,
            Role::Petr => "petr@desk.example",
            Role::Eva => "eva@desk.example",
            Role::Ona => "ona@ash.example",
            Role::Janis => "janis@oak.example",
            Role::Olga => "olga@birch.example",
            Role::Jana => "jana@lime.example",
            Role::Alice => "alice@willow.example",
            Role::Guest => "you@guest.example",
        }
    }

    /// What stands before the `@`: an agent's short name.
    pub fn local(self) -> &'static str {
        self.address().split_once('@').map_or("", |(local, _)| local)
    }

    /// The company for which a client writes, with its registration number and language.
    pub fn company(self) -> Option<(&'static str, &'static str, &'static str)> {
        match self {
            Role::Desk | Role::Petr | Role::Eva => None,
            Role::Ona => Some(("UAB Uosis", "300000101", "lt")),
            Role::Janis => Some(("SIA Ozols", "40000000101", "lv")),
            Role::Olga => Some(("ООО Берёза", "7800000101", "ru")),
            Role::Jana => Some(("Lípa s.r.o.", "10000101", "cs")),
            Role::Alice => Some(("Willow Ltd", "01000101", "en")),
            Role::Guest => Some(("Guest Ltd", "01000102", "en")),
        }
    }

    /// Whose account or address this is.
    pub fn of(address: &str) -> Option<Role> {
        let address = Address::parse(address)?.base();
        Role::ALL.into_iter().find(|role| role.address() == address.as_str())
    }
}
