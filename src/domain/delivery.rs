//! What became of one attempt to hand a letter to the mail server, for one recipient.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The outcome of one attempt. Texts are the server's words, cleaned and cut, or ours where it said nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// The server has taken responsibility (RFC 5321, section 4.2.5).
    Accepted { code: u16, reply: String },
    /// Not now, for this letter or recipient: a 4xx, or the connection was lost before the final dot.
    Deferred { code: Option<u16>, text: String },
    /// Never, for this letter and recipient: a 5xx; without a code we refused ourselves and say why.
    Refused { code: Option<u16>, text: String },
    /// Refused for a reason that every letter of this account would meet: nothing is wrong with this one.
    Held { cause: Hold, code: Option<u16>, text: String },
    /// The server could not be talked to: no attempt at this letter was made.
    Host { code: Option<u16>, text: String },
    /// Lost or silent after the final dot: the server may have taken the letter (RFC 1047).
    Unknown { text: String },
}

/// What is wrong with the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hold {
    /// Password refused, required, or not to be sent over this connection.
    Login,
    /// The envelope sender is not ours to use. With the empty sender, try a real one first.
    Sender,
    /// Relaying denied, sending suspended, the day's limit reached.
    Policy,
}

impl Hold {
    /// One word for logs and lists.
    pub fn word(self) -> &'static str {
        match self {
            Hold::Login => "login",
            Hold::Sender => "sender",
            Hold::Policy => "policy",
        }
    }
}

impl Delivery {
    /// One word for logs and lists.
    pub fn word(&self) -> &'static str {
        match self {
            Delivery::Accepted { .. } => "accepted",
            Delivery::Deferred { .. } => "deferred",
            Delivery::Refused { .. } => "refused",
            Delivery::Held { .. } => "held",
            Delivery::Host { .. } => "host",
            Delivery::Unknown { .. } => "unknown",
        }
    }

    /// The SMTP reply code, where the server gave one.
    pub fn code(&self) -> Option<u16> {
        match self {
            Delivery::Accepted { code, .. } => Some(*code),
            Delivery::Deferred { code, .. }
            | Delivery::Refused { code, .. }
            | Delivery::Held { code, .. }
            | Delivery::Host { code, .. } => *code,
            Delivery::Unknown { .. } => None,
        }
    }

    /// The server's words, or ours.
    pub fn text(&self) -> &str {
        match self {
            Delivery::Accepted { reply: text, .. }
            | Delivery::Deferred { text, .. }
            | Delivery::Refused { text, .. }
            | Delivery::Held { text, .. }
            | Delivery::Host { text, .. }
            | Delivery::Unknown { text } => text,
        }
    }
}

impl fmt::Display for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())?;
        if let Some(code) = self.code() {
            write!(f, " {code}")?;
        }
        write!(f, ": {}", self.text())
    }
}
