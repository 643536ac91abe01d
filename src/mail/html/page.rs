//! A page to the text that a reader sees, with quotations as lines that start with `>`.

use super::tag::{Piece, Pieces, Tag};

/// Deepest quotation shown as such.
const QUOTE_DEPTH_MAX: usize = 9;
/// How far up a closing tag looks for what it closes.
const CLOSE_LOOKUP_MAX: usize = 64;

/// What an open element does to the text in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    /// Quoted: `> ` before each line.
    Quote,
    /// The line that introduces a quotation: quoted as well, unless it introduces a forward.
    Introduction,
    /// Not shown.
    Hidden,
    /// White space counts.
    Pre,
}

struct Open {
    name: String,
    /// Elements of the same name opened within.
    nested: usize,
    effect: Effect,
}

/// The visible text of a page: linear in its length, whatever it nests.
pub fn to_text(page: &str) -> String {
    let mut writer = Writer::default();
    let mut pieces = Pieces::of(page);
    while let Some(piece) = pieces.next() {
        match piece {
            Piece::Text(text) => writer.text(text),
            Piece::Open(tag) if matches!(tag.name.as_str(), "script" | "style" | "title" | "textarea") => {
                pieces.skip_to_close(&tag.name);
            }
            Piece::Open(tag) => writer.open(&tag),
            Piece::Close(name) => writer.close(&name),
        }
    }
    writer.end_line();
    writer.out.trim_matches('\n').to_owned()
}

#[derive(Default)]
struct Writer {
    out: String,
    line: String,
    /// A blank is due before the next word.
    blank: bool,
    /// Empty lines at the end of `out`.
    empty: usize,
    /// An empty line is due before the next text.
    gap: bool,
    effects: Vec<Open>,
    /// Depth of quotation of the line at hand.
    depth: usize,
    hidden: usize,
    pre: usize,
}

fn is_block(name: &str) -> bool {
    matches!(
        name,
        "div"
            | "p"
            | "table"
            | "tr"
            | "ul"
            | "ol"
            | "li"
            | "dl"
            | "dt"
            | "dd"
            | "blockquote"
            | "pre"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "hr"
            | "center"
            | "form"
            | "section"
            | "article"
            | "header"
            | "footer"
            | "address"
            | "body"
            | "tbody"
            | "thead"
            | "caption"
            | "fieldset"
    )
}

/// Blocks with an empty line around them.
fn is_spaced(tag: &str) -> bool {
    matches!(tag, "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "ul" | "ol" | "pre" | "hr" | "blockquote")
}

fn effect(tag: &Tag<'_>) -> Option<Effect> {
    let style = tag.attribute("style").unwrap_or_default().replace(' ', "");
    if style.contains("display:none") || style.contains("mso-hide:all") {
        return Some(Effect::Hidden);
    }
    match tag.name.as_str() {
        // Gmail's indented paragraphs are blockquotes too.
        "blockquote" if style.contains("border:none") && style.contains("40px") => None,
        "blockquote" => Some(Effect::Quote),
        "pre" => Some(Effect::Pre),
        "div" if tag.has_class("yahoo_quoted") => Some(Effect::Quote),
        "div" if tag.has_class("gmail_attr") || tag.has_class("moz-cite-prefix") => {
            Some(Effect::Introduction)
        }
        _ => None,
    }
}

impl Writer {
    fn open(&mut self, tag: &Tag<'_>) {
        let name = tag.name.as_str();
        if name == "br" {
            self.hard_break();
            return;
        }
        if is_block(name) {
            self.end_line();
            let is_outlook_line = name == "p" && tag.attribute("class").is_some_and(|c| c.starts_with("mso"));
            self.gap |= is_spaced(name) && !is_outlook_line && self.hidden == 0;
        }
        match name {
            "td" | "th" => self.blank |= !self.line.is_empty(),
            "li" if self.hidden == 0 => {
                self.start_line();
                self.line.push_str("* ");
            }
            _ => {}
        }
        if tag.has_class("gmail_signature") && self.hidden == 0 && self.quote_depth() == 0 {
            self.signature();
        }
        if let Some(effect) = effect(tag) {
            self.end_line();
            self.count(effect, true);
            self.effects.push(Open { name: tag.name.clone(), nested: 0, effect });
        } else if let Some(open) =
            self.effects.iter_mut().rev().take(CLOSE_LOOKUP_MAX).find(|o| o.name == name)
        {
            open.nested += 1;
        }
    }

    fn close(&mut self, name: &str) {
        if is_block(name) {
            self.end_line();
            self.gap |= is_spaced(name) && name != "p" && self.hidden == 0;
        }
        let found = self.effects.iter().rev().take(CLOSE_LOOKUP_MAX).position(|o| o.name == name);
        let Some(up) = found else { return };
        let at = self.effects.len() - 1 - up;
        if self.effects[at].nested > 0 {
            self.effects[at].nested -= 1;
            return;
        }
        self.end_line();
        while self.effects.len() > at {
            if let Some(open) = self.effects.pop() {
                self.count(open.effect, false);
            }
        }
    }

    fn count(&mut self, effect: Effect, up: bool) {
        let counter = match effect {
            Effect::Quote | Effect::Introduction => return,
            Effect::Hidden => &mut self.hidden,
            Effect::Pre => &mut self.pre,
        };
        *counter = if up { *counter + 1 } else { counter.saturating_sub(1) };
    }

    fn quote_depth(&self) -> usize {
        let quoting = |o: &&Open| matches!(o.effect, Effect::Quote | Effect::Introduction);
        self.effects.iter().rev().take(CLOSE_LOOKUP_MAX).filter(quoting).count().min(QUOTE_DEPTH_MAX)
    }

    fn start_line(&mut self) {
        if self.line.is_empty() {
            self.depth = self.quote_depth();
        }
    }

    fn text(&mut self, raw: &str) {
        if self.hidden > 0 {
            return;
        }
        let text = unescaped(raw);
        for c in text.chars() {
            match c {
                '\n' if self.pre > 0 => self.hard_break(),
                ' ' | '\t' if self.pre > 0 => {
                    self.start_line();
                    self.line.push(c);
                }
                ' ' | '\t' | '\n' | '\r' | '\u{c}' => self.blank |= !self.line.is_empty(),
                // Written by programs to fill previews; shows nothing.
                '\u{200c}' | '\u{200b}' | '\u{feff}' | '\u{34f}' | '\u{2007}' => {}
                c => {
                    self.start_line();
                    if std::mem::take(&mut self.blank) {
                        self.line.push(' ');
                    }
                    self.line.push(c);
                }
            }
        }
    }

    /// Ends the line if it holds anything.
    fn end_line(&mut self) {
        if !self.line.is_empty() {
            self.flush();
        }
        self.blank = false;
    }

    /// Ends the line even if it is empty.
    fn hard_break(&mut self) {
        if self.hidden > 0 {
            return;
        }
        self.start_line();
        self.flush();
        self.blank = false;
    }

    fn flush(&mut self) {
        let line = std::mem::take(&mut self.line).replace('\u{a0}', " ");
        let line = if self.pre > 0 { line.trim_end() } else { line.trim() };
        let introduces = self.effects.last().is_some_and(|o| o.effect == Effect::Introduction);
        if introduces && line.starts_with("-----") {
            self.effects.pop();
            self.depth = self.quote_depth();
        }
        if self.gap && self.empty == 0 && !self.out.is_empty() && !line.is_empty() {
            self.out.push('\n');
            self.empty = 1;
        }
        self.gap &= line.is_empty();
        self.empty = if line.is_empty() { self.empty + 1 } else { 0 };
        if self.empty > 2 {
            return;
        }
        if self.depth > 0 {
            self.out.extend(std::iter::repeat_n('>', self.depth));
            self.out.push_str(if line.is_empty() { "" } else { " " });
        }
        self.out.push_str(line);
        self.out.push('\n');
    }

    /// The program marks a signature: the line that says so in plain text, unless it stands there.
    fn signature(&mut self) {
        self.end_line();
        let last = self.out.trim_end().rsplit('\n').next().unwrap_or_default().trim();
        if last != "--" {
            self.out.push_str("-- \n");
        }
    }
}

/// Text with its character references read.
fn unescaped(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((before, behind)) = rest.split_once('&') {
        out.push_str(before);
        let length = behind.bytes().take(32).take_while(|b| b.is_ascii_alphanumeric() || *b == b'#').count();
        let token = &behind[..length];
        let mut read = String::new();
        if length > 1 {
            mail_parser::decoders::html::add_html_token(&mut read, format!("&{token};").as_bytes(), false);
        }
        if read.is_empty() || read.starts_with('&') && token != "amp" {
            out.push('&');
            rest = behind;
            continue;
        }
        out.push_str(&read);
        rest = &behind[length..];
        rest = rest.strip_prefix(';').unwrap_or(rest);
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::effort;

    #[test]
    fn a_page_becomes_the_text_that_is_seen() {
        for (page, expected) in [
            (
                "<p>Laba&nbsp;diena,</p><p>spausdintuvas  \n nespausdina.</p>",
                "Laba diena,\n\nspausdintuvas nespausdina.",
            ),
            ("<div>one</div><div><br></div><div>two<br>three</div>", "one\n\ntwo\nthree"),
            ("<style>p{}</style><script>x<b></script>text<!-- no -->", "text"),
            ("<ul><li>a<li>b</ul>", "* a\n* b"),
            ("<table><tr><td>a<td>b</tr><tr><td>c</table>", "a b\nc"),
            ("2 < 3 &amp; &eacute;&#269;&#x17e; &bogus; AT&T", "2 < 3 & éčž &bogus; AT&T"),
            (
                "<p class=MsoNormal>a</p><p class=MsoNormal>b</p><p class=MsoNormal>&nbsp;</p><p class=MsoNormal>c</p>",
                "a\nb\n\nc",
            ),
            ("<div style='display: none'>hidden<div>x</div></div>seen", "seen"),
            ("<pre>a\n  b</pre>", "a\n  b"),
            ("", ""),
        ] {
            assert_eq!(to_text(page), expected, "{page}");
        }
    }

    #[test]
    fn quotations_of_mail_programs_become_quoted_lines() {
        for (page, expected) in [
            (
                "new<div class=\"gmail_quote\"><div class=\"gmail_attr\">On Monday Ona wrote:<br></div><blockquote class=\"gmail_quote\">old<blockquote>older</blockquote></blockquote></div>",
                "new\n> On Monday Ona wrote:\n\n> old\n\n>> older",
            ),
            (
                "new<div class=\"gmail_quote\"><div class=\"gmail_attr\">---------- Forwarded message ---------<br>From: a</div>text</div>",
                "new\n---------- Forwarded message ---------\nFrom: a\ntext",
            ),
            (
                "<div class=\"moz-cite-prefix\">Petr:<br></div><blockquote type=\"cite\"><p>old</p></blockquote><p>new</p>",
                "> Petr:\n\n> old\n\nnew",
            ),
            ("a<div class=\"yahoo_quoted\"><div>b</div></div>c", "a\n> b\nc"),
            (
                "a<blockquote style=\"margin: 0 0 0 40px; border: none; padding: 0px;\">b</blockquote>",
                "a\n\nb",
            ),
        ] {
            assert_eq!(to_text(page), expected, "{page}");
        }
    }

    /// 1 MB: below 1 s in an optimized build (`cargo run --release --example reading`).
    #[test]
    fn four_times_a_page_takes_about_four_times_as_long() {
        let effort = |page: &str| effort::of(|| drop(to_text(page)));
        for piece in [
            "<div>",
            "<blockquote><p>a",
            "<table><tr><td>a",
            "<p style=\"display:none\" class='a b'>a",
            "<a href=\"a\" title='",
            "<!-- a -->",
            "&amp;&#x41;&nope",
            "<",
            "<script>a</scrip",
            "</div></p>",
        ] {
            let page = |bytes: usize| piece.repeat(bytes / piece.len());
            let (short, long) = (effort(&page(50_000)), effort(&page(200_000)));
            let floor = std::time::Duration::from_micros(500);
            assert!(long < short.max(floor) * 10, "{piece}: {short:?}, four times as much {long:?}");
        }
    }

    #[test]
    fn deep_nesting_and_broken_tags_cost_nothing() {
        let deep = "<div>".repeat(200_000) + "x" + &"<blockquote>".repeat(50_000) + "y";
        assert!(to_text(&deep).ends_with("y"));
        assert_eq!(to_text(&"<!--".repeat(100_000)), "");
        assert!(to_text(&"<a href=\"".repeat(50_000)).len() < 1_000_000);
        assert_eq!(to_text("a<b"), "a");
    }
}
