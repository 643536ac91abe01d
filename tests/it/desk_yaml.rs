//! `desk.yaml`: the five desks of the requirements.

use maildesk::config::{Described, read_desk_yaml};
use maildesk::domain::fields::Check;
use maildesk::domain::kinds::Means;
use maildesk::domain::rules::{Missing, Queue};

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
    let text = format!("{SMALL}vat: 21\nduplicates: on\nreopen_sla: continue\n");
    let described = read_desk_yaml("desk.yaml", &text, None).expect("a desk");
    let said: Vec<String> = described.unsupported.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        ["desk.yaml:6: reopen_sla: not acted on yet: clocks start afresh when a ticket is reopened"]
    );
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
fn the_five_desks_are_read_and_nothing_of_them_is_left_out() {
    for (name, agents, types, otherwise) in [
        ("steko", 4, 4, Some("question")),
        ("smarttek", 5, 5, Some("consultation")),
        ("stekspb", 4, 0, None),
        ("softech", 3, 10, Some("other")),
        ("siuntos", 3, 5, Some("question")),
    ] {
        let described =
            read_desk_yaml("desk.yaml", &desk(name), None).unwrap_or_else(|p| panic!("{name}:\n{p}"));
        let rules = &described.rules;
        assert_eq!((&*rules.desk, rules.agents.len(), rules.types.all.len()), (name, agents, types));
        assert_eq!(rules.types.otherwise().map(|kind| kind.name.as_str()), otherwise, "{name}");
        assert_eq!(described.unsupported, [], "{name}");
    }
}

#[test]
fn a_conversation_switches_off_what_other_keys_belong_to() {
    let setup = serde_json::json!({"missing": "ask", "duplicates": "off", "offer": "off"});
    for name in ["steko", "siuntos", "softech"] {
        let rules = read_desk_yaml("desk.yaml", &desk(name), Some(&setup)).expect(name).rules;
        assert_eq!((rules.missing, rules.duplicates, rules.offer_valid), (Missing::Ask, None, None));
    }
}

#[test]
fn words_of_types_are_looked_for_in_the_order_of_the_list() {
    let rules = read_desk_yaml("desk.yaml", &desk("smarttek"), None).expect("a desk").rules;
    let order: Vec<&str> = rules.types.looked_for.iter().map(|n| &*rules.types.all[*n].name).collect();
    assert_eq!(order, ["training", "accounting", "contract", "incident"]);
    assert_eq!(rules.types.get("incident").and_then(|kind| kind.team.as_deref()), Some("tech"));
    let rules = read_desk_yaml("desk.yaml", &desk("siuntos"), None).expect("a desk").rules;
    let order: Vec<&str> = rules.types.looked_for.iter().map(|n| &*rules.types.all[*n].name).collect();
    assert_eq!(order, ["late", "readdress", "contacts", "number"]);
    let near: Vec<&str> = rules.extract[1].near.keys().map(String::as_str).collect();
    assert_eq!((&*rules.extract[1].field, near), ("phone", vec!["receiver_phone", "sender_phone"]));
    assert_eq!((rules.extract[0].check, rules.queue), (Check::S10, Queue::Fifo));
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
    let urgent = rules.urgent.expect("urgent");
    assert_eq!(urgent.promise, rules.severities["critical"]);
    assert_eq!(urgent.means, Some(Means::Severity("critical".into())));
    let told: Vec<&str> = rules.notify_teams.values().flatten().map(|a| a.local()).collect();
    assert_eq!((told, rules.notify_new), (vec!["liga", "helpdesk", "tech"], vec![]));
}
