//! Dates, times, durations and money as each language writes them.

use jiff::Timestamp;
use jiff::civil::{Date, date};
use jiff::fmt::strtime::{self, BrokenDownTime};
use jiff::tz::TimeZone;

use super::catalogue::Catalogue;
use super::labels::fill;
use super::pack::Dates;
use crate::domain::language::Lang;

impl Catalogue {
    /// A day, such as `2026-03-12` or `12 March 2026`.
    pub fn date(&self, lang: Lang, day: Date) -> String {
        let (format, months) = self.format(lang, |dates| dates.date.as_ref(), "%Y-%m-%d");
        write_moment(&with_month(&format, months, day), &BrokenDownTime::from(day))
            .unwrap_or_else(|| day.to_string())
    }

    /// A moment on the clocks of the desk's zone, such as `2026-03-12 10:20`.
    pub fn datetime(&self, lang: Lang, moment: Timestamp, zone: &TimeZone) -> String {
        let zoned = moment.to_zoned(zone.clone());
        let (format, months) = self.format(lang, |dates| dates.datetime.as_ref(), "%Y-%m-%d %H:%M");
        write_moment(&with_month(&format, months, zoned.date()), &BrokenDownTime::from(&zoned))
            .unwrap_or_else(|| iso_minutes(moment, zone))
    }

    /// An amount with its currency, rounded to hundredths beforehand: `money(lt, 12250, "EUR")` is `122,50 EUR`
    /// with no-break spaces.
    pub fn money(&self, lang: Lang, hundredths: i64, currency: &str) -> String {
        let pattern = self.label(lang, "{amount} {currency}", |pack, _| pack.money.amount.as_ref());
        fill(&pattern, &[("amount", &self.amount(lang, hundredths)), ("currency", currency)])
    }

    /// A bare amount in hundredths: `122,50`, `1 200,00`.
    pub fn amount(&self, lang: Lang, hundredths: i64) -> String {
        let decimal = self.label(lang, ".", |pack, _| pack.money.decimal.as_ref());
        let group = self.label(lang, " ", |pack, _| pack.money.group.as_ref());
        let sign = if hundredths < 0 { "-" } else { "" };
        let units = (hundredths.unsigned_abs() / 100).to_string();
        let mut grouped = String::new();
        for (index, digit) in units.chars().enumerate() {
            if index > 0 && (units.len() - index).is_multiple_of(3) {
                grouped.push_str(&group);
            }
            grouped.push(digit);
        }
        format!("{sign}{grouped}{decimal}{:02}", hundredths.unsigned_abs() % 100)
    }

    /// A limit of time in words: `4 h` where whole hours will do, else `90 min`.
    pub fn limit(&self, lang: Lang, minutes: u32) -> String {
        let (key, number) = if minutes >= 60 && minutes.is_multiple_of(60) {
            ("hours", minutes / 60)
        } else {
            ("minutes", minutes)
        };
        let pattern = self.label(lang, key, |pack, key| pack.labels.limit.get(key));
        fill(&pattern, &[("n", &number.to_string())])
    }

    fn format(
        &self,
        lang: Lang,
        choose: impl Fn(&Dates) -> Option<&String>,
        otherwise: &str,
    ) -> (String, Option<&[String]>) {
        self.helping(lang)
            .filter_map(|lang| self.packs.get(&lang))
            .find_map(|pack| Some((choose(&pack.dates)?.clone(), pack.dates.months.as_deref())))
            .unwrap_or_else(|| (otherwise.to_owned(), None))
    }
}

/// A duration in minutes as `H:MM`, also a long one: `30:05`. What is overdue has a minus.
pub fn duration(minutes: i64) -> String {
    let sign = if minutes < 0 { "-" } else { "" };
    format!("{sign}{}:{:02}", minutes.unsigned_abs() / 60, minutes.unsigned_abs() % 60)
}

/// A moment for programs, to the minute, with the zone's offset: `2026-03-12T10:20+02:00`.
pub fn iso_minutes(moment: Timestamp, zone: &TimeZone) -> String {
    let zoned = moment.to_zoned(zone.clone());
    strtime::format("%Y-%m-%dT%H:%M%:z", &zoned).unwrap_or_else(|_| moment.to_string())
}

impl Dates {
    /// What is wrong with the formats.
    pub(super) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let noon = date(2026, 3, 12).at(12, 0, 0, 0);
        for (key, format, sample) in [
            ("date", &self.date, BrokenDownTime::from(noon.date())),
            ("datetime", &self.datetime, BrokenDownTime::from(noon)),
        ] {
            match format {
                None => faults.push(format!("dates.{key} is missing")),
                Some(format) if write_moment(format, &sample).is_none() => {
                    faults.push(format!("dates.{key} is no format: {format}"));
                }
                Some(_) => {}
            }
        }
        if self.duration.as_deref().is_some_and(|duration| duration != "H:MM") {
            faults.push("dates.duration can only be H:MM".to_owned());
        }
        if self.months.as_ref().is_some_and(|months| months.len() != 12) {
            faults.push("dates.months must have twelve names".to_owned());
        }
        faults
    }
}

fn write_moment(format: &str, moment: &BrokenDownTime) -> Option<String> {
    moment.to_string(format).ok()
}

/// Puts a language's own name of the month in place of `%B`.
fn with_month(format: &str, months: Option<&[String]>, day: Date) -> String {
    match months.and_then(|months| months.get(usize::try_from(day.month()).ok()? - 1)) {
        Some(name) => format.replace("%B", &name.replace('%', "%%")),
        None => format.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_writes_dates_in_its_own_way() {
        let words = Catalogue::embedded();
        let vilnius = TimeZone::get("Europe/Vilnius").unwrap();
        let moment: Timestamp = "2026-03-12T08:05:00Z".parse().unwrap();
        for (lang, day, time) in [
            (Lang::LT, "2026-03-12", "2026-03-12 10:05"),
            (Lang::LV, "12.03.2026.", "12.03.2026. plkst. 10.05"),
            (Lang::RU, "12.03.2026", "12.03.2026 10:05"),
            (Lang::CS, "12. 3. 2026", "12. 3. 2026 10:05"),
            (Lang::EN, "12 March 2026", "12 March 2026, 10:05"),
        ] {
            assert_eq!(words.date(lang, date(2026, 3, 12)), day);
            assert_eq!(words.datetime(lang, moment, &vilnius), time);
        }
        assert_eq!(
            words.datetime(Lang::CS, "2026-03-12T06:05:00Z".parse().unwrap(), &vilnius),
            "12. 3. 2026 8:05"
        );
        assert_eq!(iso_minutes(moment, &vilnius), "2026-03-12T10:05+02:00");
    }

    #[test]
    fn the_clock_of_the_zone_changes_with_summer() {
        let prague = TimeZone::get("Europe/Prague").unwrap();
        assert_eq!(iso_minutes("2026-07-01T10:00:00Z".parse().unwrap(), &prague), "2026-07-01T12:00+02:00");
        assert_eq!(iso_minutes("2026-12-01T10:00:00Z".parse().unwrap(), &prague), "2026-12-01T11:00+01:00");
    }

    #[test]
    fn durations_are_hours_and_minutes() {
        for (minutes, text) in [(0, "0:00"), (5, "0:05"), (60, "1:00"), (1805, "30:05"), (-45, "-0:45")] {
            assert_eq!(duration(minutes), text);
        }
    }

    #[test]
    fn money_has_the_marks_of_the_language() {
        let words = Catalogue::embedded();
        for (lang, hundredths, text) in [
            (Lang::LT, 12_250, "122,50\u{a0}EUR"),
            (Lang::RU, 123_456_789, "1\u{a0}234\u{a0}567,89\u{a0}EUR"),
            (Lang::CS, 120_000, "1\u{a0}200,00\u{a0}EUR"),
            (Lang::EN, 120_005, "1,200.05\u{a0}EUR"),
            (Lang::LV, -5, "-0,05\u{a0}EUR"),
        ] {
            assert_eq!(words.money(lang, hundredths, "EUR"), text);
        }
        assert_eq!(words.amount(Lang::LT, 12_250), "122,50");
    }

    #[test]
    fn limits_are_in_hours_where_they_are_whole() {
        let words = Catalogue::embedded();
        assert_eq!(words.limit(Lang::LT, 240), "4 val.");
        assert_eq!(words.limit(Lang::EN, 90), "90 min");
        assert_eq!(words.limit(Lang::RU, 30), "30 мин.");
    }

    #[test]
    fn a_language_may_bring_names_of_months() {
        let months: Vec<String> = (1..=12).map(|n| format!("m{n}")).collect();
        assert_eq!(with_month("%-d %B %Y", Some(&months), date(2026, 3, 1)), "%-d m3 %Y");
    }
}
