//! Offers and lists of tickets in letters.

use super::scene::Scene;
use crate::domain::language::Lang;
use crate::words::context::{Offer, Public};

impl Scene<'_> {
    /// The offer that stands on the ticket or was agreed.
    pub fn offer(&self, lang: Lang) -> Offer {
        let Some(offer) = &self.ticket.offer else { return Offer::default() };
        let zone = &self.desk.rules.zone;
        let day = |at: jiff::Timestamp| self.desk.words.date(lang, at.to_zoned(zone.clone()).date());
        Offer {
            work: offer.work.clone(),
            price: offer.price.clone(),
            date: self.desk.words.date(lang, offer.date),
            valid_until: offer.valid_until.map(day).unwrap_or_default(),
        }
    }

    /// What the client asked before, newest first, and what is left of the contract's hours.
    pub fn history(&self, lang: Lang, public: &Public) -> Vec<String> {
        let zone = &self.desk.rules.zone;
        let words = &self.desk.words;
        let left = public.contract.hours_left.iter();
        let left = left.map(|left| words.phrase(lang, "hours_left", &[("value", left)]));
        let earlier = self.earlier.iter().map(|ticket| {
            let date = words.date(lang, ticket.received_at.to_zoned(zone.clone()).date());
            let state = words.state_label(lang, ticket.status().word());
            let subject = super::subject(self.desk, ticket, lang);
            format!("{} {date}: {subject} ({state})", self.desk.rules.tag.of(ticket.key.number))
        });
        left.chain(earlier).collect()
    }

    /// The tags of tickets that belong to the same matter.
    pub fn related(&self) -> Vec<String> {
        self.ticket.related.iter().map(|number| self.desk.rules.tag.of(*number)).collect()
    }
}
