//! Working hours, holidays, zones.
