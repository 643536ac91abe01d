//! Steps of a conversation that are no mail to the desk: what agents and the operator do by other means.
//!
//! Each returns why it was refused, if so.

use std::collections::BTreeMap;

use jiff::Zoned;
use serde_json::{Value, json};

use super::conversation::{Announce, Attach, Bill, Export, Mail, Next, Rate, Register, Step};
use super::expect;
use super::play::{Player, Scene};
use crate::desk::act::Paper;
use crate::desk::announce::Written;
use crate::desk::register::{Registered, Registration};
use crate::domain::address::Address;
use crate::domain::language::Lang;
use crate::domain::money::Money;
use crate::domain::people::AgentId;
use crate::domain::period::Period;
use crate::store::StoreError;
use crate::words::when::duration;

type Refused = Result<Option<String>, StoreError>;

/// A unit that gave up refuses the step; anything else is the store's trouble.
fn refused<T>(done: Result<T, StoreError>) -> Result<Result<T, String>, StoreError> {
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

    pub(super) fn bill(&mut self, step: &Step, bill: &Bill, scene: &mut Scene) -> Refused {
        let Some(period) = period(bill) else {
            return Ok(Some("write month: 2026-02 or quarter: 2026-1".to_owned()));
        };
        scene.what = format!("bills for {}", period.name());
        let bills = match refused(self.stage.bill(period, &id(step)))? {
            Ok(bills) => bills,
            Err(why) => return Ok(Some(why)),
        };
        scene.result.insert("invoices".to_owned(), json!(bills.len()));
        if let [bill] = bills.as_slice() {
            let client = self.desk.rules.clients.of_code(&bill.client).map(|client| client.name.clone());
            let amount = |money: &Money| json!(money.cents as f64 / 100.0);
            scene.result.extend([
                ("client".to_owned(), json!(client)),
                ("spent".to_owned(), json!(duration(i64::from(bill.minutes)))),
                ("net".to_owned(), amount(&bill.net)),
                ("vat".to_owned(), amount(&bill.vat)),
                ("total".to_owned(), amount(&bill.total)),
            ]);
        }
        Ok(None)
    }

    pub(super) fn export(&mut self, _export: &Export, _scene: &mut Scene) -> Refused {
        Ok(Some("exports cannot be played yet".to_owned()))
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
fn id(step: &Step) -> String {
    format!("step:{}", step.line)
}

/// `month: 2026-02` or `quarter: 2026-1`.
fn period(bill: &Bill) -> Option<Period> {
    let parts = |text: &str| {
        let (year, part) = text.split_once('-')?;
        Some((year.parse().ok()?, part.parse().ok()?))
    };
    match (&bill.month, &bill.quarter) {
        (Some(month), None) => parts(month).and_then(|(year, month)| Period::month(year, month)),
        (None, Some(quarter)) => parts(quarter).and_then(|(year, quarter)| Period::quarter(year, quarter)),
        _ => None,
    }
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
