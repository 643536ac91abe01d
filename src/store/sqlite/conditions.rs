//! Lists by filter: conditions that are there only when they are asked for.

use rusqlite::types::ToSql;

use super::columns;

/// Conditions and their values, joined by AND.
#[derive(Default)]
pub(super) struct Conditions<'a> {
    texts: Vec<&'static str>,
    values: Vec<Box<dyn ToSql + 'a>>,
}

impl<'a> Conditions<'a> {
    /// One condition with one value at its `?`.
    pub(super) fn add(&mut self, text: &'static str, value: impl ToSql + 'a) {
        self.texts.push(text);
        self.values.push(Box::new(value));
    }

    /// One condition with several values.
    pub(super) fn add_all(
        &mut self,
        text: &'static str,
        values: impl IntoIterator<Item = Box<dyn ToSql + 'a>>,
    ) {
        self.texts.push(text);
        self.values.extend(values);
    }

    /// The statement: what to select, the conditions, order and limit.
    pub(super) fn statement(&self, select: &str, order: &str, limit: usize) -> String {
        let before = if self.texts.is_empty() { "" } else { " WHERE " };
        let texts = self.texts.join(" AND ");
        format!("{select}{before}{texts} ORDER BY {order} LIMIT {}", columns::limit(limit))
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &dyn ToSql> {
        self.values.iter().map(|v| &**v)
    }
}
