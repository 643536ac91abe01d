//! How long the reading of hostile mail takes: `cargo run --release --example reading`.
//!
//! Prints the slowest of several quotations of 10,000 lines being parted, and of several pages of 1 MB becoming text.
//! The limits are 20 ms and 1 s in an optimized build; what a debug build needs is more than an optimized one does.

use std::time::{Duration, Instant};

use maildesk::mail::{html, quote};

const LINES: usize = 10_000;
const PAGE_BYTES: usize = 1_000_000;
const RUNS: usize = 5;

fn main() {
    let reply = "Neveikia ir toliau.\n\nOna\n\n2026-04-13 10:15, Pagalba <help@desk.example> rašė:\n";
    let quotations = [
        ("marked", "> Laba diena, Jūsų kreipinys užregistruotas, 10:15.\n"),
        ("marked deep", ">>>> > >> On Mon, 13 Apr 2026, a@desk.example wrote:\n"),
        ("unmarked", "Laba diena, Jūsų kreipinys užregistruotas: 10:15.\n"),
        ("heads", "From: a@desk.example 2026-04-13\n"),
        ("labels", "Tema: Re: kasa\n"),
        ("introductions", "2026-04-13 10:15, a@desk.example rašė:\n"),
        ("rules", "-----\n"),
        ("empty", "\n"),
        ("signatures", "-- \nOna\n"),
    ];
    let parted = quotations.map(|(name, line)| {
        let text = format!("{reply}{}", line.repeat(LINES));
        let ours = line.repeat(LINES).replace(['>', '\n'], " ");
        (name, fastest(|| drop(quote::split(&text, Some(&[&ours])))))
    });
    let pieces = [
        ("open tags", "<div>"),
        ("quotations", "<blockquote><p>a"),
        ("tables", "<table><tr><td>a"),
        ("lists", "<ul><li>a"),
        ("styles", "<p style=\"display:none;color:red\" class='a b'>a"),
        ("attributes", "<a href=\"a\" title='"),
        ("comments", "<!--a"),
        ("closed comments", "<!-- a -->"),
        ("entities", "&amp;&#x41;&#99999999;&nope"),
        ("less than", "<"),
        ("scripts", "<script>a</scrip"),
        ("hidden", "<style>a{}</style><span hidden>a</span>"),
        ("words", "word and word, "),
        ("closing tags", "</div></p></td>"),
    ];
    let read = pieces.map(|(name, piece)| {
        let page = piece.repeat(PAGE_BYTES / piece.len());
        (name, fastest(|| drop(html::to_text(&page))))
    });
    told("a quotation of 10,000 lines", &parted);
    told("1 MB of HTML", &read);
}

fn fastest(work: impl Fn()) -> Duration {
    let once = |_| {
        let started = Instant::now();
        work();
        started.elapsed()
    };
    (0..RUNS).map(once).min().unwrap_or_default()
}

fn told(what: &str, times: &[(&str, Duration)]) {
    let worst = times.iter().max_by_key(|(_, time)| *time);
    for (name, time) in times {
        println!("{what}, {name}: {:.1} ms", time.as_secs_f64() * 1_000.0);
    }
    if let Some((name, time)) = worst {
        println!("{what}, the slowest ({name}): {:.1} ms", time.as_secs_f64() * 1_000.0);
    }
}
