//! Authentication-Results (RFC 8601): what our own mail server found out about a sender.

/// One header field, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Results {
    /// Who reports, lower case.
    pub authserv_id: String,
    pub findings: Vec<Finding>,
}

/// What one method found: `dkim=pass header.d=client.example`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Lower case, without version: `spf`, `dkim`, `dmarc`.
    pub method: String,
    /// Lower case: `pass`, `fail`, `none`, …
    pub result: String,
    /// `header.d` and its value, names in lower case.
    pub properties: Vec<(String, String)>,
}

/// Whether the sender's domain answers for a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// Nobody whom we trust said anything that settles it.
    Unknown,
    /// A method that is bound to the From domain passed.
    Pass,
    /// The mail claims a domain that disowns it.
    Fail,
}

/// Reads a field value; `None` where it has no authserv-id.
pub fn parse(value: &str) -> Option<Results> {
    let parts = split(value);
    let mut parts = parts.iter();
    let authserv_id = parts.next()?.first()?.to_lowercase();
    if authserv_id.contains('=') {
        return None;
    }
    let findings = parts.filter_map(|words| finding(words)).collect();
    Some(Results { authserv_id, findings })
}

/// Words between semicolons, without comments; `a = b` comes as `a=b`, quotes are taken off.
fn split(value: &str) -> Vec<Vec<String>> {
    let mut parts = vec![Vec::new()];
    let mut word = String::new();
    // A sign was read, and nothing of its value yet.
    let mut joins = false;
    let (mut comment, mut quoted, mut escaped) = (0usize, false, false);
    for c in value.chars().take(16 * 1024) {
        match c {
            _ if escaped => {
                escaped = false;
                if comment == 0 {
                    word.push(c);
                }
            }
            '\\' if quoted || comment > 0 => escaped = true,
            '"' if comment == 0 => (quoted, joins) = (!quoted, false),
            c if quoted => word.push(c),
            '(' => comment += 1,
            ')' => comment = comment.saturating_sub(1),
            _ if comment > 0 => {}
            ';' => {
                finish(&mut word, &mut parts);
                joins = false;
                parts.push(Vec::new());
            }
            '=' => {
                // `dkim = pass`: the blank before the sign ended the word too early.
                if word.is_empty()
                    && let Some(name) = parts.last_mut().and_then(|part| part.pop_if(|w| !w.contains('=')))
                {
                    word = name;
                }
                joins = !word.contains('=');
                word.push('=');
            }
            c if c.is_whitespace() => {
                if !joins {
                    finish(&mut word, &mut parts);
                }
            }
            c => {
                joins = false;
                word.push(c);
            }
        }
    }
    finish(&mut word, &mut parts);
    parts
}

fn finish(word: &mut String, parts: &mut [Vec<String>]) {
    let word = std::mem::take(word);
    if !word.is_empty()
        && let Some(part) = parts.last_mut()
    {
        part.push(word);
    }
}

fn finding(words: &[String]) -> Option<Finding> {
    let (method, result) = words.first()?.split_once('=')?;
    let method = method.split('/').next().unwrap_or_default().trim().to_lowercase();
    let properties = words[1..]
        .iter()
        .filter_map(|w| w.split_once('='))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    Some(Finding { method, result: result.to_lowercase(), properties })
}

impl Finding {
    fn property(&self, name: &str) -> Option<&str> {
        self.properties.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// The domain that this finding speaks of.
    fn domain(&self) -> Option<String> {
        let value = match self.method.as_str() {
            "dkim" => self.property("header.d").or_else(|| self.property("header.i"))?,
            "spf" => self.property("smtp.mailfrom").or_else(|| self.property("smtp.helo"))?,
            "dmarc" => self.property("header.from")?,
            _ => return None,
        };
        let domain = value.rsplit('@').next().unwrap_or_default();
        Some(domain.trim_matches(['<', '>', '.', ' ']).to_lowercase())
    }
}

/// Judges a mail by its Authentication-Results fields, topmost first. Only the field at the very top counts, and only
/// where a server in `authserv_ids` wrote it (RFC 8601, sections 5 and 7.1): what stands below may have come with the
/// mail, whatever name it bears. With no such server nothing is known.
pub fn verdict(headers: &[String], authserv_ids: &[&str], from_domain: &str) -> Auth {
    let ours = |r: &Results| authserv_ids.iter().any(|id| id.eq_ignore_ascii_case(&r.authserv_id));
    let Some(results) = headers.first().and_then(|top| parse(top)).filter(ours) else { return Auth::Unknown };
    let from = from_domain.trim_end_matches('.').to_lowercase();
    let about = |method: &str| {
        let of_method = results.findings.iter().filter(move |f| f.method == method);
        of_method.filter(|f| f.domain().is_some_and(|d| is_aligned(&d, &from))).collect::<Vec<_>>()
    };
    let dmarc = about("dmarc");
    if dmarc.iter().any(|f| f.result == "fail") {
        return Auth::Fail;
    }
    let passes = |findings: &[&Finding]| findings.iter().any(|f| f.result == "pass");
    let (dkim, spf) = (about("dkim"), about("spf"));
    if passes(&dmarc) || passes(&dkim) || passes(&spf) {
        return Auth::Pass;
    }
    let fails =
        |findings: &[&Finding]| findings.iter().any(|f| matches!(f.result.as_str(), "fail" | "policy"));
    // Either alone breaks on honest ways (lists, forwarding).
    if fails(&dkim) && fails(&spf) { Auth::Fail } else { Auth::Unknown }
}

/// The same domain, or one a subdomain of the other; a bare top level domain is nobody's.
fn is_aligned(found: &str, from: &str) -> bool {
    let within = |inner: &str, outer: &str| {
        outer.contains('.') && inner.strip_suffix(outer).is_some_and(|rest| rest.ends_with('.'))
    };
    !found.is_empty() && (found == from || within(found, from) || within(from, found))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &[&str] = &["mx.desk.example"];

    fn judged(headers: &[&str]) -> Auth {
        let headers: Vec<String> = headers.iter().map(|h| (*h).to_owned()).collect();
        verdict(&headers, OWN, "client.example")
    }

    #[test]
    fn a_field_is_read_with_comments_versions_and_quotes() {
        let results = parse("MX.desk.example 1; (a;b) spf = pass (ok) smtp.mailfrom=\"ona@client.example\";\tdkim/1=fail reason=\"bad; body\" header.d=Client.example; none")
            .expect("has an id");
        assert_eq!(results.authserv_id, "mx.desk.example");
        assert_eq!(results.findings.len(), 2);
        assert_eq!(results.findings[0].domain().as_deref(), Some("client.example"));
        assert_eq!(
            (results.findings[1].method.as_str(), results.findings[1].result.as_str()),
            ("dkim", "fail")
        );
        assert_eq!(parse("mx.desk.example; none").map(|r| r.findings.len()), Some(0));
        assert_eq!(parse(""), None);
    }

    #[test]
    fn only_an_aligned_result_of_our_own_server_counts() {
        for (headers, expected) in [
            (vec!["mx.desk.example; dmarc=pass header.from=client.example"], Auth::Pass),
            (vec!["MX.Desk.Example 1; dkim=pass header.d=mail.client.example"], Auth::Pass),
            (vec!["mx.desk.example; spf=pass smtp.mailfrom=bounce@client.example"], Auth::Pass),
            (
                vec![
                    "mx.desk.example; dmarc=fail header.from=client.example; spf=pass smtp.mailfrom=client.example",
                ],
                Auth::Fail,
            ),
            (vec!["mx.desk.example; dkim=pass header.d=evil.example"], Auth::Unknown),
            (vec!["mx.desk.example; dmarc=pass header.from=evil.example"], Auth::Unknown),
            (vec!["mx.desk.example; dkim=pass header.d=example"], Auth::Unknown),
            (
                vec![
                    "mx.desk.example; dkim=fail header.d=client.example; spf=fail smtp.mailfrom=client.example",
                ],
                Auth::Fail,
            ),
            (vec!["mx.desk.example; spf=softfail smtp.mailfrom=client.example"], Auth::Unknown),
            (vec!["other.example; dmarc=pass header.from=client.example"], Auth::Unknown),
            // Forged below ours, and a foreign one above ours.
            (
                vec![
                    "mx.desk.example; dmarc=fail header.from=client.example",
                    "mx.desk.example; dmarc=pass header.from=client.example",
                ],
                Auth::Fail,
            ),
            (
                vec![
                    "other.example; dmarc=fail header.from=client.example",
                    "mx.desk.example; dmarc=pass header.from=client.example",
                ],
                Auth::Unknown,
            ),
            (vec!["mx.desk.example; (dmarc=pass header.from=client.example) dmarc=none"], Auth::Unknown),
            (vec!["mx.desk.example; x=\"; dmarc=pass header.from=client.example\""], Auth::Unknown),
            (vec!["mx.desk.example; none"], Auth::Unknown),
            (vec![], Auth::Unknown),
        ] {
            assert_eq!(judged(&headers), expected, "{headers:?}");
        }
        assert_eq!(
            verdict(
                &["mx.desk.example; dmarc=pass header.from=client.example".to_owned()],
                &[],
                "client.example"
            ),
            Auth::Unknown
        );
    }
}
