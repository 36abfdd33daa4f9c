//! Mistakes in the TOML itself.

use super::{problem, problems, with_endpoint};

#[test]
fn a_key_that_stands_twice_is_named_with_its_tables_and_both_lines() {
    for (lines, expected) in [
        (
            "path = '/b'\n",
            "f.toml:6: key `endpoints.path`: stands twice in its table, first in line 4",
        ),
        (
            "api_key = { header = 'a', header = 'b' }\n",
            "f.toml:6: key `endpoints.api_key.header`: stands twice in its table",
        ),
        (
            "[error_sets.a]\n[error_sets.a]\n",
            "f.toml:7: key `error_sets.a`: stands twice in its table, first in line 6",
        ),
        (
            "[[endpoints.pre]]\ninputs = '''\n[x]\n'''\ninputs = ''\n",
            "f.toml:10: key `endpoints.pre.inputs`: stands twice in its table, first in line 7",
        ),
        (
            "[error_sets.a.errors]\n504.status = 500\n504.status = 501\n",
            "f.toml:8: key `error_sets.a.errors.504.status`: stands twice in its table",
        ),
    ] {
        let found = problem(&with_endpoint(lines));
        assert!(found.starts_with(expected), "{found}");
        assert!(found.ends_with("; remove one of them"), "{found}");
    }
}

#[test]
fn an_array_that_is_not_closed_is_one_mistake() {
    let text = with_endpoint("").replace("[[endpoints]]", "x = [1, 2\n[[endpoints]]");
    let found = problem(&text);
    assert!(found.starts_with("f.toml:"), "{found}");
    assert!(
        found.contains("not closed") || found.contains("unclosed array"),
        "{found}"
    );
    let all = problems("listen = [unfinished\n");
    for (at, problem) in all.iter().enumerate() {
        assert!(!all[..at].contains(problem), "{all:?}");
    }
}

#[test]
fn the_mark_that_editors_put_before_a_file_is_no_part_of_it() {
    let text = format!("\u{feff}{}", with_endpoint(""));
    assert_eq!(problems(&text), Vec::<String>::new());
}

#[test]
fn an_unknown_key_names_what_was_probably_meant() {
    for (lines, expected) in [
        (
            "idle_timeout = 1\n",
            "key `endpoints.idle_timeout`: unknown key",
        ),
        (
            "base = 'a'\n",
            "key `endpoints.base`: unknown key, did you mean `public_base`?",
        ),
        (
            "admin = '127.0.0.1:1'\n",
            "key `endpoints.admin`: unknown key, allowed in the top of the file",
        ),
        (
            "[limits]\nidle_timeout_ms = 1\n",
            "key `limits.idle_timeout_ms`: unknown key, did you mean `body_idle_timeout_ms`?",
        ),
        (
            "[[applications]]\nkeys = 1\n",
            "key `applications.keys`: unknown key, did you mean `package_keys`?",
        ),
        (
            "[[applications]]\npackageKeys = 1\n",
            "key `applications.packageKeys`: unknown key, did you mean `package_keys`?",
        ),
        (
            "[error_sets.a]\nstatus = 1\nerrors.504.status = 500\n",
            "key `error_sets.a.status`: unknown key, allowed in `error_sets.a.errors.504`",
        ),
        (
            "[error_sets.a.errors.504]\nstatus_code = 500\n",
            "key `error_sets.a.errors.504.status_code`: unknown key, did you mean `status`?",
        ),
    ] {
        let found = problem(&with_endpoint(lines));
        assert!(found.contains(expected), "{found}");
    }
}
