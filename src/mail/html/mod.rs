//! HTML to text and text to HTML, within bounds.
//!
//! The converter works on the stream of tags, not on a tree: it is linear at any nesting, fetches nothing and
//! knows how mail programs mark what they quote.

mod letter;
mod page;
mod tag;

pub use letter::from_text;
pub use page::to_text;

/// The charset that a page names in its own head (`<meta … charset=…>`), looked for in its first 4 kB.
pub fn charset(page: &[u8]) -> Option<String> {
    let start = String::from_utf8_lossy(&page[..page.len().min(4096)]).to_ascii_lowercase();
    let (_, behind) = start.split_once("charset=")?;
    let behind = behind.trim_start_matches(['"', '\'', ' ']);
    let label: String =
        behind.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_:.".contains(*c)).take(40).collect();
    (!label.is_empty()).then_some(label)
}

/// Content-IDs that a page shows (`cid:…`), at most 1,000.
pub fn pictures(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in page.match_indices("cid:").take(1_000) {
        let id: String = page[at + 4..]
            .chars()
            .take_while(|c| !c.is_whitespace() && !"\"'<>)&".contains(*c))
            .take(300)
            .collect();
        found.push(id.replace("%40", "@").replace("%24", "$"));
    }
    found
}
