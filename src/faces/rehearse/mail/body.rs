//! The text of a step with its quotations and running text written out.

use super::Writing;

/// Lines of running text break at this many characters.
const LINE_CHARS: usize = 76;

/// Writes out `<<quote NAME>>`, `<<plain NAME>>` and `<<text N>>`, each alone on a line.
///
/// # Errors
/// There is no mail of that name yet, or no number of characters.
pub fn written(text: &str, writing: &Writing<'_>) -> Result<String, String> {
    let mut lines = Vec::new();
    for line in text.lines() {
        let placeholder = line.trim().strip_prefix("<<").and_then(|l| l.strip_suffix(">>"));
        let Some((what, of)) = placeholder.and_then(|p| p.split_once(' ')) else {
            lines.push(line.to_owned());
            continue;
        };
        match what {
            "quote" => {
                lines.extend(text_of(of, writing)?.lines().map(|l| format!("> {l}").trim_end().to_owned()))
            }
            "plain" => lines.extend(text_of(of, writing)?.lines().map(str::to_owned)),
            "text" => {
                let chars =
                    of.trim().parse().map_err(|_| format!("<<text {of}>>: no number of characters"))?;
                lines.push(running_text(chars, writing.language));
            }
            _ => lines.push(line.to_owned()),
        }
    }
    Ok(lines.iter().map(|line| format!("{line}\n")).collect())
}

fn text_of(name: &str, writing: &Writing<'_>) -> Result<String, String> {
    (writing.text_of)(name.trim()).ok_or_else(|| format!("no mail is called {name:?} so far"))
}

/// So many characters of everyday sentences that ask for nothing; blanks and line breaks count.
pub fn running_text(chars: usize, language: &str) -> String {
    let sentences = match language {
        "lt" => "Namas stovi prie upės ir turi du aukštus. Sode auga obelys, kriaušės ir keli krūmai. ",
        "lv" => "Māja stāv pie upes, un tai ir divi stāvi. Dārzā aug ābeles, bumbieres un daži krūmi. ",
        "ru" => "Дом стоит у реки, и в нём два этажа. В саду растут яблони, груши и несколько кустов. ",
        "cs" => "Dům stojí u řeky a má dvě patra. Na zahradě rostou jabloně, hrušně a několik keřů. ",
        _ => "The house stands by the river and has two floors. Apple trees and pears grow in the garden. ",
    };
    let mut text: Vec<char> = Vec::with_capacity(chars);
    let mut line_start = 0;
    for c in sentences.chars().cycle().take(chars) {
        if c == ' ' && text.len() - line_start >= LINE_CHARS {
            line_start = text.len() + 1;
            text.push('\n');
        } else {
            text.push(c);
        }
    }
    if let Some(last) = text.last_mut().filter(|c| c.is_whitespace()) {
        *last = '.';
    }
    text.into_iter().collect()
}
