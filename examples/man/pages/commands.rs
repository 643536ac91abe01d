//! maildesk(1): the help of every command, one after another.

use clap::{Arg, Command};

use super::roff::Roff;

/// What help has no place for.
const FILES: &[(&str, &str)] = &[
    (
        "/etc/maildesk/maildesk.toml",
        "The configuration; see maildesk.toml(5). Files in conf.d beside it go before it.",
    ),
    (
        "/etc/maildesk/credentials/",
        "Passwords, one a file, for root alone. systemd hands them to the daemon; password_credential names them.",
    ),
    (
        "/var/lib/maildesk/maildesk.sqlite",
        "All that the desk knows. Copy it with maildesk backup, never with cp.",
    ),
    ("/var/lib/maildesk/control.sock", "Where the running daemon hears the other commands."),
];
const ENVIRONMENT: &[(&str, &str)] = &[
    ("MAILDESK_CONFIG", "Configuration files, parted by colons, where --config names none."),
    ("MAILDESK__SECTION__KEY", "A key of the configuration; it goes before the files."),
    ("CREDENTIALS_DIRECTORY", "Where systemd has put the credentials."),
    (
        "NOTIFY_SOCKET, WATCHDOG_USEC",
        "How maildesk run tells systemd that it is ready and goes on; see sd_notify(3).",
    ),
];
const SIGNALS: &[(&str, &str)] = &[
    ("SIGTERM, SIGINT", "maildesk run ends after the work in hand."),
    ("SIGHUP", "maildesk run reads the configuration again, all of it or nothing."),
];

/// Writes the whole page.
pub fn write(page: &mut Roff, mut grammar: Command) {
    grammar.build();
    let about = grammar.get_about().map(ToString::to_string).unwrap_or_default();
    let (short, _) = about.split_once(':').unwrap_or((&about, ""));
    page.section("NAME");
    page.text(&format!("maildesk - {}", short.to_lowercase()));
    page.section("SYNOPSIS");
    page.text("maildesk [--config FILE]... [--json] COMMAND [ARGUMENT]...");
    page.section("DESCRIPTION");
    page.text(&about);
    page.section("OPTIONS");
    page.text("Every command understands these.");
    for option in grammar.get_arguments().filter(|option| !option.is_hide_set()) {
        argument(page, option);
    }
    page.section("COMMANDS");
    for command in grammar.get_subcommands() {
        tell(page, "maildesk", command);
    }
    let mut codes = String::new();
    if let Some(after) = grammar.get_after_help().map(ToString::to_string) {
        for part in after.split("\n\n") {
            match part.split_once(':') {
                Some(("Exit codes", list)) => codes = list.trim().to_owned(),
                _ => after_help(page, part, true),
            }
        }
    }
    page.section("EXIT STATUS");
    for code in codes.trim_end_matches('.').replace('\n', " ").split(", ").fold(Vec::new(), joined) {
        let (number, meaning) = code.split_once(' ').unwrap_or((&code, ""));
        page.entry(&[(number.to_owned(), String::new())], meaning);
    }
    for (title, list) in [("SIGNALS", SIGNALS), ("ENVIRONMENT", ENVIRONMENT), ("FILES", FILES)] {
        page.section(title);
        for (term, text) in list {
            page.entry(&[((*term).to_owned(), String::new())], text);
        }
    }
    page.section("SEE ALSO");
    page.text("maildesk.toml(5), systemd.exec(5), sd_notify(3)");
}

/// A comma within brackets parts nothing: `1 not so (a check failed, it cannot be done)`.
fn joined(mut codes: Vec<String>, part: &str) -> Vec<String> {
    match codes.last_mut() {
        Some(last) if last.matches('(').count() > last.matches(')').count() => {
            last.push_str(", ");
            last.push_str(part);
        }
        _ => codes.push(part.to_owned()),
    }
    codes
}

/// One command and those below it.
fn tell(page: &mut Roff, before: &str, command: &Command) {
    if command.is_hide_set() || command.get_name() == "help" {
        return;
    }
    let name = format!("{before} {}", command.get_name());
    let positionals: String = command.get_positionals().map(|arg| format!(" {}", shown(arg))).collect();
    let own = |arg: &&Arg| !arg.is_positional() && !arg.is_hide_set() && !is_everywhere(arg);
    let below = command.get_subcommands().any(|command| command.get_name() != "help");
    let options = if command.get_arguments().any(|arg| own(&arg)) { " [OPTION]..." } else { "" };
    page.subsection(&format!("{name}{}{options}{positionals}", if below { " COMMAND" } else { "" }));
    let about = command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default();
    page.text(&sentence(&about));
    for argument_ in command.get_positionals().filter(|arg| arg.get_help().is_some()) {
        argument(page, argument_);
    }
    for option in command.get_arguments().filter(own) {
        argument(page, option);
    }
    if let Some(after) = command.get_after_help().map(ToString::to_string) {
        after.split("\n\n").for_each(|part| after_help(page, part, false));
    }
    for command in command.get_subcommands() {
        tell(page, &name, command);
    }
}

/// Text that follows the options; examples stay as they are.
fn after_help(page: &mut Roff, part: &str, as_section: bool) {
    match part.split_once(":\n") {
        Some((title, lines)) if lines.lines().all(|line| line.starts_with("  ")) => {
            if as_section {
                page.section(&title.to_uppercase());
            } else {
                page.paragraph(&format!("{title}:"));
            }
            page.verbatim(lines);
        }
        _ => page.paragraph(part),
    }
}

fn is_everywhere(arg: &Arg) -> bool {
    ["config", "json", "help", "version"].contains(&arg.get_id().as_str())
}

fn argument(page: &mut Roff, arg: &Arg) {
    let names = [arg.get_short().map(|c| format!("-{c}")), arg.get_long().map(|name| format!("--{name}"))];
    let names: Vec<String> = names.into_iter().flatten().collect();
    let term = if arg.is_positional() {
        (shown(arg), String::new())
    } else {
        let value = if arg.get_action().takes_values() { format!(" {}", values(arg)) } else { String::new() };
        (names.join(", "), value)
    };
    let help = arg.get_long_help().or(arg.get_help()).map(ToString::to_string).unwrap_or_default();
    let mut text: Vec<String> = help.split("\n\n").map(sentence).collect();
    let possible = arg.get_possible_values();
    let possible: Vec<&str> = possible.iter().filter(|v| !v.is_hide_set()).map(|v| v.get_name()).collect();
    if !possible.is_empty() && arg.get_action().takes_values() {
        text.push(format!("One of {}.", possible.join(", ")));
    }
    let defaults: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    if !defaults.is_empty() && arg.get_action().takes_values() {
        text.push(format!("By default {}.", defaults.join(", ")));
    }
    page.entry(&[term], &text.join("\n\n"));
}

fn values(arg: &Arg) -> String {
    let names = arg.get_value_names().unwrap_or_default();
    names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(" ")
}

fn shown(arg: &Arg) -> String {
    let name = values(arg);
    let several = arg.get_num_args().is_some_and(|n| n.max_values() > 1);
    let name = if several { format!("{name}...") } else { name };
    if arg.is_required_set() { name } else { format!("[{name}]") }
}

/// Help has no full stop; a sentence of the manual has.
fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() || text.ends_with(['.', '!', '?', ':']) { text.to_owned() } else { format!("{text}.") }
}
