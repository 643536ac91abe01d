//! Authentication-Results.

use maildesk::mail::auth_results::{Auth, Finding, Results, parse, verdict};

/// Only the topmost field, and only a server that we trust, says anything; and what was read says the same when it is written
/// out.
pub fn holds(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    judged(&text);
    super::grown(bytes, |big| {
        parse(&String::from_utf8_lossy(big));
    });
}

fn judged(text: &str) {
    let fields: Vec<String> = text.split('\n').map(str::to_owned).collect();
    let domain = "client.example";
    assert_eq!(verdict(&fields, &[], domain), Auth::Unknown, "nobody is trusted");
    let trusted = ["mx.desk.example"];
    let found = verdict(&fields, &trusted, domain);
    assert_eq!(verdict(&fields[..1], &trusted, domain), found, "what stands below came with the mail");
    assert_eq!(verdict(&fields, &["MX.Desk.Example"], &domain.to_uppercase()), found);
    let Some(results) = parse(&fields[0]) else {
        assert_eq!(found, Auth::Unknown);
        return;
    };
    if results.authserv_id != "mx.desk.example" {
        assert_eq!(found, Auth::Unknown, "{results:?}");
    }
    assert!(results.findings.len() <= fields[0].len());
    let line = written(&results);
    // The reader stops at 16,384 characters.
    if line.chars().count() < 16_384 {
        assert_eq!(parse(&line).as_ref(), Some(&results), "{line:?}");
    }
}

/// A field as RFC 8601 has it, every value in quotes.
fn written(results: &Results) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let pair = |name: &str, value: &str| format!("{}={}", quoted(name), quoted(value));
    let finding = |found: &Finding| {
        let properties = found.properties.iter().map(|(name, value)| format!(" {}", pair(name, value)));
        format!("; {}{}", pair(&found.method, &found.result), properties.collect::<String>())
    };
    format!("{}{}", quoted(&results.authserv_id), results.findings.iter().map(finding).collect::<String>())
}
