//! The names that the page on operations and the dashboard have for what is counted are those that a
//! gateway serves.

use std::collections::{BTreeMap, BTreeSet};

use lambda_sidecar::{Decision, FailureClass};
use lambda_sidecar_test_support::{
    page::Page,
    scripted::{Leg, Reply, ScriptedAws},
};
use serde_json::Value;

use crate::{
    backend::Server,
    client::get,
    process::{Gateway, config, sidecar},
};

/// A metric as Prometheus reads it.
#[derive(Debug, PartialEq, Eq)]
struct Shown {
    kind: String,
    labels: BTreeSet<String>,
}

type Metrics = BTreeMap<String, Shown>;

/// Everything that a gateway shows after a call.
fn shown() -> Metrics {
    let functions = ScriptedAws::start();
    // The first attempt is throttled.
    let throttled = Reply::exception(429, "TooManyRequestsException");
    let allowed = Reply::verdict("{}");
    functions.script(Leg::Lambda, [throttled, allowed]);
    let backend = Server::echoing_paths();
    let url = functions.endpoint();
    let guards = "max-concurrency: 9\nbreaker-failures: 9\ncache-max-seconds: 9\nuseAss";
    let guarded = sidecar("pre", "guard").replace("useAss", guards);
    let queueing = "synchronicity: event\nevent-queue: 9\ntimeout: 9000\nuseAss";
    let queueing = sidecar("post", "audit").replace("useAss", queueing);
    let text = config(&backend.address, &format!("{guarded}{queueing}"));
    let text = format!("admin = '127.0.0.1:0'\n{text}");
    let mut gateway = Gateway::run_with(&text, &[("AWS_ENDPOINT_URL", &url)]);
    let admin = gateway.address_after("admin on http://");
    assert_eq!(get(&gateway.address, "/my").0.status(), 200);
    let (_, text) = get(&admin, "/metrics");
    read(&text)
}

fn read(text: &str) -> Metrics {
    let mut metrics = Metrics::new();
    for line in text.lines() {
        if let Some((name, kind)) = line
            .strip_prefix("# TYPE ")
            .and_then(|line| line.split_once(' '))
        {
            let kind = kind.to_owned();
            let labels = BTreeSet::new();
            metrics.insert(name.to_owned(), Shown { kind, labels });
        }
    }
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    for (name, labels) in samples.filter_map(|line| line.split_once('{')) {
        let metric = metrics.get_mut(of_histogram(name));
        let metric = metric.unwrap_or_else(|| panic!("{name} has no type"));
        // Values have no quotes in them here.
        let parts = labels.split('"').step_by(2);
        let labels = parts.filter_map(|part| part.trim_start_matches(',').strip_suffix('='));
        metric.labels.extend(labels.map(str::to_owned));
    }
    for metric in metrics.values_mut() {
        // The bucket is how a histogram is written, and no label of its own.
        assert_eq!(metric.labels.remove("le"), metric.kind == "histogram");
    }
    metrics
}

/// The name of the histogram that this is a part of, or the name itself.
fn of_histogram(name: &str) -> &str {
    let parts = ["_bucket", "_sum", "_count"].into_iter();
    let mut wholes = parts.filter_map(|part| name.strip_suffix(part));
    wholes.next().unwrap_or(name)
}

fn set<'a>(names: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    let names = names.into_iter().map(str::trim);
    let names = names.filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}

/// What looks like a metric's name.
fn metrics_in(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("sidecar_") || word.starts_with("gateway_"))
}

/// The texts between this and the end.
fn between<'t>(text: &'t str, begin: &str, end: char) -> Vec<&'t str> {
    let parts = text.split(begin).skip(1);
    let parts = parts.map(|part| part.split_once(end).expect("it ends").0);
    parts.collect()
}

#[test]
fn the_pages_table_is_what_a_gateway_shows() {
    let page = Page::read("operations.md").unwrap();
    let rows = page.table("metrics").into_iter().map(|row| {
        let labels = set(row[2].split(','));
        let kind = row[1].clone();
        (row[0].clone(), Shown { kind, labels })
    });
    assert_eq!(rows.collect::<Metrics>(), shown());
}

/// The alerts, among the rest.
#[test]
fn the_page_names_no_metric_class_or_decision_that_is_not_there() {
    let page = Page::read("operations.md").unwrap();
    let metrics = shown();
    for (line, text) in page.prose() {
        for code in text.split('`').skip(1).step_by(2) {
            for name in metrics_in(code) {
                assert!(metrics.contains_key(name), "line {line}: {name}");
            }
        }
    }
    let classes = set(between(&page.text, "class=\"", '"'));
    assert!(!classes.is_empty());
    let known = set(FailureClass::ALL.iter().map(|class| class.as_str()));
    assert!(classes.is_subset(&known), "{classes:?}");
    let decisions = set(between(&page.text, "decision=\"", '"'));
    let known = set(Decision::ALL.iter().map(|decision| decision.as_str()));
    assert!(decisions.is_subset(&known), "{decisions:?}");
}

#[test]
fn the_dashboard_asks_for_every_metric_by_labels_that_it_has() {
    let dashboard = include_str!("../../dashboard/lambda-sidecar.json");
    let dashboard: Value = serde_json::from_str(dashboard).unwrap();
    let metrics = shown();
    let mut asked = BTreeSet::new();
    let panels = dashboard["panels"].as_array().unwrap().iter();
    for target in panels.flat_map(|panel| panel["targets"].as_array().unwrap()) {
        let expression = target["expr"].as_str().unwrap();
        let mut by = set(between(expression, "by (", ')').join(",").split(','));
        for name in metrics_in(expression) {
            let metric = metrics.get(name.trim_end_matches("_bucket"));
            let metric = metric.unwrap_or_else(|| panic!("{name} is not there: {expression}"));
            // Of a histogram, only the buckets say anything.
            let buckets = name.ends_with("_bucket");
            assert_eq!(metric.kind == "histogram", buckets, "{expression}");
            assert_eq!(by.remove("le"), buckets, "{expression}");
            let matched = between(expression, "{", '}');
            let matched = matched.into_iter().flat_map(|part| part.split(','));
            let matched = set(matched.map(|part| part.split(['=', '!']).next().unwrap()));
            for labels in [&by, &matched] {
                assert!(labels.is_subset(&metric.labels), "{labels:?}: {expression}");
            }
            asked.insert(name.trim_end_matches("_bucket").to_owned());
        }
        let legend = target["legendFormat"].as_str().unwrap();
        let legend = set(between(legend, "{{", '}'));
        assert!(legend.is_subset(&by), "{legend:?}: {expression}");
    }
    assert_eq!(asked, metrics.keys().cloned().collect());
    for variable in dashboard["templating"]["list"].as_array().unwrap() {
        let query = variable["query"].as_str().unwrap();
        for values in between(query, "label_values(", ')') {
            let (name, label) = values.split_once(',').expect("a metric and a label");
            let labels = &metrics[name].labels;
            assert!(labels.contains(label.trim()), "{query}");
        }
    }
}
