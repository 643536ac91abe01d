//! A page of the manual in the macros of man(7).

/// A page that is being written.
pub struct Roff(String);

impl Roff {
    /// The title line of a page.
    pub fn begin(name: &str, section: u8, date: &str, kind: &str) -> Roff {
        let version = env!("CARGO_PKG_VERSION");
        Roff(format!(".TH {name} {section} \"{date}\" \"maildesk {version}\" \"{kind}\"\n"))
    }

    pub fn section(&mut self, title: &str) {
        self.0 += &format!(".SH \"{}\"\n", inline(title));
    }

    pub fn subsection(&mut self, title: &str) {
        self.0 += &format!(".SS \"{}\"\n", inline(title));
    }

    /// Paragraphs, parted by empty lines.
    pub fn text(&mut self, text: &str) {
        for (place, paragraph) in text.split("\n\n").map(str::trim).filter(|p| !p.is_empty()).enumerate() {
            if place > 0 {
                self.0 += ".PP\n";
            }
            self.lines(paragraph);
        }
    }

    /// A paragraph that follows something else.
    pub fn paragraph(&mut self, text: &str) {
        self.break_off();
        self.text(text);
    }

    /// What follows stands apart from what went before, if anything did.
    fn break_off(&mut self) {
        let last = self.0.lines().next_back().unwrap_or_default();
        if !last.starts_with(".S") {
            self.0 += ".PP\n";
        }
    }

    /// Lines that stay as they are.
    pub fn verbatim(&mut self, text: &str) {
        self.break_off();
        self.0 += ".nf\n";
        self.lines(text);
        self.0 += ".fi\n";
    }

    /// What `text` is about: one term, or several that share it. `terms` are pairs of a bold and a plain part.
    pub fn entry(&mut self, terms: &[(String, String)], text: &str) {
        for (place, (bold, plain)) in terms.iter().enumerate() {
            self.0 += if place == 0 { ".TP\n" } else { ".TQ\n" };
            self.0 += &format!("\\fB{}\\fR{}\n", escape(bold), escape(plain));
        }
        for (place, paragraph) in text.split("\n\n").map(str::trim).filter(|p| !p.is_empty()).enumerate() {
            if place > 0 {
                self.0 += ".IP\n";
            }
            self.lines(paragraph);
        }
    }

    pub fn end(self) -> String {
        self.0
    }

    fn lines(&mut self, text: &str) {
        for line in text.lines() {
            self.0 += &escape(line.trim_end());
            self.0.push('\n');
        }
    }
}

/// Within quotes of a macro.
fn inline(text: &str) -> String {
    escape(text).replace('"', "\\(dq")
}

/// What roff would obey: backslashes, dots and quotes that begin a line; and hyphens that are minus signs.
fn escape(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}
