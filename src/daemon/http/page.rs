//! The text format of Prometheus, version 0.0.4: families of samples, each with HELP and TYPE.

use std::fmt::{Display, Write as _};

use crate::daemon::telling::Histogram;

/// A page that grows family by family.
#[derive(Default)]
pub struct Page {
    text: String,
}

/// One family whose samples are added.
pub struct Family<'p> {
    page: &'p mut Page,
    name: &'static str,
}

impl Page {
    /// Something that only grows.
    pub fn counter(&mut self, name: &'static str, help: &str) -> Family<'_> {
        self.family(name, "counter", help)
    }

    /// Something that goes up and down.
    pub fn gauge(&mut self, name: &'static str, help: &str) -> Family<'_> {
        self.family(name, "gauge", help)
    }

    /// Bounds, sum and count.
    pub fn histogram(&mut self, name: &'static str, help: &str, histogram: &Histogram) {
        let family = self.family(name, "histogram", help);
        let text = &mut family.page.text;
        let mut count = 0;
        for (bound, total) in histogram.cumulative() {
            let bound = if bound.is_finite() { bound.to_string() } else { "+Inf".to_owned() };
            // Writing to a string cannot fail, here and below.
            let _ = writeln!(text, "{name}_bucket{{le=\"{bound}\"}} {total}");
            count = total;
        }
        let _ = writeln!(text, "{name}_sum {}\n{name}_count {count}", histogram.sum());
    }

    pub fn into_text(self) -> String {
        self.text
    }

    fn family(&mut self, name: &'static str, kind: &str, help: &str) -> Family<'_> {
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
        Family { page: self, name }
    }
}

impl Family<'_> {
    /// One sample with its labels.
    pub fn add(&mut self, labels: &[(&str, &str)], value: impl Display) -> &mut Self {
        let text = &mut self.page.text;
        text.push_str(self.name);
        for (at, (label, shown)) in labels.iter().enumerate() {
            let before = if at == 0 { '{' } else { ',' };
            let _ = write!(text, "{before}{label}=\"{}\"", escaped(shown));
        }
        if !labels.is_empty() {
            text.push('}');
        }
        let _ = writeln!(text, " {value}");
        self
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_page_is_what_prometheus_reads() {
        let mut page = Page::default();
        page.counter("sent_total", "Letters.").add(&[], 3);
        page.gauge("up", "Is it?").add(&[("mailbox", "a\"b\\c\nd"), ("x", "y")], 1).add(&[], 0.5);
        let histogram = Histogram::new(&[0.5, 1.0]);
        histogram.observe(Duration::from_millis(700));
        page.histogram("took_seconds", "How long.", &histogram);
        let expected = "\
# HELP sent_total Letters.
# TYPE sent_total counter
sent_total 3
# HELP up Is it?
# TYPE up gauge
up{mailbox=\"a\\\"b\\\\c\\nd\",x=\"y\"} 1
up 0.5
# HELP took_seconds How long.
# TYPE took_seconds histogram
took_seconds_bucket{le=\"0.5\"} 0
took_seconds_bucket{le=\"1\"} 1
took_seconds_bucket{le=\"+Inf\"} 1
took_seconds_sum 0.7
took_seconds_count 1
";
        assert_eq!(page.into_text(), expected);
    }
}
