//! The `inputs` of sidecars: lines of their mistakes, and blocked endpoints.

use super::{FUNCTION, inputs, problem, problems, with_endpoint};
use crate::config::Config;

#[test]
fn a_mistake_in_inputs_names_the_line_of_the_file() {
    let text = with_endpoint(&format!(
        "[[endpoints.pre]]\ninputs = \"\"\"\n{}\"\"\"",
        inputs("# a comment\n\nfailSafe: maybe\n")
    ));
    let found = problem(&text);
    let expected = "f.toml:13: key `failSafe`: InvalidPreInputConfiguration: found `maybe`";
    assert!(found.starts_with(expected), "{found}");
}

#[test]
fn a_key_of_inputs_that_stands_twice_names_both_lines_of_the_file() {
    let text = with_endpoint(&format!(
        "[[endpoints.pre]]\ninputs = \"\"\"\n{}\nRegion: us-east-1\"\"\"\n",
        inputs("")
    ));
    assert_eq!(
        problem(&text),
        "f.toml:12: key `Region`: InvalidPreInputConfiguration: stands twice, first in line 8"
    );
}

#[test]
fn a_missing_key_of_inputs_names_the_line_where_they_begin() {
    let text = with_endpoint(&format!(
        "[[endpoints.pre]]\n\ninputs = '''\nfunctionARN: {FUNCTION}\nuseAssumeRole: false'''"
    ));
    let found = problem(&text);
    assert!(found.starts_with("f.toml:8: key `"), "{found}");
    assert!(
        found.ends_with("InvalidPreInputConfiguration: AWS Region Not Specified"),
        "{found}"
    );
}

#[test]
fn timeouts_that_do_not_fit_into_the_endpoints_are_an_error() {
    let sidecar = |ms| format!("inputs = '''\n{}'''\n", inputs(&format!("timeout: {ms}")));
    let text = with_endpoint(&format!(
        "timeout_ms = 3000\n[[endpoints.pre]]\n{}[[endpoints.post]]\n{}",
        sidecar(2000),
        sidecar(1500)
    ));
    let found = problem(&text);
    let expected = "Sidecar Connector timeout is greater than endpoint timeout";
    assert!(
        found.starts_with("f.toml:6: key `endpoints.timeout_ms`: ") && found.contains(expected),
        "{found}"
    );
    let sum = "found 2000 (line 12) + 1500 (line 18) = 3500 ms, greater than the endpoint's `timeout_ms` of 3000, \
               allowed: less; shorten a `timeout`, or raise `timeout_ms`";
    assert!(found.ends_with(sum), "{found}");
    let found = problem(&text.replace("timeout: 1500", "timeout: 1000"));
    assert!(
        found.contains("= 3000 ms, equal to the endpoint's"),
        "{found}"
    );
    let text = text.replace("timeout: 1500", "timeout: 999");
    assert_eq!(problems(&text), Vec::<String>::new());
}

#[test]
fn invalid_inputs_block_their_endpoint_alone_where_the_file_says_so() {
    let wrong = "[[endpoints.pre]]\ninputs = 'useAssumeRole: false'\n";
    let text = with_endpoint(&format!("on_invalid_inputs = 'block'\n{wrong}"));
    let config = Config::parse("f.toml", &text).unwrap();
    assert!(!config.blocked.is_empty());
    let blocked: Vec<_> = config.blocked.texts().collect();
    assert!(
        blocked[0].ends_with("AWS Region Not Specified"),
        "{blocked:?}"
    );
    assert!(config.endpoints[0].sidecars.is_err());
    // But nothing else that is wrong starts with it.
    let text = format!("{text}\n[[endpoints]]\npath = '/b'\n");
    assert!(Config::parse("f.toml", &text).is_err());
}

#[test]
fn timeouts_that_do_not_fit_block_the_endpoint_too() {
    let text = with_endpoint(&format!(
        "timeout_ms = 5\non_invalid_inputs = 'block'\n[[endpoints.pre]]\ninputs = '''\n{}'''",
        inputs("timeout: 6")
    ));
    let config = Config::parse("f.toml", &text).unwrap();
    let blocked = config.blocked.texts().next().unwrap();
    assert!(blocked.contains("Sidecar Connector timeout is greater than endpoint timeout"));
    assert!(config.endpoints[0].sidecars.is_err());
}

#[test]
fn inputs_are_refused_by_default() {
    let wrong = "[[endpoints.pre]]\ninputs = 'useAssumeRole: false'\n";
    assert!(Config::parse("f.toml", &with_endpoint(wrong)).is_err());
}

#[test]
fn a_header_in_a_scope_that_nobody_owns_is_warned_of_in_its_line() {
    let list = |point, lines| {
        format!(
            "[[endpoints.{point}]]\ninputs = \"\"\"\n{}\"\"\"\n",
            inputs(lines)
        )
    };
    let scoped = list("pre", "# a comment\nUnless-Request-Headers: x-a, x-b\n");
    let warnings = |text: &str| {
        let config = Config::parse("f.toml", text).unwrap();
        config.warnings.texts().collect::<Vec<_>>()
    };
    let found = warnings(&with_endpoint(&scoped));
    assert_eq!(found.len(), 2, "{found:?}");
    let start = "f.toml:12: key `unless-request-headers`: warning: the client chooses `x-a`, ";
    assert!(found[0].starts_with(start), "{found:?}");
    // Whichever half owns it, and wherever it stands.
    let owner = list("pre", "own-request-headers: X_A, x-b\n");
    for text in [format!("{scoped}{owner}"), format!("{owner}{scoped}")] {
        assert_eq!(warnings(&with_endpoint(&text)), Vec::<String>::new());
    }
}
