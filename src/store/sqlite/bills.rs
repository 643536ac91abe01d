//! Bills and their numbers.

use jiff::civil::Date;
use rusqlite::{Connection, Row, params};

use super::columns::{self, At};
use crate::domain::money::Money;
use crate::domain::period::Period;
use crate::domain::rules::DeskId;
use crate::store::{Bill, Result, StoreError};

pub(super) const NEXT_NUMBER: &str = "INSERT INTO bill_numbers (desk, last_number) VALUES (?1, 1)
    ON CONFLICT (desk) DO UPDATE SET last_number = last_number + 1 RETURNING last_number";
pub(super) const OVERLAPPING: &str = "SELECT 1 FROM bills WHERE desk = ?1 AND client = ?2
    AND last_day >= ?3 AND first_day <= ?4";
pub(super) const ADD: &str =
    "INSERT INTO bills (desk, number, client, first_day, last_day, minutes, net_cents,
    vat_cents, total_cents, currency, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
pub(super) const BILLS: &str = "SELECT number, client, first_day, last_day, minutes, net_cents, vat_cents,
    total_cents, currency, at FROM bills WHERE desk = ?1 ORDER BY number DESC LIMIT ?2";

pub(super) fn next_number(conn: &Connection, desk: &DeskId) -> Result<u32> {
    let given: i64 = conn.prepare_cached(NEXT_NUMBER)?.query_row([&**desk], |row| row.get(0))?;
    u32::try_from(given).map_err(|_| StoreError::Abandoned(format!("desk {desk} has no bill numbers left")))
}

pub(super) fn add(conn: &Connection, bill: &Bill) -> Result<bool> {
    let (first, last) = (bill.period.from.to_string(), bill.period.to.to_string());
    if conn.prepare_cached(OVERLAPPING)?.exists(params![&*bill.desk, bill.client, first, last])? {
        return Ok(false);
    }
    conn.prepare_cached(ADD)?.execute(params![
        &*bill.desk,
        bill.number,
        bill.client,
        first,
        last,
        bill.minutes,
        bill.net.cents,
        bill.vat.cents,
        bill.total.cents,
        bill.total.currency,
        At(bill.at)
    ])?;
    Ok(true)
}

fn day(text: &str) -> Result<Date> {
    text.parse().map_err(|_| StoreError::Corrupt(format!("{text:?} stands for a day of a bill")))
}

fn read(desk: &DeskId, row: &Row<'_>) -> Result<Bill> {
    let currency: String = row.get(8)?;
    let money =
        |column| -> Result<Money> { Ok(Money { cents: row.get(column)?, currency: currency.clone() }) };
    Ok(Bill {
        desk: desk.clone(),
        number: row.get(0)?,
        client: row.get(1)?,
        period: Period { from: day(&row.get::<_, String>(2)?)?, to: day(&row.get::<_, String>(3)?)? },
        minutes: row.get(4)?,
        net: money(5)?,
        vat: money(6)?,
        total: money(7)?,
        at: row.get::<_, At>(9)?.0,
    })
}

pub(super) fn bills(conn: &Connection, desk: &DeskId, limit: usize) -> Result<Vec<Bill>> {
    let mut statement = conn.prepare_cached(BILLS)?;
    let mut rows = statement.query(params![&**desk, columns::limit(limit)])?;
    let mut bills = Vec::new();
    while let Some(row) = rows.next()? {
        bills.push(read(desk, row)?);
    }
    Ok(bills)
}
