//! Canaries: words that nobody would write are planted into what clients say, into agents' notes and into files, in all
//! scripted conversations; then the bytes of every letter are looked through for those that its readers may not see.

use std::collections::{BTreeMap, BTreeSet};

use maildesk::domain::address::Address;
use maildesk::domain::rules::Rules;
use maildesk::domain::ticket::{Number, State, TicketKey};
use maildesk::faces::rehearse::conversation::{Act, AttachedFile, Mail};
use maildesk::faces::rehearse::mail::{address_of, bytes_of};
use maildesk::faces::rehearse::play::{self, Story, Telling};
use maildesk::faces::rehearse::stage::Sent;
use maildesk::mail::parse::part;
use maildesk::store::{Outcome, Store, TicketFilter};

use crate::rehearsal::{Prepared, Shared, all};

/// Where a canary sits.
#[derive(Clone, Debug, PartialEq)]
enum Cage {
    /// Among agents: in a note, or in a file that came with one.
    Note,
    /// In what a client's side or a stranger wrote.
    Client,
}

struct Canary {
    word: String,
    cage: Cage,
    /// The step that planted it.
    step: usize,
    writer: Option<Address>,
}

/// Words enough that one more changes nothing of what the mail is about.
const WORDS_MIN: usize = 12;

/// Larger letters carry files that no canary sits in; they are looked through as they left.
const LARGE_BYTES: usize = 100_000;

/// A word of letters alone: no part of the program takes it for a number, an address or a name.
fn word(story: usize, step: usize) -> String {
    let letter = |n: usize| char::from(b'a' + u8::try_from(n % 26).expect("below 26"));
    let part = |n: usize| [letter(n / 26), letter(n)].into_iter().collect::<String>();
    format!("kanarele{}q{}", part(story), part(step))
}

/// Plants a word behind the first line of running text; `false` where there is none.
fn plant(mail: &mut Mail, canary: &str) -> bool {
    let Some(body) = &mut mail.body else { return false };
    if mail.charset.is_some() || mail.html.is_some() || body.split_whitespace().count() < WORDS_MIN {
        return false;
    }
    let running = |line: &str| {
        line.split_whitespace().count() >= 5 && !line.contains([':', '#', '>', '<']) && !line.starts_with(' ')
    };
    let Some(at) = body.lines().position(running) else { return false };
    let lines = body.lines().enumerate();
    let lines: Vec<String> =
        lines.map(|(n, line)| if n == at { format!("{line} {canary}") } else { line.to_owned() }).collect();
    *body = lines.join("\n") + "\n";
    true
}

/// A note beside whatever else the agent says, and a file where nothing but the note is said.
fn leave_a_note(mail: &mut Mail, canary: &str) -> bool {
    let Some(body) = &mut mail.body else { return false };
    let text = body.trim_end();
    if text.is_empty() || text.contains("<<") || mail.html.is_some() || mail.charset.is_some() {
        return false;
    }
    let all_note = text.lines().any(|line| line.trim() == "#note");
    if all_note {
        let name = format!("{canary}.txt");
        let (content_type, size) = ("application/octet-stream".to_owned(), 400);
        let (inline, name_encoding) = (false, Default::default());
        mail.attachments.push(AttachedFile { name, content_type, size, inline, name_encoding });
        *body = format!("{text}\n\n{canary} and a few words of it\n");
    } else {
        *body = format!("{text}\n\n#note {canary}\n");
    }
    true
}

/// The canaries of a story, planted into its mails.
fn planted(number: usize, story: &mut Prepared) -> Vec<Canary> {
    let rules = &story.desk.rules;
    let mut canaries = Vec::new();
    for (step, one) in story.conversation.steps.iter_mut().enumerate() {
        let Act::Mail(mail) = &mut one.act else { continue };
        let word = word(number, step);
        let writer = Address::parse(address_of(&mail.from));
        let agent = writer.as_ref().is_some_and(|w| rules.agent_at(w).is_some());
        let (done, cage) = match agent {
            true => (leave_a_note(mail, &word), Cage::Note),
            false => (plant(mail, &word), Cage::Client),
        };
        if done {
            canaries.push(Canary { word, cage, step, writer });
        }
    }
    canaries
}

/// Everything that a letter says in any of its parts, decoded, with its header as it left.
fn said(sent: &Sent) -> String {
    let mut all = String::from_utf8_lossy(&sent.raw).into_owned();
    all += &sent.mail.subject;
    all += &sent.mail.text;
    if sent.raw.len() < LARGE_BYTES {
        for number in 0..100 {
            let Some(bytes) = part(&sent.raw, number) else { break };
            all += &String::from_utf8_lossy(&bytes);
        }
    }
    all.to_lowercase()
}

/// Who has ever taken part in each ticket, by its history, and the contract's address of its client.
fn parties(store: &mut dyn Store, rules: &Rules) -> BTreeMap<Number, BTreeSet<Address>> {
    store
        .run(|tx| {
            let mut all: BTreeMap<Number, BTreeSet<Address>> = BTreeMap::new();
            let tickets = tx.tickets(&TicketFilter::default())?;
            for ticket in &tickets {
                let mut people = BTreeSet::new();
                for entry in tx.entries(&TicketKey::new(&rules.desk, ticket.key.number))? {
                    let listed = entry.change["participants"].as_array().cloned().unwrap_or_default();
                    let addresses = listed.iter().chain([&entry.change["requester"]]);
                    people.extend(addresses.filter_map(|one| Address::parse(one["address"].as_str()?)));
                }
                let client = ticket.client.as_deref().and_then(|code| rules.clients.of_code(code));
                people.extend(client.and_then(|c| c.contract.as_ref()?.address.clone()));
                all.entry(ticket.key.number).or_default().extend(people);
            }
            // Who took part in either of two that were merged reads both.
            for ticket in &tickets {
                if let State::Merged { into } = ticket.state {
                    let own = all.get(&ticket.key.number).cloned().unwrap_or_default();
                    all.entry(into).or_default().extend(own.clone());
                    let both = all.get(&into).cloned().unwrap_or_default();
                    all.entry(ticket.key.number).or_default().extend(both);
                }
            }
            Ok(all)
        })
        .expect("asked")
}

/// The ticket that a canary's mail went to, and whether it is held there.
fn home(story: &Story, canary: &Canary) -> (Option<Number>, bool) {
    match &story.scenes[canary.step].outcome {
        Some(Outcome::Applied { ticket, kind, .. }) => (Some(ticket.number), kind == "held"),
        _ => (None, false),
    }
}

#[derive(Default)]
struct Count {
    planted: usize,
    notes: usize,
    /// Canaries that somebody who may see them has seen: they really sat where letters are written from.
    seen: usize,
    letters: usize,
}

/// Tells one story and looks for canaries where they must not be.
fn listen(number: usize, mut story: Prepared, count: &mut Count, wrong: &mut Vec<String>) {
    let canaries = planted(number, &mut story);
    let mut store = Shared::sound();
    let opened = store.clone();
    let open = Box::new(move || Ok(Box::new(opened.clone()) as Box<dyn Store>));
    let told =
        play::play(&story.conversation, &story.desk, open, Telling::default()).expect("the store holds");
    wrong.extend(told.faults.iter().map(|fault| format!("{}: {fault}", story.file)));
    let rules = &story.desk.rules;
    let parties = parties(&mut store, rules);
    let staff = |to: &Address| rules.agent_at(to).is_some() || rules.staff_addresses().any(|a| a == to);
    count.planted += canaries.len();
    count.notes += canaries.iter().filter(|canary| canary.cage == Cage::Note).count();
    let mut seen = BTreeSet::new();
    for sent in told.scenes.iter().flat_map(|scene| &scene.sent) {
        count.letters += 1;
        let text = said(sent);
        for canary in canaries.iter().filter(|canary| text.contains(&canary.word)) {
            seen.insert(canary.word.clone());
            let (ticket, held) = home(&told, canary);
            let parties = ticket.and_then(|n| parties.get(&n));
            for to in sent.recipients.iter().filter(|to| !staff(to)) {
                let own = canary.writer.as_ref() == Some(to);
                let takes_part = parties.is_some_and(|people| people.contains(to));
                if canary.cage == Cage::Note || held || !(own || takes_part) {
                    let (file, line) = (&story.file, told.scenes[canary.step].line);
                    wrong.push(format!("{file}: what line {line} says stands in {} to {to}", sent.template));
                }
            }
        }
    }
    count.seen += seen.len();
}

#[test]
fn no_letter_holds_what_its_reader_may_not_see() {
    let (mut count, mut wrong) = (Count::default(), Vec::new());
    for (number, story) in all().into_iter().enumerate() {
        listen(number, story, &mut count, &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let Count { planted, notes, seen, letters } = count;
    println!(
        "{planted} canaries, {notes} of them in notes; {seen} heard by those who may, in {letters} letters"
    );
    assert!(planted > 120 && notes > 80, "{planted} canaries, {notes} in notes: too few");
    assert!(seen * 2 > planted, "{seen} of {planted} were heard at all: they sit where nobody writes from");
}

#[test]
fn a_file_that_stands_for_a_note_is_made_of_its_name() {
    let name = format!("{}.txt", word(3, 4));
    let (content_type, name_encoding) = ("application/octet-stream".to_owned(), Default::default());
    let file = AttachedFile { name: name.clone(), content_type, size: 400, inline: false, name_encoding };
    assert!(String::from_utf8_lossy(&bytes_of(&file)).contains(&name));
}
