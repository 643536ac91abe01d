//! Thinks a mail over, before any store is asked: text, language, what it refers to, what an agent wants.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::recognise::{self, Written};
use super::{Desk, passed_on};
use crate::domain::address::Address;
use crate::domain::command::{Assignee, Command, Instructions};
use crate::domain::digest::{Authentication, Digest, Holder, Rejected, Token, Trail, Verb};
use crate::domain::message::{Attachment, Defect, Incoming};
use crate::domain::people::AgentId;
use crate::mail::{auth_results, msgid, quote, token, trail};

/// Mail that was read this long after it came is late (A47).
const LATE_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// Digests a parsed mail that arrived (INTERNALDATE) at `arrived` and is read at `now`. Pure: no store, no wire.
/// `ours` are the texts of our own letters in the thread, where they are known, so that a quotation without marks
/// is recognised.
pub fn digest(desk: &Desk, mut mail: Incoming, arrived: Timestamp, now: Timestamp, ours: &[&str]) -> Digest {
    let rules = &desk.rules;
    let sender = mail.from.mailbox().cloned();
    let agent = sender.as_ref().and_then(|m| rules.agent_at(&m.address)).map(|a| a.id.clone());
    let trail = follow(desk, &mail, agent.as_ref());
    let split = quote::split(&mail.text, Some(ours));
    let forwards = split.forwarded.is_some();
    let writer = agent.as_ref().and_then(|id| rules.agent(id));
    let from_agent = writer.map(|agent| passed_on::from_agent(desk, &mail, &split, agent, ours));
    let signature = if agent.is_some() { "" } else { split.signature.as_str() };
    let (text, instructions, forwarded) = match from_agent {
        Some(said) => {
            let verb = trail.tokens.first().map(|token| token.verb);
            (said.text, by_address(said.instructions, verb), said.forwarded)
        }
        None => (split.new, Instructions::default(), None),
    };
    let text = if agent.is_none() { announced(text, &mail) } else { text };
    let (text, whole) = if agent.is_none() { within(text, rules.text_limit) } else { (text, None) };
    let rejected =
        if agent.is_none() { refuse_large(&mut mail, rules.limits.attachment_bytes) } else { Vec::new() };
    // What is forwarded is the client's word: it is looked through, not what stands above it.
    let said = forwarded.as_ref().map_or(text.as_str(), |forwarded| forwarded.text.as_str());
    let by = forwarded.as_ref().map(|forwarded| &forwarded.sender).or(sender.as_ref());
    let written = Written { subject: &mail.subject, text: said, signature, by, at: arrived };
    let look = desk.recogniser.look(&written);
    let reading = look.read(&desk.detector);
    let new_text = reading.part(look.text.clone());
    let found = recognise::found_in(desk, &written, &look, &reading, &new_text);
    let pictures_only = mail.attachments.iter().all(|a| a.inline);
    let thanks = new_text.thanks_only(&names(desk, &mail)).filter(|_| pictures_only);
    let language = desk.words.detect_language(said, &rules.languages, rules.own_language()).lang;
    let contact = by.and_then(|m| rules.clients.of_address(&m.address)).and_then(|(_, c)| c);
    Digest {
        late: now.duration_since(arrived) > LATE_AFTER,
        language: contact.and_then(|c| c.language).unwrap_or(language),
        urgent: reading.urgent(),
        urgency_stated: reading.urgent().or_else(|| reading.not_urgent()).is_some(),
        thanks,
        absence: desk.detector.absence_subject(&mail.subject),
        found,
        forwarded,
        forwards,
        whole,
        rejected,
        authentication: authentication(desk, &mail),
        agent,
        instructions,
        trail,
        text,
        arrived,
        mail,
    }
}

/// Where nobody can read the text, the ticket says why and where it is (D6, D21).
fn announced(text: String, mail: &Incoming) -> String {
    if !text.trim().is_empty() {
        return text;
    }
    let encrypted = mail.defects.iter().find_map(|defect| match defect {
        Defect::Encrypted(how) if how.ends_with("encrypted") => Some(how),
        _ => None,
    });
    if let Some(how) = encrypted {
        return format!(
            "(This mail is encrypted, {how}: it is kept as it came, and its text is in its files.)"
        );
    }
    let is_tnef = |file: &Attachment| {
        file.content_type.ends_with("ms-tnef") || file.name.eq_ignore_ascii_case("winmail.dat")
    };
    match mail.attachments.iter().find(|file| is_tnef(file)) {
        Some(file) => {
            format!("(The text of this mail, if it has one, is in the file {} of Outlook.)", file.name)
        }
        None => text,
    }
}

/// A text longer than `limit` characters is cut there; the whole of it is returned as well.
fn within(text: String, limit: Option<usize>) -> (String, Option<Arc<str>>) {
    let cut = limit.and_then(|limit| text.char_indices().nth(limit)).map(|(at, _)| at);
    match cut {
        Some(at) => (text[..at].trim_end().to_owned(), Some(Arc::from(text))),
        None => (text, None),
    }
}

/// Takes files out that are larger than `most` bytes. Pictures within the text stay: nobody chose to attach them.
fn refuse_large(mail: &mut Incoming, most: u64) -> Vec<Rejected> {
    let mut rejected = Vec::new();
    mail.attachments.retain(|file| {
        let fits = file.size_bytes <= most;
        if !fits {
            rejected.push(Rejected { name: file.name.clone(), size_bytes: file.size_bytes });
        }
        fits
    });
    rejected
}

/// Names that a thankful person may sign or greet with.
fn names<'a>(desk: &'a Desk, mail: &'a Incoming) -> Vec<&'a str> {
    let agents = desk.rules.agents.iter().chain(&desk.rules.head).map(|a| a.name.as_str());
    let sender = mail.from.mailbox().map(|m| m.name.as_str());
    agents.chain(sender).chain([desk.rules.name.as_str()]).collect()
}

fn authentication(desk: &Desk, mail: &Incoming) -> Authentication {
    let Some(sender) = mail.from.mailbox() else { return Authentication::Unknown };
    let ids: Vec<&str> = desk.rules.authserv_ids.iter().map(String::as_str).collect();
    match auth_results::verdict(&mail.authentication, &ids, sender.address.domain()) {
        auth_results::Auth::Pass => Authentication::Pass,
        auth_results::Auth::Fail => Authentication::Fail("the server's authentication failed".to_owned()),
        auth_results::Auth::Unknown => Authentication::Unknown,
    }
}

/// The address acts as well as the commands do: a mail to the resolve address resolves.
fn by_address(mut instructions: Instructions, verb: Option<Verb>) -> Instructions {
    let command = match verb {
        Some(Verb::Take) => Command::Assign(Assignee::Me),
        Some(Verb::Resolve) => Command::Resolve,
        Some(Verb::Wait) => Command::Wait(None),
        // Whether a mail to the note address is all a note depends on what it answers: see `receive`.
        Some(Verb::Reply | Verb::New | Verb::Note | Verb::Rate(_)) | None => return instructions,
    };
    if matches!(command, Command::Assign(_)) {
        note_all(&mut instructions);
    }
    if !instructions.commands.contains(&command) {
        instructions.commands.push(command);
    }
    instructions
}

/// What was written to an address for colleagues never reaches the client.
pub fn note_all(instructions: &mut Instructions) {
    let answer = std::mem::take(&mut instructions.answer);
    let parts = [std::mem::take(&mut instructions.note), answer];
    instructions.note = parts.into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join("\n");
    if !instructions.commands.contains(&Command::NoteAll) {
        instructions.commands.push(Command::NoteAll);
    }
}

/// Everything in headers and recipient addresses that points to something of ours.
fn follow(desk: &Desk, mail: &Incoming, agent: Option<&AgentId>) -> Trail {
    let rules = &desk.rules;
    let mut found = Trail::default();
    let ours = |id: &String| msgid::verify(&desk.keys, [&*rules.desk], id).is_some();
    found.circled = mail.instances.contains(&desk.instance);
    found.ours = mail.message_id.as_ref().is_some_and(ours);
    let named = mail.to.iter().chain(&mail.cc).map(|m| &m.address);
    for address in named.chain(&mail.delivered_to).filter(|a| a.base() == rules.address) {
        let Some(tag) = address.tag() else { continue };
        found.to_new |= tag.eq_ignore_ascii_case("new");
        let Some(carried) = token::read(tag) else { continue };
        match believe(desk, &carried, agent) {
            Some(token) if !found.tokens.contains(&token) => found.tokens.push(token),
            Some(_) => {}
            None => found.forged_token = true,
        }
    }
    if let Some(carried) = token::read_subject(&mail.subject)
        && let Some(token) = believe(desk, &carried, agent)
        && !found.tokens.contains(&token)
    {
        found.tokens.push(token);
    }
    found.references = referred(&mail.in_reply_to, &mail.references);
    found.tags =
        trail::tags_in(&mail.subject, &desk.tag).into_iter().filter_map(|n| u32::try_from(n).ok()).collect();
    found
}

/// References beyond this many are not looked up.
const REFERENCES_MAX: usize = 30;

/// What a mail refers to: the nearest first, and of very many the one that began the thread (RFC 5322, section
/// 3.6.4: it stands first), which is the one that the desk is surest to know.
fn referred(in_reply_to: &[String], references: &[String]) -> Vec<String> {
    let newest_first = in_reply_to.iter().rev().chain(references.iter().rev()).take(REFERENCES_MAX - 1);
    let mut found: Vec<String> = Vec::new();
    for id in newest_first.chain(references.first()) {
        if !found.contains(id) {
            found.push(id.clone());
        }
    }
    found
}

/// Whose token it is, if it is one of ours at all. The sender's own comes first.
fn believe(desk: &Desk, carried: &token::Carried, agent: Option<&AgentId>) -> Option<Token> {
    let rules = &desk.rules;
    let number = u32::try_from(carried.number).ok()?;
    let verb = match carried.verb {
        token::Verb::Reply | token::Verb::Close => Verb::Reply,
        token::Verb::Rate(value) => Verb::Rate(value),
        token::Verb::Note => Verb::Note,
        token::Verb::Take => Verb::Take,
        token::Verb::Resolve => Verb::Resolve,
        token::Verb::Wait => Verb::Wait,
        token::Verb::New => Verb::New,
    };
    let holds = |holder: &str| desk.keys.verify(carried, &rules.desk, holder);
    let agents = agent.into_iter().chain(rules.agents.iter().chain(&rules.head).map(|a| &a.id));
    let teams = rules.staff_addresses();
    let holder = if agent.is_none() && holds(CLIENT) {
        Holder::Client
    } else if let Some(id) = agents.into_iter().find(|id| holds(&id.0)) {
        Holder::Agent(id.clone())
    } else if let Some(team) = teams.into_iter().find(|team: &&Address| holds(team.as_str())) {
        Holder::Team(team.clone())
    } else if agent.is_some() && holds(CLIENT) {
        Holder::Client
    } else {
        return None;
    };
    Some(Token { number, holder, verb })
}

/// The holder of tokens that go to the client's side.
pub const CLIENT: &str = "client";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_very_many_references_the_nearest_and_the_first_are_looked_up() {
        let ids =
            |range: std::ops::Range<u32>| range.map(|n| format!("{n}@client.example")).collect::<Vec<_>>();
        let long = referred(&ids(99..100), &ids(0..100));
        assert_eq!((long[0].as_str(), long[1].as_str()), ("99@client.example", "98@client.example"));
        assert_eq!((long.len(), long.last().map(String::as_str)), (29, Some("0@client.example")));
        assert_eq!(referred(&ids(2..3), &ids(0..3)), ["2", "1", "0"].map(|n| format!("{n}@client.example")));
        assert_eq!(referred(&[], &[]), Vec::<String>::new());
    }
}
