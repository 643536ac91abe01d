//! Clients and agents from tables beside the configuration.

use std::fs;

use super::{DESK, Folder, NOBODY};

fn folder() -> Folder {
    let desk = DESK.replace("[desk]", "[desk]\nclients_file = \"clients.csv\"\nagents_file = \"agents.csv\"");
    let folder = Folder::with(&format!("{desk}{NOBODY}"));
    fs::write(folder.path("agents.csv"), "id,name,email\n").expect("a file");
    folder
}

const TABLE: &str = "\
Code;Name;Domains;Contract;Contract_email;Hours;Price_beyond;Contact;Email;Phone;Statement
301;UAB „Upė“;upe.example;A-17;office@upe.example;4:00;60 EUR;Ona Onaitė;ona@upe.example;+370 600 00001;yes
301;;;;;;;Jānis Bērziņš;janis@upe.example;;
302;MB Krantas;;;;;;Olga;olga@krantas.example;;no
";

fn imported() -> Folder {
    let folder = folder();
    fs::write(folder.path("export.csv"), format!("\u{feff}{TABLE}")).expect("a file");
    let file = folder.path("export.csv").display().to_string();
    let run = folder.run(&["client", "import", &file, "--dry-run"]).ok();
    assert_eq!(run, "2 added, 0 replaced\n");
    assert!(!folder.path("clients.csv").exists(), "a dry run writes nothing");
    assert_eq!(folder.run(&["client", "import", &file]).ok(), "2 added, 0 replaced\n");
    folder
}

#[test]
fn a_table_makes_clients_of_the_configuration() {
    let folder = imported();
    let clients = folder.json(&["client", "list"]);
    assert_eq!(clients.as_array().map(Vec::len), Some(2));
    let upe = &clients[0];
    assert_eq!((&upe["code"], &upe["contract"]["included"]), (&"301".into(), &"4:00".into()));
    assert_eq!(
        (&upe["contacts"][0]["phone"], &upe["contacts"][0]["statement"]),
        (&"+370 600 00001".into(), &true.into())
    );
    assert_eq!(upe["contacts"][1]["name"], "Jānis Bērziņš");
    assert_eq!(clients[1]["contacts"][0]["statement"], false);
    let settings = folder.settings();
    assert_eq!(settings.desks[0].clients.iter().count(), 2, "the daemon reads the same");
}

#[test]
fn rows_are_replaced_client_by_client() {
    let folder = imported();
    let input = "code,name,contact,email\n302,MB Krantas,Petr,petr@krantas.example\n";
    assert_eq!(folder.run_with(&["client", "import", "-"], input).ok(), "0 added, 1 replaced\n");
    assert_eq!(folder.run_with(&["client", "import", "-"], input).ok(), "0 added, 0 replaced\n");
    let words = [
        "client",
        "add",
        "303",
        "Nauja, UAB",
        "--domain",
        "nauja.example",
        "--contact",
        "Ona <o@nauja.example>",
    ];
    assert_eq!(folder.run(&words).ok(), "1 added, 0 replaced\n");
    let clients = folder.json(&["client", "list"]);
    let names: Vec<_> = clients.as_array().expect("a list").iter().map(|c| c["name"].clone()).collect();
    assert_eq!(names, ["UAB „Upė“", "MB Krantas", "Nauja, UAB"]);
    assert_eq!(clients[1]["contacts"][0]["name"], "Petr");
    let (code, said) = folder.run(&words).failed();
    assert!(code == 1 && said.contains("303 is there already"), "{code} {said}");
}

#[test]
fn what_would_not_hold_is_not_written() {
    let folder = imported();
    let before = fs::read(folder.path("clients.csv")).expect("read");
    for (table, code, said) in [
        ("code,name,email,contact\n309,X,ona@upe.example,Ona\n", 78, "clients.csv:5"),
        ("code,name,domains\n309,X,gmail.com\n", 78, "everybody's"),
        ("code,name,hours\n309,X,4:00\n", 78, "belongs to a contract"),
        ("code,name,statement,contact,email\n309,X,maybe,Ona,o@x.example\n", 78, "write yes or no"),
        ("code,name,contact,email\n309,X,Ona,o@x.example\n309,Y,Petr,p@x.example\n", 78, "first row"),
        ("code,nom\n309,X\n", 64, "\"nom\" is no column"),
        ("code,name\n,X\n", 64, "has no code"),
        ("code,name\n1,\"X\n", 64, "not closed"),
    ] {
        let run = folder.run_with(&["client", "import", "-"], table);
        assert_eq!(run.code, code, "{table}: {}", run.err);
        assert!(run.err.contains(said), "{table}: {}", run.err);
        assert_eq!(fs::read(folder.path("clients.csv")).expect("read"), before, "{table}");
    }
    let plain = Folder::new();
    let (code, said) = plain.run_with(&["client", "import", "-"], "code,name\n").failed();
    assert!(code == 78 && said.contains("clients_file = \"clients.csv\""), "{code} {said}");
}

#[test]
fn a_table_that_is_not_there_is_told_with_its_line() {
    let folder = folder();
    let (code, said) = folder.run(&["client", "list"]).failed();
    assert!(code == 78 && said.contains("maildesk.toml:4: clients_file: "), "{code} {said}");
}

#[test]
fn agents_come_from_a_table_too() {
    let folder = imported();
    let words = ["agent", "add", "ona", "Ona Onaitė", "ona@desk.example", "--phone", "+370 600 1"];
    assert_eq!(folder.run(&words).ok(), "1 added, 0 replaced\n");
    let agents = folder.json(&["agent", "list"]);
    assert_eq!(agents.as_array().map(Vec::len), Some(3));
    assert_eq!(folder.json(&["agent", "show", "ona"])["phone"], "+370 600 1");
    let twice = ["agent", "add", "petr", "Another", "another@desk.example"];
    let (code, said) = folder.run(&twice).failed();
    assert!(code == 78 && said.contains("agents.csv:3"), "{code} {said}");
}
