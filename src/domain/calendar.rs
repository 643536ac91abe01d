//! Working hours, holidays, zones.
/// When a desk works.
#[derive(Clone, Debug)]
pub struct Calendar;
