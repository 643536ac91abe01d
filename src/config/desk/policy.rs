//! Intake, acknowledgement, closing, rating and time.

use std::collections::BTreeMap;

use super::calendars::Calendars;
use super::names;
use super::wording::day;
use crate::config::reader::{Item, Table};
use crate::domain::rules::{
    Acknowledgement, AfterReply, Autoclose, Channel, Missing, Rating, Shown, TimeRules,
};
use crate::domain::span::Span;

/// The part of the rules that stands by itself.
#[derive(Debug)]
pub struct Policy {
    pub channels: BTreeMap<String, Channel>,
    pub required: Vec<String>,
    pub missing: Missing,
    pub ack: Acknowledgement,
    pub autoclose: Autoclose,
    pub tell_assigned: bool,
    pub after_reply: AfterReply,
    pub rating: Option<Rating>,
    pub time: TimeRules,
}

/// Reads it.
pub fn read(table: &Table<'_>, calendars: &Calendars) -> Policy {
    let after =
        [("open", AfterReply::Open), ("waiting", AfterReply::Waiting), ("resolved", AfterReply::Resolved)];
    let shows =
        [("nothing", Shown::Nothing), ("respond_by", Shown::RespondBy), ("deadline", Shown::Deadline)];
    Policy {
        channels: channels(table),
        required: required(table),
        missing: missing(table, calendars),
        ack: Acknowledgement {
            shows: table.choice("ack_shows", &shows, Shown::Nothing),
            to_contract: table.flag("ack_contract", false),
            fifo_note: table.flag("fifo_note", false),
        },
        autoclose: autoclose(table, calendars),
        tell_assigned: table.flag("tell_assigned", false),
        after_reply: table.choice("after_reply", &after, AfterReply::Open),
        rating: rating(table),
        time: time(table),
    }
}

/// `create`, `communicate`, or a table: `{create = false, from = "2026-10-01", team = "tech"}`.
fn channels(table: &Table<'_>) -> BTreeMap<String, Channel> {
    let plain = |create| Channel { create, from: None, team: None };
    let Some(item) = table.get("channels") else {
        return ["email", "phone"].map(|name| (name.to_owned(), plain(true))).into();
    };
    let words = [("create", true), ("communicate", false)];
    let read = |(name, item): (String, Item<'_>)| {
        if !item.is_table() {
            return Some((name, plain(item.choice(&words)?)));
        }
        let table = item.table()?;
        let create = table.flag("create", true);
        let since = table.get("from");
        let from = since.as_ref().and_then(day);
        if let (Some(item), true) = (&since, create) {
            item.refuse("says from when requests are refused, and none is", "write create = false");
        }
        Some((name, Channel { create, from, team: table.text("team") }))
    };
    item.named().into_iter().filter_map(read).collect()
}

fn required(table: &Table<'_>) -> Vec<String> {
    table.get("required").map(|item| names(&item)).unwrap_or_default()
}

fn missing(table: &Table<'_>, calendars: &Calendars) -> Missing {
    let hold = table.choice("missing", &[("ask", false), ("hold", true)], false);
    let item = table.get("missing_expires");
    let expires = item.as_ref().and_then(|item| calendars.span(item, None));
    if let (Some(item), false) = (&item, hold) {
        item.warn("says when held requests expire, and none is held", "add missing = \"hold\" or remove it");
    }
    if hold { Missing::Hold { expires: expires.unwrap_or(Span::Days(7)) } } else { Missing::Ask }
}

fn autoclose(table: &Table<'_>, calendars: &Calendars) -> Autoclose {
    let calendar = table.get("autoclose_calendar").and_then(|item| calendars.name(&item));
    let calendar = calendar.unwrap_or_else(|| "office".to_owned());
    let after = table.get("autoclose").and_then(|item| calendars.span(&item, Some(&calendar)));
    Autoclose { after: after.unwrap_or(Span::Days(3)), calendar, tell: table.flag("tell_closed", true) }
}

/// `off`, or `{on = true, low = 2}`.
fn rating(table: &Table<'_>) -> Option<Rating> {
    let item = table.get("rating").filter(|item| !item.is_off())?;
    let inner = item.table()?;
    let low = inner.whole("low", 0..=5, 2);
    inner.flag("on", true).then(|| Rating { low: u8::try_from(low).unwrap_or(2) })
}

fn time(table: &Table<'_>) -> TimeRules {
    let read = table.get("time").and_then(|item| item.table()).map(|inner| TimeRules {
        required: inner.flag("required", false),
        round_minutes: inner.get("round").and_then(|item| minutes(&item)).unwrap_or(1),
        show_client: inner.flag("show_client", false),
        modes: inner
            .get("modes")
            .map_or_else(modes, |item| item.items().iter().filter_map(Item::text).collect()),
    });
    read.unwrap_or_else(|| TimeRules {
        required: false,
        round_minutes: 1,
        show_client: false,
        modes: modes(),
    })
}

/// The ways in which most desks work.
fn modes() -> Vec<String> {
    ["phone", "remote", "visit"].map(str::to_owned).to_vec()
}

/// A time of work, `0:15`, in minutes.
pub fn minutes(item: &Item<'_>) -> Option<u32> {
    let text = item.text()?;
    let parts = text.split_once(':').and_then(|(hours, minutes)| {
        let (hours, minutes): (u32, u32) = (hours.parse().ok()?, minutes.parse().ok()?);
        (minutes < 60).then(|| hours.checked_mul(60)?.checked_add(minutes)).flatten()
    });
    let sound = parts.filter(|minutes| *minutes > 0);
    if sound.is_none() {
        item.refuse(format!("\"{text}\" is no time of work"), "write hours and minutes, as in \"0:15\"");
    }
    sound
}
