//! What is read from a file, and where each mistake is found.

use std::time::Duration;

use proptest::prelude::*;

use super::{lines::line_offsets, *};

const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:f";

fn problems(text: &str) -> Vec<String> {
    match Config::parse("f.toml", text) {
        Ok(config) => config.blocked.texts().collect(),
        Err(problems) => problems.texts().collect(),
    }
}

/// The single problem of a file.
fn problem(text: &str) -> String {
    let mut all = problems(text);
    assert_eq!(all.len(), 1, "{text}\n{all:#?}");
    all.remove(0)
}

/// A file whose one endpoint, from line 3, has these lines besides path and origin (lines 4 and 5).
fn with_endpoint(lines: &str) -> String {
    format!(
        "listen = \"127.0.0.1:0\"\n\n[[endpoints]]\npath = \"/my\"\norigin = \"http://b/x\"\n{lines}"
    )
}

fn inputs(lines: &str) -> String {
    format!("region: us-east-1\nfunctionARN: {FUNCTION}\nuseAssumeRole: false\n{lines}")
}

#[test]
fn a_whole_file_is_read() {
    let text = format!(
        r#"
listen = "127.0.0.1:8080"
admin = "127.0.0.1:8081"
shutdown_timeout_ms = 1_500

[[applications]]
name = "acme-mobile"
eavs = {{ eav1 = "v1", tier = "gold" }}
  [[applications.package_keys]]
  key = "abc123"
  eavs = {{ pkg_eav = "eav_value" }}

[error_sets.acme]
content_type = "application/json"
  [error_sets.acme.errors.RequiredHeaderConditionFailure]
  status = 422
  body = '{{"error":"a header is missing"}}'
  header = "HDR-1"
  [error_sets.acme.errors.504]
  body = '{{"error":"too slow"}}'

[[endpoints]]
endpoint_id = "9876543210"
service_id = "0123456789"
path = "/my"
origin = "http://127.0.0.1:9000/backend"
timeout_ms = 0x2_000
public_base = "https://api.acme.com/"
api_key = {{ query = "api_key" }}
require_api_key = true
error_set = "acme"
on_invalid_inputs = "refuse"
  [[endpoints.pre]]
  inputs = """
  {}"""
  [[endpoints.post]]
  inputs = '''
  {}'''
"#,
        inputs(""),
        inputs("timeout: 3"),
    );
    let config = Config::parse("f.toml", &text).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.admin.unwrap().to_string(), "127.0.0.1:8081");
    assert_eq!(config.shutdown_timeout, Duration::from_millis(1500));
    assert!(config.callers.find("abc123").is_some());
    assert!(config.callers.find("nobody").is_none());
    let endpoint = &config.endpoints[0];
    assert_eq!(endpoint.path, "/my");
    assert_eq!(endpoint.timeout, Duration::from_millis(0x2000));
    assert!(endpoint.require_api_key);
    assert_eq!(endpoint.key_places.query.as_deref(), Some("api_key"));
    assert!(endpoint.key_places.header.is_none());
    let sidecars = endpoint.sidecars.as_ref().unwrap();
    assert_eq!((sidecars.pre.len(), sidecars.post.len()), (1, 1));
}

#[test]
fn the_file_in_the_readme_is_fine() {
    let readme = include_str!("../../README.md");
    let file = readme.split("```toml\n").nth(1).unwrap();
    let file = file.split("```").next().unwrap();
    assert_eq!(problems(file), Vec::<String>::new());
}

#[test]
fn the_file_in_the_book_is_fine() {
    let page = include_str!("../../../../docs/gateway.md");
    let file = page.split("```toml\n").nth(1).unwrap();
    let file = file.split("```").next().unwrap();
    assert_eq!(problems(file), Vec::<String>::new());
}

#[test]
fn what_is_left_out_has_a_default() {
    let config = Config::parse("f.toml", &with_endpoint("")).unwrap();
    assert_eq!(config.admin, None);
    assert_eq!(config.shutdown_timeout, Duration::from_secs(10));
    assert_eq!(config.transport, Transport::default());
    let endpoint = &config.endpoints[0];
    assert_eq!(endpoint.timeout, Duration::from_secs(60));
    assert!(!endpoint.require_api_key);
    assert_eq!(endpoint.key_places.query.as_deref(), Some("api_key"));
    assert_eq!(endpoint.key_places.header.as_ref().unwrap(), "x-api-key");
    assert!(endpoint.sidecars.as_ref().unwrap().is_empty());
}

#[test]
fn the_transport_is_chosen_by_name() {
    for (name, transport) in [("sdk", Transport::Sdk), ("lean", Transport::Lean)] {
        let text = format!("transport = \"{name}\"\n{}", with_endpoint(""));
        let config = Config::parse("f.toml", &text).unwrap();
        assert_eq!(config.transport, transport);
    }
}

#[test]
fn every_mistake_in_the_top_level_names_file_line_and_key() {
    for (text, expected) in [
        ("", "f.toml:1: key `listen`: is missing"),
        (
            "listen = 80",
            "f.toml:1: key `listen`: found a value of type integer, allowed: a string",
        ),
        (
            "\nlisten = 'localhost'",
            "f.toml:2: key `listen`: found `localhost`, allowed: an IP address and a port, \
             as in `127.0.0.1:8080`",
        ),
        (
            "listen = '[::1]:0'\nlisten_on = 1",
            "f.toml:2: key `listen_on`: unknown key, did you mean `listen`?",
        ),
        (
            "listen = '[::1]:0'\nxyz = 1",
            "f.toml:2: key `xyz`: unknown key",
        ),
        (
            "listen = '[::1]:0'\nadmin = '1.2.3'",
            "f.toml:2: key `admin`: found `1.2.3`, allowed: an IP address and a port, \
             as in `127.0.0.1:8080`",
        ),
        (
            "listen = '[::1]:0'\nshutdown_timeout_ms = -1",
            "f.toml:2: key `shutdown_timeout_ms`: found `-1`, allowed: 0 to 4294967295",
        ),
        (
            "listen = '[::1]:0'\nshutdown_timeout_ms = 1.5",
            "f.toml:2: key `shutdown_timeout_ms`: found a value of type float, allowed: an integer",
        ),
        (
            "listen = '[::1]:0'\n\ntransport = 'fast'",
            "f.toml:3: key `transport`: found `fast`, allowed: sdk, lean",
        ),
        (
            "listen = '[::1]:0'\ntransport = true",
            "f.toml:2: key `transport`: found a value of type boolean, allowed: a string",
        ),
        (
            "listen = '[::1]:0'\n[endpoints]",
            "f.toml:2: key `endpoints`: found a value of type table, allowed: an array of tables",
        ),
        (
            "listen = '[::1]:0'\nendpoints = [{}, 7]",
            "f.toml:2: key `endpoints`: found something else, allowed: an array of tables",
        ),
    ] {
        let all = problems(text);
        assert!(
            all.iter().any(|problem| problem == expected),
            "{text}\n{all:#?}"
        );
    }
}

#[test]
fn every_mistake_in_an_endpoint_names_file_line_and_key() {
    for (line, expected) in [
        (
            "orgin = 'http://x'",
            "key `endpoints.orgin`: unknown key, did you mean `origin`?",
        ),
        (
            "timeout_ms = 0",
            "key `endpoints.timeout_ms`: found `0`, allowed: 1 to 4294967295",
        ),
        (
            "require_api_key = 'yes'",
            "key `endpoints.require_api_key`: found a value of type string, allowed: true or false",
        ),
        (
            "on_invalid_inputs = 'ignore'",
            "key `endpoints.on_invalid_inputs`: found `ignore`, allowed: refuse, block",
        ),
        (
            "error_set = 'acme'",
            "key `endpoints.error_set`: no error set `acme` in this file",
        ),
        (
            "api_key = {}",
            "key `endpoints.api_key`: allowed: one of `header` and `query`",
        ),
        (
            "api_key = { header = 'a', query = 'b' }",
            "key `endpoints.api_key`: allowed: one of `header` and `query`",
        ),
        (
            "api_key = { header = 'a b' }",
            "key `endpoints.api_key.header`: found `a b`, allowed: the name of a header",
        ),
        (
            "api_key = { qery = 'b', header = 'a' }",
            "key `endpoints.api_key.qery`: unknown key, did you mean `query`?",
        ),
        (
            "public_base = 'https://api.acme.com/v1'",
            "key `endpoints.public_base`: found `https://api.acme.com/v1`, \
             allowed: scheme and host alone",
        ),
        (
            "endpoint_id = 7",
            "key `endpoints.endpoint_id`: found a value of type integer, allowed: a string",
        ),
        (
            "service_id = 7",
            "key `endpoints.service_id`: found a value of type integer, allowed: a string",
        ),
        ("pre = [{}]", "key `endpoints.pre.inputs`: is missing"),
        (
            "pre = [{ inputs = 7 }]",
            "key `endpoints.pre.inputs`: found a value of type integer, allowed: a string",
        ),
        (
            "pre = ['x']",
            "key `endpoints.pre`: found something else, allowed: an array of tables",
        ),
    ] {
        assert_eq!(
            problem(&with_endpoint(line)),
            format!("f.toml:6: {expected}")
        );
    }
}

#[test]
fn an_endpoint_needs_path_and_origin() {
    let all = problems("listen = '[::1]:0'\n\n[[endpoints]]\ntimeout_ms = 5");
    assert_eq!(
        all,
        [
            "f.toml:3: key `endpoints.path`: is missing",
            "f.toml:3: key `endpoints.origin`: is missing",
        ]
    );
}

#[test]
fn an_endpoint_path_is_whole_segments_that_can_be_read_in_one_way() {
    for path in [
        "",
        "my",
        "/a/../b",
        "/a/%2e%2e",
        "/a//b",
        "/a?b",
        "/a#b",
        "/a;b",
        "/ a",
    ] {
        let text = with_endpoint("").replace("\"/my\"", &format!("'{path}'"));
        let found = problem(&text);
        assert!(
            found.starts_with("f.toml:4: key `endpoints.path`: found"),
            "{found}"
        );
    }
    for (path, kept) in [
        ("/", ""),
        ("/my/", "/my"),
        ("/a/b", "/a/b"),
        ("/a%20b", "/a%20b"),
    ] {
        let text = with_endpoint("").replace("\"/my\"", &format!("'{path}'"));
        let config = Config::parse("f.toml", &text).unwrap();
        assert_eq!(config.endpoints[0].path, kept);
    }
}

#[test]
fn two_endpoints_at_one_path_are_an_error() {
    for other in ["/my", "/my/", "/m%79"] {
        let second = format!("\n[[endpoints]]\npath = '{other}'\norigin = 'http://b'\n");
        let expected = format!("f.toml:8: key `endpoints.path`: a second endpoint at `{other}`");
        assert_eq!(problem(&with_endpoint(&second)), expected);
    }
}

#[test]
fn an_origin_is_a_url_without_user_query_and_fragment() {
    for origin in [
        "b",
        "/b",
        "b:80",
        "ftp://b",
        "http://",
        "http://:80",
        "http://b?q",
        "http://b#f",
    ] {
        let text = with_endpoint("").replace("http://b/x", origin);
        let found = problem(&text);
        assert!(
            found.starts_with("f.toml:5: key `endpoints.origin`: found `"),
            "{found}"
        );
    }
    for origin in [
        "http://b",
        "https://b",
        "http://b:80/",
        "http://[::1]:8/x/y",
        "http://1.2.3.4",
    ] {
        let text = with_endpoint("").replace("http://b/x", origin);
        assert_eq!(problems(&text), Vec::<String>::new());
    }
}

#[test]
fn no_message_shows_a_password_or_a_package_key() {
    let text = with_endpoint("").replace("http://b/x", "http://u:SECRET@b/x");
    assert!(!problem(&text).contains("SECRET"));
    let keys = "[[applications]]\n[[applications.package_keys]]\nkey = 'SECRET'\n\
                [[applications.package_keys]]\nkey = 'SECRET'\n";
    let found = problem(&with_endpoint(keys));
    assert_eq!(
        found,
        "f.toml:10: key `applications.package_keys.key`: stands twice in the file"
    );
}

#[test]
fn every_mistake_in_an_application_names_file_line_and_key() {
    for (lines, expected) in [
        (
            "nme = 'a'",
            "f.toml:7: key `applications.nme`: unknown key, did you mean `name`?",
        ),
        (
            "name = 7",
            "f.toml:7: key `applications.name`: found a value of type integer, allowed: a string",
        ),
        (
            "eavs = 'a'",
            "f.toml:7: key `applications.eavs`: found a value of type string, allowed: a table",
        ),
        (
            "eavs = { a = 1 }",
            "f.toml:7: key `applications.eavs.a`: found a value of type integer, allowed: a string",
        ),
        (
            "[[applications.package_keys]]",
            "f.toml:7: key `applications.package_keys.key`: is missing",
        ),
        (
            "[[applications.package_keys]]\nkey = ''",
            "f.toml:8: key `applications.package_keys.key`: is empty",
        ),
        (
            "[[applications.package_keys]]\nkey = 'a'\neav = {}",
            "f.toml:9: key `applications.package_keys.eav`: unknown key, did you mean `eavs`?",
        ),
    ] {
        let text = with_endpoint(&format!("[[applications]]\n{lines}"));
        assert_eq!(problem(&text), expected);
    }
}

#[test]
fn every_mistake_in_an_error_set_names_file_line_and_key() {
    for (lines, expected) in [
        (
            "content-type = 'a'",
            "key `error_sets.a.content-type`: unknown key, did you mean `content_type`?",
        ),
        (
            "content_type = \"a\\n\"",
            "key `error_sets.a.content_type`: cannot stand in a header: it holds control characters",
        ),
        (
            "errors.504.status = 99",
            "key `error_sets.a.errors.504.status`: found `99`, allowed: 200 to 599",
        ),
        (
            "errors.504.header = \"\\u0000\"",
            "key `error_sets.a.errors.504.header`: cannot stand in a header: \
             it holds control characters",
        ),
        (
            "errors.504.boddy = 'x'",
            "key `error_sets.a.errors.504.boddy`: unknown key, did you mean `body`?",
        ),
        (
            "errors.GatewayTimeOut.body = 'x'",
            "key `error_sets.a.errors.GatewayTimeOut`: unknown error, did you mean `GatewayTimeout`?",
        ),
        (
            "errors.504 = 'x'",
            "key `error_sets.a.errors.504`: found a value of type string, allowed: a table",
        ),
    ] {
        let text = with_endpoint(&format!("[error_sets.a]\n{lines}"));
        assert_eq!(problem(&text), format!("f.toml:7: {expected}"));
    }
    for key in ["99", "600", "5xx"] {
        let text = with_endpoint(&format!("[error_sets.a.errors.{key}]\nbody = 'x'"));
        assert!(
            problem(&text).contains("unknown error, allowed: a status"),
            "{key}"
        );
    }
}

#[test]
fn all_mistakes_are_reported_together_in_the_order_of_the_lines() {
    let text = format!(
        "{}[[endpoints.pre]]\ninputs = \"failSafe: 2\"\n",
        with_endpoint("timeout_ms = 0\nxyz = 1\n")
    );
    let lines: Vec<_> = problems(&text)
        .iter()
        .map(|text| text.split(':').nth(1).unwrap().to_owned())
        .collect();
    assert_eq!(lines.first().unwrap(), "6");
    assert_eq!(lines.get(1).unwrap(), "7");
    assert!(
        lines[2..].iter().all(|line| line == "9") && lines.len() > 3,
        "{lines:?}"
    );
}

#[test]
fn text_that_is_no_toml_is_reported_with_its_line() {
    assert!(problems("listen = [unfinished\n")[0].starts_with("f.toml:1: not TOML: "));
    let twice = problem("listen = '[::1]:0'\n\nlisten = '[::1]:0'");
    assert_eq!(twice, "f.toml:3: not TOML: duplicate key");
}

#[test]
fn a_file_that_cannot_be_read_is_reported() {
    let error = Config::load(Path::new("/nowhere/gateway.toml")).unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with("/nowhere/gateway.toml: cannot be read: "),
        "{text}"
    );
}

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
        found.starts_with("f.toml:3: ") && found.contains(expected),
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
    let detail = config.endpoints[0].sidecars.as_ref().unwrap_err();
    assert_eq!(
        detail,
        "AWS Region Not Specified; Function ARN Not Specified"
    );
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
    let detail = config.endpoints[0].sidecars.as_ref().unwrap_err();
    assert!(detail.contains("Sidecar Connector timeout is greater than endpoint timeout"));
}

#[test]
fn inputs_are_refused_by_default() {
    let wrong = "[[endpoints.pre]]\ninputs = 'useAssumeRole: false'\n";
    assert!(Config::parse("f.toml", &with_endpoint(wrong)).is_err());
}

#[test]
fn debug_shows_no_package_key() {
    let keys = "[[applications]]\n[[applications.package_keys]]\nkey = 'SECRET'\n";
    let config = Config::parse("f.toml", &with_endpoint(keys)).unwrap();
    assert!(!format!("{config:?}").contains("SECRET"));
}

/// For each line of the value, the line of its TOML form.
fn mapped(raw: &str) -> Vec<usize> {
    let offsets = line_offsets(raw).into_iter();
    offsets
        .map(|offset| 1 + raw[..offset].matches('\n').count())
        .collect()
}

#[test]
fn lines_are_mapped_in_every_form_of_a_string() {
    assert_eq!(mapped("\"a\\nb\\u000Ac\""), [1, 1, 1]);
    assert_eq!(mapped("'a'"), [1]);
    assert_eq!(mapped("\"\"\"\na\nb\"\"\""), [2, 3]);
    assert_eq!(mapped("'''\na\n\\\nb'''"), [2, 3, 4]);
    assert_eq!(mapped("'''a\r\nb'''"), [1, 2]);
    assert_eq!(mapped("\"\"\"\r\na\r\n\r\nb\"\"\""), [2, 3, 4]);
    assert_eq!(mapped("\"\"\"\\\n  a\\n\\\n\n  b\\\n c\"\"\""), [2, 4]);
    assert_eq!(mapped("\"\"\"\na\\\\\nb\"\"\""), [2, 3]);
    assert_eq!(mapped("\"\"\"\na\\\"\\\"\\\"\nb\"\"\"\"\""), [2, 3]);
    assert_eq!(mapped("\"\"\"\"\"\""), [1]);
}

/// How a line of the value is written, and how its end is.
#[derive(Debug, Clone)]
struct Line {
    text: String,
    /// Between the text and the line's end.
    joined: usize,
    escaped_end: bool,
}

fn line() -> impl Strategy<Value = Line> {
    (" {0,2}[a-z:\\\\\"']{0,8}", 0..3_usize, any::<bool>()).prop_map(
        |(text, joined, escaped_end)| Line {
            text,
            joined,
            escaped_end,
        },
    )
}

/// The lines as a string of TOML, with the line of that string which each one begins in.
fn encode(lines: &[Line], form: usize, newline: &str) -> (String, Vec<usize>) {
    let (quotes, multi_line, escapes) = [
        ("\"\"\"", true, true),
        ("'''", true, false),
        ("\"", false, true),
    ][form];
    let mut raw = format!("{quotes}{}", if multi_line { newline } else { "" });
    let mut at = 1 + usize::from(multi_line);
    let mut starts = Vec::new();
    for (n, line) in lines.iter().enumerate() {
        starts.push(at);
        if escapes {
            raw += &line.text.replace('\\', "\\\\").replace('"', "\\\"");
        } else {
            raw += &line.text.replace('\'', "\"");
        }
        if escapes && multi_line {
            // The line's own end would be swallowed too, were it no escape.
            let visible = !line.text.trim().is_empty();
            let joined = if visible && line.escaped_end {
                line.joined
            } else {
                0
            };
            raw += &format!("\\{newline}  ").repeat(joined);
            at += joined;
        }
        if n + 1 == lines.len() {
            break;
        }
        if multi_line && !(escapes && line.escaped_end) {
            raw += newline;
            at += 1;
        } else {
            raw += "\\n";
        }
    }
    (raw + quotes, starts)
}

proptest! {
    #[test]
    fn mapped_lines_are_right_in_every_form_of_a_string(
        lines in proptest::collection::vec(line(), 1..8),
        form in 0..3_usize,
        crlf in any::<bool>(),
    ) {
        let (raw, starts) = encode(&lines, form, if crlf { "\r\n" } else { "\n" });
        let file = format!("x = {raw}");
        let tree = DeTable::parse(&file).unwrap();
        let value = tree.get_ref().values().next().unwrap();
        let text = value.get_ref().as_str().unwrap();
        let mapped = mapped(&file[value.span()]);
        prop_assert_eq!(&mapped, &starts, "{}", raw);
        prop_assert!(text.lines().count() <= mapped.len());
    }
}
