use jiff::civil::{DateTime, Weekday};
use proptest::prelude::*;

use super::*;

/// A calendar from its zone, the hours of its days and its country.
fn calendar(zone: &str, week: &[(&str, &str)], country: &str) -> Calendar {
    let zone = TimeZone::get(zone).unwrap();
    let mut hours = Week::default();
    for (days, shifts) in week {
        hours.set(days, &shifts.parse().unwrap()).unwrap();
    }
    let holidays = Holidays::for_country(country).unwrap_or_default();
    Calendar { zone, week: hours, holidays, exceptions: BTreeMap::new() }
}

fn with_exceptions(mut calendar: Calendar, exceptions: &[(&str, &str)]) -> Calendar {
    let parsed = exceptions.iter().map(|(date, hours)| (date.parse().unwrap(), hours.parse().unwrap()));
    calendar.exceptions.extend(parsed);
    calendar
}

fn named(name: &str) -> Calendar {
    match name {
        "vilnius office" => calendar("Europe/Vilnius", &[("mon-fri", "09:00-18:00")], "LT"),
        "vilnius always" => Calendar::round_the_clock(TimeZone::get("Europe/Vilnius").unwrap()),
        "vilnius night" => calendar("Europe/Vilnius", &[("mon-sun", "00:00-06:00")], ""),
        "siuntos office" => calendar("Europe/Vilnius", &[("mon-fri", "08:00-19:00")], "LT"),
        "smarttek critical" => calendar("Europe/Riga", &[("mon-sun", "08:00-23:00")], ""),
        "smarttek office" => with_exceptions(
            calendar("Europe/Riga", &[("mon-fri", "09:00-18:00")], "LV"),
            &[("2026-06-22", "closed"), ("2026-06-27", "09:00-18:00")],
        ),
        "softech office" => calendar("Europe/Prague", &[("mon-fri", "08:00-12:00, 12:30-16:30")], "CZ"),
        "steko office" => with_exceptions(
            calendar(
                "Europe/Vilnius",
                &[("mon-thu", "08:00-12:00, 12:45-17:00"), ("fri", "08:00-12:00, 12:45-15:45")],
                "LT",
            ),
            &[("2026-03-10", "08:00-12:00, 12:45-16:00")],
        ),
        "stekspb office" => with_exceptions(
            calendar("Europe/Moscow", &[("mon-fri", "09:00-18:00")], "RU"),
            &[
                ("2026-04-30", "09:00-17:00"),
                ("2026-05-08", "09:00-17:00"),
                ("2026-06-11", "09:00-17:00"),
                ("2026-11-03", "09:00-17:00"),
            ],
        ),
        "never" => calendar("Europe/Vilnius", &[("mon-sun", "closed")], ""),
        other => panic!("no calendar {other}"),
    }
}

/// An instant, with an offset or by the clock of the calendar.
fn moment(calendar: &Calendar, written: &str) -> Timestamp {
    written.parse().unwrap_or_else(|_| {
        let local: DateTime = written.parse().unwrap();
        calendar.zone.to_ambiguous_timestamp(local).unambiguous().unwrap()
    })
}

/// Rows of calendar, moment of receipt, promise and the moment it falls due.
fn check_due(rows: &[(&str, &str, &str, &str)]) {
    for (name, from, promise, due) in rows {
        let calendar = named(name);
        let at = calendar.due(moment(&calendar, from), &promise.parse().unwrap());
        let shown = at.to_zoned(calendar.zone.clone());
        assert_eq!(at, moment(&calendar, due), "{name}: {promise} from {from} is {shown}, not {due}");
    }
}

#[test]
fn promises_of_the_five_desks_fall_due_as_their_conversations_say() {
    check_due(&[
        ("siuntos office", "2026-03-09T10:12", "4wd", "2026-03-16T19:00+02:00"),
        ("siuntos office", "2026-03-13T09:41", "3d", "2026-03-16T09:41+02:00"),
        ("siuntos office", "2026-04-14T08:30", "4wd", "2026-04-20T19:00+03:00"),
        ("siuntos office", "2026-06-22T13:00", "4wd", "2026-06-29T19:00+03:00"),
        ("siuntos office", "2026-06-22T13:00", "5wd", "2026-06-30T19:00+03:00"),
        ("smarttek critical", "2026-03-28T21:40", "15m", "2026-03-28T21:55+02:00"),
        ("smarttek critical", "2026-03-28T21:40", "4h", "2026-03-29T10:40+03:00"),
        ("smarttek office", "2026-03-28T22:05", "3d", "2026-03-31T22:05+03:00"),
        ("smarttek office", "2026-06-19T15:30", "4h", "2026-06-25T10:30+03:00"),
        ("smarttek office", "2026-06-19T15:30", "16h", "2026-06-26T13:30+03:00"),
        ("smarttek office", "2026-06-19T15:30", "40h", "2026-06-30T10:30+03:00"),
        ("smarttek office", "2026-10-05T10:40", "8h", "2026-10-06T09:40+03:00"),
        ("smarttek office", "2026-04-20T12:15", "3d", "2026-04-23T12:15+03:00"),
        ("softech office", "2026-04-30T13:10", "4h", "2026-05-04T08:40+02:00"),
        ("softech office", "2026-05-06T10:00", "3d", "2026-05-09T10:00+02:00"),
        ("softech office", "2026-09-01T11:30", "4h", "2026-09-01T16:00+02:00"),
        ("softech office", "2026-10-27T13:00", "1h", "2026-10-27T14:00+01:00"),
        ("softech office", "2026-10-27T13:00", "4h", "2026-10-29T08:30+01:00"),
        ("steko office", "2026-03-10T14:20", "4h", "2026-03-12T10:20+02:00"),
        ("steko office", "2026-03-12T10:05", "3d", "2026-03-15T10:05+02:00"),
        ("steko office", "2026-04-15T09:02", "4h", "2026-04-15T13:47+03:00"),
        ("steko office", "2026-05-26T13:05", "30m", "2026-05-26T13:35+03:00"),
        ("steko office", "2026-05-26T13:05", "4h", "2026-05-27T08:05+03:00"),
        ("stekspb office", "2026-03-02T09:14", "2h", "2026-03-02T11:14+03:00"),
        ("stekspb office", "2026-03-02T09:14", "16h", "2026-03-03T16:14+03:00"),
        ("stekspb office", "2026-03-02T10:40", "3d", "2026-03-05T10:40+03:00"),
        ("stekspb office", "2026-03-06T16:40", "2H", "2026-03-06T18:40+03:00"),
        ("stekspb office", "2026-03-06T16:40", "0.25H", "2026-03-06T16:55+03:00"),
        ("stekspb office", "2026-03-06T18:05", "3d", "2026-03-09T18:05+03:00"),
        ("stekspb office", "2026-03-04T12:00", "16h", "2026-03-06T10:00+03:00"),
        ("stekspb office", "2026-03-06T10:30", "16h", "2026-03-10T17:30+03:00"),
        ("stekspb office", "2026-03-06T12:00", "3d", "2026-03-09T12:00+03:00"),
        ("stekspb office", "2026-04-07T10:00", "24h", "2026-04-09T16:00+03:00"),
        ("stekspb office", "2026-04-07T11:20", "40h", "2026-04-13T15:20+03:00"),
        ("stekspb office", "2026-05-19T11:00", "16h", "2026-05-20T18:00+03:00"),
        ("stekspb office", "2026-05-19T11:30", "2H", "2026-05-19T13:30+03:00"),
    ]);
}

#[test]
fn working_time_runs_on_over_both_changes_of_the_clock() {
    check_due(&[
        ("vilnius office", "2026-03-27T16:00", "4h", "2026-03-30T11:00+03:00"),
        ("vilnius office", "2026-10-23T16:00", "4h", "2026-10-26T11:00+02:00"),
        ("vilnius office", "2026-03-28T12:00", "9h", "2026-03-30T18:00+03:00"),
        ("vilnius office", "2026-03-27T20:00", "1wd", "2026-03-30T18:00+03:00"),
        ("vilnius office", "2026-10-25T03:30+03:00", "1wd", "2026-10-26T18:00+02:00"),
        ("vilnius always", "2026-03-28T22:00", "4h", "2026-03-29T02:00+02:00"),
        ("vilnius always", "2026-03-28T22:00", "6h", "2026-03-29T05:00+03:00"),
        ("vilnius always", "2026-10-24T22:00", "6h", "2026-10-25T03:00+02:00"),
        ("vilnius always", "2026-10-25T03:30+03:00", "1h", "2026-10-25T03:30+02:00"),
        ("vilnius night", "2026-03-29T00:00", "5h", "2026-03-29T06:00+03:00"),
        ("vilnius night", "2026-03-29T00:00", "6h", "2026-03-30T01:00+03:00"),
        ("vilnius night", "2026-10-25T00:00", "7h", "2026-10-25T06:00+02:00"),
        ("smarttek critical", "2026-03-28T22:30", "1h", "2026-03-29T08:30+03:00"),
        ("smarttek critical", "2026-03-28T22:00", "16h", "2026-03-29T23:00+03:00"),
        ("smarttek critical", "2026-03-29T01:15", "15m", "2026-03-29T08:15+03:00"),
        ("smarttek critical", "2026-10-24T22:30", "1h", "2026-10-25T08:30+02:00"),
        ("softech office", "2026-03-27T11:30", "1h", "2026-03-27T13:00+01:00"),
        ("softech office", "2026-03-27T12:10", "8h", "2026-03-30T12:00+02:00"),
        ("softech office", "2026-03-27T12:10", "8h1m", "2026-03-30T12:31+02:00"),
        ("softech office", "2026-10-23T16:00", "1h", "2026-10-26T08:30+01:00"),
        ("softech office", "2026-10-26T09:00", "2wd", "2026-10-29T16:30+01:00"),
        ("stekspb office", "2026-03-27T16:00", "4h", "2026-03-30T11:00+03:00"),
        ("stekspb office", "2026-10-23T16:00", "4h", "2026-10-26T11:00+03:00"),
    ]);
}

#[test]
fn days_keep_the_clock_and_real_hours_do_not() {
    check_due(&[
        ("vilnius office", "2026-03-28T12:00", "1d", "2026-03-29T12:00+03:00"),
        ("vilnius office", "2026-03-28T12:00", "24H", "2026-03-29T13:00+03:00"),
        ("vilnius office", "2026-10-24T12:00", "1d", "2026-10-25T12:00+02:00"),
        ("vilnius office", "2026-10-24T12:00", "24H", "2026-10-25T11:00+02:00"),
        // 03:30 is skipped on 29 March and comes twice on 25 October.
        ("vilnius office", "2026-03-28T03:30", "1d", "2026-03-29T04:30+03:00"),
        ("vilnius office", "2026-10-24T03:30", "1d", "2026-10-25T03:30+03:00"),
        ("vilnius office", "2026-10-25T03:30+02:00", "1d", "2026-10-26T03:30+02:00"),
    ]);
    for (name, from, hours) in [
        ("vilnius office", "2026-03-27T12:00", 71),
        ("vilnius office", "2026-10-23T12:00", 73),
        ("vilnius office", "2026-10-26T12:00", 72),
        ("softech office", "2026-03-27T12:00", 71),
        ("stekspb office", "2026-03-27T12:00", 72),
    ] {
        let calendar = named(name);
        let from = moment(&calendar, from);
        let passed = calendar.due(from, &Span::Days(3)).duration_since(from);
        assert_eq!(passed, SignedDuration::from_hours(hours), "{name}");
    }
}

#[test]
fn holidays_exchanged_days_and_exceptions_are_kept() {
    check_due(&[
        // 9 March and 11 May 2026 are off in Russia; the eve of 1 May is short.
        ("stekspb office", "2026-03-06T17:00", "2h", "2026-03-10T10:00+03:00"),
        ("stekspb office", "2026-04-30T16:30", "1h", "2026-05-04T09:30+03:00"),
        ("stekspb office", "2026-05-08T16:00", "2h", "2026-05-12T10:00+03:00"),
        // Saturday 1 November 2025 was worked for Monday the third, and Tuesday the fourth is a holiday.
        ("stekspb office", "2025-10-31T17:00", "2h", "2025-11-01T10:00+03:00"),
        ("stekspb office", "2025-11-01T17:30", "1h", "2025-11-05T09:30+03:00"),
        ("stekspb office", "2025-10-31T12:00", "2wd", "2025-11-05T18:00+03:00"),
        // 18 November 2028 is a Saturday, so Monday is off in Latvia.
        ("smarttek office", "2028-11-17T17:00", "2h", "2028-11-21T10:00+02:00"),
        ("smarttek critical", "2026-12-25T22:30", "1h", "2026-12-26T08:30+02:00"),
        ("steko office", "2026-12-23T16:30", "1h", "2026-12-28T08:30+02:00"),
    ]);
    let mut open_on_christmas = named("vilnius office");
    open_on_christmas.exceptions.insert(jiff::civil::date(2026, 12, 25), "10:00-11:00".parse().unwrap());
    let from = moment(&open_on_christmas, "2026-12-23T17:30");
    let due = open_on_christmas.due(from, &"1h".parse().unwrap());
    assert_eq!(due, moment(&open_on_christmas, "2026-12-25T10:30"));
}

#[test]
fn a_shift_whose_edge_falls_into_a_change_of_the_clock_has_its_real_length() {
    for (shift, date, minutes) in [
        ("03:30-05:00", "2026-03-29", 60),
        ("02:00-03:30", "2026-03-29", 60),
        ("03:10-03:50", "2026-03-29", 0),
        ("03:30-05:00", "2026-10-25", 150),
        ("02:00-03:30", "2026-10-25", 150),
        ("03:10-03:50", "2026-10-25", 100),
        // Where two shifts would both claim the hour that comes twice, it counts once.
        ("02:00-03:30, 03:30-05:00", "2026-10-25", 240),
        ("02:00-03:30, 03:30-05:00", "2026-03-29", 120),
        ("00:00-24:00", "2026-03-29", 23 * 60),
        ("00:00-24:00", "2026-10-25", 25 * 60),
    ] {
        let calendar = calendar("Europe/Vilnius", &[("mon-sun", shift)], "");
        let day: Date = date.parse().unwrap();
        let start = calendar.zone.to_timestamp(day.at(0, 0, 0, 0)).unwrap();
        let end = calendar.zone.to_timestamp(day.tomorrow().unwrap().at(0, 0, 0, 0)).unwrap();
        assert_eq!(calendar.between(start, end), Duration::from_secs(minutes * 60), "{shift} on {date}");
    }
}

#[test]
fn every_change_of_the_clock_until_2035_is_survived() {
    for zone in ["Europe/Vilnius", "Europe/Riga", "Europe/Prague"] {
        let always = Calendar::round_the_clock(TimeZone::get(zone).unwrap());
        let shop = calendar(zone, &[("mon-sun", "08:00-12:00, 12:30-23:00")], "");
        let start: Timestamp = "2024-01-01T00:00Z".parse().unwrap();
        let until: Timestamp = "2036-01-01T00:00Z".parse().unwrap();
        let changes = always.zone.following(start).map(|change| change.timestamp());
        let changes: Vec<_> = changes.take_while(|at| *at < until).collect();
        assert_eq!(changes.len(), 24, "{zone}");
        for change in changes {
            let sunday = always.local_date(change);
            let clock =
                |date: Date, hour, minute| shop.zone.to_timestamp(date.at(hour, minute, 0, 0)).unwrap();
            let (saturday, monday) = (sunday.yesterday().unwrap(), sunday.tomorrow().unwrap());
            let hours = if sunday.month() == 3 { 23 } else { 25 };
            let day = Duration::from_secs(hours * 3600);
            assert_eq!(always.between(clock(sunday, 0, 0), clock(monday, 0, 0)), day, "{zone} {sunday}");
            assert_eq!(always.after(clock(saturday, 12, 0), day), clock(sunday, 12, 0), "{zone} {sunday}");
            let hour = Duration::from_secs(3600);
            assert_eq!(shop.after(clock(saturday, 22, 30), hour), clock(sunday, 8, 30), "{zone} {sunday}");
            let lunch = shop.between(clock(saturday, 12, 15), clock(sunday, 12, 15));
            assert_eq!(lunch, Duration::from_secs((10 * 60 + 30 + 4 * 60) * 60), "{zone} {sunday}");
            assert_eq!(shop.due(clock(saturday, 9, 0), &Span::Days(1)), clock(sunday, 9, 0));
        }
    }
}

#[test]
fn open_closed_and_when_next() {
    let calendar = named("steko office");
    for (at, open, next) in [
        ("2026-03-10T07:59:59", false, "2026-03-10T08:00"),
        ("2026-03-10T08:00", true, "2026-03-10T08:00"),
        ("2026-03-10T12:00", false, "2026-03-10T12:45"),
        ("2026-03-10T15:59:59", true, "2026-03-10T15:59:59"),
        ("2026-03-10T16:00", false, "2026-03-12T08:00"),
        ("2026-03-11T10:00", false, "2026-03-12T08:00"),
        ("2026-03-13T15:45", false, "2026-03-16T08:00"),
    ] {
        let instant = moment(&calendar, at);
        assert_eq!(calendar.is_open(instant), open, "{at}");
        assert_eq!(calendar.next_opening(instant), Some(moment(&calendar, next)), "{at}");
    }
    assert_eq!(
        calendar.closing_on(jiff::civil::date(2026, 3, 13)),
        Some(moment(&calendar, "2026-03-13T15:45"))
    );
    assert_eq!(calendar.closing_on(jiff::civil::date(2026, 3, 11)), None);
}

#[test]
fn a_calendar_that_is_never_open_answers_with_its_horizon() {
    let never = named("never");
    let from = moment(&never, "2026-03-10T12:00");
    let horizon = from + SignedDuration::from_hours(i64::from(HORIZON_DAYS) * 24);
    assert_eq!(never.due(from, &"1m".parse().unwrap()), horizon);
    assert_eq!(never.due(from, &"1wd".parse().unwrap()), horizon);
    assert_eq!(never.next_opening(from), None);
    assert!(!never.is_open(from));
    assert_eq!(never.between(from, horizon), Duration::ZERO);
    assert_eq!(never.closing_on(jiff::civil::date(2026, 3, 10)), None);
    // More work than ten years hold, and days beyond all days.
    let rare = calendar("Europe/Vilnius", &[("sun", "12:00-12:01")], "");
    assert_eq!(rare.due(from, &"10000h".parse().unwrap()), horizon);
    assert_eq!(rare.end_of_nth_working_day(from, u32::MAX), horizon);
    // Nothing is counted beyond the horizon, however long it is open.
    let always = named("vilnius always");
    let ten_years = Duration::from_secs(u64::from(HORIZON_DAYS) * 86_400);
    assert_eq!(always.between(from, Timestamp::MAX), ten_years);
    assert_eq!(always.after(from, ten_years + Duration::from_secs(1)), horizon);
}

#[test]
fn no_moment_is_too_early_or_too_late() {
    for name in ["steko office", "stekspb office", "vilnius always", "never"] {
        let calendar = named(name);
        for at in [Timestamp::MIN, Timestamp::UNIX_EPOCH, Timestamp::MAX] {
            for promise in ["4h", "10000h", "2H", "4wd", "3660wd", "3d", "3660d"] {
                assert!(calendar.due(at, &promise.parse().unwrap()) >= at, "{name} {at} {promise}");
            }
            calendar.between(at, Timestamp::MAX);
            calendar.between(Timestamp::MIN, at);
            calendar.is_open(at);
        }
    }
}

#[test]
fn a_country_that_skipped_a_day_lost_its_working_day() {
    let apia = calendar("Pacific/Apia", &[("mon-fri", "09:00-17:00")], "");
    assert_eq!(jiff::civil::date(2011, 12, 30).weekday(), Weekday::Friday);
    let thursday = moment(&apia, "2011-12-29T16:00");
    assert_eq!(apia.due(thursday, &"2h".parse().unwrap()), moment(&apia, "2012-01-02T10:00"));
    assert_eq!(apia.due(thursday, &"1wd".parse().unwrap()), moment(&apia, "2012-01-02T17:00"));
}

const ZONES: [&str; 9] = [
    "Europe/Vilnius",
    "Europe/Riga",
    "Europe/Prague",
    "Europe/Moscow",
    // The clock changes at midnight, by half an hour, or took a whole day away.
    "America/Havana",
    "Asia/Beirut",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "UTC",
];

prop_compose! {
    fn hours_of_a_day()(edges in proptest::collection::btree_set(0..=96_u16, 0..=4)) -> String {
        let clock = |quarter: u16| format!("{:02}:{:02}", quarter / 4, quarter % 4 * 15);
        let edges: Vec<u16> = edges.into_iter().collect();
        let shifts: Vec<_> =
            edges.chunks_exact(2).map(|edge| format!("{}-{}", clock(edge[0]), clock(edge[1]))).collect();
        if shifts.is_empty() { "closed".to_owned() } else { shifts.join(", ") }
    }
}

prop_compose! {
    /// Any calendar that is open at least on Wednesdays.
    fn any_calendar()(
        zone in proptest::sample::select(ZONES.to_vec()),
        country in proptest::sample::select(vec!["", "LT", "LV", "CZ", "RU", "GB"]),
        days in proptest::array::uniform6(hours_of_a_day()),
    ) -> Calendar {
        let names = ["mon", "tue", "thu", "fri", "sat", "sun"];
        let mut week: Vec<_> = names.into_iter().zip(days.iter().map(String::as_str)).collect();
        week.push(("wed", "09:00-17:00"));
        calendar(zone, &week, country)
    }
}

prop_compose! {
    /// 2010 to 2035; every second one within two days of a change of Vilnius' clock.
    fn any_moment()(second in 1_262_304_000..2_082_758_400_i64, near in any::<bool>()) -> Timestamp {
        let at = Timestamp::from_second(second).unwrap();
        let zone = TimeZone::get("Europe/Vilnius").unwrap();
        match zone.following(at).next().filter(|_| near) {
            Some(change) => change.timestamp() + SignedDuration::from_secs(second % 172_800 - 86_400),
            None => at,
        }
    }
}

fn some_work() -> impl Strategy<Value = Duration> {
    (0..400_000_u64).prop_map(Duration::from_secs)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn what_was_added_is_between(calendar in any_calendar(), from in any_moment(), work in some_work()) {
        let end = calendar.after(from, work);
        prop_assert_eq!(calendar.between(from, end), work);
        prop_assert!(end >= from);
        if !work.is_zero() {
            let just_before = end - SignedDuration::from_nanos(1);
            prop_assert!(calendar.is_open(just_before), "{} is closed", just_before);
        }
    }

    #[test]
    fn working_time_adds_up(
        calendar in any_calendar(), from in any_moment(), first in some_work(), second in some_work(),
    ) {
        let middle = calendar.after(from, first);
        prop_assert_eq!(calendar.after(middle, second), calendar.after(from, first + second));
        let end = from + SignedDuration::try_from(first + second).unwrap();
        let part = from + SignedDuration::try_from(first).unwrap();
        let parts = calendar.between(from, part) + calendar.between(part, end);
        prop_assert_eq!(parts, calendar.between(from, end));
        prop_assert!(calendar.between(from, end) <= first + second);
    }

    #[test]
    fn later_or_more_never_falls_due_earlier(
        calendar in any_calendar(), from in any_moment(), later in some_work(),
        minutes in 1..6_000_u32, days in 1..20_u32,
    ) {
        let after = from + SignedDuration::try_from(later).unwrap();
        let work = |minutes| Span::Working { minutes };
        prop_assert!(calendar.due(from, &work(minutes)) <= calendar.due(after, &work(minutes)));
        prop_assert!(calendar.due(from, &work(minutes)) < calendar.due(from, &work(minutes + 1)));
        for promise in [Span::WorkingDays(days), Span::Real { hundredths: minutes }] {
            prop_assert!(calendar.due(from, &promise) <= calendar.due(after, &promise));
        }
        prop_assert!(calendar.end_of_nth_working_day(from, days) < calendar.end_of_nth_working_day(from, days + 1));
    }

    #[test]
    fn the_next_opening_is_the_first_open_moment(calendar in any_calendar(), from in any_moment()) {
        let next = calendar.next_opening(from).unwrap();
        prop_assert!(calendar.is_open(next));
        prop_assert_eq!(calendar.between(from, next), Duration::ZERO);
        prop_assert_eq!(calendar.is_open(from), next == from);
    }

    /// The other way to reckon: look at the local clock every minute. No round trip can hide an error here.
    #[test]
    fn minutes_counted_on_the_clock_are_the_working_time(
        country in proptest::sample::select(vec!["", "LT", "LV", "CZ", "RU"]),
        zone in proptest::sample::select(ZONES[..4].to_vec()),
        opens in 5..12_u16, closes in 13..=24_u16, night in any::<bool>(),
        from in any_moment(), minutes in 1..2_000_i32,
    ) {
        let day = format!("{opens:02}:00-12:00, 12:30-{closes:02}:00");
        // Changes of these clocks lie between 02:00 and 04:00.
        let shifts = if night { "00:00-05:00".to_owned() } else { day };
        let calendar = calendar(zone, &[("mon-sat", &shifts)], country);
        let from = Timestamp::from_second(from.as_second() / 60 * 60).unwrap();
        let minute = |n: i32| from + SignedDuration::from_mins(i64::from(n));
        let working = |at: Timestamp| {
            let local = calendar.zone.to_datetime(at);
            let now = u16::try_from(local.hour()).unwrap() * 60 + u16::try_from(local.minute()).unwrap();
            let shifts = calendar.hours_on(local.date()).shifts();
            shifts.iter().any(|shift| shift.opens() <= now && now < shift.closes())
        };
        let counted = (0..minutes).filter(|n| working(minute(*n))).count();
        prop_assert_eq!(calendar.between(from, minute(minutes)), Duration::from_secs(counted as u64 * 60));
    }
}
