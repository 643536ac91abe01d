//! `desk.yaml`: the five desks of the requirements, and what the program does not do of them yet.

use std::collections::BTreeMap;

use maildesk::config::{Described, load, read_desk_yaml};

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
    let text =
        format!("{SMALL}vat: 21\nduplicates: on\nseverity: {{high: {{respond: 2H, words: [fire]}}}}\n");
    let described = read_desk_yaml("desk.yaml", &text, None).expect("a desk");
    let keys: Vec<&str> = described.unsupported.iter().map(|u| u.key.as_str()).collect();
    assert_eq!(keys, ["vat", "duplicates", "severity.high.words"]);
    assert_eq!(described.unsupported[0].to_string(), "desk.yaml:4: vat: not acted on yet: nothing is billed");
}

#[test]
fn a_broken_file_is_told_with_its_line() {
    let problems = read_desk_yaml("desk.yaml", "desk: [a\naddress: x\n", None).expect_err("a problem");
    assert_eq!(problems.0.len(), 1);
    assert!(problems.to_string().starts_with("desk.yaml:"), "{problems}");
}

fn desk(name: &str) -> String {
    let path = format!("fixtures/conversations/{name}/desk.yaml");
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn the_five_desks_are_read_and_say_what_is_not_done_yet() {
    for (name, agents, lacking) in [
        (
            "steko",
            4,
            "missing missing_expires types rating vat statement clients[1].contract.period clients[1].contract.price_beyond \
             clients[1].contract.billing clients[2].billing",
        ),
        (
            "smarttek",
            5,
            "phones faq_url types type_words severity.critical.words urgent.means rating duplicates extract \
             notify_new",
        ),
        ("stekspb", 4, "rating duplicates"),
        (
            "softech",
            3,
            "identify extract text_limit types type_words communication_address urgent.means offer rating \
             clients[1].contract.price clients[2].contract.price",
        ),
        (
            "siuntos",
            3,
            "faq_url types rating duplicates same_matter_over_channels extract duplicates_quiet faq",
        ),
    ] {
        let described =
            read_desk_yaml("desk.yaml", &desk(name), None).unwrap_or_else(|p| panic!("{name}:\n{p}"));
        assert_eq!((&*described.rules.desk, described.rules.agents.len()), (name, agents));
        let said: Vec<&str> = described.unsupported.iter().map(|u| u.key.as_str()).collect();
        assert_eq!(said.join(" "), lacking, "{name}");
    }
}

/// The description as the operator would write it: TOML, without what has no effect.
fn as_toml(text: &str, described: &Described) -> String {
    let options = serde_saphyr::options! { strict_booleans: true };
    let mut desk: serde_json::Value = serde_saphyr::from_str_with_options(text, options).expect("YAML");
    for lacking in &described.unsupported {
        let pointer = lacking.key.replace(['.', '['], "/").replace(']', "");
        let mut steps: Vec<String> = pointer.split('/').map(str::to_owned).collect();
        let last = steps.pop().expect("a key");
        let mut inner = &mut desk;
        for step in steps {
            inner = match step.parse::<usize>() {
                Ok(n) => &mut inner[n - 1],
                Err(_) => &mut inner[step],
            };
        }
        inner.as_object_mut().expect("a table").remove(&last);
    }
    for client in desk["clients"].as_array_mut().expect("clients") {
        client.as_object_mut().expect("a client").retain(|_, value| !value.is_null());
    }
    let desk_table = desk.as_object_mut().expect("a table");
    let id = desk_table.remove("desk").expect("a name");
    desk_table.insert("id".into(), id);
    desk_table.insert("reply_delay_seconds".into(), 0.into());
    desk_table.insert("hold_collision".into(), false.into());
    if let Some(limit) = desk_table.remove("attachment_limit") {
        desk_table.insert("limits".into(), serde_json::json!({ "attachment": limit }));
    }
    let mailbox = serde_json::json!({"host": "localhost", "user": "desk", "password": "none"});
    toml::to_string(&serde_json::json!({"mailbox": mailbox, "desk": desk})).expect("TOML")
}

#[test]
fn a_desk_means_the_same_in_yaml_and_in_toml() {
    // smarttek tells addresses by team and ties urgency to a severity, which the operator's file refuses.
    for name in ["steko", "stekspb", "softech", "siuntos"] {
        let text = desk(name);
        let described = read_desk_yaml("desk.yaml", &text, None).expect("a desk");
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("maildesk.toml");
        std::fs::write(&path, as_toml(&text, &described)).expect("a file");
        let loaded = load(&[path], &BTreeMap::new()).unwrap_or_else(|p| panic!("{name}:\n{p}"));
        let mut rules = loaded.settings.desks.into_iter().next().expect("a desk");
        // The agents' order in a file written by a program is by name.
        let mut expected = described.rules;
        rules.agents.sort_by(|a, b| a.id.cmp(&b.id));
        expected.agents.sort_by(|a, b| a.id.cmp(&b.id));
        assert_eq!(format!("{rules:#?}"), format!("{expected:#?}"), "{name}");
    }
}

#[test]
fn a_promise_by_contract_is_none_of_the_severity() {
    let rules = read_desk_yaml("desk.yaml", &desk("stekspb"), None).expect("a desk").rules;
    let normal = &rules.severities["normal"];
    assert_eq!(normal.respond.map(|span| span.to_string()), Some("2h".into()));
    assert_eq!(normal.resolve, None);
    assert_eq!(rules.contract_resolve["Премиум"].to_string(), "4h");
    let urgent = rules.urgent.expect("urgent");
    assert_eq!(urgent.promise.respond.map(|span| span.to_string()), Some("0.25H".into()));
    assert!(urgent.off_hours_escalate);
}

#[test]
fn urgent_that_means_a_severity_has_its_promise() {
    let rules = read_desk_yaml("desk.yaml", &desk("smarttek"), None).expect("a desk").rules;
    assert_eq!(rules.urgent.expect("urgent").promise, rules.severities["critical"]);
    let told: Vec<&str> = rules.notify_new.iter().map(|a| a.local()).collect();
    assert_eq!(told, ["helpdesk", "tech", "liga"]);
}
