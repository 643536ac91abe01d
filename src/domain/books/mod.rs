//! The books: what was worked for whom, what of it is paid for, and how well the desk keeps its promises.

pub mod csv;
mod reckon;
mod report;
mod row;

pub use reckon::{Reckoning, Terms, reckon};
pub use report::{Figures, Group, Measure, Pending, Promised, Quantiles, Report, report};
pub use row::{Row, entered, rows, spent};
