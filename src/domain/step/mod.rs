//! The state machine of a ticket: what happened, where it stands, what follows.
//!
//! | stands at      | client writes            | thanks alone | machine writes | agent answers | `#wait` | `#resolve` | `#close` | silence                  |
//! |----------------|--------------------------|--------------|----------------|---------------|---------|------------|----------|--------------------------|
//! | `needs_info`   | stays (`open`: complete) | stays        | stays          | open          | waiting | resolved   | closed   | closed after the expiry  |
//! | `new`          | stays                    | stays        | stays          | open *        | waiting | resolved   | closed   | stays                    |
//! | `open`         | stays                    | stays        | stays          | open *        | waiting | resolved   | closed   | stays                    |
//! | `waiting`      | open                     | stays        | stays          | open *        | waiting | resolved   | closed   | stays (one reminder)     |
//! | `resolved`     | **reopens**: open        | stays        | stays          | open *        | waiting | resolved   | closed   | **closed** after 3 days  |
//! | `closed`       | a new ticket names it    | stays        | stays          | note only     | refused | refused    | refused  | stays                    |
//! | `merged`       | goes to the survivor     | –            | –              | refused       | refused | refused    | refused  | stays                    |
//! | `rejected`     | stays                    | stays        | stays          | open * **     | waiting | resolved   | closed   | stays                    |
//!
//! \* or `waiting` or `resolved`, as `after_reply` of the desk says.
//!
//! \*\* the sender is heard again, and promises count anew.
//!
//! `#assign` makes a `new` one `open`; `#spam` makes any but a closed or merged one `rejected`. Clocks run in `new`,
//! `open` and `waiting`.
//!
//! Every decision is total: there is always a next ticket, a list of effects, and a reason. Only this module
//! changes a status.

mod agent;
mod aside;
mod client;
mod held;
mod offer;
mod open;
mod time;

pub use agent::{NOTHING_DONE, TAKEN_BACK, mistake};
pub use client::PARTICIPANTS_MAX;
pub use open::{Background, Opening, open};
pub use time::WAITS_FOR_MAILBOX;

use jiff::Timestamp;

use super::effect::Carry;
use super::effect::{Audience, Effect, Purpose, Step, Update};
use super::event::Event;
use super::rules::Rules;
use super::thread::Kind;
use super::ticket::{State, Ticket};

/// Decides what `event` makes of `ticket` at `now`.
pub fn step(ticket: &Ticket, event: &Event, now: Timestamp, rules: &Rules) -> Step {
    match event {
        Event::ClientWrote(wrote) => client::wrote(ticket, wrote, now, rules),
        Event::Joined(joined) => aside::joined(ticket, joined),
        Event::Flooded { text, urgent, evidence } => aside::flooded(ticket, text, *urgent, evidence),
        Event::Vouched { yes, word } => held::vouched(ticket, *yes, word, now, rules),
        Event::Rated { by, value, comment, silent } => {
            aside::rated(ticket, by, *value, comment, silent.is_none(), rules)
        }
        Event::StatusAsked { by, text, silent } => aside::status_asked(ticket, by, silent.as_deref(), text),
        Event::Attached { note } => aside::attached(ticket, note),
        Event::MachineWrote { text, reason } => Step::stay(ticket, reason).with(Effect::Keep {
            kind: Kind::Automatic,
            text: text.clone(),
            attachments: Carry::OfThisMail,
        }),
        Event::AgentWrote(wrote) => agent::wrote(ticket, wrote, now, rules),
        Event::Undelivered { address, reason } => {
            let update = Update::Bounce { address: address.clone(), reason: reason.clone() };
            Step::stay(ticket, format!("our letter did not reach {address}"))
                .tell(Purpose::AgentUpdate(update), Audience::Responsible { but: None })
        }
        Event::MergedInto(number) => {
            let mut merged = ticket.clone();
            merged.state = State::Merged { into: *number };
            Step::to(merged, format!("merged into {}", rules.tag.shown(*number)))
        }
        Event::TookOver { number, people } => {
            let mut next = ticket.clone();
            client::bring_in(&mut next, people);
            let text = format!("{} was merged into this request", rules.tag.shown(*number));
            let keep = Effect::Keep { kind: Kind::Note, text: text.clone(), attachments: Carry::Nothing };
            Step::to(next, text).with(keep)
        }
        Event::Linked(number) => {
            let mut next = ticket.clone();
            if !next.related.contains(number) {
                next.related.push(*number);
            }
            Step::to(next, format!("belongs together with {}", rules.tag.shown(*number)))
        }
        Event::Ran { by, told } => aside::ran(ticket, by.as_ref(), told, rules),
        Event::Taken { by } => agent::taken(ticket, by, rules),
        Event::TakenUp => client::take_up(ticket, now, rules, "taken up again by the operator"),
        Event::Tick { read_up_to } => time::passed(ticket, *read_up_to, now, rules),
    }
}
