//! The task that renews tokens before they end, and says in time what will run out.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Unit};
use serde::{Deserialize, Serialize};

use super::TokenHealth;
use crate::daemon::house::House;

/// A client secret is spoken of so many days before it ends.
const WARN_DAYS: i32 = 30;
/// A token that cannot be renewed for so long is an alarm; before that the server may only be restarting.
const FAILING_MAX: SignedDuration = SignedDuration::from_mins(15);
/// What was told is told again after this.
const AGAIN: SignedDuration = SignedDuration::from_hours(24);

/// Something that somebody should look at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Alarm {
    /// The mailbox or relay.
    pub account: String,
    /// Mail stands still, or will within a day.
    pub grave: bool,
    pub text: String,
}

/// What is wrong with an account, or will be.
pub fn alarms(health: &TokenHealth, now: Timestamp) -> Vec<Alarm> {
    let alarm = |grave, text| Alarm { account: health.name.clone(), grave, text };
    let mut found = Vec::new();
    if let Some(expires) = health.secret_expires {
        let today = now.to_zoned(TimeZone::UTC).date();
        let days = days_between(today, expires);
        let what = match days {
            ..=0 => Some(format!("the client secret has expired on {expires}")),
            1 => Some(format!("the client secret expires tomorrow, on {expires}")),
            2..=WARN_DAYS => Some(format!("the client secret expires in {days} days, on {expires}")),
            _ => None,
        };
        let renew = "make a new one, put it into its place, set secret_expires, and reload";
        found.extend(what.map(|what| alarm(days <= 1, format!("{what}: {renew}"))));
    }
    if let Some((since, why)) = &health.trouble {
        let ended = health.good_until.is_none_or(|until| until <= now);
        if ended || now.duration_since(*since) >= FAILING_MAX {
            let since = since.round(Unit::Second).unwrap_or(*since);
            found.push(alarm(ended, format!("since {since} {why}")));
        }
    }
    found
}

fn days_between(from: Date, to: Date) -> i32 {
    from.until((Unit::Day, to)).map_or(i32::MAX, |span| span.get_days())
}

/// Renews tokens and tells of alarms until the house stops; then waits for answers that are on their way, for with
/// them may come the only refresh token that is still good.
pub async fn run(house: House) {
    let keepers: Vec<_> = house.tokens.keepers.values().cloned().collect();
    if keepers.is_empty() {
        return house.stop.cancelled().await;
    }
    let mut told: Vec<(Alarm, Timestamp)> = Vec::new();
    while !house.stop.is_cancelled() {
        let mut next = house.clock.now() + AGAIN;
        for keeper in &keepers {
            tokio::select! {
                at = keeper.tend() => next = next.min(at),
                () = house.stop.cancelled() => break,
            }
        }
        let now = house.clock.now();
        let standing = house.tokens.alarms(now);
        told.retain(|(alarm, at)| standing.contains(alarm) && now.duration_since(*at) < AGAIN);
        for alarm in standing {
            if told.iter().all(|(known, _)| *known != alarm) {
                tell(&alarm);
                told.push((alarm, now));
            }
        }
        tokio::select! {
            () = house.clock.sleep_until(next) => {}
            () = house.stop.cancelled() => {}
        }
    }
    for keeper in keepers {
        // What does not come in this time does not come at all.
        let _ = tokio::time::timeout(house.settings.waits.stop, keeper.settle()).await;
    }
}

fn tell(alarm: &Alarm) {
    let Alarm { account, grave, text } = alarm;
    if *grave {
        tracing::error!(account, "{text}");
    } else {
        tracing::warn!(account, "{text}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn health(expires: Option<&str>, trouble: Option<&str>, good_until: Option<&str>) -> TokenHealth {
        let at = |text: &str| text.parse().unwrap();
        TokenHealth {
            name: "mailbox".to_owned(),
            good_until: good_until.map(at),
            trouble: trouble.map(|since| (at(since), "the endpoint is away".to_owned())),
            secret_expires: expires.map(|date| date.parse().unwrap()),
        }
    }

    #[test]
    fn a_secret_is_spoken_of_a_month_before_it_ends() {
        let now = "2027-02-01T10:00:00Z".parse().unwrap();
        for (expires, expected) in [
            ("2027-03-04", None),
            ("2027-03-03", Some((false, "in 30 days, on 2027-03-03"))),
            ("2027-02-03", Some((false, "in 2 days"))),
            ("2027-02-02", Some((true, "tomorrow"))),
            ("2027-02-01", Some((true, "has expired on 2027-02-01"))),
            ("2026-01-01", Some((true, "has expired"))),
        ] {
            let found = alarms(&health(Some(expires), None, None), now);
            match expected {
                None => assert_eq!(found, [], "{expires}"),
                Some((grave, words)) => {
                    assert_eq!((found.len(), found[0].grave), (1, grave), "{expires}");
                    assert!(found[0].text.contains(words), "{}", found[0].text);
                }
            }
        }
    }

    #[test]
    fn a_token_that_cannot_be_renewed_is_an_alarm_when_it_lasts_or_none_is_left() {
        let now = "2027-02-01T10:00:00Z".parse().unwrap();
        let good = Some("2027-02-01T10:04:00Z");
        let grave = |trouble, until| {
            alarms(&health(None, trouble, until), now).iter().map(|alarm| alarm.grave).collect::<Vec<_>>()
        };
        assert!(grave(None, good).is_empty());
        assert!(grave(Some("2027-02-01T09:59:00Z"), good).is_empty());
        assert_eq!(grave(Some("2027-02-01T09:45:00Z"), good), [false]);
        assert_eq!(grave(Some("2027-02-01T09:59:00Z"), Some("2027-02-01T09:59:30Z")), [true]);
        assert_eq!(grave(Some("2027-02-01T09:59:00Z"), None), [true]);
    }
}
