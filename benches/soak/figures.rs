//! What the samples say: growth after the warm-up, the slope of the second half, descriptors.

use crate::watch::Sample;

/// Growth after the warm-up that is allowed, in kB.
const GROWTH_MAX: f64 = 5_000.0;
/// A slope within so many of its standard errors is none.
const ERRORS: f64 = 2.0;
/// Samples that follow each other resemble each other: the error comes from averages of so many.
const BLOCK: usize = 6;
/// Descriptors at rest may differ by a connection that is just being renewed.
const DESCRIPTORS_MORE: f64 = 1.0;

/// A straight line through points, by least squares.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slope {
    pub of: f64,
    /// Its standard error.
    pub error: f64,
}

impl Slope {
    /// Of points in time; the unit is that of the values in a unit of time. None for fewer than three.
    pub fn through(points: &[(f64, f64)]) -> Option<Slope> {
        if points.len() < 3 {
            return None;
        }
        let count = points.len() as f64;
        let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
        let (x, y) = (mean(|p| p.0), mean(|p| p.1));
        let across: f64 = points.iter().map(|p| (p.0 - x).powi(2)).sum();
        let of = points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum::<f64>() / across;
        let rest: f64 = points.iter().map(|p| (p.1 - y - of * (p.0 - x)).powi(2)).sum();
        Some(Slope { of, error: (rest / (count - 2.0) / across).sqrt() })
    }

    /// Up, and not by chance.
    pub fn rises(self) -> bool {
        self.of > ERRORS * self.error
    }
}

/// Samples with what they stand for.
pub struct Figures<'a> {
    /// While the load went on.
    pub samples: &'a [Sample],
    /// At rest, before and after.
    pub rest: (Sample, Sample),
    /// Of the load, in seconds.
    pub seconds: f64,
}

impl Figures<'_> {
    /// Prints them; answers with the limits that are broken.
    pub fn tell(&self) -> Vec<String> {
        let warm = self.seconds / 6.0;
        let span = self.seconds / 12.0;
        let mut broken = Vec::new();
        println!("\nmemory in kB, medians of {span:.0} s each; slopes of the second half in kB a minute:");
        println!(
            "{:>10} {:>10} {:>10} {:>10} {:>10} {:>18}",
            "", "after", "at the end", "growth", "highest", "slope"
        );
        type Look = fn(&Sample) -> f64;
        let kinds: [(&str, Look); 3] =
            [("own", |s| s.own), ("of files", |s| s.of_files), ("resident", |s| s.resident)];
        for (name, of) in kinds {
            let first = self.median(warm, warm + span, of);
            let last = self.median(self.seconds - span, self.seconds, of);
            let slope = self.slope(of);
            let growth = last - first;
            let highest = self.between(warm, f64::MAX).map(of).fold(0.0, f64::max);
            let shown = slope.map_or("-".to_owned(), |s| format!("{:+.1} ± {:.1}", s.of, s.error));
            println!("{name:>10} {first:>10.0} {last:>10.0} {growth:>+10.0} {highest:>10.0} {shown:>18}");
            if growth >= GROWTH_MAX {
                broken.push(format!("memory ({name}) grew by {growth:.0} kB after the first {warm:.0} s"));
            }
            if let Some(slope) = slope.filter(|slope| slope.rises()) {
                broken.push(format!("memory ({name}) rises by {:.1} kB a minute", slope.of));
            }
        }
        self.tell_descriptors(warm, span, &mut broken);
        self.tell_work();
        broken
    }

    fn tell_descriptors(&self, warm: f64, span: f64, broken: &mut Vec<String>) {
        let of = |sample: &Sample| sample.descriptors;
        let (first, last) =
            (self.median(warm, warm + span, of), self.median(self.seconds - span, self.seconds, of));
        let least = self.between(warm, f64::MAX).map(of).fold(f64::MAX, f64::min);
        let most = self.between(warm, f64::MAX).map(of).fold(0.0, f64::max);
        let (before, after) = (self.rest.0.descriptors, self.rest.1.descriptors);
        println!(
            "descriptors: {least} to {most} after the warm-up, median {first} then {last}; at rest {before} before, {after} after"
        );
        if after > before + DESCRIPTORS_MORE {
            broken.push(format!("{after} descriptors at rest, {before} before"));
        }
        let slope = self.slope(of).filter(|slope| slope.rises());
        if let Some(slope) = slope.filter(|_| last > first + DESCRIPTORS_MORE) {
            broken.push(format!("descriptors rise by {:.2} a minute", slope.of));
        }
    }

    fn tell_work(&self) {
        let (before, after) = (self.rest.0, self.rest.1);
        let threads =
            |of: fn(f64, f64) -> f64| self.samples.iter().map(|s| s.threads).reduce(of).unwrap_or(0.0);
        println!(
            "threads {} to {}; processor {:.1} s; peak {:.0} kB; at rest {:.0} kB own before, {:.0} after; {} tickets, {} letters",
            threads(f64::min),
            threads(f64::max),
            after.spent - before.spent,
            after.peak,
            before.own,
            after.own,
            after.tickets,
            after.letters
        );
    }

    fn between(&self, from: f64, to: f64) -> impl Iterator<Item = &Sample> {
        self.samples.iter().filter(move |sample| (from..to).contains(&sample.at))
    }

    fn median(&self, from: f64, to: f64, of: fn(&Sample) -> f64) -> f64 {
        let mut values: Vec<f64> = self.between(from, to).map(of).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
    }

    /// In a minute, over the second half.
    fn slope(&self, of: fn(&Sample) -> f64) -> Option<Slope> {
        let half: Vec<&Sample> = self.between(self.seconds / 2.0, self.seconds).collect();
        let mean = |block: &[&Sample], of: fn(&Sample) -> f64| {
            block.iter().map(|sample| of(sample)).sum::<f64>() / block.len() as f64
        };
        let points: Vec<(f64, f64)> =
            half.chunks_exact(BLOCK).map(|block| (mean(block, |s| s.at) / 60.0, mean(block, of))).collect();
        Slope::through(&points)
    }
}
