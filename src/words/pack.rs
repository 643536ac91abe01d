//! `words.yaml`: labels, phrases, formats and the words by which a mail is understood.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::problem::Problem;

/// What a list of words in `words.yaml` is for.
///
/// What a list that ends in `not`, or `disagree`, matches does not count for its counterpart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It must be done at once.
    Urgent,
    /// It is expressly not urgent; masks [`Kind::Urgent`].
    NotUrgent,
    /// Consent to an offer.
    Agree,
    /// What only looks like consent; masks [`Kind::Agree`].
    AgreeNot,
    /// Words of a condition: consent that stands in one sentence with it is none yet.
    Condition,
    /// Refusal of an offer.
    Disagree,
    /// Yes, as a first word.
    Affirm,
    /// No, as a first word.
    Deny,
    /// A reply that wants a ticket of its own.
    NewRequest,
    /// Words of thanks.
    Thanks,
    /// A statement of work is asked for.
    Statement,
    /// A statement of something else, as of a bank; masks [`Kind::Statement`].
    StatementNot,
    /// The state of a ticket is asked for.
    Status,
    /// The service itself is complained of.
    Complaint,
    /// Expressly no complaint; masks [`Kind::Complaint`].
    ComplaintNot,
    /// A rating is given.
    Rating,
    /// The same matter came before, perhaps by another way.
    SameMatter,
    /// Words that open a letter.
    Greeting,
    /// Words that close a letter.
    Closing,
    /// Words that go along with thanks and say nothing by themselves.
    Filler,
    /// Words after which thanks become a request.
    But,
}

impl Kind {
    /// Every kind, in the order of the file.
    pub const ALL: [Kind; 21] = [
        Kind::Urgent,
        Kind::NotUrgent,
        Kind::Agree,
        Kind::AgreeNot,
        Kind::Condition,
        Kind::Disagree,
        Kind::Affirm,
        Kind::Deny,
        Kind::NewRequest,
        Kind::Thanks,
        Kind::Statement,
        Kind::StatementNot,
        Kind::Status,
        Kind::Complaint,
        Kind::ComplaintNot,
        Kind::Rating,
        Kind::SameMatter,
        Kind::Greeting,
        Kind::Closing,
        Kind::Filler,
        Kind::But,
    ];
}

/// Lists of words and phrases by their purpose; `*` at the end of a word stands for any ending.
pub type WordLists = BTreeMap<Kind, Vec<String>>;

/// One language's `words.yaml`. An absent key means: as it was before this file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Pack {
    pub labels: Labels,
    pub detect: WordLists,
    pub dates: Dates,
    pub money: Money,
    pub absence: Absence,
    pub recognise: Recognise,
    pub phrases: BTreeMap<String, String>,
    /// Labels of the lines by which an agent registers a request.
    pub form: BTreeMap<String, Vec<String>>,
    /// What commands are called beside their English names.
    pub commands: BTreeMap<String, Vec<String>>,
}

/// Names of things, by their key in the program.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Labels {
    pub channel: BTreeMap<String, String>,
    pub state: BTreeMap<String, String>,
    pub severity: BTreeMap<String, String>,
    pub field: BTreeMap<String, String>,
    pub limit: BTreeMap<String, String>,
}

/// Formats of `strftime`; `%B` is the name in `months` where there are twelve of them, else English.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Dates {
    pub date: Option<String>,
    pub datetime: Option<String>,
    pub duration: Option<String>,
    pub months: Option<Vec<String>>,
}

/// How an amount of money is written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Money {
    /// Between whole units and hundredths.
    pub decimal: Option<String>,
    /// Between thousands.
    pub group: Option<String>,
    /// With `{amount}` and `{currency}`.
    pub amount: Option<String>,
}

/// Subjects of notices of absence.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Absence {
    pub prefix: Vec<String>,
    pub goes_on: Vec<String>,
    /// In `absence.yaml` only: words of thanks and what stands around them, in languages that the desk does not write.
    pub detect: WordLists,
}

/// By what the language itself and things in its texts are recognised. In lists of words `*` is any ending.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Recognise {
    /// Letters beyond a to z.
    pub letters: String,
    /// Endings of long words, without diacritics.
    pub endings: Vec<String>,
    /// Words that are in nearly every letter.
    pub stop_words: Vec<String>,
    /// Words that stand before a value, by name of field, beside `labels.field`.
    pub field_words: BTreeMap<String, Vec<String>>,
    /// Words that may go along with such a word: "our", "number".
    pub field_fillers: Vec<String>,
    /// Legal forms of companies.
    pub legal_forms: Vec<String>,
    /// Phrases with which people say who they are, without stars: "my name is".
    pub introduction: Vec<String>,
    /// Words that say of a code that it is the newer one.
    pub newer: Vec<String>,
    /// Words by which something is asked for.
    pub asking: Vec<String>,
    /// Words that add nothing to what is asked for.
    pub asking_fillers: Vec<String>,
    /// Words that tell of trouble.
    pub trouble: Vec<String>,
    /// Words by which somebody wants a certain person.
    pub wish: Vec<String>,
    /// Words that refuse what follows them: "not".
    pub negation: Vec<String>,
    pub period: PeriodWords,
}

/// Words for stretches of time.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PeriodWords {
    /// Twelve lists.
    pub months: Vec<Vec<String>>,
    /// First to fourth.
    pub ordinals: Vec<Vec<String>>,
    pub month: Vec<String>,
    pub quarter: Vec<String>,
    pub half: Vec<String>,
    pub year: Vec<String>,
    /// This one.
    pub this: Vec<String>,
    /// The one before.
    pub last: Vec<String>,
    pub from: Vec<String>,
    pub to: Vec<String>,
}

/// Reads a YAML text. A fault names the line.
pub(super) fn parse<T: for<'de> Deserialize<'de>>(file: &str, text: &str) -> Result<T, Problem> {
    serde_saphyr::from_str(text).map_err(|error| {
        let what = error.without_snippet().to_string();
        let first = what.lines().next().unwrap_or("not readable as YAML");
        let what = first.split(" at line ").next().unwrap_or(first);
        let problem = Problem::new(file, what);
        match error.location() {
            Some(place) => problem.at(usize::try_from(place.line()).unwrap_or(usize::MAX)),
            None => problem,
        }
    })
}

impl Pack {
    /// Lays an operator's file over this one: what it names is replaced, one label, list or format at a time.
    pub fn lay_over(&mut self, newer: Pack) {
        for (old, new) in [
            (&mut self.labels.channel, newer.labels.channel),
            (&mut self.labels.state, newer.labels.state),
            (&mut self.labels.severity, newer.labels.severity),
            (&mut self.labels.field, newer.labels.field),
            (&mut self.labels.limit, newer.labels.limit),
            (&mut self.phrases, newer.phrases),
        ] {
            old.extend(new);
        }
        self.detect.extend(newer.detect);
        self.commands.extend(newer.commands);
        self.form.extend(newer.form);
        for (old, new) in [
            (&mut self.dates.date, newer.dates.date),
            (&mut self.dates.datetime, newer.dates.datetime),
            (&mut self.dates.duration, newer.dates.duration),
            (&mut self.money.decimal, newer.money.decimal),
            (&mut self.money.group, newer.money.group),
            (&mut self.money.amount, newer.money.amount),
        ] {
            if new.is_some() {
                *old = new;
            }
        }
        if newer.dates.months.is_some() {
            self.dates.months = newer.dates.months;
        }
        for (old, new) in [
            (&mut self.absence.prefix, newer.absence.prefix),
            (&mut self.absence.goes_on, newer.absence.goes_on),
        ] {
            if !new.is_empty() {
                *old = new;
            }
        }
        self.recognise.lay_over(newer.recognise);
    }
}

impl Recognise {
    fn lay_over(&mut self, newer: Recognise) {
        self.field_words.extend(newer.field_words);
        for (old, new) in [
            (&mut self.endings, newer.endings),
            (&mut self.stop_words, newer.stop_words),
            (&mut self.field_fillers, newer.field_fillers),
            (&mut self.legal_forms, newer.legal_forms),
            (&mut self.introduction, newer.introduction),
            (&mut self.newer, newer.newer),
            (&mut self.asking, newer.asking),
            (&mut self.asking_fillers, newer.asking_fillers),
            (&mut self.trouble, newer.trouble),
            (&mut self.wish, newer.wish),
            (&mut self.negation, newer.negation),
            (&mut self.period.month, newer.period.month),
            (&mut self.period.quarter, newer.period.quarter),
            (&mut self.period.half, newer.period.half),
            (&mut self.period.year, newer.period.year),
            (&mut self.period.this, newer.period.this),
            (&mut self.period.last, newer.period.last),
            (&mut self.period.from, newer.period.from),
            (&mut self.period.to, newer.period.to),
        ] {
            if !new.is_empty() {
                *old = new;
            }
        }
        for (old, new) in [
            (&mut self.period.months, newer.period.months),
            (&mut self.period.ordinals, newer.period.ordinals),
        ] {
            if !new.is_empty() {
                *old = new;
            }
        }
        if !newer.letters.is_empty() {
            self.letters = newer.letters;
        }
    }
}
