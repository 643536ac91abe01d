//! What a step gave back against what it was to give.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{fits, one_blank};

/// Compares by key. Where a list is wanted, each of its texts is to be contained (`contains`) or to be the name of
/// one (`files`; `*` matches anything); amounts are compared as numbers.
pub fn result(wanted: &BTreeMap<String, Value>, is: &BTreeMap<String, Value>) -> Vec<String> {
    let mut differences = Vec::new();
    for (key, wanted) in wanted {
        let is = is.get(key).unwrap_or(&Value::Null);
        let same = match (wanted, is) {
            (Value::Array(wanted), Value::Array(names)) => {
                let missing: Vec<&Value> =
                    wanted.iter().filter(|w| !names.iter().any(|n| named(w, n))).collect();
                missing.is_empty()
            }
            (Value::Array(wanted), Value::String(text)) => {
                let text = one_blank(text);
                wanted.iter().all(|w| w.as_str().is_some_and(|w| text.contains(&one_blank(w))))
            }
            (Value::Number(a), Value::Number(b)) => {
                a.as_f64().zip(b.as_f64()).is_some_and(|(a, b)| (a - b).abs() < 0.005)
            }
            (wanted, is) => wanted == is,
        };
        if !same {
            differences.push(format!("result: {key} is {is}, not {wanted}"));
        }
    }
    differences
}

fn named(pattern: &Value, name: &Value) -> bool {
    pattern.as_str().zip(name.as_str()).is_some_and(|(pattern, name)| fits(pattern, name))
}
