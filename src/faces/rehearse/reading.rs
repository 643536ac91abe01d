//! Conversation files to values; whatever is not known is an error that names file and line.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_saphyr::Spanned;

use super::conversation::*;

/// What is wrong with a file.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {what}")]
pub struct BadFile {
    pub file: String,
    /// From 1; 0 where it cannot be told.
    pub line: u64,
    pub what: String,
}

/// Reads the conversation in `text`; `file` is how problems name it.
///
/// # Errors
/// The first thing that is wrong: no YAML, an unknown key, a step of two kinds or of none.
pub fn read(file: &str, text: &str) -> Result<Conversation, BadFile> {
    let options = serde_saphyr::options! { strict_booleans: true };
    let raw: RawConversation =
        serde_saphyr::from_str_with_options(text, options).map_err(|error| BadFile {
            file: file.to_owned(),
            line: error.location().map_or(0, |at| at.line()),
            what: error.without_snippet().to_string().lines().collect::<Vec<_>>().join(" "),
        })?;
    let mut steps = Vec::with_capacity(raw.steps.len());
    for step in raw.steps {
        let line = step.referenced.line();
        steps.push(step.value.into_step(line).map_err(|what| BadFile {
            file: file.to_owned(),
            line,
            what,
        })?);
    }
    Ok(Conversation {
        file: file.to_owned(),
        id: raw.id,
        title: raw.title,
        language: raw.language,
        desk: raw.setup.and_then(|s| s.desk),
        steps,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawConversation {
    id: String,
    title: String,
    #[serde(default, rename = "covers")]
    _covers: Vec<String>,
    language: Option<String>,
    setup: Option<RawSetup>,
    steps: Vec<Spanned<RawStep>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSetup {
    desk: Option<Value>,
}

/// One address or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    fn all(self) -> Vec<String> {
        match self {
            OneOrMore::One(address) => vec![address],
            OneOrMore::More(addresses) => addresses,
        }
    }
}

/// Every key that a step can have.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStep {
    at: Moment,
    #[serde(rename = "note")]
    _note: Option<String>,
    #[serde(default)]
    expect: Expect,
    #[serde(rename = "as")]
    name: Option<String>,
    from: Option<String>,
    to: Option<OneOrMore>,
    cc: Option<OneOrMore>,
    subject: Option<String>,
    body: Option<String>,
    html: Option<String>,
    charset: Option<String>,
    attachments: Option<Vec<AttachedFile>>,
    headers: Option<BTreeMap<String, String>>,
    reply_to: Option<String>,
    tick: Option<bool>,
    register: Option<Register>,
    rate: Option<Rate>,
    attach: Option<Attach>,
    announce: Option<Announce>,
    bill: Option<Bill>,
    export: Option<Export>,
    next: Option<Next>,
}

impl RawStep {
    fn into_step(mut self, line: u64) -> Result<Step, String> {
        let at = self.at;
        let expect = std::mem::take(&mut self.expect);
        let of_mail = self.first_mail_key();
        let mut acts = Vec::new();
        match self.tick.take() {
            Some(true) => acts.push(Act::Tick),
            Some(false) => return Err("tick: write true, or leave it out".to_owned()),
            None => {}
        }
        acts.extend(self.register.take().map(Act::Register));
        acts.extend(self.rate.take().map(Act::Rate));
        acts.extend(self.attach.take().map(Act::Attach));
        acts.extend(self.announce.take().map(Act::Announce));
        acts.extend(self.bill.take().map(Act::Bill));
        acts.extend(self.export.take().map(Act::Export));
        acts.extend(self.next.take().map(Act::Next));
        acts.extend(self.into_mail().map(|mail| Act::Mail(Box::new(mail))));
        let act = acts.pop().ok_or("the step has no kind: from, tick, register, rate, …")?;
        if let Some(other) = acts.first() {
            return Err(format!("the step is of two kinds: {} and {}", other.word(), act.word()));
        }
        match of_mail {
            Some(key) if !matches!(act, Act::Mail(_)) => {
                Err(format!("{key}: belongs to a mail, and this step is of the kind {}", act.word()))
            }
            _ => Ok(Step { line, at, act, expect }),
        }
    }

    /// A key that only a mail has.
    fn first_mail_key(&self) -> Option<&'static str> {
        let keys = [
            ("as", self.name.is_some()),
            ("to", self.to.is_some()),
            ("cc", self.cc.is_some()),
            ("subject", self.subject.is_some()),
            ("body", self.body.is_some()),
            ("html", self.html.is_some()),
            ("charset", self.charset.is_some()),
            ("attachments", self.attachments.is_some()),
            ("headers", self.headers.is_some()),
            ("reply_to", self.reply_to.is_some()),
        ];
        keys.into_iter().find(|(_, is)| *is).map(|(key, _)| key)
    }

    fn into_mail(self) -> Option<Mail> {
        Some(Mail {
            name: self.name,
            from: self.from?,
            to: self.to.map(OneOrMore::all),
            cc: self.cc.map(OneOrMore::all).unwrap_or_default(),
            subject: self.subject.unwrap_or_default(),
            body: self.body,
            html: self.html,
            charset: self.charset,
            attachments: self.attachments.unwrap_or_default(),
            headers: self.headers.unwrap_or_default(),
            reply_to: self.reply_to,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(text: &str) -> Result<Conversation, BadFile> {
        read("c.yaml", &format!("id: a\ntitle: b\nsteps:\n{text}"))
    }

    #[test]
    fn times_are_local_or_carry_their_offset() {
        let read = step(
            "  - {at: 2026-03-10T14:20, tick: true}\n  - {at: \"2026-03-10T14:20+02:00\", tick: true}\n",
        )
        .expect("both are moments");
        assert_eq!(read.steps[0].at, Moment::Local("2026-03-10T14:20".parse().expect("date")));
        assert_eq!(read.steps[1].at, Moment::Exact("2026-03-10T12:20Z".parse().expect("instant")));
    }

    #[test]
    fn nothing_at_all_and_nothing_said_are_two_things() {
        let read =
            step("  - {at: 2026-03-10T14:20, tick: true, expect: {tickets: {A-1: {closes_at: null}}}}\n");
        let ticket = &read.expect("sound").steps[0].expect.tickets["A-1"];
        assert_eq!((ticket.closes_at, ticket.deadline), (Some(None), None));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, line, words) in [
            ("  - {at: 2026-03-10T14:20, tock: true}\n", 4, "tock"),
            ("  - at: 2026-03-10T14:20\n    tick: true\n    expect: {mail: []}\n", 6, "mail"),
            (
                "  - at: 2026-03-10T14:20\n    tick: true\n    expect: {tickets: {A: {status: new}}}\n",
                6,
                "status",
            ),
            ("  - at: 2026-03-10T14:20\n", 4, "no kind"),
            ("  - {at: 2026-03-10T14:20, tick: true, next: {by: ona}}\n", 4, "two kinds"),
            ("  - {at: 2026-03-10T14:20, tick: true, subject: hm}\n", 4, "subject"),
            ("  - {at: tomorrow, tick: true}\n", 4, "no moment"),
            ("  - {at: 2026-03-10T14:20, register: {by: ona}}\n", 4, "channel"),
        ] {
            let error = step(text).expect_err(text);
            assert!(error.line == line && error.what.contains(words), "{text}: {error}");
        }
    }
}
