//! What SQLite's errors mean for going on.

use rusqlite::{Error, ErrorCode, ffi};

use crate::store::StoreError;

impl From<Error> for StoreError {
    fn from(error: Error) -> StoreError {
        let text = error.to_string();
        match &error {
            Error::SqliteFailure(failure, _) | Error::SqlInputError { error: failure, .. } => {
                of_code(failure.code, failure.extended_code, text)
            }
            // A value that is there and has not the type or form that was written.
            Error::FromSqlConversionFailure(..)
            | Error::IntegralValueOutOfRange(..)
            | Error::InvalidColumnType(..)
            | Error::Utf8Error(..) => StoreError::Corrupt(text),
            // A value of ours that cannot be written: this unit fails, others do not.
            Error::ToSqlConversionFailure(_) => StoreError::Abandoned(text),
            _ => StoreError::Unreachable(text),
        }
    }
}

/// SQLite's primary and extended result codes, <https://sqlite.org/rescode.html>.
fn of_code(code: ErrorCode, extended: i32, text: String) -> StoreError {
    if matches!(extended, ffi::SQLITE_IOERR_CORRUPTFS | ffi::SQLITE_IOERR_DATA) {
        return StoreError::Corrupt(text);
    }
    match code {
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::OperationInterrupted => {
            StoreError::Busy(text)
        }
        ErrorCode::DiskFull => StoreError::Full(text),
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => StoreError::Corrupt(text),
        ErrorCode::ConstraintViolation | ErrorCode::TooBig | ErrorCode::TypeMismatch => {
            StoreError::Abandoned(text)
        }
        _ => StoreError::Unreachable(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_of_sqlite_leads_to_one_way_to_go_on() {
        for (code, expected) in [
            (ffi::SQLITE_BUSY, "busy"),
            (ffi::SQLITE_BUSY_SNAPSHOT, "busy"),
            (ffi::SQLITE_LOCKED, "busy"),
            (ffi::SQLITE_FULL, "full"),
            (ffi::SQLITE_CORRUPT, "corrupt"),
            (ffi::SQLITE_CORRUPT_INDEX, "corrupt"),
            (ffi::SQLITE_NOTADB, "corrupt"),
            (ffi::SQLITE_IOERR_CORRUPTFS, "corrupt"),
            (ffi::SQLITE_IOERR_FSYNC, "unreachable"),
            (ffi::SQLITE_IOERR_WRITE, "unreachable"),
            (ffi::SQLITE_NOMEM, "unreachable"),
            (ffi::SQLITE_READONLY, "unreachable"),
            (ffi::SQLITE_CANTOPEN, "unreachable"),
            (ffi::SQLITE_CONSTRAINT_UNIQUE, "abandoned"),
            (ffi::SQLITE_CONSTRAINT_TRIGGER, "abandoned"),
            (ffi::SQLITE_TOOBIG, "abandoned"),
        ] {
            let kind = match StoreError::from(Error::SqliteFailure(ffi::Error::new(code), None)) {
                StoreError::Busy(_) => "busy",
                StoreError::Full(_) => "full",
                StoreError::Corrupt(_) => "corrupt",
                StoreError::Newer { .. } => "newer",
                StoreError::Unreachable(_) => "unreachable",
                StoreError::Abandoned(_) => "abandoned",
            };
            assert_eq!(kind, expected, "code {code}");
        }
    }
}
