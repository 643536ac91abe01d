//! The examples of configurations are the desks of the conversations under neutral names.

use std::collections::BTreeMap;

use maildesk::config::examples::example;
use maildesk::config::{load, read_desk_yaml};

/// A text of an example, and what stands for it in the desk.
type Instead = (&'static str, &'static str);

/// An example, its desk, and the names that differ: as the example has them, and as the desk. Nothing but names,
/// addresses and links may stand here; everything else has to be equal.
const NAMES: [(&str, &str, &[Instead]); 5] = [
    (
        "accounting",
        "steko",
        &[
            ("id = \"accounting\"", "id = \"steko\""),
            ("Example Accounting", "STEKO"),
            ("support@accounting.example", "info@steko.example.test"),
            ("@accounting.example", "@steko.example.test"),
            ("[AC-", "[KL-"),
            ("UAB „Pirmas klientas“", "UAB „Baltoji pieva“"),
            ("MB „Antras klientas“", "MB „Upės vingis“"),
            ("office@first-client.example", "buhalterija@baltojipieva.example.test"),
            ("first-client.example", "baltojipieva.example.test"),
            ("second-client.example", "upesvingis.example.test"),
        ],
    ),
    (
        "cash-registers",
        "smarttek",
        &[
            ("id = \"cash-registers\"", "id = \"smarttek\""),
            ("Example Registers", "Smarttek.Service"),
            ("registers.example", "smarttek.example.test"),
            ("[CR-", "[SMT-"),
            ("SIA \\\"Pirmā kafejnīca\\\"", "SIA \\\"Zvaigžņu kafejnīca\\\""),
            ("SIA \\\"Otrais bārs\\\"", "SIA \\\"Ostas bārs\\\""),
            ("office@first-cafe.example", "birojs@zvaigznes.example.test"),
            ("office@second-bar.example", "info@ostasbars.example.test"),
            ("first-cafe.example", "zvaigznes.example.test"),
            ("second-bar.example", "ostasbars.example.test"),
        ],
    ),
    (
        "it-support",
        "stekspb",
        &[
            ("id = \"it-support\"", "id = \"stekspb\""),
            ("Example IT Support", "HelpDesk СТЕК"),
            ("support@it.example", "info@stekspb.example.test"),
            ("@it.example", "@stekspb.example.test"),
            ("ООО «Первый клиент»", "ООО «Северный ветер»"),
            ("АО «Второй клиент»", "АО «Невский склад»"),
            ("first-client.example", "sever-veter.example.test"),
            ("second-client.example", "nevsklad.example.test"),
            ("@post.example", "@pochta.example.test"),
        ],
    ),
    (
        "hosting",
        "softech",
        &[
            ("id = \"hosting\"", "id = \"softech\""),
            ("Example Hosting", "Softech podpora"),
            ("support@hosting.example", "podpora@softech.example.test"),
            ("sales@hosting.example", "obchod@softech.example.test"),
            ("@hosting.example", "@softech.example.test"),
            ("[HO-", "[ZP-"),
            ("První klient s.r.o.", "Pekařství Zlatý klas s.r.o."),
            ("Druhý klient a syn", "Autodílny Kučera a syn"),
            ("office@first-client.example", "info@zlatyklas.example.test"),
            ("first-client.example", "zlatyklas.example.test"),
            ("second-client.example", "kucera-autodilny.example.test"),
        ],
    ),
    (
        "parcels",
        "siuntos",
        &[
            ("id = \"parcels\"", "id = \"siuntos\""),
            ("Example Parcels", "Klientų aptarnavimo centras"),
            ("help@parcels.example", "pagalba@siuntos.example.test"),
            ("https://parcels.example/faq#late", "https://siuntos.example.test/duk#veluoja"),
            ("https://parcels.example/faq#readdress", "https://siuntos.example.test/duk#peradresavimas"),
            ("https://parcels.example/faq", "https://siuntos.example.test/duk"),
            ("@parcels.example", "@siuntos.example.test"),
            ("@partner.example", "@partneris.example.test"),
            ("[PA-", "[KAC-"),
        ],
    ),
];

#[test]
fn each_example_is_its_desk_but_for_the_names() {
    for (name, desk, names) in NAMES {
        let mut text = example(name).expect("an example").text.to_owned();
        for (neutral, own) in names {
            assert!(text.contains(neutral), "{name}: {neutral} stands nowhere");
            text = text.replace(neutral, own);
        }
        let text = text.replace("password_file = \"/etc/maildesk/password\"", "password = \"none\"");
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("maildesk.toml");
        std::fs::write(&path, text).expect("a file");
        let loaded = load(&[path], &BTreeMap::new()).unwrap_or_else(|p| panic!("{name}:\n{p}"));
        let mut rules = loaded.settings.desks.into_iter().next().expect("a desk");
        // A description sends answers at once and holds none; the operator's file holds those that cross.
        rules.hold_collision = false;
        let file = format!("fixtures/conversations/{desk}/desk.yaml");
        let described = std::fs::read_to_string(&file).expect("a desk");
        let described = read_desk_yaml(&file, &described, None).expect("a desk").rules;
        let (rules, described) = (format!("{rules:#?}"), format!("{described:#?}"));
        let differing: Vec<String> = rules
            .lines()
            .zip(described.lines())
            .filter(|(one, other)| one != other)
            .map(|(one, other)| format!("{} | {}", one.trim(), other.trim()))
            .take(5)
            .collect();
        assert!(rules == described, "{name} (example | desk): {differing:#?}");
    }
}
