//! The operator's file: what passes, what is refused and in which words.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::civil::{date, time};
use maildesk::config::reference::{REFERENCE, SMALL};
use maildesk::config::{After, Grant, Loaded, Security, load, load_without_secrets};
use maildesk::domain::address::Address;
use maildesk::domain::fields::Check;
use maildesk::domain::kinds::Means;
use maildesk::domain::language::Lang;
use maildesk::domain::period::Rhythm;
use maildesk::domain::rules::{Identify, Missing, Queue, Shown, StatementRules};
use maildesk::domain::span::Span;

fn environment(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let common = [("MAILBOX_PASSWORD", "slaptažodis"), ("EMPTY", "")];
    common.iter().chain(pairs).map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

fn read(path: &Path) -> Result<Loaded, String> {
    load(&[path.to_owned()], &environment(&[])).map_err(|problems| problems.to_string())
}

/// A folder with a configuration and whatever stands beside it.
struct Folder(tempfile::TempDir);

impl Folder {
    fn with(text: &str) -> Folder {
        let folder = Folder(tempfile::tempdir().expect("a folder"));
        folder.put("maildesk.toml", text, 0o600);
        folder
    }

    fn put(&self, name: &str, text: &str, mode: u32) {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(&path, text).expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("its mode");
    }

    fn load(&self, env: &[(&str, &str)]) -> Result<Loaded, String> {
        let path = self.0.path().join("maildesk.toml");
        load(&[path], &environment(env)).map_err(|problems| problems.to_string())
    }
}

const DESK: &str = r#"
[desk]
address = "support@desk.example"
agents = ["Ona Onaitė <ona@desk.example>"]
"#;
const MAILBOX: &str = r#"
[mailbox]
host = "mail.desk.example"
user = "support@desk.example"
"#;

fn fixtures(kind: &str) -> Vec<PathBuf> {
    let folder = Path::new("fixtures/configs").join(kind);
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the fixtures")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|end| end == "toml"))
        .collect();
    found.sort();
    found
}

#[test]
fn each_bad_file_is_refused_with_every_problem_and_its_line() {
    let files = fixtures("bad");
    assert!(files.len() >= 25, "only {} bad files", files.len());
    let mut wrong = Vec::new();
    for path in files {
        let said = match read(&path) {
            Ok(_) => "passed\n".to_owned(),
            Err(problems) => problems + "\n",
        };
        let expected = path.with_extension("expected");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&expected, &said).expect("the expected text");
        }
        if fs::read_to_string(&expected).unwrap_or_default() != said {
            wrong.push(format!("{}:\n{said}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_key_that_would_break_its_line_is_shown_as_it_is_written() {
    let text = format!("{DESK}{MAILBOX}[log]\n\"three\\tdays\\n\" = 1\n");
    let refused = Folder::with(&text).load(&[]).unwrap_err();
    assert!(refused.lines().any(|line| line.contains("three\\tdays\\n")), "{refused}");
    assert!(!refused.contains('\t'), "{refused}");
}

#[test]
fn each_good_file_passes_without_a_warning() {
    let files = fixtures("good");
    assert!(!files.is_empty());
    for path in files {
        // Which mode a checkout gives the files is not ours to say, so none holds a password.
        let loaded = read(&path).unwrap_or_else(|problems| panic!("{}:\n{problems}", path.display()));
        assert_eq!(loaded.warnings, [], "{}", path.display());
    }
}

#[test]
fn twenty_lines_are_a_desk() {
    assert!(SMALL.lines().count() <= 20);
    let folder = Folder::with(&SMALL.replace("/etc/maildesk/password", "password"));
    folder.put("password", "s3cret\n", 0o600);
    let settings = folder.load(&[]).expect("a desk").settings;
    let rules = &settings.desks[0];
    let told: Vec<&str> = rules.notify_new.iter().map(|a| a.as_str()).collect();
    assert_eq!(told, ["ona@desk.example", "petr@desk.example"], "every agent is told of a new ticket");
    assert_eq!(rules.ack.shows, Shown::Nothing, "no deadline is promised");
    assert_eq!(rules.agents[0].id.0, "ona");
    assert_eq!(rules.missing, Missing::Ask);
    assert_eq!(rules.tag.of(7), "[#7]");
    let smtp = &settings.smtp["desk"];
    assert_eq!((smtp.server.host.as_str(), smtp.server.port), ("mail.desk.example", 465));
    let login = smtp.login.as_ref().expect("the mailbox's login");
    assert_eq!(
        (login.user.as_str(), login.password().expect("one").expose()),
        ("support@desk.example", "s3cret")
    );
}

#[test]
fn the_reference_sets_exactly_the_defaults() {
    let bare = Folder::with(&format!("{DESK}{MAILBOX}password_env = \"MAILBOX_PASSWORD\"\n"));
    let full = Folder::with(REFERENCE);
    let bare = bare.load(&[]).expect("the bare one").settings;
    let full = full.load(&[]).expect("the reference").settings;
    assert_eq!(format!("{full:#?}"), format!("{bare:#?}"));
}

#[test]
fn variables_go_before_conf_d_and_conf_d_before_the_file() {
    let folder = Folder::with(&format!("{DESK}{MAILBOX}port = 1\npassword_env = \"MAILBOX_PASSWORD\"\n"));
    folder.put("conf.d/10-port.toml", "[mailbox]\nport = 2\nfolder = \"Support\"\n", 0o644);
    folder.put("conf.d/20-port.toml", "[mailbox]\nport = 3\n", 0o644);
    folder.put("conf.d/notes.txt", "no configuration", 0o644);
    let loaded = folder.load(&[]).expect("a configuration");
    assert_eq!((loaded.settings.mailboxes[0].server.port, loaded.files.len()), (3, 3));
    let env = [
        ("MAILDESK__MAILBOX__PORT", "4"),
        ("MAILDESK__MAILBOX__ALIASES", "help@desk.example, hilfe@desk.example"),
        ("MAILDESK__MAILBOX__AFTER", "move to Done"),
        ("MAILDESK__WAITS__IDLE_RENEW_SECONDS", "0.5"),
    ];
    let settings = folder.load(&env).expect("a configuration").settings;
    let mailbox = &settings.mailboxes[0];
    assert_eq!((mailbox.server.port, mailbox.folder.as_str()), (4, "Support"));
    assert_eq!((mailbox.aliases.len(), &mailbox.after), (2, &After::Move("Done".into())));
    assert_eq!(settings.waits.idle_renew, Duration::from_millis(500));
}

#[test]
fn what_is_wrong_in_a_variable_is_told_by_its_name() {
    let folder = Folder::with(&format!("{DESK}{MAILBOX}password_env = \"MAILBOX_PASSWORD\"\n"));
    folder.put("conf.d/a.toml", "[mailbox]\nfoldr = \"x\"\n", 0o644);
    let env = [("MAILDESK__MAILBOX__PORT", "70000"), ("MAILDESK__DESK__AUTOCLOZE", "3d")];
    assert_eq!(
        folder.load(&env).expect_err("three problems"),
        "conf.d/a.toml:2: mailbox.foldr: there is no such key; did you mean folder?\n\
         MAILDESK__DESK__AUTOCLOZE: desk.autocloze: there is no such key; did you mean autoclose?\n\
         MAILDESK__MAILBOX__PORT: mailbox.port: 70000 is not within 1 to 65535"
    );
}

#[test]
fn a_password_is_found_in_each_of_its_places_and_never_shown() {
    for (key, env) in [
        ("password_file = \"secret\"", None),
        ("password_credential = \"imap\"", None),
        ("password_env = \"WORD\"", Some(("WORD", "007"))),
        ("password = \"007\"", None),
        ("", Some(("MAILDESK__MAILBOX__PASSWORD", "007"))),
    ] {
        let folder = Folder::with(&format!("{DESK}{MAILBOX}{key}\n"));
        folder.put("secret", "007\n", 0o600);
        folder.put("credentials/imap", "007", 0o440);
        let credentials = folder.0.path().join("credentials").display().to_string();
        let env: Vec<(&str, &str)> =
            env.into_iter().chain([("CREDENTIALS_DIRECTORY", &*credentials)]).collect();
        let loaded = folder.load(&env).unwrap_or_else(|problems| panic!("{key}: {problems}"));
        let password = loaded.settings.mailboxes[0].login.password().expect("a password");
        assert_eq!(password.expose(), "007", "{key}");
        assert!(!format!("{loaded:?}").contains("007"), "{key}");
        assert_eq!(loaded.warnings, []);
    }
}

#[test]
fn a_credential_is_found_where_systemd_puts_it_and_by_root_where_it_takes_it_from() {
    let folder = Folder::with(&format!("{DESK}{MAILBOX}password_credential = \"imap\"\n"));
    folder.put("handed/maildesk_imap", "from systemd", 0o400);
    folder.put("credentials/imap", "beside the file", 0o600);
    let handed = folder.0.path().join("handed").display().to_string();
    for (env, password) in
        [(vec![("CREDENTIALS_DIRECTORY", &*handed)], "from systemd"), (vec![], "beside the file")]
    {
        let loaded = folder.load(&env).unwrap_or_else(|problems| panic!("{problems}"));
        assert_eq!(loaded.settings.mailboxes[0].login.password().unwrap().expose(), password);
    }
    folder.put("credentials/imap", "open", 0o644);
    assert_eq!(
        folder.load(&[]).expect_err("an open file"),
        "maildesk.toml:9: mailbox.password_credential: others than the owner can read this file; chmod 600 imap"
    );
}

#[test]
fn what_speaks_to_no_server_needs_no_secret() {
    for key in ["password_file = \"absent\"", "password_credential = \"absent\"", "password_env = \"ABSENT\""]
    {
        let folder = Folder::with(&format!("{DESK}{MAILBOX}{key}\n"));
        folder.load(&[]).expect_err("the daemon needs it");
        let file = folder.0.path().join("maildesk.toml");
        let loaded =
            load_without_secrets(&[file], &Default::default()).unwrap_or_else(|p| panic!("{key}: {p}"));
        assert_eq!(loaded.settings.mailboxes[0].login.password().unwrap().expose(), "", "{key}");
    }
    let folder = Folder::with(&format!("{DESK}{MAILBOX}\n"));
    let file = folder.0.path().join("maildesk.toml");
    load_without_secrets(&[file], &Default::default()).expect_err("that one must be named is another matter");
}

#[test]
fn a_secret_that_others_can_read_stops_the_program_but_one_in_the_configuration_only_warns() {
    let folder = Folder::with(&format!("{DESK}{MAILBOX}password_file = \"secret\"\n"));
    for mode in [0o640, 0o604] {
        folder.put("secret", "007\n", mode);
        assert_eq!(
            folder.load(&[]).expect_err("an open file"),
            "maildesk.toml:9: mailbox.password_file: others than the owner can read this file; chmod 600 secret"
        );
    }
    let folder = Folder::with("");
    folder.put("maildesk.toml", &format!("{DESK}{MAILBOX}password = \"hush-hush\"\n"), 0o644);
    let warnings = folder.load(&[]).expect("a configuration").warnings;
    assert_eq!(warnings.len(), 1);
    assert_eq!(
        warnings[0].to_string(),
        "maildesk.toml:9: mailbox.password: others than the owner can read the file that holds this password; \
         use password_file, or chmod 600 the configuration"
    );
}

#[test]
fn no_problem_shows_a_password() {
    let folder =
        Folder::with(&format!("{DESK}{MAILBOX}password = \"hush-hush\"\npassword_file = \"x\"\nport = 0\n"));
    let problems = folder.load(&[]).expect_err("problems");
    assert!(problems.contains("password_file") || problems.contains("password: "), "{problems}");
    assert!(!problems.contains("hush-hush"), "{problems}");
}

#[test]
fn the_mailbox_password_goes_to_no_other_host() {
    let start = format!("{DESK}{MAILBOX}password_env = \"MAILBOX_PASSWORD\"\n[smtp]\n");
    for (keys, login) in [
        ("security = \"starttls\"", true),
        ("host = \"mail.desk.example\"", true),
        ("host = \"relay.desk.example\"", false),
        ("auth = \"none\"", false),
    ] {
        let settings = Folder::with(&format!("{start}{keys}\n")).load(&[]).expect(keys).settings;
        assert_eq!(settings.smtp["desk"].login.is_some(), login, "{keys}");
    }
}

#[test]
fn one_file_holds_several_desks_each_with_its_mailbox_and_relay() {
    let path = Path::new("fixtures/configs/good/two-desks.toml");
    let settings = read(path).expect("two desks").settings;
    let desks: Vec<&str> = settings.desks.iter().map(|rules| &*rules.desk).collect();
    assert_eq!(desks, ["steko", "softech"]);
    let steko = settings.desk("steko").expect("the first");
    let watched: Vec<&str> = steko.watched.iter().map(|a| a.as_str()).collect();
    assert_eq!(watched, ["podpora@softech.example", "pagalba@steko.example"]);
    assert_eq!(settings.mailboxes[0].desks, ["steko".into()]);
    assert_eq!(settings.smtp["steko"].server.host, "mail.steko.example");
    assert_eq!(settings.smtp["softech"].server.host, "127.0.0.1");
    assert_eq!(settings.smtp["softech"].server.security, Security::Plain);
    assert_eq!(settings.smtp["softech"].login, None);
    let normal = &steko.severities["normal"];
    assert_eq!((normal.respond, normal.resolve), (Some("4h".parse().unwrap()), Some("16h".parse().unwrap())));
    assert_eq!(steko.missing, Missing::Ask);
}

#[test]
fn a_promise_for_held_requests_where_none_is_held_only_warns() {
    let folder = Folder::with(&format!(
        "{DESK}missing_expires = \"7d\"\n{MAILBOX}password_env = \"MAILBOX_PASSWORD\"\n"
    ));
    let loaded = folder.load(&[]).expect("a configuration");
    assert_eq!(
        loaded.warnings[0].to_string(),
        "maildesk.toml:5: desk.missing_expires: says when held requests expire, and none is held; \
         add missing = \"hold\" or remove it"
    );
}

#[test]
fn a_language_of_the_operators_own_needs_only_its_folder() {
    let text = format!(
        "templates_dir = \"templates\"\n{DESK}languages = [\"pl\", \"en\"]\n\
         {MAILBOX}password_env = \"MAILBOX_PASSWORD\"\n"
    );
    let folder = Folder::with(&text);
    assert_eq!(
        folder.load(&[]).expect_err("no Polish"),
        "maildesk.toml:6: desk.languages[1]: there are no templates in \"pl\"; there are en, lt, lv, ru, cs"
    );
    folder.put("templates/pl/words.yaml", "{}", 0o644);
    let settings = folder.load(&[]).expect("Polish").settings;
    assert_eq!(settings.desks[0].own_language().as_str(), "pl");
}

#[test]
fn every_key_of_a_desk_reaches_its_rules() {
    let path = Path::new("fixtures/configs/good/everything.toml");
    let rules = read(path).expect("a desk").settings.desks.remove(0);
    let stranger = Address::parse("x@client.example").expect("an address");
    let order: Vec<&str> = rules.types.looked_for.iter().map(|n| &*rules.types.all[*n].name).collect();
    assert_eq!(order, ["problem", "question"]);
    assert_eq!(rules.types.otherwise().map(|kind| kind.name.as_str()), Some("question"));
    assert_eq!(rules.types.get("problem").expect("a type").words, ["not working", "error"]);
    assert_eq!(rules.missing, Missing::Hold { expires: Span::Days(5) });
    let channel = &rules.channels["whatsapp"];
    assert_eq!((channel.create, channel.from), (false, Some(date(2026, 10, 1))));
    assert_eq!(rules.channels["phone"].team.as_deref(), Some("tech"));
    assert_eq!(rules.notify_teams["tech"][0].as_str(), "petr@desk.example");
    assert_eq!(rules.notify_new[0].as_str(), "ona@desk.example");
    let urgent = rules.urgent.as_ref().expect("urgent");
    assert_eq!((urgent.by_words, &urgent.means), (false, &Some(Means::Type("express".into()))));
    assert_eq!(urgent.promise.respond, Some("1h".parse().unwrap()), "of the type");
    assert_eq!(rules.severity_words, [("high".to_owned(), vec!["nothing works".to_owned()])]);
    assert_eq!(rules.identify, Identify::Ask { verify: false });
    assert!(rules.clients.of_address(&stranger).is_none(), "not by domain");
    let fields: Vec<(&str, Check)> = rules.extract.iter().map(|e| (&*e.field, e.check)).collect();
    assert_eq!(fields, [("parcel", Check::Nothing), ("phone", Check::Nothing), ("device", Check::Nothing)]);
    assert_eq!(rules.extract[1].near["sender_phone"], ["sender"]);
    let duplicates = rules.duplicates.as_ref().expect("joined");
    assert_eq!(
        (duplicates.quiet, duplicates.over_channels, duplicates.days),
        ("30m".parse().unwrap(), true, 10)
    );
    assert_eq!((rules.offer_valid, rules.text_limit), (Some(Span::WorkingDays(5)), Some(8000)));
    assert_eq!(rules.statement, Some(StatementRules { only_entitled: false }));
    assert_eq!((rules.billing.vat_percent_hundredths, rules.billing.due_days), (2150, Some(14)));
    assert_eq!((rules.queue, rules.digest_at), (Queue::Deadline, Some(time(8, 0, 0, 0))));
    assert_eq!(rules.texts["restart"][&Lang::LT], "Perkraukite.");
    assert_eq!(rules.texts["thanks"][&Lang::EN], "Thank you.");
    assert_eq!(rules.hooks["unlock"].timeout_seconds, 5);
    let clients: Vec<_> = rules.clients.iter().collect();
    let contract = clients[0].contract.as_ref().expect("a contract");
    assert_eq!((contract.minutes_included, contract.period), (Some(240), Rhythm::Quarter));
    assert_eq!(clients[0].billing.price.as_ref().map(|p| p.cents), Some(5_000));
    assert_eq!(clients[1].billing.price.as_ref().map(|p| p.cents), Some(7_050));
    assert!(clients[0].contacts[0].responsible);
    assert_eq!(clients[0].consultant.as_ref().map(|id| id.0.as_str()), Some("ona"));
}

#[test]
fn what_no_words_tell_is_the_type_called_other_else_the_first_without_words() {
    for (types, otherwise) in [
        (r#"types = ["question", "other"]"#, "other"),
        (r#"types = ["question", "problem"]"#, "question"),
        (r#"types = { problem = { words = ["error"] }, question = {} }"#, "question"),
        ("types = [\"a\", \"b\", \"c\"]\ntype_words = [{ a = [\"x\"] }]\ntype_otherwise = \"c\"", "c"),
        (r#"types = { problem = { words = ["error"] } }"#, "problem"),
    ] {
        let text = format!("{DESK}{types}\n{MAILBOX}password_env = \"MAILBOX_PASSWORD\"\n");
        let rules = Folder::with(&text).load(&[]).expect(types).settings.desks.remove(0);
        assert_eq!(rules.types.otherwise().map(|kind| kind.name.as_str()), Some(otherwise), "{types}");
    }
}

#[test]
fn what_changed_between_two_readings_is_named() {
    let folder = Folder::with(&format!("{DESK}{MAILBOX}password_env = \"WORD\"\n"));
    let read = |env: &[(&str, &str)]| folder.load(env).expect("a configuration").settings;
    let before = read(&[("WORD", "one")]);
    assert_eq!(before.changed(&read(&[("WORD", "one")])), Vec::<&str>::new());
    // The relay logs in as the mailbox does.
    assert_eq!(before.changed(&read(&[("WORD", "two")])), ["mailbox", "smtp"]);
    let limits =
        [("WORD", "one"), ("MAILDESK__LIMITS__MAIL", "30 MB"), ("MAILDESK__WAITS__TICK_SECONDS", "1")];
    assert_eq!(before.changed(&read(&limits)), ["desk", "waits"]);
}

#[test]
fn files_are_meant_from_the_folder_of_the_configuration() {
    let text = format!("state_dir = \"state\"\n{DESK}{MAILBOX}password = \"x\"\nca_file = \"ca.pem\"\n");
    let folder = Folder::with(&text);
    assert_eq!(
        folder.load(&[]).expect_err("no such file"),
        "maildesk.toml:11: mailbox.ca_file: cannot be read: No such file or directory (os error 2)"
    );
    folder.put("ca.pem", "", 0o644);
    let settings = folder.load(&[]).expect("a configuration").settings;
    assert_eq!(settings.state_dir, folder.0.path().join("state"));
    assert_eq!(settings.database, folder.0.path().join("state/maildesk.sqlite"));
    assert_eq!(settings.smtp["desk"].server.ca_file, Some(folder.0.path().join("ca.pem")));
}

#[test]
fn a_preset_sets_what_is_known_of_a_provider_and_whatever_is_written_goes_before_it() {
    let load = |name: &str| {
        let loaded = read(&Path::new("fixtures/configs/good").join(name));
        loaded.unwrap_or_else(|problems| panic!("{problems}")).settings
    };
    let m365 = load("m365.toml");
    let (mailbox, smtp) = (&m365.mailboxes[0], &m365.smtp["desk"]);
    assert_eq!((mailbox.server.host.as_str(), mailbox.server.port), ("outlook.office365.com", 993));
    assert_eq!((smtp.server.host.as_str(), smtp.server.port), ("smtp.office365.com", 587));
    assert_eq!(smtp.server.security, Security::StartTls);
    assert_eq!((smtp.per_minute, smtp.connections, smtp.empty_sender), (Some(30), 3, false));
    let oauth = mailbox.login.oauth().expect("access tokens");
    assert_eq!(smtp.login.as_ref().and_then(|login| login.oauth()), Some(oauth), "one token for both");
    assert_eq!(oauth.grant, Grant::ClientCredentials);
    assert_eq!(oauth.scopes, ["https://outlook.office365.com/.default"]);
    assert_eq!(
        oauth.token_endpoint.as_str(),
        "https://login.microsoftonline.com/desk.onmicrosoft.com/oauth2/v2.0/token"
    );
    assert_eq!(oauth.secret_expires, Some(date(2027, 3, 1)));
    assert_eq!(m365.oauths().len(), 1);

    let gmail = load("gmail.toml");
    let oauth = gmail.mailboxes[0].login.oauth().expect("access tokens");
    assert_eq!((oauth.grant, oauth.device_endpoint.is_some()), (Grant::RefreshToken, false));
    assert!(oauth.authorize_endpoint.is_some());
    assert_eq!(gmail.smtp["desk"].server.host, "smtp.gmail.com");

    let local = load("local.toml");
    let smtp = &local.smtp["desk"];
    assert_eq!((smtp.server.host.as_str(), smtp.server.port, &smtp.login), ("localhost", 25, &None));
    assert_eq!(local.mailboxes[0].server.port, 143);

    let written = format!(
        "{DESK}[mailbox]\npreset = \"m365\"\nuser = \"support@desk.example\"\npassword_env = \"MAILBOX_PASSWORD\"\n\
         security = \"starttls\"\nfolder = \"Desk\"\n[smtp]\nper_minute = 10\nconnections = 1\nempty_sender = true\n"
    );
    let settings = Folder::with(&written).load(&[]).expect("a configuration").settings;
    let (mailbox, smtp) = (&settings.mailboxes[0], &settings.smtp["desk"]);
    assert_eq!((mailbox.server.port, mailbox.folder.as_str()), (143, "Desk"));
    assert_eq!((smtp.per_minute, smtp.connections, smtp.empty_sender), (Some(10), 1, true));

    let elsewhere =
        written.replace("[smtp]", "[smtp]\nhost = \"relay.desk.example\"").replace("per_minute = 10", "");
    let smtp = &Folder::with(&elsewhere).load(&[]).expect("a configuration").settings.smtp["desk"];
    assert_eq!(
        (smtp.server.port, smtp.per_minute, &smtp.login),
        (465, None, &None),
        "somebody else's bounds"
    );
}

#[test]
fn letters_may_leave_with_tokens_of_their_own() {
    let text = format!(
        "{DESK}{MAILBOX}password_env = \"MAILBOX_PASSWORD\"\n[smtp]\npreset = \"m365\"\nuser = \"out@desk.example\"\n\
         [smtp.oauth]\ntenant = \"t\"\nclient_id = \"desk\"\nclient_secret_env = \"MAILBOX_PASSWORD\"\n"
    );
    let settings = Folder::with(&text).load(&[]).expect("a configuration").settings;
    let smtp = &settings.smtp["desk"];
    assert_eq!((smtp.server.host.as_str(), smtp.per_minute), ("smtp.office365.com", Some(30)));
    let login = smtp.login.as_ref().expect("a login");
    let oauth = login.oauth().expect("access tokens");
    assert_eq!((login.user.as_str(), oauth.name.as_str()), ("out@desk.example", "smtp"));
    assert_eq!(settings.oauths(), [oauth], "the mailbox has its password");
    let gmail =
        text.replace("\"m365\"", "\"gmail\"").replace("tenant = \"t\"", "grant = \"client_credentials\"");
    let problems = Folder::with(&gmail).load(&[]).expect_err("a problem");
    assert!(problems.contains("smtp.oauth.grant: does not open mailboxes at this provider"), "{problems}");
}

#[test]
fn no_secret_of_an_application_is_shown() {
    let text = format!(
        "{DESK}[mailbox]\npreset = \"m365\"\nuser = \"support@desk.example\"\n[mailbox.oauth]\ntenant = \"t\"\n\
         client_id = \"desk\"\nclient_secret = \"obuolys-7\"\nrefresh_token = \"obuolys-8\"\n"
    );
    let loaded = Folder::with(&text).load(&[]).expect("a configuration");
    assert!(!format!("{loaded:?}").contains("obuolys"));
    let oauth = loaded.settings.oauths()[0].clone();
    assert_eq!(oauth.grant, Grant::RefreshToken, "who gives a refresh token wants it used");
}
