//! Prometheus' text form, version 0.0.4, read strictly: what a scraper might let pass fails here.

use std::collections::{BTreeMap, BTreeSet};

/// The figures of one scrape, by series: `name{label="value"}` as it stands there.
#[derive(Debug)]
pub struct Figures(BTreeMap<String, f64>);

impl Figures {
    /// The value of a series, which must be there.
    pub fn get(&self, series: &str) -> f64 {
        *self.0.get(series).unwrap_or_else(|| panic!("no {series} in {:#?}", self.0))
    }

    pub fn series(&self) -> BTreeSet<&str> {
        self.0.keys().map(String::as_str).collect()
    }

    /// Reads a text that holds each metric once, with its help, its type and its samples, and nothing else.
    pub fn parse(text: &str) -> Self {
        assert!(text.ends_with('\n'), "the last line has no end");
        let mut figures = BTreeMap::new();
        let mut families = BTreeSet::new();
        let mut lines = text.lines().peekable();
        while let Some(line) = lines.next() {
            let (name, help) =
                split(line.strip_prefix("# HELP ").unwrap_or_else(|| panic!("no help: {line}")), ' ');
            assert!(is_name(name) && help.ends_with('.') && !help.contains('\\'), "{line}");
            // In OpenMetrics a counter goes by its name without the suffix.
            assert!(families.insert(name.trim_end_matches("_total")), "{name} is there twice");
            let line = lines.next().unwrap();
            let kind =
                line.strip_prefix(&format!("# TYPE {name} ")).unwrap_or_else(|| panic!("no type: {line}"));
            let mut samples = Vec::new();
            while let Some(line) = lines.next_if(|line| !line.starts_with('#')) {
                samples.push(Sample::parse(line));
            }
            check_family(name, kind, &samples);
            for sample in samples {
                assert!(
                    figures.insert(sample.series.to_owned(), sample.value).is_none(),
                    "{} twice",
                    sample.series
                );
            }
        }
        Self(figures)
    }
}

fn check_family(name: &str, kind: &str, samples: &[Sample<'_>]) {
    assert!(!samples.is_empty(), "{name} has no sample");
    assert_eq!(kind == "counter", name.ends_with("_total"), "{name} is a {kind}");
    match kind {
        "counter" | "gauge" => {
            assert!(samples.iter().all(|sample| sample.name == name), "{name} has others' samples");
            let names: BTreeSet<_> = samples.iter().map(|sample| sample.label_names()).collect();
            assert_eq!(names.len(), 1, "{name} has several sets of labels");
            if kind == "counter" {
                assert!(
                    samples.iter().all(|sample| sample.value >= 0.0 && sample.value.fract() == 0.0),
                    "{name}"
                );
            }
        }
        "histogram" => check_histogram(name, samples),
        _ => panic!("{name} is a {kind}"),
    }
}

/// A histogram without labels of its own: buckets that add up, then sum and count.
fn check_histogram(name: &str, samples: &[Sample<'_>]) {
    let (buckets, rest) = samples.split_at(samples.len() - 2);
    let (mut bound, mut count) = (f64::NEG_INFINITY, 0.0);
    for bucket in buckets {
        let [("le", le)] = bucket.labels[..] else { panic!("{bucket:?}") };
        let le = if le == "+Inf" { f64::INFINITY } else { le.parse().unwrap() };
        assert!(bucket.name == format!("{name}_bucket") && le > bound && bucket.value >= count, "{bucket:?}");
        (bound, count) = (le, bucket.value);
    }
    assert_eq!(bound, f64::INFINITY, "{name} has no last bucket");
    assert_eq!(rest[0].series, format!("{name}_sum"));
    assert_eq!((rest[1].series, rest[1].value), (&*format!("{name}_count"), count));
}

/// A line of a value, without a time.
#[derive(Debug)]
struct Sample<'a> {
    series: &'a str,
    name: &'a str,
    labels: Vec<(&'a str, &'a str)>,
    value: f64,
}

impl<'a> Sample<'a> {
    fn parse(line: &'a str) -> Self {
        let (series, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("no value: {line}"));
        let value: f64 = value.parse().unwrap_or_else(|_| panic!("no number: {line}"));
        assert!(value.is_finite(), "{line}");
        let (name, labels) = match series.split_once('{') {
            Some((name, labels)) => {
                let labels = labels.strip_suffix('}').unwrap_or_else(|| panic!("no end of labels: {line}"));
                (name, labels.split(',').map(parse_label).collect())
            }
            None => (series, Vec::new()),
        };
        assert!(is_name(name), "{line}");
        Self { series, name, labels, value }
    }

    fn label_names(&self) -> Vec<&str> {
        self.labels.iter().map(|(name, _)| *name).collect()
    }
}

/// A label; the values of the gateway need neither escapes nor commas.
fn parse_label(text: &str) -> (&str, &str) {
    let (name, value) = split(text, '=');
    let value =
        value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or_else(|| panic!("{text}"));
    assert!(is_name(name) && !name.contains(':') && !name.starts_with("__"), "{text}");
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_.+-".contains(c);
    assert!(!value.is_empty() && value.chars().all(is_plain), "{text}");
    (name, value)
}

fn split(text: &str, at: char) -> (&str, &str) {
    text.split_once(at).unwrap_or_else(|| panic!("no {at:?} in {text}"))
}

fn is_name(text: &str) -> bool {
    !text.starts_with(|c: char| c.is_ascii_digit())
        && !text.is_empty()
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}
