//! Differences of two values as JSON merge patches (RFC 7396): what history keeps of every change.
//!
//! A merge patch cannot say `null`: there a member that is `null` is a member that is missing. Everything here
//! takes the two for the same, [`plain`] makes them so.

use serde::Serialize;
use serde_json::{Map, Value};

/// The patch that makes `after` out of `before`; an empty object where nothing differs.
pub fn diff(before: &Value, after: &Value) -> Value {
    let (Value::Object(old), Value::Object(new)) = (before, after) else {
        return plain(after);
    };
    let mut patch = Map::new();
    for (name, value) in present(new) {
        match old.get(name).filter(|o| !o.is_null()) {
            Some(before) if plain(before) == plain(value) => {}
            Some(before) => {
                patch.insert(name.clone(), diff(before, value));
            }
            None => {
                patch.insert(name.clone(), plain(value));
            }
        }
    }
    let kept = |name: &String| new.get(name).is_some_and(|v| !v.is_null());
    for (name, _) in present(old).filter(|(name, _)| !kept(name)) {
        patch.insert(name.clone(), Value::Null);
    }
    Value::Object(patch)
}

/// Applies a patch (RFC 7396, section 2).
pub fn apply(target: &mut Value, patch: &Value) {
    let Value::Object(members) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(object) = target else { return };
    for (name, value) in members {
        if value.is_null() {
            object.remove(name);
        } else {
            apply(object.entry(name).or_insert(Value::Null), value);
        }
    }
}

/// The patch from one value of ours to the next; the whole of it where there was none before.
///
/// # Panics
/// When `T` cannot be written as JSON, which the types of this floor can.
pub fn change<T: Serialize>(before: Option<&T>, after: &T) -> Value {
    let value = |t: &T| serde_json::to_value(t).expect("values of the domain can be written as JSON");
    diff(&before.map_or(Value::Null, value), &value(after))
}

/// What all patches together make out of nothing, oldest first.
pub fn fold<'a>(patches: impl IntoIterator<Item = &'a Value>) -> Value {
    let mut whole = Value::Null;
    patches.into_iter().for_each(|patch| apply(&mut whole, patch));
    whole
}

/// The value without members that are `null`. Elements of arrays stay as they are: patches replace arrays whole.
pub fn plain(value: &Value) -> Value {
    match value {
        Value::Object(members) => present(members).map(|(n, v)| (n.clone(), plain(v))).collect(),
        other => other.clone(),
    }
}

fn present(members: &Map<String, Value>) -> impl Iterator<Item = (&String, &Value)> {
    members.iter().filter(|(_, value)| !value.is_null())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_change_is_as_small_as_what_changed() {
        for (before, after, expected) in [
            (json!({"a": 1, "b": 2}), json!({"a": 1, "b": 3}), json!({"b": 3})),
            (json!({"a": 1}), json!({"a": 1}), json!({})),
            (json!({"a": 1, "b": 2}), json!({"a": 1}), json!({"b": null})),
            (json!({"a": {"x": 1, "y": 2}}), json!({"a": {"x": 1}}), json!({"a": {"y": null}})),
            (json!({"a": [1, 2]}), json!({"a": [1, 3]}), json!({"a": [1, 3]})),
            (json!({"a": 1}), json!({"a": {"x": null}}), json!({"a": {}})),
            (json!({"a": null}), json!({}), json!({})),
            (json!(null), json!({"a": {"x": 1, "y": null}}), json!({"a": {"x": 1}})),
        ] {
            assert_eq!(diff(&before, &after), expected, "{before} to {after}");
        }
    }

    /// The cases of RFC 7396, appendix A.
    #[test]
    fn the_examples_of_rfc_7396_hold() {
        for (original, patch, expected) in [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
            (json!({"a": "b"}), json!({"a": null}), json!({})),
            (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "c"}), json!({"a": ["b"]}), json!({"a": ["b"]})),
            (json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}})),
            (json!({"a": [{"b": "c"}]}), json!({"a": [1]}), json!({"a": [1]})),
            (json!(["a", "b"]), json!(["c", "d"]), json!(["c", "d"])),
            (json!({"a": "b"}), json!(["c"]), json!(["c"])),
            (json!({"a": "foo"}), json!(null), json!(null)),
            (json!({"a": "foo"}), json!("bar"), json!("bar")),
            (json!({"e": null}), json!({"a": 1}), json!({"e": null, "a": 1})),
            (json!([1, 2]), json!({"a": "b", "c": null}), json!({"a": "b"})),
            (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
        ] {
            let mut value = original.clone();
            apply(&mut value, &patch);
            assert_eq!(value, expected, "{patch} on {original}");
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "[aąя]{0,2}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::btree_map("[abc]", inner, 0..4)
                    .prop_map(|m| m.into_iter().collect::<Map<_, _>>().into()),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_difference_applied_gives_the_later_value(before in any_json(), after in any_json()) {
            let mut value = before.clone();
            apply(&mut value, &diff(&before, &after));
            prop_assert_eq!(plain(&value), plain(&after));
        }

        #[test]
        fn all_changes_folded_give_the_last_value(values in prop::collection::vec(any_json(), 1..6)) {
            let mut patches = vec![diff(&Value::Null, &values[0])];
            patches.extend(values.windows(2).map(|pair| diff(&pair[0], &pair[1])));
            prop_assert_eq!(plain(&fold(&patches)), plain(&values[values.len() - 1]));
        }

        #[test]
        fn no_change_is_an_empty_patch(value in any_json()) {
            let patch = diff(&value, &value);
            prop_assert_eq!(patch == Value::Object(Map::new()), value.is_object());
        }
    }
}
