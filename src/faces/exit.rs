//! Exit codes, those of `sysexits.h`; the unit does not restart on [`USAGE`] and [`CONFIG`].

/// All went well.
pub const OK: u8 = 0;
/// What was asked is not so: a rehearsal that differs, a check that failed.
pub const DIFFERS: u8 = 1;
/// The command line makes no sense.
pub const USAGE: u8 = 64;
/// The mail will never be taken.
pub const MAIL: u8 = 65;
/// Nobody here has that address.
pub const NO_USER: u8 = 67;
/// A fault of the program itself.
pub const BUG: u8 = 70;
/// Another process holds the lock of the state directory.
pub const LOCKED: u8 = 73;
/// Reading or writing failed, or the database is damaged.
pub const IO: u8 = 74;
/// Not now; later it may work.
pub const TEMPORARY: u8 = 75;
/// A right is missing.
pub const PERMISSION: u8 = 77;
/// The configuration cannot be used.
pub const CONFIG: u8 = 78;
