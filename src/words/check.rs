//! Proof that every template renders, before a client waits for it.

use minijinja::Value;

use super::catalogue::{Catalogue, HEAD_LINES, SUBJECT};
use super::context::Context;
use super::embedded::{INCLUDES, TEMPLATES};
use super::pack::Kind;
use super::problem::Problem;
use super::render::{is_internal, values_for};
use super::sample;
use crate::domain::language::Lang;

impl Catalogue {
    /// Renders every template in every language with invented letters, in which everything is present and in
    /// which everything optional is absent, and compares the words of each language with the English ones.
    ///
    /// Sorted by file and line; empty when all is well.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for lang in self.languages() {
            for include in self.known.get(&lang).into_iter().flatten().filter(|name| name.starts_with('_')) {
                self.check_names(lang, include, &mut problems);
            }
            for template in TEMPLATES {
                if self.known.get(&lang).is_some_and(|names| names.contains(template)) {
                    self.check_names(lang, template, &mut problems);
                    self.check_rendering(lang, template, &sample::contexts(template), &mut problems);
                } else {
                    problems.push(self.missing_template(lang, template));
                }
            }
            self.check_words(lang, &mut problems);
        }
        problems.sort();
        problems.dedup();
        problems
    }

    fn missing_template(&self, lang: Lang, template: &str) -> Problem {
        let problem = Problem::new(format!("{lang}/{template}.txt"), "the template is missing");
        match self.language_of(template, lang) {
            Some(helper) => problem.hint(format!("until it exists, this letter goes out in {helper}")),
            None => problem,
        }
    }

    /// Names are looked up without regard to conditions, so that no branch hides a misspelt one.
    fn check_names(&self, lang: Lang, template: &str, problems: &mut Vec<Problem>) {
        let file = format!("{lang}/{template}.txt");
        let full = sample::full();
        // The footer of all letters may name only what is public; an include of the operator's own may serve
        // agents alone.
        let own_include = template.starts_with('_') && !INCLUDES.contains(&template);
        let values = values_for(if own_include { "agent_new" } else { template }, &full);
        let internal_too = values_for("agent_new", &full);
        for (name, skipped) in [(file.clone(), HEAD_LINES), (format!("{file}{SUBJECT}"), 0)] {
            let Ok(compiled) = self.environment.get_template(&name) else { continue };
            let skipped = if template.starts_with('_') { 0 } else { skipped };
            for path in compiled.undeclared_variables(true) {
                let is_function = self.environment.globals().any(|(global, _)| global == path);
                if is_function || exists(&values, &path) {
                    continue;
                }
                let problem = Problem::new(&file, format!("`{path}` does not exist"))
                    .at(skipped + line_of(compiled.source(), &path));
                problems.push(if !is_internal(template) && exists(&internal_too, &path) {
                    problem.hint("clients' letters cannot name what only the desk's own people may read")
                } else {
                    problem.hint("the names are listed in config/templates/README.md")
                });
            }
        }
    }

    fn check_rendering(&self, lang: Lang, template: &str, contexts: &[Context], problems: &mut Vec<Problem>) {
        for context in contexts {
            match self.render(template, lang, context) {
                Ok(rendered) if rendered.subject.is_empty() => problems.push(
                    Problem::new(format!("{lang}/{template}.txt"), "the subject can become empty").at(1),
                ),
                Ok(_) => {}
                // Misspelt names are told once, by `check_names`.
                Err(problem) if problems.iter().any(|p| p.file == problem.file && p.what == problem.what) => {
                }
                Err(problem) => problems.push(problem),
            }
        }
    }

    fn check_words(&self, lang: Lang, problems: &mut Vec<Problem>) {
        let file = format!("{lang}/words.yaml");
        let (Some(pack), Some(english)) = (self.packs.get(&lang), self.packs.get(&Lang::EN)) else { return };
        for (group, ours, theirs) in [
            ("labels.channel", &pack.labels.channel, &english.labels.channel),
            ("labels.state", &pack.labels.state, &english.labels.state),
            ("labels.severity", &pack.labels.severity, &english.labels.severity),
            ("labels.field", &pack.labels.field, &english.labels.field),
            ("labels.limit", &pack.labels.limit, &english.labels.limit),
            ("phrases", &pack.phrases, &english.phrases),
        ] {
            for key in theirs.keys().filter(|key| !ours.contains_key(*key)) {
                problems.push(Problem::new(&file, format!("{group}.{key} is missing")));
            }
        }
        for kind in Kind::ALL {
            if pack.detect.get(&kind).is_none_or(Vec::is_empty) {
                let name = serde_json::to_string(&kind).unwrap_or_default();
                problems.push(Problem::new(&file, format!("detect.{} is missing", name.trim_matches('"'))));
            }
        }
        if pack.recognise.stop_words.is_empty() {
            problems.push(
                Problem::new(&file, "recognise.stop_words is missing")
                    .hint("without them mails in this language are hardly recognised"),
            );
        }
        let lists = &pack.recognise;
        for (name, lacking) in [
            ("field_words", lists.field_words.is_empty()),
            ("asking", lists.asking.is_empty()),
            ("asking_fillers", lists.asking_fillers.is_empty()),
            ("trouble", lists.trouble.is_empty()),
            ("wish", lists.wish.is_empty()),
            ("negation", lists.negation.is_empty()),
            ("period.months", lists.period.months.len() != 12),
            ("period.ordinals", lists.period.ordinals.len() != 4),
            ("period.quarter", lists.period.quarter.is_empty()),
            ("period.year", lists.period.year.is_empty()),
        ] {
            if lacking {
                problems.push(Problem::new(&file, format!("recognise.{name} is missing or incomplete")));
            }
        }
        problems.extend(pack.dates.faults().into_iter().map(|what| Problem::new(&file, what)));
    }
}

/// Whether a dotted name leads to a value, be it none.
fn exists(values: &Value, path: &str) -> bool {
    let mut value = values.clone();
    for name in path.split('.') {
        value = match value.get_attr(name) {
            Ok(value) if !value.is_undefined() => value,
            _ => return false,
        };
    }
    true
}

/// Line of a name in a source, counted from 1.
fn line_of(source: &str, name: &str) -> usize {
    source.lines().position(|line| line.contains(name)).map_or(1, |index| index + 1)
}
