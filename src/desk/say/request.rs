//! What letters say of a request: its fields, limits, ratings, files that were refused.

use super::scene::Scene;
use crate::desk::digest::CLIENT;
use crate::domain::effect::{Alarm, Purpose};
use crate::domain::language::Lang;
use crate::domain::message::Defect;
use crate::domain::rules::Banner;
use crate::domain::ticket::State;
use crate::mail::token::Verb;
use crate::words::context::{Faq, FieldView, Internal, Named, Public, Rating, Rejected};

impl Scene<'_> {
    /// What depends on the kind of letter to a client.
    pub(super) fn of_request(&self, purpose: &Purpose, lang: Lang, public: &mut Public) {
        let rules = &self.desk.rules;
        let first = matches!(purpose, Purpose::Ack | Purpose::UrgentAccepted);
        if !first && !matches!(purpose, Purpose::MissingInfo) {
            public.missing.clear();
        }
        if first {
            public.faq = self.articles();
            public.desk.banner = self.banner(lang);
            let mail = self.cause.mail;
            public.ticket.truncated = mail.is_some_and(|digest| digest.whole.is_some());
            public.ticket.oversize =
                mail.is_some_and(|digest| digest.mail.defects.contains(&Defect::Oversize));
            public.ticket.late = self.ticket.late;
        }
        match purpose {
            Purpose::Resolved { .. } => {
                public.rating = rules.rating.as_ref().and_then(|_| self.rating_links());
                public.answer = self.with_tip(public.answer.take());
            }
            Purpose::RatingThanks(value) => {
                let low = rules.rating.as_ref().is_some_and(|rating| *value <= rating.low);
                public.rating = Some(Rating { value: Some(*value), low, ..Rating::default() });
            }
            Purpose::ChannelRefused { channel } => {
                public.channel_label = Some(self.desk.words.channel_label(lang, channel));
            }
            Purpose::Announcement(announcement) => {
                public.announcement = crate::words::context::Announcement {
                    title: announcement.title.clone(),
                    text: announcement.text.clone(),
                    effective_on: announcement.effective_on.map(|day| self.desk.words.date(lang, day)),
                };
                public.client.name = Some(announcement.company.clone());
            }
            Purpose::Problem => public.rejected = self.rejected(lang),
            // Nothing of the ticket is shown to somebody else who wrote about the same matter.
            Purpose::Duplicate { own: false } => {
                let subject = self.cause.mail.map(|digest| digest.mail.subject.clone());
                public.ticket.subject = subject.unwrap_or_default();
            }
            _ => {}
        }
    }

    /// What the head reads of an alarm about the client's words.
    pub(super) fn of_alarm(&self, alarm: &Alarm, public: &mut Public) {
        if let Alarm::LowRating(value) = alarm {
            public.rating = Some(Rating { value: Some(*value), low: true, ..Rating::default() });
        }
    }

    /// The fields of a ticket for the desk's own people.
    pub(super) fn fields(&self, lang: Lang, internal: &mut Internal) {
        let words = &self.desk.words;
        for (field, value) in &self.ticket.fields {
            let base = field.strip_suffix("_new").unwrap_or(field);
            let link = self.desk.rules.extract.iter().find(|e| e.field == base).and_then(|e| e.link.as_ref());
            let value = match link {
                Some(link) => format!("{value} ({})", link.replace("{}", value)),
                None => value.clone(),
            };
            internal.fields.push(FieldView { label: words.field_label(lang, field), value });
        }
    }

    /// The agent whom the client asked for and does not have.
    pub(super) fn wish(&self) -> Option<Named> {
        let wish = self.ticket.wish.as_ref().filter(|wish| self.ticket.assignee.as_ref() != Some(wish))?;
        self.desk.rules.agent(wish).map(|agent| Named { name: agent.name.clone() })
    }

    /// When a held request is dropped.
    pub(super) fn expires_at(&self, lang: Lang) -> Option<String> {
        match self.ticket.state {
            State::NeedsInfo { expires_at, .. } => expires_at.map(|at| self.time(lang, at)),
            _ => None,
        }
    }

    pub(super) fn type_label(&self, lang: Lang) -> Option<String> {
        let kind = self.desk.rules.types.get(self.ticket.kind.as_deref()?)?;
        Some(kind.labels.get(&lang).unwrap_or(&kind.name).clone())
    }

    fn articles(&self) -> Vec<Faq> {
        let places = self.cause.found.map(|found| found.faq.as_slice()).unwrap_or_default();
        let articles = places.iter().filter_map(|place| self.desk.rules.faq.get(*place));
        articles.map(|a| Faq { title: a.title.clone(), url: a.url.clone() }).collect()
    }

    fn banner(&self, lang: Lang) -> Option<String> {
        let rules = &self.desk.rules;
        let today = self.cause.now.to_zoned(rules.zone.clone()).date();
        let in_force = |banner: &&Banner| {
            banner.from.is_none_or(|from| from <= today) && banner.to.is_none_or(|to| today <= to)
        };
        let banner = rules.banners.iter().find(in_force)?;
        let own = banner.text.get(&rules.own_language());
        banner.text.get(&lang).or(own).or(banner.text.values().next()).cloned()
    }

    fn rating_links(&self) -> Option<Rating> {
        let link = |value: u8| {
            let address = self.reply_address(CLIENT, Verb::Rate(value))?;
            Some(format!("mailto:{address}?subject={value}"))
        };
        Some(Rating {
            r1: link(1)?,
            r2: link(2)?,
            r3: link(3)?,
            r4: link(4)?,
            r5: link(5)?,
            ..Rating::default()
        })
    }

    /// The tip of the type stands under the solution.
    fn with_tip(&self, answer: Option<String>) -> Option<String> {
        let kind = self.ticket.kind.as_deref().and_then(|kind| self.desk.rules.types.get(kind));
        let tip = kind.and_then(|kind| kind.tip.clone());
        let parts: Vec<String> = answer.into_iter().chain(tip).collect();
        (!parts.is_empty()).then(|| parts.join("\n\n"))
    }

    fn rejected(&self, lang: Lang) -> Vec<Rejected> {
        let files = self.cause.mail.map(|digest| digest.rejected.as_slice()).unwrap_or_default();
        let reason = self.desk.words.phrase(lang, "attachment_too_large", &[]);
        files
            .iter()
            .map(|file| Rejected {
                name: file.name.clone(),
                size: megabytes(file.size_bytes),
                reason: reason.clone(),
            })
            .collect()
    }
}

/// Bytes as people say them: `25 MB`, `31.5 MB`, `300 kB`.
pub(super) fn megabytes(bytes: u64) -> String {
    let tenths = bytes / 100_000;
    match (tenths / 10, tenths % 10) {
        (0, _) => format!("{} kB", bytes / 1_000),
        (whole, 0) => format!("{whole} MB"),
        (whole, tenth) => format!("{whole}.{tenth} MB"),
    }
}
