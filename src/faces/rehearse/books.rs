//! Steps of a conversation about the books: the billing run, and the export of a case.

use serde_json::{Value, json};

use super::acts::{Refused, id, refused};
use super::conversation::{Bill, Export, Step};
use super::expect;
use super::play::{Player, Scene};
use super::stage::Stage;
use crate::desk::bill::bill;
use crate::desk::export;
use crate::desk::statement::reckoning;
use crate::domain::money::Money;
use crate::domain::period::Period;
use crate::domain::ticket::Number;
use crate::store::{self, Result};
use crate::words::when::duration;

impl Player<'_> {
    pub(super) fn bill(&mut self, step: &Step, bill: &Bill, scene: &mut Scene) -> Refused {
        let month = bill.month.as_deref().and_then(Period::parse);
        let quarter = bill.quarter.as_deref().and_then(|text| {
            let (year, quarter) = text.split_once('-')?;
            Period::quarter(year.parse().ok()?, quarter.trim_start_matches('Q').parse().ok()?)
        });
        let Some(period) = month.or(quarter) else {
            return Ok(Some("bill: a month (2026-02) or a quarter (2026-1) is wanted".to_owned()));
        };
        scene.what = format!("the operator bills {}", period.name());
        let bills = match refused(self.stage.bill(period, &id(step)))? {
            Ok(bills) => bills,
            Err(why) => return Ok(Some(why)),
        };
        scene.result.insert("invoices".to_owned(), json!(bills.len()));
        let amount = |money: &Money| json!(money.cents as f64 / 100.0);
        for (bill, spent) in &bills {
            let client = self.desk.rules.clients.of_code(&bill.client).map(|client| client.name.clone());
            for (key, value) in [
                ("client", json!(client)),
                ("spent", json!(duration(*spent))),
                ("net", amount(&bill.net)),
                ("vat", amount(&bill.vat)),
                ("total", amount(&bill.total)),
            ] {
                scene.result.insert(key.to_owned(), value);
            }
        }
        Ok(None)
    }

    pub(super) fn export(&mut self, export: &Export, scene: &mut Scene) -> Refused {
        scene.what = format!("{} is exported", export.ticket);
        let Some(number) = expect::number(&export.ticket, &self.desk.rules) else {
            return Ok(Some(format!("{} is no number of this desk", export.ticket)));
        };
        let (text, files) = match refused(self.stage.export(number))? {
            Ok(exported) => exported,
            Err(why) => return Ok(Some(why)),
        };
        let name = |path: &String| path.rsplit('/').next().unwrap_or(path).to_owned();
        let names: Vec<Value> = files.iter().map(|path| json!(name(path))).collect();
        scene.result.insert("contains".to_owned(), json!(text));
        scene.result.insert("files".to_owned(), json!(names));
        Ok(None)
    }
}

impl Stage<'_> {
    /// The billing run: what was billed by it, each with all minutes of the client's period.
    ///
    /// # Errors
    /// `Abandoned` with the reason when the period cannot be billed; the store's.
    pub fn bill(&mut self, period: Period, id: &str) -> Result<Vec<(store::Bill, i64)>> {
        self.run(|tx, desk, now| bill(tx, desk, period, false, id, now))?;
        // Asked anew: after a fault between commit and answer the run is repeated, and bills nobody twice.
        let bills = self.run(|tx, desk, now| {
            let mut bills = Vec::new();
            for bill in tx.bills(desk.id(), 0)?.into_iter().filter(|bill| bill.at == now) {
                let Some(client) = desk.rules.clients.of_code(&bill.client) else { continue };
                let spent = reckoning(tx, &desk.rules, client, bill.period)?.spent;
                bills.push((bill, spent));
            }
            Ok(bills)
        })?;
        self.settle().map(|()| bills)
    }

    /// A case as its readable text and the paths of its files.
    ///
    /// # Errors
    /// `Abandoned` when there is no such ticket; the store's.
    pub fn export(&mut self, number: Number) -> Result<(String, Vec<String>)> {
        self.run(|tx, desk, _| {
            let mut files = Vec::new();
            let text = export::ticket(tx, &desk.rules, number, &mut |path, _| {
                files.push(path.to_owned());
                Ok(())
            })?;
            Ok((text, files))
        })
    }
}
