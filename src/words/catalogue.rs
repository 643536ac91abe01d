//! All templates and words, the program's own and the operator's.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::ValueKind;
use minijinja::{Environment, UndefinedBehavior};

use super::embedded::{ABSENCE, INCLUDES, LANGUAGES, TEMPLATES};
use super::language::Recogniser;
use super::pack::{Absence, Pack, parse};
use super::problem::Problem;
use crate::domain::language::Lang;

/// Lines of a template file before its body: the subject and an empty one.
pub(super) const HEAD_LINES: usize = 2;

/// Templates and words of every language.
///
/// A template is compiled when it is taken in, as proof, and once more when the first letter is written with it, for good:
/// a desk sends few of the letters that there are, in few languages, and each that is kept compiled takes 10 kB.
///
/// Where a language lacks a template or a label, the desk's default language helps out, then English, each
/// with the whole letter, so that two languages never stand in one; [`Catalogue::check`] tells the operator.
#[derive(Debug)]
pub struct Catalogue {
    pub(super) environment: Environment<'static>,
    pub(super) packs: BTreeMap<Lang, Pack>,
    /// Languages of which only subjects of absence are known.
    pub(super) foreign_absence: BTreeMap<String, Absence>,
    /// Names of templates and includes that exist, by language.
    pub(super) known: BTreeMap<Lang, BTreeSet<String>>,
    pub(super) recogniser: Recogniser,
    pub(super) default: Lang,
}

impl Catalogue {
    /// The words that are part of the program: English, Lithuanian, Latvian, Russian, Czech.
    pub fn embedded() -> Catalogue {
        Catalogue::load(None).expect("a test compiles every embedded template")
    }

    /// The embedded words with the operator's directory over them.
    ///
    /// `<language>/<name>.txt` replaces one template, `<language>/words.yaml` the keys it names; a language
    /// that the program does not know is added. `absence.yaml` replaces single languages of that file.
    ///
    /// # Errors
    /// Every file that cannot be read or compiled or is of no use, all at once.
    pub fn load(overrides: Option<&Path>) -> Result<Catalogue, Vec<Problem>> {
        let mut loader = Loader::new();
        loader.take_embedded();
        if let Some(directory) = overrides {
            loader.take_directory(directory);
        }
        loader.finish()
    }

    /// The same catalogue with another language to help out where one lacks something; English at first.
    pub fn with_default(mut self, language: Lang) -> Catalogue {
        self.default = language;
        self
    }

    /// Every language of which at least one file exists, in alphabetical order.
    pub fn languages(&self) -> impl Iterator<Item = Lang> {
        self.packs.keys().copied()
    }

    /// The language a letter would really be in: the wanted one, or one that helps out. `None` for a template
    /// that exists nowhere. Fill the context in this language.
    pub fn language_of(&self, template: &str, wanted: Lang) -> Option<Lang> {
        self.helping(wanted).find(|lang| self.known.get(lang).is_some_and(|names| names.contains(template)))
    }

    /// The wanted language and those that help out for it, best first.
    pub(super) fn helping(&self, wanted: Lang) -> impl Iterator<Item = Lang> {
        [wanted, self.default, Lang::EN].into_iter()
    }
}

struct Loader {
    environment: Environment<'static>,
    /// What compiles, by name.
    sources: HashMap<String, String>,
    packs: BTreeMap<Lang, Pack>,
    foreign_absence: BTreeMap<String, Absence>,
    known: BTreeMap<Lang, BTreeSet<String>>,
    problems: Vec<Problem>,
}

impl Loader {
    fn new() -> Loader {
        Loader {
            environment: strict_environment(),
            sources: HashMap::new(),
            packs: BTreeMap::new(),
            foreign_absence: BTreeMap::new(),
            known: BTreeMap::new(),
            problems: Vec::new(),
        }
    }

    fn take_embedded(&mut self) {
        for language in &LANGUAGES {
            let lang = language.code.parse().expect("the embedded codes have two letters");
            self.take_words(lang, &format!("{}/words.yaml", language.code), language.words);
            for (name, text) in &language.files {
                self.take_template(lang, name, text);
            }
        }
        self.take_absence("absence.yaml", ABSENCE);
    }

    fn take_directory(&mut self, directory: &Path) {
        for (name, is_directory) in self.list(directory, &directory.display().to_string()) {
            let path = directory.join(&name);
            if is_directory {
                match name.parse::<Lang>() {
                    Ok(lang) if lang.as_str() == name => self.take_language(lang, &path),
                    _ => self.problems.push(
                        Problem::new(name, "not the code of a language")
                            .hint("directories are named by two small letters, such as lt"),
                    ),
                }
            } else if name == "absence.yaml" {
                if let Some(text) = self.read(&path, &name) {
                    self.take_absence(&name, &text);
                }
            } else if is_words_file(&name) {
                self.problems.push(
                    Problem::new(name, "stands outside the directories of languages")
                        .hint("templates belong into a directory such as lt/"),
                );
            }
        }
    }

    fn take_language(&mut self, lang: Lang, directory: &Path) {
        self.packs.entry(lang).or_default();
        for (name, is_directory) in self.list(directory, lang.as_str()) {
            let file = format!("{lang}/{name}");
            if is_directory || !is_words_file(&name) {
                continue;
            }
            let known = |stem: &str| TEMPLATES.contains(&stem) || INCLUDES.contains(&stem);
            match name.strip_suffix(".txt") {
                Some(stem) if known(stem) || stem.starts_with('_') => {
                    if let Some(text) = self.read(&directory.join(&name), &file) {
                        self.take_template(lang, stem, &text);
                    }
                }
                Some(stem) => self.problems.push(unknown_template(file, stem)),
                None if name == "words.yaml" => {
                    if let Some(text) = self.read(&directory.join(&name), &file) {
                        self.take_words(lang, &file, &text);
                    }
                }
                None => self.problems.push(Problem::new(file, "unknown file").hint("words.yaml is meant?")),
            }
        }
    }

    /// Names in a directory, sorted, and whether each is a directory itself.
    fn list(&mut self, directory: &Path, file: &str) -> Vec<(String, bool)> {
        let entries = match std::fs::read_dir(directory) {
            Ok(entries) => entries,
            Err(error) => {
                self.problems.push(Problem::new(file, format!("cannot be read: {error}")));
                return Vec::new();
            }
        };
        let mut names: Vec<(String, bool)> = entries
            .flatten()
            .map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path().is_dir()))
            .filter(|(name, _)| !name.starts_with('.'))
            .collect();
        names.sort();
        names
    }

    fn read(&mut self, path: &Path, file: &str) -> Option<String> {
        match std::fs::read_to_string(path) {
            Ok(text) => Some(text),
            Err(error) => {
                self.problems.push(
                    Problem::new(file, format!("cannot be read: {error}")).hint("the file must be UTF-8"),
                );
                None
            }
        }
    }

    fn take_words(&mut self, lang: Lang, file: &str, text: &str) {
        match parse::<Pack>(file, text) {
            Ok(pack) => self.packs.entry(lang).or_default().lay_over(pack),
            Err(problem) => self.problems.push(problem),
        }
    }

    fn take_absence(&mut self, file: &str, text: &str) {
        match parse::<BTreeMap<String, Absence>>(file, text) {
            Ok(languages) => self.foreign_absence.extend(languages),
            Err(problem) => self.problems.push(problem),
        }
    }

    fn take_template(&mut self, lang: Lang, name: &str, text: &str) {
        let file = format!("{lang}/{name}.txt");
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
        let body = if name.starts_with('_') {
            text
        } else {
            match split(&file, &text) {
                Ok((subject, body)) => {
                    self.compile(format!("{file}{SUBJECT}"), subject);
                    body
                }
                Err(problem) => {
                    self.problems.push(problem);
                    return;
                }
            }
        };
        self.compile(file, body);
        self.known.entry(lang).or_default().insert(name.to_owned());
    }

    fn compile(&mut self, name: String, source: String) {
        if let Err(error) = self.environment.template_from_named_str(&name, &source) {
            self.problems.push(super::render::explain(&error));
        }
        self.sources.insert(name, source);
    }

    fn finish(mut self) -> Result<Catalogue, Vec<Problem>> {
        if !self.problems.is_empty() {
            self.problems.sort();
            return Err(self.problems);
        }
        let recogniser = Recogniser::new(&self.packs);
        let sources = self.sources;
        self.environment.set_loader(move |name| Ok(sources.get(name).cloned()));
        Ok(Catalogue {
            environment: self.environment,
            packs: self.packs,
            foreign_absence: self.foreign_absence,
            known: self.known,
            recogniser,
            default: Lang::EN,
        })
    }
}

/// What the name of a compiled subject ends in; the body bears the name of the file.
pub(super) const SUBJECT: &str = "#subject";

fn is_words_file(name: &str) -> bool {
    [".txt", ".yaml", ".yml"].iter().any(|ending| name.ends_with(ending))
}

fn unknown_template(file: String, stem: &str) -> Problem {
    let nearest = TEMPLATES.iter().min_by_key(|name| strsim::osa_distance(name, stem));
    let problem = Problem::new(file, "there is no template of this name");
    match nearest {
        Some(name) => problem.hint(format!("{name}.txt is meant?")),
        None => problem,
    }
}

/// Parts a file into the template of its subject and that of its body.
fn split(file: &str, text: &str) -> Result<(String, String), Problem> {
    let hint = "a template begins with `Subject: …` and an empty line";
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let Some(subject) = first.strip_prefix("Subject:") else {
        return Err(Problem::new(file, "the first line is no subject").at(1).hint(hint));
    };
    if subject.trim().is_empty() {
        return Err(Problem::new(file, "the subject is empty").at(1).hint(hint));
    }
    match rest.split_once('\n') {
        Some((empty, body)) if empty.trim().is_empty() => Ok((subject.trim().to_owned(), body.to_owned())),
        _ => Err(Problem::new(file, "the second line is not empty").at(2).hint(hint)),
    }
}

fn strict_environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_debug(true);
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true)
        .build()
        .expect("the delimiters are Jinja's own");
    environment.set_syntax(syntax);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment.set_formatter(|out, state, value| match value.kind() {
        ValueKind::None => Ok(()),
        _ => minijinja::escape_formatter(out, state, value),
    });
    environment.set_path_join_callback(|name, parent| match parent.split_once('/') {
        Some((language, _)) => format!("{language}/{name}").into(),
        None => name.into(),
    });
    environment
}

#[cfg(test)]
#[path = "catalogue_tests.rs"]
mod tests;
