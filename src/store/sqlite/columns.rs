//! How values of ours lie in columns.

use jiff::Timestamp;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use serde::{Serialize, de::DeserializeOwned};

use crate::domain::address::Address;
use crate::domain::hash::Hash;
use crate::domain::ticket::{Number, TicketKey};
use crate::store::{DeliveryState, Outcome, Result, StoreError};

/// An instant as nanoseconds since 1970 UTC. Those before 1677 or after 2262 are kept as the nearest that fits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct At(pub Timestamp);

impl At {
    pub(super) fn nanoseconds(self) -> i64 {
        let exact = self.0.as_nanosecond();
        i64::try_from(exact).unwrap_or(if exact < 0 { i64::MIN } else { i64::MAX })
    }
}

impl ToSql for At {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.nanoseconds().into())
    }
}

impl FromSql for At {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<At> {
        let nanoseconds = i128::from(value.as_i64()?);
        let at = Timestamp::from_nanosecond(nanoseconds).map_err(|e| FromSqlError::Other(e.into()))?;
        Ok(At(at))
    }
}

/// A hash as 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct HashColumn(pub Hash);

impl ToSql for HashColumn {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Blob(&self.0.0)))
    }
}

impl FromSql for HashColumn {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<HashColumn> {
        let bytes = value.as_blob()?;
        let size = || FromSqlError::InvalidBlobSize { expected_size: 32, blob_size: bytes.len() };
        Ok(HashColumn(Hash(bytes.try_into().map_err(|_| size())?)))
    }
}

/// A value written as JSON.
pub(super) fn json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|e| StoreError::Abandoned(format!("cannot be written as JSON: {e}")))
}

/// A value read from JSON; what cannot be read is damage.
pub(super) fn read_json<T: DeserializeOwned>(what: &str, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|e| StoreError::Corrupt(format!("{what} cannot be read: {e}")))
}

/// The ticket that two columns name.
pub(super) fn key(desk: Option<String>, number: Option<Number>) -> Option<TicketKey> {
    Some(TicketKey { desk: desk?.into(), number: number? })
}

/// Desk and number of a ticket for two columns.
pub(super) fn of_key(key: Option<&TicketKey>) -> (Option<&str>, Option<Number>) {
    (key.map(|k| &*k.desk), key.map(|k| k.number))
}

/// An address that was written as one.
pub(super) fn address(text: &str) -> Result<Address> {
    Address::parse(text).ok_or_else(|| StoreError::Corrupt(format!("{text:?} stands for an address")))
}

/// An outcome and what its columns say.
pub(super) fn outcome(doc: &str) -> Result<Outcome> {
    read_json("an outcome", doc)
}

/// The state that a word stands for.
pub(super) fn state(word: &str) -> Result<DeliveryState> {
    DeliveryState::ALL
        .into_iter()
        .find(|s| s.word() == word)
        .ok_or_else(|| StoreError::Corrupt(format!("{word:?} stands for the state of a delivery")))
}

/// A limit for SQL, where 0 means none.
pub(super) fn limit(limit: usize) -> i64 {
    match limit {
        0 => -1,
        n => i64::try_from(n).unwrap_or(-1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_keeps_its_nanoseconds_and_an_impossible_one_its_order() {
        for (text, expected) in [
            ("2026-03-29T01:00:00.123456789Z", 1_774_746_000_123_456_789),
            ("1969-12-31T23:59:59.999999999Z", -1),
            ("0001-01-01T00:00:00Z", i64::MIN),
            ("9999-12-30T00:00:00Z", i64::MAX),
        ] {
            let at: Timestamp = text.parse().expect("an instant");
            assert_eq!(At(at).nanoseconds(), expected, "{text}");
        }
    }
}
