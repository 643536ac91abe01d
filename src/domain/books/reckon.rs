//! What of the work is included in a contract, what is beyond it, and what is to be paid.

use jiff::civil::Date;

use super::row::Row;
use crate::domain::money::Money;
use crate::domain::people::Client;
use crate::domain::period::{Period, Rhythm};

/// On what terms a client is served.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Terms {
    /// Minutes included in each period of the rhythm; `None`: all time is paid for.
    pub included: Option<(u32, Rhythm)>,
    /// Price of an hour that is paid for; `None`: nobody agreed on one.
    pub price: Option<Money>,
    /// In hundredths of a percent.
    pub vat_percent_hundredths: u32,
}

impl Terms {
    /// The terms of a client.
    pub fn of(client: &Client, vat_percent_hundredths: u32) -> Terms {
        let contract = client.contract.as_ref();
        let beyond = contract.and_then(|c| c.price_beyond.clone());
        Terms {
            included: contract.and_then(|c| Some((c.minutes_included?, c.period))),
            price: client.billing.price.clone().or(beyond),
            vat_percent_hundredths,
        }
    }

    /// The period whose rows must be known to reckon with `period`: hours are included in the order in which they
    /// were worked.
    pub fn reach(&self, period: Period) -> Period {
        let from = match self.included {
            Some((_, rhythm)) => Period::around(period.from, rhythm).from.min(period.from),
            None => period.from,
        };
        Period { from, to: period.to }
    }
}

/// What a period comes to.
#[derive(Clone, Debug, PartialEq)]
pub struct Reckoning {
    /// The rows of the period.
    pub rows: Vec<Row>,
    /// All minutes, whoever pays for them.
    pub spent: i64,
    /// Minutes within the contract; `None` where it includes none.
    pub included: Option<i64>,
    /// Minutes that are paid for by the hour: all of them where nothing is included.
    pub beyond: i64,
    /// Prices agreed for whole tickets that fall due.
    pub agreed: Vec<Money>,
    /// `None` where there is no price for what is to be paid.
    pub net: Option<Money>,
    pub vat: Option<Money>,
    pub total: Option<Money>,
}

/// Reckons what `period` comes to. `rows` are those of [`Terms::reach`], in the order of the work.
pub fn reckon(rows: Vec<Row>, period: Period, terms: &Terms) -> Reckoning {
    let within = |day: Date| period.from <= day && day <= period.to;
    let (mut spent, mut included, mut beyond) = (0, 0, 0);
    let mut agreed = Vec::new();
    let mut used = (None, 0);
    for row in &rows {
        let covered = if row.agreed.is_some() { 0 } else { cover(row, terms, &mut used) };
        if !within(row.done_on) {
            continue;
        }
        spent += row.spent;
        match &row.agreed {
            Some(price) if price.due => agreed.push(price.price.clone()),
            Some(_) => {}
            None => {
                included += covered;
                beyond += row.spent - covered;
            }
        }
    }
    let rows = rows.into_iter().filter(|row| within(row.done_on)).collect();
    let net = net(beyond, &agreed, terms);
    let vat = net.as_ref().map(|net| net.share(terms.vat_percent_hundredths));
    let total = net.as_ref().zip(vat.as_ref()).map(|(net, vat)| Money {
        cents: net.cents.saturating_add(vat.cents),
        currency: net.currency.clone(),
    });
    let included = terms.included.map(|_| included);
    Reckoning { rows, spent, included, beyond, agreed, net, vat, total }
}

/// How many minutes of a row the contract covers. `used` is the contract's period and what was worked in it so far.
fn cover(row: &Row, terms: &Terms, used: &mut (Option<Period>, i64)) -> i64 {
    let Some((minutes, rhythm)) = terms.included else { return 0 };
    let period = Period::around(row.done_on, rhythm);
    if used.0 != Some(period) {
        *used = (Some(period), 0);
    }
    let limit = i64::from(minutes);
    let before = used.1.min(limit);
    used.1 += row.spent;
    used.1.min(limit) - before
}

/// Hours at their price, rounded once, and the agreed prices; `None` where something has no price, or prices are in
/// several currencies.
fn net(beyond: i64, agreed: &[Money], terms: &Terms) -> Option<Money> {
    let minutes = u32::try_from(beyond.max(0)).ok()?;
    let hours = terms.price.as_ref().map(|price| price.for_minutes(minutes));
    if hours.is_none() && minutes > 0 {
        return None;
    }
    let mut parts = hours.into_iter().chain(agreed.iter().cloned());
    let first = parts.next()?;
    parts.try_fold(first, |sum, part| {
        let same = sum.currency == part.currency;
        same.then(|| Money { cents: sum.cents.saturating_add(part.cents), currency: sum.currency.clone() })
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::super::row::Agreed;
    use super::*;
    use crate::domain::people::AgentId;

    fn euros(cents: i64) -> Money {
        Money { cents, currency: "EUR".to_owned() }
    }

    fn row(month: i8, day: i8, spent: i64) -> Row {
        Row {
            number: 1,
            row: 1,
            corrects: None,
            at: "2026-01-01T00:00:00Z".parse().expect("an instant"),
            requested_on: date(2026, 1, 1),
            client: String::new(),
            contact: String::new(),
            problem: String::new(),
            agent: AgentId("petr".to_owned()),
            consultant: "Petr".to_owned(),
            done_on: date(2026, month, day),
            spent,
            mode: String::new(),
            work: String::new(),
            agreed: None,
        }
    }

    fn days(from: (i8, i8), to: (i8, i8)) -> Period {
        Period { from: date(2026, from.0, from.1), to: date(2026, to.0, to.1) }
    }

    fn contract(minutes: u32, rhythm: Rhythm) -> Terms {
        Terms { included: Some((minutes, rhythm)), price: Some(euros(6_000)), vat_percent_hundredths: 2_100 }
    }

    #[test]
    fn hours_beyond_the_contract_are_reckoned_in_the_order_of_the_work() {
        let march = Period::month(2026, 3).expect("a month");
        let worked = || vec![row(2, 20, 200), row(3, 2, 100), row(3, 9, 150), row(3, 30, 20)];
        for (period, terms, spent, included, beyond, net) in [
            (march, contract(240, Rhythm::Month), 270, Some(240), 30, 3_000),
            (march, contract(240, Rhythm::Quarter), 270, Some(40), 230, 23_000),
            (march, contract(300, Rhythm::Month), 270, Some(270), 0, 0),
            (march, Terms { included: None, ..contract(0, Rhythm::Month) }, 270, None, 270, 27_000),
            (days((3, 9), (3, 31)), contract(240, Rhythm::Month), 170, Some(140), 30, 3_000),
            (days((2, 1), (3, 31)), contract(150, Rhythm::Month), 470, Some(300), 170, 17_000),
            (days((4, 1), (4, 30)), contract(150, Rhythm::Month), 0, Some(0), 0, 0),
        ] {
            let found = reckon(worked(), period, &terms);
            assert_eq!((found.spent, found.included, found.beyond), (spent, included, beyond), "{period:?}");
            assert_eq!(found.net, Some(euros(net)), "{period:?} {terms:?}");
        }
    }

    #[test]
    fn vat_is_rounded_half_up_from_the_sum() {
        let terms = Terms { included: None, price: Some(euros(7_000)), vat_percent_hundredths: 2_100 };
        let found = reckon(vec![row(5, 26, 30), row(5, 26, 75)], days((4, 1), (6, 30)), &terms);
        assert_eq!(found.net, Some(euros(12_250)));
        assert_eq!((found.vat, found.total), (Some(euros(2_573)), Some(euros(14_823))));
    }

    #[test]
    fn a_correction_takes_back_what_was_too_much() {
        let correction = Row { row: 2, corrects: Some(1), ..row(3, 2, -90) };
        let worked = vec![row(3, 2, 100), correction, row(3, 9, 50)];
        let found = reckon(worked, Period::month(2026, 3).expect("a month"), &contract(40, Rhythm::Month));
        assert_eq!((found.spent, found.included, found.beyond), (60, Some(40), 20));
    }

    #[test]
    fn an_agreed_price_stands_in_place_of_hours_and_is_charged_once() {
        let priced = |month, day, due| Row {
            agreed: Some(Agreed { price: euros(50_000), due }),
            ..row(month, day, 300)
        };
        let worked = || vec![priced(3, 2, true), row(3, 3, 30), priced(4, 2, false)];
        let terms = contract(0, Rhythm::Month);
        let march = reckon(worked(), Period::month(2026, 3).expect("a month"), &terms);
        assert_eq!((march.spent, march.beyond, march.net), (330, 30, Some(euros(53_000))));
        let april = reckon(worked(), Period::month(2026, 4).expect("a month"), &terms);
        assert_eq!((april.spent, april.beyond, april.net), (300, 0, Some(euros(0))));
    }

    #[test]
    fn what_has_no_price_comes_to_no_amount() {
        let unpriced = Terms { price: None, ..contract(10, Rhythm::Month) };
        let march = Period::month(2026, 3).expect("a month");
        assert_eq!(reckon(vec![row(3, 2, 30)], march, &unpriced).net, None);
        let crowns = Agreed { price: Money { cents: 1, currency: "CZK".to_owned() }, due: true };
        let mixed = vec![row(3, 2, 30), Row { agreed: Some(crowns), ..row(3, 3, 1) }];
        assert_eq!(
            reckon(mixed, march, &contract(0, Rhythm::Month)).total,
            None,
            "two currencies do not add up"
        );
    }

    #[test]
    fn the_rows_of_the_contracts_whole_period_are_needed() {
        let quarter = contract(10, Rhythm::Quarter);
        assert_eq!(quarter.reach(days((3, 9), (4, 2))), days((1, 1), (4, 2)));
        assert_eq!(contract(10, Rhythm::Month).reach(days((3, 9), (4, 2))), days((3, 1), (4, 2)));
        let all = Terms { included: None, ..quarter };
        assert_eq!(all.reach(days((3, 9), (4, 2))), days((3, 9), (4, 2)));
    }
}
