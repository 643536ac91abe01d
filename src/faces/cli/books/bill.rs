//! `maildesk bill`: pro-forma invoices of a month or a quarter.

use clap::Args;
use serde::Serialize;

use super::lines::amount;
use super::period;
use crate::daemon::control::{Answer, Order};
use crate::desk::bill::{addressee, owed};
use crate::domain::period::Period;
use crate::domain::rules::Rules;
use crate::faces::cli::Common;
use crate::faces::cli::daemon::misunderstood;
use crate::faces::cli::failure::Failure;
use crate::faces::cli::office::Office;
use crate::faces::cli::page::Page;
use crate::faces::exit;
use crate::store::Bill;
use crate::words::when::duration;

#[derive(Debug, Args)]
#[command(after_help = "\
A client is billed by the month or by the quarter, as the configuration says; a month bills the monthly ones only. Who
was billed for a period is not billed for it again, and who has nothing to pay gets no letter. The exit code is 1
where somebody has to pay and has no address, or one from which mail comes back.

Examples:
  maildesk bill 2026-02 --dry-run
  maildesk bill 2026-Q1
  maildesk bill --list")]
pub struct BillArgs {
    /// 2026-02 or 2026-Q1
    #[arg(value_parser = period, required_unless_present = "list")]
    period: Option<Period>,
    /// Only say who would be billed for what
    #[arg(long)]
    dry_run: bool,
    /// Bills that were written, newest first
    #[arg(long, conflicts_with_all = ["period", "dry_run"])]
    list: bool,
    /// The desk, where there are several
    #[arg(long, value_name = "NAME")]
    desk: Option<String>,
}

#[derive(Serialize)]
struct BillLine {
    #[serde(flatten)]
    bill: Bill,
    name: String,
    /// Where it went, or would go; `None`: nowhere.
    to: Option<String>,
}

/// Bills.
///
/// # Errors
/// The period is not over or is none, or nobody can write.
pub fn run(common: &Common, args: &BillArgs) -> Result<Page, Failure> {
    let office = Office::open(common)?;
    let rules = office.desk(args.desk.as_deref())?;
    let Some(period) = args.period else {
        return Ok(page(rules, office.read(|tx| tx.bills(&rules.desk, 0))?));
    };
    let mut bills = Vec::new();
    if !args.dry_run {
        let order = Order::Bill { desk: rules.desk.to_string(), period };
        let Answer::Bills { bills: written } = office.give(&order)? else { return Err(misunderstood()) };
        bills = written;
    }
    // After the run: whoever could not be billed.
    let owed = office.read(|tx| owed(tx, rules, period, office.now()))?;
    let lost = owed.iter().any(|bill| !args.dry_run || address(rules, bill).is_none());
    bills.extend(owed);
    Ok(page(rules, bills).with_code(if lost { exit::DIFFERS } else { exit::OK }))
}

fn address(rules: &Rules, bill: &Bill) -> Option<String> {
    let client = rules.clients.of_code(&bill.client)?;
    addressee(client).map(|mailbox| mailbox.address.to_string())
}

fn page(rules: &Rules, bills: Vec<Bill>) -> Page {
    let lines: Vec<BillLine> = bills
        .into_iter()
        .map(|bill| BillLine {
            name: rules.clients.of_code(&bill.client).map_or_else(|| bill.client.clone(), |c| c.name.clone()),
            to: address(rules, &bill),
            bill,
        })
        .collect();
    let heads = ["number", "client", "period", "billed time", "net", "VAT", "total", "to"];
    Page::rows(&lines, "nothing to bill", &heads, |line| {
        let bill = &line.bill;
        vec![
            if bill.number == 0 { "-".to_owned() } else { bill.number.to_string() },
            line.name.clone(),
            bill.period.name(),
            duration(i64::from(bill.minutes)),
            amount(&bill.net),
            amount(&bill.vat),
            amount(&bill.total),
            line.to.clone().unwrap_or_else(|| "no address: not billed".to_owned()),
        ]
    })
}
