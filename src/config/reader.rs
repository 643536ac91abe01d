//! Reading a tree key by key: what is wrong is collected, and reading goes on.
//!
//! A [`Table`] remembers which keys it was asked for; what nobody asked for when it goes is an unknown key.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use super::node::{Node, Value};
use super::problem::{Place, Problem, Unsupported};

/// All that was found so far.
#[derive(Debug, Default)]
pub struct Report {
    pub problems: RefCell<Vec<Problem>>,
    pub warnings: RefCell<Vec<Problem>>,
    /// Known keys that have no effect yet. The operator's own file may not hold them: it would promise too much.
    pub unsupported: RefCell<Vec<Unsupported>>,
    /// Every key that has an effect and was asked for; names of desks, calendars and the like as `*`.
    pub asked: RefCell<BTreeSet<String>>,
    claims: RefCell<BTreeMap<(String, String), (String, Place)>>,
}

impl Report {
    /// Says that `owner` has `value`; refused at `item` where another owner within `scope` has it already.
    /// The answer is whether nobody else has it.
    pub fn claim(&self, scope: &str, value: &str, owner: &str, item: &Item<'_>) -> bool {
        let mut claims = self.claims.borrow_mut();
        let slot = (scope.to_owned(), value.to_owned());
        let (first, place) = claims.entry(slot).or_insert_with(|| (owner.to_owned(), item.place().clone()));
        let free = first == owner;
        if !free {
            item.refuse(format!("\"{value}\" is also {first} ({place})"), "");
        }
        free
    }
}

/// One value with its key.
#[derive(Clone, Debug)]
pub struct Item<'r> {
    node: Node,
    key: String,
    pattern: String,
    report: &'r Report,
}

impl<'r> Item<'r> {
    /// The root of a tree.
    pub fn root(node: Node, report: &'r Report) -> Item<'r> {
        Item { node, key: String::new(), pattern: String::new(), report }
    }

    /// A table that nobody wrote, as if it stood in `table` without a line in it.
    pub fn empty_at(table: &Table<'r>, key: &'static str) -> Item<'r> {
        let node = Node { value: Value::Table(Vec::new()), place: table.item.node.place.clone() };
        table.item.below(key, key, node)
    }

    pub fn place(&self) -> &Place {
        &self.node.place
    }

    pub fn key(&self) -> &str {
        &self.key
    }

    pub fn report(&self) -> &'r Report {
        self.report
    }

    /// Says what is wrong with the value; an empty hint is none.
    pub fn refuse(&self, what: impl Into<String>, hint: impl Into<String>) {
        self.report.problems.borrow_mut().push(self.problem(what.into(), hint.into()));
    }

    /// Says what is doubtful about the value.
    pub fn warn(&self, what: impl Into<String>, hint: impl Into<String>) {
        self.report.warnings.borrow_mut().push(self.problem(what.into(), hint.into()));
    }

    /// Says that the value has no effect yet.
    pub fn not_yet(&self, why: &str) {
        let found =
            Unsupported { place: self.node.place.clone(), key: self.key.clone(), why: why.to_owned() };
        self.report.unsupported.borrow_mut().push(found);
    }

    fn problem(&self, what: String, hint: String) -> Problem {
        let hint = Some(hint).filter(|hint| !hint.is_empty());
        Problem { place: self.node.place.clone(), key: self.key.clone(), what, hint }
    }

    fn wanted<T>(&self, what: &str) -> Option<T> {
        self.refuse(format!("{} stands where {what} is wanted", self.node.value.kind()), "");
        None
    }

    pub fn is_table(&self) -> bool {
        matches!(self.node.value, Value::Table(_))
    }

    pub fn is_list(&self) -> bool {
        matches!(self.node.value, Value::List(_))
    }

    /// A list or a table without anything in it?
    pub fn is_empty(&self) -> bool {
        match &self.node.value {
            Value::List(items) => items.is_empty(),
            Value::Table(entries) => entries.is_empty(),
            _ => false,
        }
    }

    /// The text, where it is one; nothing is complained about.
    pub fn as_word(&self) -> Option<&str> {
        self.node.as_text().map(str::trim)
    }

    /// Is this `off` or `false`?
    pub fn is_off(&self) -> bool {
        self.node.value == Value::Flag(false) || self.node.as_text() == Some("off")
    }

    /// A text that is not empty, without blanks around it.
    pub fn text(&self) -> Option<String> {
        match &self.node.value {
            Value::Text(text) if text.trim().is_empty() => {
                self.refuse("is empty", "");
                None
            }
            Value::Text(text) => Some(text.trim().to_owned()),
            Value::Whole(_) | Value::Number(_) => {
                self.refuse("a number stands where a text is wanted", "put it in quotes");
                None
            }
            _ => self.wanted("a text"),
        }
    }

    /// `true`, `false`, `on` or `off`.
    pub fn flag(&self) -> Option<bool> {
        match (&self.node.value, self.node.as_text()) {
            (Value::Flag(flag), _) => Some(*flag),
            (_, Some("on" | "true")) => Some(true),
            (_, Some("off" | "false")) => Some(false),
            (_, Some(text)) => {
                self.refuse(format!("\"{text}\" is neither true nor false"), "");
                None
            }
            _ => self.wanted("true or false"),
        }
    }

    /// A whole number within `range`.
    pub fn whole(&self, range: RangeInclusive<u64>) -> Option<u64> {
        let number = match &self.node.value {
            Value::Whole(n) => i128::from(*n),
            Value::Text(text) if self.is_from_environment() => match text.trim().parse() {
                Ok(n) => n,
                Err(_) => return self.wanted("a whole number"),
            },
            _ => return self.wanted("a whole number"),
        };
        let inside = u64::try_from(number).ok().filter(|n| range.contains(n));
        if inside.is_none() {
            self.refuse(format!("{number} is not within {} to {}", range.start(), range.end()), "");
        }
        inside
    }

    /// A number of seconds, with parts, up to a year.
    pub fn seconds(&self) -> Option<Duration> {
        let number = match &self.node.value {
            Value::Whole(n) => *n as f64,
            Value::Number(n) => *n,
            Value::Text(text) if self.is_from_environment() => text.trim().parse().unwrap_or(f64::NAN),
            _ => return self.wanted("a number of seconds"),
        };
        if !(0.0..=366.0 * 86_400.0).contains(&number) {
            self.refuse("is no number of seconds from 0 to a year", "");
            return None;
        }
        Some(Duration::from_secs_f64(number))
    }

    /// A percentage with up to two decimals, from 0 to 100, in hundredths.
    pub fn percent_hundredths(&self) -> Option<u32> {
        let number = match &self.node.value {
            Value::Whole(n) => *n as f64,
            Value::Number(n) => *n,
            Value::Text(text) if self.is_from_environment() => text.trim().parse().unwrap_or(f64::NAN),
            _ => return self.wanted("a percentage"),
        };
        let hundredths = (number * 100.0).round();
        if !(0.0..=10_000.0).contains(&hundredths) || (hundredths - number * 100.0).abs() > 1e-6 {
            self.refuse("is no percentage from 0 to 100 with at most two decimals", "write for example 21");
            return None;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "0 to 10,000, a whole number"
        )]
        Some(hundredths as u32)
    }

    /// A size: a number of bytes, or a text such as `25 MB` (a MB is a million bytes).
    pub fn bytes(&self) -> Option<u64> {
        let Some(text) = self.node.as_text() else { return self.whole(1..=u64::from(u32::MAX) * 1000) };
        let digits = text.trim().trim_end_matches(|c: char| !c.is_ascii_digit());
        let factor = match text.trim()[digits.len()..].trim() {
            "" | "B" => Some(1),
            "kB" | "KB" => Some(1_000),
            "MB" => Some(1_000_000),
            "GB" => Some(1_000_000_000),
            _ => None,
        };
        let size = digits.parse::<u64>().ok().zip(factor).and_then(|(n, factor)| n.checked_mul(factor));
        if size.is_none_or(|size| size == 0) {
            self.refuse(format!("\"{text}\" is no size"), "write bytes, or for example \"25 MB\"");
            return None;
        }
        size
    }

    /// Anything that is read from a text and says itself what is wrong.
    pub fn parse<T: FromStr<Err: Display>>(&self) -> Option<T> {
        let text = self.text()?;
        text.parse().map_err(|error: T::Err| self.refuse(error.to_string(), "")).ok()
    }

    /// One of a few words.
    pub fn choice<T: Clone>(&self, words: &[(&str, T)]) -> Option<T> {
        let text = self.text()?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return Some(value.clone());
        }
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        self.refuse(format!("\"{text}\" is not known"), suggestion(&text, &known));
        None
    }

    /// The items of a list; from a variable, the parts between commas.
    pub fn items(&self) -> Vec<Item<'r>> {
        let nodes: Vec<Node> = match &self.node.value {
            Value::List(nodes) => nodes.clone(),
            Value::Text(text) if self.is_from_environment() => {
                let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
                let node =
                    |part: &str| Node { value: Value::Text(part.into()), place: self.node.place.clone() };
                parts.map(node).collect()
            }
            _ => {
                self.refuse(
                    format!("{} stands where a list is wanted", self.node.value.kind()),
                    "write [ ... ]",
                );
                Vec::new()
            }
        };
        nodes
            .into_iter()
            .enumerate()
            .map(|(n, node)| Item {
                node,
                key: format!("{}[{}]", self.key, n + 1),
                pattern: format!("{}[]", self.pattern),
                report: self.report,
            })
            .collect()
    }

    /// The value as a table.
    pub fn table(&self) -> Option<Table<'r>> {
        if !self.is_table() {
            return self.wanted("a table");
        }
        Some(Table { item: self.clone(), asked: RefCell::default(), free: Cell::new(false) })
    }

    /// A table whose keys are names: each name with its value.
    pub fn named(&self) -> Vec<(String, Item<'r>)> {
        let Some(table) = self.table() else { return Vec::new() };
        table.free.set(true);
        self.node
            .entries()
            .map(|(name, node)| (name.to_owned(), self.below(name, "*", node.clone())))
            .collect()
    }

    fn below(&self, key: &str, pattern: &str, node: Node) -> Item<'r> {
        let join = |front: &str, key: &str| {
            if front.is_empty() { key.to_owned() } else { format!("{front}.{key}") }
        };
        Item { node, key: join(&self.key, key), pattern: join(&self.pattern, pattern), report: self.report }
    }

    fn is_from_environment(&self) -> bool {
        matches!(self.node.place, Place::Variable(_))
    }
}

/// A table whose keys are known beforehand.
#[derive(Debug)]
pub struct Table<'r> {
    item: Item<'r>,
    asked: RefCell<BTreeSet<&'static str>>,
    free: Cell<bool>,
}

impl<'r> Table<'r> {
    /// The table as a value, to complain about as a whole.
    pub fn item(&self) -> &Item<'r> {
        &self.item
    }

    pub fn report(&self) -> &'r Report {
        self.item.report
    }

    /// The value of a key; null is nothing.
    pub fn get(&self, key: &'static str) -> Option<Item<'r>> {
        self.asked.borrow_mut().insert(key);
        let node = self.item.node.get(key).filter(|node| node.value != Value::Null)?;
        Some(self.item.below(key, key, node.clone()))
    }

    /// The value of a key that must be there.
    pub fn need(&self, key: &'static str, hint: &str) -> Option<Item<'r>> {
        let found = self.get(key);
        if found.is_none() {
            self.missing(key, hint);
        }
        found
    }

    /// Says that a key is missing.
    pub fn missing(&self, key: &'static str, hint: &str) {
        let node = Node { value: Value::Null, place: self.item.node.place.clone() };
        self.item.below(key, key, node).refuse("is missing", hint);
    }

    /// Says what is wrong with the value of a key, or with its default beside the other keys of the table.
    pub fn refuse(&self, key: &'static str, what: &str, hint: &str) {
        match self.get(key) {
            Some(item) => item.refuse(what, hint),
            None => self.item.refuse(format!("{key} {what}"), hint),
        }
    }

    pub fn text(&self, key: &'static str) -> Option<String> {
        self.get(key).and_then(|item| item.text())
    }

    pub fn flag(&self, key: &'static str, default: bool) -> bool {
        self.get(key).and_then(|item| item.flag()).unwrap_or(default)
    }

    /// A whole number that fits into 32 bits.
    pub fn whole(&self, key: &'static str, range: RangeInclusive<u32>, default: u32) -> u32 {
        let wide = u64::from(*range.start())..=u64::from(*range.end());
        let found = self.get(key).and_then(|item| item.whole(wide));
        found.and_then(|n| u32::try_from(n).ok()).unwrap_or(default)
    }

    pub fn seconds(&self, key: &'static str, default: Duration) -> Duration {
        self.get(key).and_then(|item| item.seconds()).unwrap_or(default)
    }

    pub fn bytes(&self, key: &'static str, default: u64) -> u64 {
        self.get(key).and_then(|item| item.bytes()).unwrap_or(default)
    }

    pub fn choice<T: Clone>(&self, key: &'static str, words: &[(&str, T)], default: T) -> T {
        self.get(key).and_then(|item| item.choice(words)).unwrap_or(default)
    }

    /// Knows a key that only describes.
    pub fn remark(&self, key: &'static str) {
        self.asked.borrow_mut().insert(key);
    }

    /// Allows keys that [`Table::rest`] reads.
    pub fn rest(&self) -> Vec<(String, Item<'r>)> {
        self.free.set(true);
        let asked = self.asked.borrow();
        let rest = self.item.node.entries().filter(|(name, _)| !asked.contains(name));
        rest.map(|(name, node)| (name.to_owned(), self.item.below(name, "*", node.clone()))).collect()
    }
}

impl Drop for Table<'_> {
    fn drop(&mut self) {
        let asked = self.asked.borrow();
        let front = &self.item.pattern;
        let full = |key: &&str| if front.is_empty() { (*key).to_owned() } else { format!("{front}.{key}") };
        self.item.report.asked.borrow_mut().extend(asked.iter().map(full));
        if self.free.get() {
            return;
        }
        let known: Vec<&str> = asked.iter().copied().collect();
        for (name, node) in self.item.node.entries().filter(|(name, _)| !asked.contains(name)) {
            let item = self.item.below(name, name, node.clone());
            item.refuse("there is no such key", nearest(name, &known).unwrap_or_default());
        }
    }
}

/// "did you mean x?", or all that is possible.
pub fn suggestion(word: &str, known: &[&str]) -> String {
    nearest(word, known).unwrap_or_else(|| format!("known are {}", known.join(", ")))
}

/// "did you mean x?", where something is near.
pub fn nearest(word: &str, known: &[&str]) -> Option<String> {
    let lower = word.to_lowercase();
    let far = |other: &str| strsim::damerau_levenshtein(&lower, &other.to_lowercase());
    let best = known.iter().min_by_key(|other| far(other))?;
    (far(best) <= (word.chars().count() / 3).max(1)).then(|| format!("did you mean {best}?"))
}
