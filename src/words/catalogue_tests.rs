use std::fs;

use super::*;
use crate::words::Context;

/// An operator's directory with these files.
fn directory(files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = directory.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    directory
}

fn problems(files: &[(&str, &str)]) -> Vec<String> {
    let directory = directory(files);
    match Catalogue::load(Some(directory.path())) {
        Ok(catalogue) => catalogue.check(),
        Err(problems) => problems,
    }
    .iter()
    .map(Problem::to_string)
    .collect()
}

#[test]
fn every_embedded_template_renders_with_everything_and_with_nothing_optional() {
    assert_eq!(Catalogue::embedded().check(), []);
}

#[test]
fn an_operators_file_replaces_one_template_and_leaves_the_rest() {
    let directory = directory(&[(
        "lt/ack.txt",
        "\u{feff}Subject: {{ ticket.tag }}\r\n\r\nLabas!\r\n{% include \"_footer.txt\" %}",
    )]);
    let catalogue = Catalogue::load(Some(directory.path())).unwrap();
    assert_eq!(catalogue.check(), []);
    let mut context = Context::default();
    context.public.desk.name = "STEKO".to_owned();
    context.public.ticket.tag = "[KL-1]".to_owned();
    let letter = catalogue.render("ack", Lang::LT, &context).unwrap();
    assert_eq!(letter.subject, "[KL-1]");
    assert!(letter.body.starts_with("Labas!\n-- \nSTEKO\n"), "{}", letter.body);
    assert!(catalogue.render("ack", Lang::EN, &context).unwrap().body.contains("thank you"));
}

#[test]
fn an_operators_words_replace_only_the_keys_they_name() {
    let directory =
        directory(&[("lt/words.yaml", "labels: {state: {new: gautas}}\ndetect: {urgent: [dega]}\n")]);
    let catalogue = Catalogue::load(Some(directory.path())).unwrap();
    assert_eq!(catalogue.check(), []);
    assert_eq!(catalogue.state_label(Lang::LT, "new"), "gautas");
    assert_eq!(catalogue.state_label(Lang::LT, "closed"), "uždarytas");
    let detector = catalogue.detector(&[Lang::LT], &crate::words::WordLists::new());
    assert_eq!(detector.urgent("Dega!").as_deref(), Some("dega"));
    assert_eq!(detector.urgent("Skubu!"), None);
    assert!(detector.agree("Sutinku").is_some());
}

#[test]
fn all_problems_are_told_at_once_with_file_line_and_hint() {
    let told = problems(&[
        ("lt/ack.txt", "Subject: x\n\nLabas\n{% if ticket.tag %}\n"),
        ("lt/akc.txt", "Subject: x\n\nLabas\n"),
        ("lt/reply.txt", "Labas\n"),
        ("lv/reply.txt", "Subject: x\nLabdien\n"),
        ("cs/words.yaml", "labels:\n  state:\n    new: nový\ncolour: red\n"),
        ("lithuanian/ack.txt", "Subject: x\n\ny\n"),
        ("ack.txt", "Subject: x\n\ny\n"),
        ("README.md", "left alone"),
    ]);
    let begins = |start: &str| told.iter().any(|problem| problem.starts_with(start));
    assert!(begins("lt/ack.txt:5: syntax error") || begins("lt/ack.txt:4: syntax error"), "{told:#?}");
    assert!(begins("lt/akc.txt: there is no template of this name (ack.txt is meant?)"), "{told:#?}");
    assert!(begins("lt/reply.txt:1: the first line is no subject"), "{told:#?}");
    assert!(begins("lv/reply.txt:2: the second line is not empty"), "{told:#?}");
    assert!(told.iter().any(|p| p.starts_with("cs/words.yaml:4") && p.contains("colour")), "{told:#?}");
    assert!(begins("lithuanian: not the code of a language"), "{told:#?}");
    assert!(begins("ack.txt: stands outside"), "{told:#?}");
    assert_eq!(told.len(), 7, "{told:#?}");
}

#[test]
fn a_misspelt_name_is_found_even_in_a_branch_never_taken() {
    let told = problems(&[(
        "en/ack.txt",
        "Subject: {{ tickt.tag }}\n\nHello\n{% if ticket.previous == \"never\" %}\n{{ ticket.nmae }}\n{% endif %}\n{% for item in faq %}\n{{ item.link }}\n{% endfor %}\n",
    )]);
    assert!(told.iter().any(|p| p.starts_with("en/ack.txt:1: `tickt.tag` does not exist")), "{told:#?}");
    assert!(told.iter().any(|p| p.starts_with("en/ack.txt:5: `ticket.nmae` does not exist")), "{told:#?}");
    let in_loop =
        problems(&[("en/ack.txt", "Subject: x\n\n{% for item in faq %}\n\n{{ item.link }}\n{% endfor %}\n")]);
    assert_eq!(in_loop, ["en/ack.txt:5: `item.link` does not exist"]);
}

#[test]
fn a_letter_to_a_client_cannot_name_what_is_internal() {
    let told = problems(&[("en/reply.txt", "Subject: {{ ticket.tag }}\n\n{{ answer }}\n{{ note }}\n")]);
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].starts_with("en/reply.txt:4: `note` does not exist"), "{told:#?}");
    assert!(told[0].contains("own people"), "{told:#?}");
}

#[test]
fn an_error_in_an_included_file_is_told_of_that_file() {
    let told = problems(&[("ru/_footer.txt", "-- \n{{ desk.name }}\n{{ desk.fone }}\n")]);
    assert_eq!(
        told,
        ["ru/_footer.txt:3: `desk.fone` does not exist (the names are listed in config/templates/README.md)"]
    );
}

#[test]
fn a_new_language_is_added_by_files_and_the_default_helps_out_where_it_has_gaps() {
    let directory = directory(&[
        ("pl/ack.txt", "Subject: {{ ticket.tag }}\n\nDzień dobry\n"),
        (
            "pl/words.yaml",
            "labels: {state: {new: nowe}}\nrecognise: {stop_words: [dzień, proszę, nie, działa]}\n",
        ),
    ]);
    let polish: Lang = "pl".parse().unwrap();
    let catalogue = Catalogue::load(Some(directory.path())).unwrap().with_default(Lang::LT);
    assert!(catalogue.languages().any(|lang| lang == polish));
    let context = crate::words::sample::full();
    assert_eq!(catalogue.render("ack", polish, &context).unwrap().body, "Dzień dobry\n");
    assert_eq!(catalogue.render("ack", polish, &context).unwrap().lang, polish);
    assert_eq!(catalogue.render("resolved", polish, &context).unwrap().lang, Lang::LT);
    assert_eq!(catalogue.language_of("resolved", polish), Some(Lang::LT));
    let told: Vec<String> = catalogue.check().iter().map(Problem::to_string).collect();
    assert!(told.contains(
        &"pl/resolved.txt: the template is missing (until it exists, this letter goes out in lt)".to_owned()
    ));
    assert!(told.contains(&"pl/words.yaml: labels.state.closed is missing".to_owned()));
    assert!(told.contains(&"pl/words.yaml: detect.urgent is missing".to_owned()));
    assert!(told.iter().all(|problem| problem.starts_with("pl/")), "{told:#?}");
}

#[test]
fn a_catalogue_serves_many_threads() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Catalogue>();
    shared::<crate::words::Detector>();
}
