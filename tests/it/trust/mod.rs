//! Whom the desk believes, told by the table `fixtures/trust.yaml`: whoever finds a trick that is not there adds a row.

mod table;

use table::{Case, Table, heard, is_staff};

/// What differs from the expectations of a row.
fn differences(table: &Table, case: &Case) -> Vec<String> {
    let mut house = table.house(case);
    let fate = house.take(&case.mail);
    let mut wrong = Vec::new();
    let mut differs = |what: &str, wanted: &str, found: &str| {
        wrong.push(format!("{what}: expected {wanted:?}, found {found:?}"));
    };
    if fate.trust != case.trust {
        differs("trust", &case.trust, fate.trust);
    }
    if fate.outcome != case.outcome {
        differs("outcome", &case.outcome, &fate.outcome);
    }
    if case.because.is_empty() || !fate.reason.contains(&case.because) {
        differs("because", &case.because, &fate.reason);
    }
    let mut wanted = case.hears.clone();
    wanted.sort();
    let found = heard(&fate.letters);
    if found != wanted {
        differs("hears", &wanted.join(", "), &found.join(", "));
    }
    for claim in &case.then {
        if let Err(found) = house.holds(claim) {
            differs("then", claim, &found);
        }
    }
    for fault in house.bench.faults() {
        differs("oracle", "", &fault);
    }
    for out in fate.letters.iter().filter(|out| !is_staff(out)) {
        for text in &case.silent {
            if out.read.text.contains(text.as_str()) || out.read.subject.contains(text.as_str()) {
                differs("silent", text, &format!("{} to {} says it", out.purpose, out.to));
            }
        }
    }
    wrong
}

#[test]
fn every_row_of_the_table_comes_true() {
    let table = Table::read();
    assert!(table.cases.len() >= 100, "only {} cases", table.cases.len());
    let mut wrong = Vec::new();
    for case in &table.cases {
        wrong.extend(differences(&table, case).into_iter().map(|what| format!("{}\n    {what}", case.name)));
    }
    assert!(wrong.is_empty(), "{} differences\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_row_has_a_name_of_its_own_and_every_house_is_used() {
    let table = Table::read();
    let mut names: Vec<&str> = table.cases.iter().map(|case| case.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), table.cases.len());
    for house in table.houses.keys() {
        assert!(table.cases.iter().any(|case| case.house == *house), "nobody comes to the house {house:?}");
    }
    assert!(table.cases.iter().all(|case| !case.rules.is_empty()));
}
