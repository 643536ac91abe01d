//! Stretches of time in words: a month, a quarter, a year, from one day to another.

use std::ops::Range;
use std::sync::LazyLock;

use jiff::Span;
use jiff::civil::Date;
use regex::Regex;

use super::cue::Cue;
use super::look::Look;
use crate::domain::period::{Period, Rhythm};

/// A part of the calendar that a text names, and the words that do.
#[derive(Clone, Debug, PartialEq)]
struct Point {
    what: What,
    year: Option<i16>,
    first: usize,
    last: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum What {
    /// Day, month.
    Day(i8, i8),
    Month(i8),
    Quarter(i8),
    Half(i8),
    Year,
    /// Whole and sure, needs no year.
    Fixed(Period),
}

/// A year stands at most so many words from what it belongs to.
const YEAR_WORDS_MAX: usize = 3;

static DATE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)
        \b(?<y1>20\d\d)[-./](?<m1>0?[1-9]|1[0-2])[-./](?<d1>3[01]|[12]\d|0?[1-9])\b
        | \b(?<d2>3[01]|[12]\d|0?[1-9])[./]\ ?(?<m2>1[0-2]|0?[1-9])[./]\ ?(?<y2>20\d\d)\b
        | \b(?<y3>20\d\d)[-/.](?<m3>1[0-2]|0[1-9])\b
        | \b(?<m4>1[0-2]|0?[1-9])[./](?<y4>20\d\d)\b",
    )
    .expect("a test compiles it")
});

/// The period that these words name, seen from `today`; a month without a year is the last one that has begun.
pub fn period(look: &Look<'_>, words: Range<usize>, today: Date) -> Option<Period> {
    let mut reader = Reader { look, words: words.clone(), today, points: Vec::new(), dated: Vec::new() };
    reader.dates();
    reader.named();
    reader.relative();
    reader.points.sort_by_key(|point| point.first);
    if reader.points.is_empty() {
        reader.bare_years();
    }
    reader.together()
}

struct Reader<'a> {
    look: &'a Look<'a>,
    words: Range<usize>,
    today: Date,
    points: Vec<Point>,
    /// Words that are part of a date in figures.
    dated: Vec<Range<usize>>,
}

impl Reader<'_> {
    /// Dates and months in figures.
    fn dates(&mut self) {
        let from = self.look.place(self.words.start).start;
        let to = self.look.place(self.words.end.saturating_sub(1)).end.max(from);
        for found in DATE.captures_iter(&self.look.whole[from..to]) {
            let Some(all) = found.get(0) else { continue };
            let number = |names: [&str; 2]| {
                names.iter().find_map(|name| found.name(name)).and_then(|m| m.as_str().parse::<i16>().ok())
            };
            let small = |n: Option<i16>| n.and_then(|n| i8::try_from(n).ok());
            let (year, month, day) = if found.name("y1").is_some() || found.name("y2").is_some() {
                (number(["y1", "y2"]), small(number(["m1", "m2"])), small(number(["d1", "d2"])))
            } else {
                (number(["y3", "y4"]), small(number(["m3", "m4"])), None)
            };
            let (Some(year), Some(month)) = (year, month) else { continue };
            let period = match day {
                Some(day) => Date::new(year, month, day).ok().map(|day| Period { from: day, to: day }),
                None => Period::month(year, month),
            };
            let first = self.look.word_at(from + all.start());
            let last = self.look.word_at(from + all.end()).saturating_sub(1);
            self.dated.push(first..last + 1);
            if let Some(period) = period {
                self.points.push(Point { what: What::Fixed(period), year: Some(year), first, last });
            }
        }
    }

    fn is_dated(&self, word: usize) -> bool {
        self.dated.iter().any(|dated| dated.contains(&word))
    }

    /// A word that is a number.
    fn number(&self, word: usize) -> Option<i16> {
        if !self.words.contains(&word) || self.is_dated(word) {
            return None;
        }
        self.look.tokens.get(word).and_then(|(text, _)| text.parse().ok())
    }

    fn is(&self, word: usize, cue: Cue) -> bool {
        self.words.contains(&word) && self.look.is(word, cue)
    }

    /// Months, quarters and halves of a year by their names.
    fn named(&mut self) {
        let hits: Vec<_> = self.look.hits_in(self.words.clone()).to_vec();
        for hit in hits {
            let (first, last) = (hit.first, hit.last);
            if self.is_dated(first) {
                continue;
            }
            match hit.kind {
                Cue::Month(month) => self.month(month, first, last),
                Cue::Quarter => self.part(first, last, 4, What::Quarter),
                Cue::Half => self.part(first, last, 2, What::Half),
                _ => {}
            }
        }
        // "Q1" is one word.
        for word in self.words.clone() {
            let text = self.look.tokens.get(word).map_or("", |(text, _)| text);
            if let Some(quarter @ 1..=4) = text.strip_prefix('q').and_then(|n| n.parse().ok()) {
                let year = self.year_near(word, word);
                self.points.push(Point { what: What::Quarter(quarter), year, first: word, last: word });
            }
        }
    }

    /// A month, perhaps with a day before or behind it.
    fn month(&mut self, month: i8, first: usize, last: usize) {
        if self.points.iter().any(|point| point.first <= last && first <= point.last) {
            return;
        }
        let day = |word: Option<usize>| {
            let day = word.and_then(|word| self.number(word)).filter(|n| (1..=31).contains(n))?;
            i8::try_from(day).ok()
        };
        let what = match (day(first.checked_sub(1)), day(Some(last + 1))) {
            (Some(day), _) | (None, Some(day)) => What::Day(day, month),
            (None, None) => What::Month(month),
        };
        self.points.push(Point { what, year: self.year_near(first, last), first, last });
    }

    /// "First quarter", "I ketvirtis", "1. čtvrtletí", "quarter 2".
    fn part(&mut self, first: usize, last: usize, most: i8, what: fn(i8) -> What) {
        let before = (1..=2).filter_map(|back| first.checked_sub(back));
        let number = before.chain([last + 1]).find_map(|word| self.ordinal(word, most));
        if let Some(number) = number {
            self.points.push(Point { what: what(number), year: self.year_near(first, last), first, last });
        }
    }

    fn ordinal(&self, word: usize, most: i8) -> Option<i8> {
        let roman = |text: &str| ["i", "ii", "iii", "iv"].iter().position(|roman| *roman == text);
        let text = self.look.tokens.get(word).filter(|_| self.words.contains(&word))?.0;
        let worded = (1..=most).find(|n| self.is(word, Cue::Ordinal(*n)));
        let number = worded.or_else(|| text.parse().ok());
        let number = number.or_else(|| roman(text).and_then(|n| i8::try_from(n + 1).ok()));
        number.filter(|n| (1..=most).contains(n))
    }

    /// The nearest year in figures or in words ("last year"); one before goes before one behind.
    fn year_near(&self, first: usize, last: usize) -> Option<i16> {
        (1..=YEAR_WORDS_MAX).find_map(|step| {
            let before = first.checked_sub(step).and_then(|word| self.year(word));
            before.or_else(|| self.year(last + step))
        })
    }

    fn year(&self, word: usize) -> Option<i16> {
        if let Some(year) = self.number(word).filter(|n| (2000..2100).contains(n)) {
            return Some(year);
        }
        if !self.is(word, Cue::Year) {
            return None;
        }
        let beside = [word.checked_sub(1), Some(word + 1)].into_iter().flatten();
        let by_word = |word: usize| match () {
            () if self.is(word, Cue::Last) => Some(self.today.year() - 1),
            () if self.is(word, Cue::This) => Some(self.today.year()),
            () => None,
        };
        beside.into_iter().find_map(by_word)
    }

    /// "Last month", "this quarter", "last year", where nothing more exact is named.
    fn relative(&mut self) {
        if !self.points.is_empty() {
            return;
        }
        for hit in self.look.hits_in(self.words.clone()) {
            let (whole, part) = match hit.kind {
                Cue::MonthWord => (Some(Rhythm::Month), 1),
                Cue::Quarter => (Some(Rhythm::Quarter), 3),
                Cue::Year => (None, 12),
                _ => continue,
            };
            let beside = [hit.first.checked_sub(1), hit.first.checked_sub(2), Some(hit.last + 1)];
            let beside = || beside.iter().flatten().copied();
            let last = beside().any(|word| self.is(word, Cue::Last));
            if !last && !beside().any(|word| self.is(word, Cue::This)) {
                continue;
            }
            let back = Span::new().months(if last { part } else { 0 });
            let day = self.today.first_of_month().saturating_sub(back);
            let period = whole.map_or_else(|| year(day.year()), |rhythm| Some(Period::around(day, rhythm)));
            if let Some(period) = period {
                let (first, last) = (hit.first, hit.last);
                self.points.push(Point { what: What::Fixed(period), year: None, first, last });
                return;
            }
        }
    }

    /// A year in figures, alone.
    fn bare_years(&mut self) {
        for word in self.words.clone() {
            if let Some(year) = self.number(word).filter(|n| (2000..=self.today.year() + 1).contains(n)) {
                let point = Point { what: What::Year, year: Some(year), first: word, last: word };
                self.points.push(point);
            }
        }
    }

    /// One point is its own stretch; several reach from the first to the last.
    fn together(mut self) -> Option<Period> {
        let years: Vec<i16> = self.points.iter().filter_map(|point| point.year).collect();
        if let [only] = years.as_slice() {
            self.points.iter_mut().for_each(|point| point.year = point.year.or(Some(*only)));
        }
        let last = self.points.last()?;
        let end = self.resolved(last, self.today)?;
        if self.points.len() == 1 {
            return Some(if self.opens(last) { Period { to: self.today.max(end.from), ..end } } else { end });
        }
        let first = self.points.first()?;
        let start = self.resolved(first, end.from)?;
        if start.from <= end.to {
            return Some(Period { from: start.from, to: end.to });
        }
        if matches!(first.what, What::Fixed(_)) {
            return Some(Period { from: end.from, to: start.to });
        }
        // "From November to January 2026".
        let from = start.from.saturating_sub(Span::new().years(1));
        Some(Period { from, to: end.to })
    }

    /// Does "from" stand before it, and no end behind?
    fn opens(&self, point: &Point) -> bool {
        let back = |n: usize| point.first.checked_sub(n);
        let is_year = |word: usize| self.year(word).is_some() || self.is(word, Cue::Year);
        let day = usize::from(matches!(point.what, What::Day(..)));
        let mut at = back(1 + if self.number_before(point) { day } else { 0 });
        while let Some(word) = at.filter(|word| is_year(*word)) {
            at = word.checked_sub(1);
        }
        at.is_some_and(|word| self.is(word, Cue::From))
    }

    fn number_before(&self, point: &Point) -> bool {
        point.first.checked_sub(1).and_then(|word| self.number(word)).is_some()
    }

    /// The stretch of a point; without a year the last that has begun by `by`.
    fn resolved(&self, point: &Point, by: Date) -> Option<Period> {
        let of = |year: i16| match point.what {
            What::Day(day, month) => {
                Date::new(year, month, day).ok().map(|day| Period { from: day, to: day })
            }
            What::Month(month) => Period::month(year, month),
            What::Quarter(quarter) => Period::quarter(year, quarter),
            What::Half(half) => Some(Period {
                from: Period::quarter(year, half * 2 - 1)?.from,
                to: Period::quarter(year, half * 2)?.to,
            }),
            What::Year => self::year(year),
            What::Fixed(period) => Some(period),
        };
        match point.year {
            Some(year) => of(year),
            None => of(by.year()).filter(|period| period.from <= by).or_else(|| of(by.year() - 1)),
        }
    }
}

fn year(year: i16) -> Option<Period> {
    Some(Period { from: Date::new(year, 1, 1).ok()?, to: Date::new(year, 12, 31).ok()? })
}
