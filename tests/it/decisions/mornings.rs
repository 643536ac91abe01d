//! When the digest of the morning is due.

use jiff::Timestamp;
use jiff::civil::{Date, date, time};
use maildesk::domain::morning::next;
use maildesk::domain::rules::Rules;

use super::ground::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn a_digest_comes_once_on_each_working_day_and_late_only_while_people_work() {
    let rules = Rules { digest_at: Some(time(8, 0, 0, 0)), ..rules() };
    let (monday, friday) = (date(2026, 3, 2), date(2026, 3, 6));
    let cases: [(Option<Date>, &str, &str); 7] = [
        (None, "2026-03-02T07:00:00+02:00", "2026-03-02T08:00:00+02:00"),
        (None, "2026-03-02T08:00:00+02:00", "2026-03-02T08:00:00+02:00"),
        // The daemon was down in the morning: better late than never.
        (None, "2026-03-02T11:00:00+02:00", "2026-03-02T08:00:00+02:00"),
        // In the evening it is of no use.
        (None, "2026-03-02T17:00:00+02:00", "2026-03-03T08:00:00+02:00"),
        (Some(monday), "2026-03-02T08:00:00+02:00", "2026-03-03T08:00:00+02:00"),
        (Some(friday), "2026-03-06T08:00:01+02:00", "2026-03-09T08:00:00+02:00"),
        // Summer time begins on the last Sunday of March.
        (Some(date(2026, 3, 27)), "2026-03-28T12:00:00+02:00", "2026-03-30T08:00:00+03:00"),
    ];
    for (last, now, expected) in cases {
        assert_eq!(next(last, at(now), &rules), Some(at(expected)), "{last:?} {now}");
    }
    let off = Rules { digest_at: None, ..rules };
    assert_eq!(next(None, at("2026-03-02T07:00:00+02:00"), &off), None);
}
