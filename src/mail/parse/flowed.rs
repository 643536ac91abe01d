//! format=flowed text to plain lines (RFC 3676).

/// Joins flowed lines of equal quote depth; `delsp` takes the joining blank away.
/// The signature line `-- ` is never joined. The depth of a quotation stays, as `> ` before each line.
pub fn unflow(text: &str, delsp: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut open: Option<usize> = None;
    for (number, line) in text.lines().enumerate() {
        let depth = line.bytes().take_while(|b| *b == b'>').count();
        let content = &line[depth..];
        let content = content.strip_prefix(' ').unwrap_or(content);
        let is_signature = content == "-- ";
        if open == Some(depth) && !is_signature {
            // Goes on behind the blank that stands there.
        } else {
            trim_end(&mut out, open.is_some());
            if number > 0 {
                out.push('\n');
            }
            if depth > 0 {
                out.extend(std::iter::repeat_n('>', depth));
                out.push(' ');
            }
        }
        let flows = content.ends_with(' ') && !is_signature;
        out.push_str(if flows && delsp { &content[..content.len() - 1] } else { content });
        open = flows.then_some(depth);
    }
    trim_end(&mut out, open.is_some());
    if text.ends_with('\n') {
        out.push('\n');
    }
    out
}

/// A paragraph that was cut short by a change of depth loses its joining blank.
fn trim_end(out: &mut String, was_open: bool) {
    if was_open && out.ends_with(' ') {
        out.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flowed_lines_are_joined_as_they_were_written() {
        for (text, delsp, expected) in [
            ("one \ntwo\nthree\n", false, "one two\nthree\n"),
            ("one \ntwo\n", true, "onetwo\n"),
            (" >no quote\n", false, ">no quote\n"),
            (" From here\n", false, "From here\n"),
            ("> a \n> b\nc\n", false, "> a b\nc\n"),
            (">> a \n> b\n", false, ">> a\n> b\n"),
            ("text \n-- \nOna\n", false, "text\n-- \nOna\n"),
            ("", false, ""),
            ("a\n\n\nb\n", false, "a\n\n\nb\n"),
            ("\na\n", false, "\na\n"),
        ] {
            assert_eq!(unflow(text, delsp), expected, "{text:?}");
        }
    }
}
