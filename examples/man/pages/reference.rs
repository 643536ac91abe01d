//! maildesk.toml(5): the reference file, each key with the sentences above it.

use super::roff::Roff;

/// A line of the reference, told from others by its form alone.
enum Line<'a> {
    /// `[desk.time]`, `# [desk.rating]`
    Header(&'a str),
    /// `port = 993`, `# ehlo = "desk.example"`: whether it stands behind a `#`, key, value.
    Key(bool, &'a str, &'a str),
    Words(&'a str),
    Empty,
}

/// What is known of the keys that wait for the end of their entry.
#[derive(Default)]
struct Waiting {
    words: Vec<String>,
    keys: Vec<(String, String)>,
}

impl Waiting {
    fn flush(&mut self, page: &mut Roff) {
        let text = self.words.join("\n");
        match self.keys.is_empty() {
            true if text.trim().is_empty() => {}
            true => page.paragraph(&text),
            false => page.entry(&self.keys, &text),
        }
        *self = Waiting::default();
    }
}

/// Writes the whole page from the text of `config/maildesk.toml`.
pub fn write(page: &mut Roff, reference: &str) {
    let (top, rest) = reference.split_once("\n\n").unwrap_or((reference, ""));
    page.section("NAME");
    page.text("maildesk.toml - configuration of maildesk");
    page.section("SYNOPSIS");
    page.text("/etc/maildesk/maildesk.toml, /etc/maildesk/conf.d/*.toml");
    page.section("DESCRIPTION");
    let words: Vec<&str> = top.lines().map(|line| line.trim_start_matches('#').trim()).collect();
    let words = words.join("\n");
    // The first sentence is about the file that this page is made of.
    page.text(words.split_once("\n\n").map_or(words.as_str(), |(_, words)| words));
    page.paragraph(
        "Below, each key stands with its default. A key that stands with an example has none, and is left out unless \
         it is needed. The same as a file to copy from: /usr/share/doc/maildesk/maildesk.toml. Complete desks: \
         maildesk init.",
    );
    page.section("KEYS");
    let mut waiting = Waiting::default();
    for line in rest.lines().map(read) {
        match line {
            Line::Empty => waiting.flush(page),
            Line::Words(words) => {
                if !waiting.keys.is_empty() {
                    waiting.flush(page);
                }
                waiting.words.push(words.to_owned());
            }
            Line::Key(example, key, value) => {
                let is = if example { format!(", for example {value}") } else { format!(" = {value}") };
                waiting.keys.push((key.to_owned(), is));
            }
            Line::Header(header) => {
                let before = std::mem::take(&mut waiting.words);
                waiting.flush(page);
                page.subsection(header);
                page.text(&before.join("\n"));
            }
        }
    }
    waiting.flush(page);
    page.section("SEE ALSO");
    page.text("maildesk(1), systemd.exec(5) on LoadCredential=");
}

fn read(line: &str) -> Line<'_> {
    let bare = line.strip_prefix('#').map_or(line, str::trim_start);
    if bare.is_empty() {
        return Line::Empty;
    }
    if bare.starts_with('[') && bare.ends_with(']') {
        return Line::Header(bare);
    }
    let is_key =
        |key: &str| !key.is_empty() && key.chars().all(|c| c.is_ascii_lowercase() || "_-".contains(c));
    match bare.split_once(" = ") {
        Some((key, value)) if is_key(key) => Line::Key(line.starts_with('#'), key, value),
        _ => Line::Words(bare),
    }
}
