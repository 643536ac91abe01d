//! Steps of a conversation that are no mail to the desk: what agents and the operator do by other means.
//!
//! Each returns why it was refused, if so.

use std::collections::BTreeMap;

use jiff::Zoned;
use serde_json::{Value, json};

use super::conversation::{Announce, Attach, Mail, Next, Rate, Register, Step};
use super::expect;
use super::play::{Player, Scene};
use crate::desk::act::Paper;
use crate::desk::announce::Written;
use crate::desk::register::{Registered, Registration};
use crate::domain::address::Address;
use crate::domain::language::Lang;
use crate::domain::people::AgentId;
use crate::store::StoreError;

pub(super) type Refused = Result<Option<String>, StoreError>;

/// A unit that gave up refuses the step; anything else is the store's trouble.
pub(super) fn refused<T>(done: Result<T, StoreError>) -> Result<Result<T, String>, StoreError> {
    match done {
        Ok(done) => Ok(Ok(done)),
        Err(StoreError::Abandoned(why)) => Ok(Err(why)),
        Err(error) => Err(error),
    }
}

impl Player<'_> {
    pub(super) fn register(&mut self, step: &Step, register: &Register, scene: &mut Scene) -> Refused {
        scene.what = format!("{} registers over {}: {}", register.by, register.channel, register.subject);
        let registration = Registration {
            by: Some(AgentId(register.by.clone())),
            channel: register.channel.clone(),
            name: register.name.clone(),
            address: register.email.as_deref().and_then(Address::parse),
            phone: register.phone.clone(),
            company: register.company.clone(),
            position: register.position.clone(),
            device: register.device.clone(),
            kind: register.kind.clone(),
            severity: register.severity.clone(),
            subject: register.subject.clone(),
            text: register.text.clone(),
            urgent: register.urgent,
            language: None,
            ask: Vec::new(),
            files: Vec::new(),
        };
        Ok(match refused(self.stage.register(&registration, &id(step)))? {
            Ok(Registered::Refused(why)) | Err(why) => Some(why),
            Ok(Registered::Opened(_) | Registered::Joined(_)) => None,
        })
    }

    /// The client follows the link of the mail: his mail program writes to its address.
    pub(super) fn rate(&mut self, step: &Step, rate: &Rate, at: &Zoned, scene: &mut Scene) -> Refused {
        let Some(letter) = self.names.get(&rate.mail).and_then(|copies| copies.first()) else {
            return Ok(Some(format!("no mail is called {:?} so far", rate.mail)));
        };
        let ending = format!("?subject={}", rate.value);
        let links = letter.text.split_whitespace().filter_map(|word| word.strip_prefix("mailto:"));
        let Some(link) = links.filter_map(|link| link.strip_suffix(&ending)).next() else {
            return Ok(Some(format!("{} has no link to rate with {}", rate.mail, rate.value)));
        };
        let mail = Mail {
            from: letter.to.first().map(ToString::to_string).unwrap_or_default(),
            to: Some(vec![link.to_owned()]),
            subject: rate.value.to_string(),
            body: Some(rate.comment.clone().unwrap_or_default()),
            ..Mail::default()
        };
        self.mail(step, &mail, at, scene)
    }

    pub(super) fn attach(&mut self, step: &Step, attach: &Attach, scene: &mut Scene) -> Refused {
        scene.what = format!("{} adds {} to {}", attach.by, attach.name, attach.ticket);
        let Some(number) = expect::number(&attach.ticket, &self.desk.rules) else {
            return Ok(Some(format!("{} is no number of this desk", attach.ticket)));
        };
        let paper = Paper {
            name: attach.name.clone(),
            content_type: "application/octet-stream".to_owned(),
            bytes: attach.name.as_bytes().to_vec(),
            note: attach.note.clone().unwrap_or_default(),
        };
        Ok(refused(self.stage.attach(number, &paper, &attach.by, &id(step)))?.err())
    }

    pub(super) fn announce(&mut self, step: &Step, announce: &Announce, scene: &mut Scene) -> Refused {
        scene.what = format!("{} announces", announce.by);
        let effective_on = match announce.effective_on.as_deref().map(str::parse) {
            Some(Ok(day)) => Some(day),
            Some(Err(_)) => return Ok(Some(format!("{:?} is no day", announce.effective_on))),
            None => None,
        };
        let own = self.desk.rules.own_language();
        let written = Written {
            title: by_language(&announce.title, own),
            text: by_language(&announce.text, own),
            effective_on,
            to: match &announce.to {
                Some(Value::Array(codes)) => {
                    codes.iter().filter_map(Value::as_str).map(str::to_owned).collect()
                }
                _ => Vec::new(),
            },
        };
        Ok(refused(self.stage.announce(&written, &id(step)))?.err())
    }

    pub(super) fn next(&mut self, step: &Step, next: &Next, scene: &mut Scene) -> Refused {
        scene.what = format!("{} asks for the next request", next.by);
        match refused(self.stage.next(&AgentId(next.by.clone()), &id(step)))? {
            Ok(taken) => {
                let shown = taken.map(|number| self.desk.rules.tag.shown(number));
                scene.result.insert("ticket".to_owned(), json!(shown));
                Ok(None)
            }
            Err(why) => Ok(Some(why)),
        }
    }
}

/// Tells the step's causes from those of every other.
pub(super) fn id(step: &Step) -> String {
    format!("step:{}", step.line)
}

/// One text for all, or one for each language.
fn by_language(value: &Value, own: Lang) -> BTreeMap<Lang, String> {
    match value {
        Value::String(text) => BTreeMap::from([(own, text.clone())]),
        Value::Object(texts) => texts
            .iter()
            .filter_map(|(lang, text)| Some((lang.parse().ok()?, text.as_str()?.to_owned())))
            .collect(),
        _ => BTreeMap::new(),
    }
}
