//! Plain text to the HTML of a letter: the same words, links to click, quotations as blocks.

/// Renders text as an HTML fragment: escaped, `http` and `https` links clickable, lines that start with `>`
/// as nested blocks. Nothing of the text is read as markup.
pub fn from_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    let mut depth = 0;
    let mut is_first = true;
    for line in text.trim_end().lines() {
        let (level, content) = quoted(line);
        if level != depth {
            for _ in depth..level {
                out.push_str("<blockquote type=\"cite\">\n");
            }
            for _ in level..depth {
                out.push_str("\n</blockquote>\n");
            }
            depth = level;
        } else if !is_first {
            out.push_str("<br>\n");
        }
        is_first = false;
        links(content, &mut out);
    }
    for _ in 0..depth {
        out.push_str("\n</blockquote>");
    }
    out
}

/// Depth of quotation of a line, at most nine, and what it holds.
fn quoted(line: &str) -> (usize, &str) {
    let mut rest = line;
    let mut level = 0;
    while level < 9 {
        let Some(inner) = rest.strip_prefix('>') else { break };
        level += 1;
        rest = inner.strip_prefix(' ').filter(|r| r.starts_with('>')).unwrap_or(inner);
    }
    (level, if level > 0 { rest.strip_prefix(' ').unwrap_or(rest) } else { rest })
}

fn links(line: &str, out: &mut String) {
    let mut rest = line;
    while let Some(at) = link_start(rest) {
        escape(&rest[..at], out);
        let end = link_end(&rest[at..]);
        let link = &rest[at..at + end];
        out.push_str("<a href=\"");
        escape(link, out);
        out.push_str("\">");
        escape(link, out);
        out.push_str("</a>");
        rest = &rest[at + end..];
    }
    escape(rest, out);
}

fn link_start(text: &str) -> Option<usize> {
    let starts = |(at, _): &(usize, &str)| {
        let behind = text[*at..].split_once("://").map_or("", |(_, b)| b);
        let word_before = text[..*at].chars().next_back().is_some_and(char::is_alphanumeric);
        !word_before && behind.starts_with(char::is_alphanumeric)
    };
    text.match_indices("http")
        .filter(|(at, _)| text[*at..].starts_with("http://") || text[*at..].starts_with("https://"))
        .find(starts)
        .map(|(at, _)| at)
}

/// Where a link ends: at a blank or a bracket, without the punctuation of the sentence around it.
fn link_end(text: &str) -> usize {
    let end = text
        .find(|c: char| c.is_whitespace() || c.is_control() || "<>\"'`|{}".contains(c))
        .unwrap_or(text.len());
    let mut link = &text[..end];
    loop {
        let open = link.ends_with(')') && !link.contains('(');
        let trimmed = link.trim_end_matches(['.', ',', ';', ':', '!', '?', '”', '»', '…']);
        let next = if open { &link[..link.len() - 1] } else { trimmed };
        if next.len() == link.len() {
            return link.len();
        }
        link = next;
    }
}

fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() && c != '\t' => {}
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_becomes_html_that_shows_the_same_words() {
        for (text, html) in [
            ("a < b & \"c\"", "a &lt; b &amp; &quot;c&quot;"),
            ("one\ntwo", "one<br>\ntwo"),
            (
                "see https://desk.example/a?b=1&c=2.",
                "see <a href=\"https://desk.example/a?b=1&amp;c=2\">https://desk.example/a?b=1&amp;c=2</a>.",
            ),
            ("(http://x.example/y)", "(<a href=\"http://x.example/y\">http://x.example/y</a>)"),
            (
                "new\n> old\n>> older\nend",
                "new<blockquote type=\"cite\">\nold<blockquote type=\"cite\">\nolder\n</blockquote>\n\n</blockquote>\nend",
            ),
            ("javascript:alert(1) http://", "javascript:alert(1) http://"),
            ("http://a\"onclick=x", "<a href=\"http://a\">http://a</a>&quot;onclick=x"),
        ] {
            assert_eq!(from_text(text), html, "{text}");
        }
    }
}
