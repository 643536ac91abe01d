//! `desk.yaml`: the five desks of the requirements, and what the program does not do of them yet.

use maildesk::config::{Described, read_desk_yaml};

const SMALL: &str = "desk: small\naddress: support@desk.example.test\n\
                     agents: {ona: {name: Ona Onaitė, email: ona@desk.example.test}}\n";

#[test]
fn conversations_override_parts_of_their_desk() {
    let setup = serde_json::json!({"tell_closed": false, "time": {"required": true}});
    let text = format!("{SMALL}time: {{round: \"0:15\"}}\n");
    let Described { rules, .. } = read_desk_yaml("desk.yaml", &text, Some(&setup)).expect("a desk");
    assert!(!rules.autoclose.tell);
    assert!(rules.time.required);
    assert_eq!(rules.time.round_minutes, 15);
}

#[test]
fn words_for_off_are_plain_words_and_everything_wrong_has_its_line() {
    let text = format!(
        "{SMALL}urgent: off\nrating: {{on: off, low: 2}}\nautoclose: 3x\ncolour: blue\nvat: 21\nduplicates: off\n"
    );
    let problems = read_desk_yaml("desk.yaml", &text, None).expect_err("two problems");
    assert_eq!(
        problems.to_string(),
        "desk.yaml:6: autoclose: \"x\" in \"3x\" is no unit; the units are h and m for working time, \
         H for real hours, wd for working days, d for days\n\
         desk.yaml:7: colour: there is no such key"
    );
}

#[test]
fn what_has_no_effect_yet_is_said() {
    let text = format!("{SMALL}vat: 21\nduplicates: on\nseverity: {{high: {{respond: 2H, words: [fire]}}}}\n");
    let described = read_desk_yaml("desk.yaml", &text, None).expect("a desk");
    let keys: Vec<&str> = described.unsupported.iter().map(|u| u.key.as_str()).collect();
    assert_eq!(keys, ["vat", "duplicates", "severity.high.words"]);
    assert_eq!(
        described.unsupported[0].to_string(),
        "desk.yaml:4: vat: not acted on yet: nothing is billed"
    );
}

#[test]
fn a_broken_file_is_told_with_its_line() {
    let problems = read_desk_yaml("desk.yaml", "desk: [a\naddress: x\n", None).expect_err("a problem");
    assert_eq!(problems.0.len(), 1);
    assert!(problems.to_string().starts_with("desk.yaml:"), "{problems}");
}
