//! No message shows what could be a secret.

use super::{inputs, problems, with_endpoint};

const SECRET: &str = "S3CRET";

#[track_caller]
fn is_not_shown(text: &str) {
    let found = problems(text);
    assert!(!found.is_empty(), "{text}");
    for problem in found {
        assert!(!problem.contains(SECRET), "{problem}");
    }
}

#[test]
fn no_message_shows_a_url_of_the_file() {
    for url in [
        "http://u:S3CRET@b/x",
        "http://S3CRET@b",
        "u:S3CRET@b",
        "https://b?key=S3CRET",
        "https://b/x#S3CRET",
        "https://u:S3CRET@b/x?key=S3CRET#S3CRET",
        "https://b:S3CRET",
        "https://b/S3CRET/..",
        "https://b/S3CRET%zz",
        "ftp://u:S3CRET@b",
        "S3CRET",
        "",
    ] {
        is_not_shown(&with_endpoint("").replace("http://b/x", url));
        is_not_shown(&with_endpoint(&format!("public_base = '{url}'")));
    }
    is_not_shown(&with_endpoint("public_base = 'https://b/S3CRET'"));
}

#[test]
fn no_message_shows_the_user_of_an_address() {
    for address in [
        "u:S3CRET@127.0.0.1:80",
        "http://u:S3CRET@127.0.0.1:80",
        "127.0.0.1:80?S3CRET",
    ] {
        is_not_shown(&with_endpoint("").replace("127.0.0.1:0", address));
        is_not_shown(&format!("admin = '{address}'\n{}", with_endpoint("")));
    }
}

#[test]
fn no_message_shows_a_key_in_the_place_of_its_name_or_behind_a_path() {
    is_not_shown(&with_endpoint("api_key = { header = 'my S3CRET' }"));
    for path in [
        "/a?key=S3CRET",
        "/a;S3CRET",
        "/a#S3CRET",
        "https://u:S3CRET@b/a",
    ] {
        is_not_shown(&with_endpoint("").replace("\"/my\"", &format!("'{path}'")));
    }
}

#[test]
fn no_message_shows_what_inputs_hold_in_the_place_of_a_name() {
    for line in [
        "externalIdKey: S3CRET=",
        "S3CRET",
        "sidecar-param-: S3CRET",
        "include-request-headers: authorization: Bearer S3CRET",
    ] {
        let text = format!("[[endpoints.pre]]\ninputs = '''\n{}'''\n", inputs(line));
        is_not_shown(&with_endpoint(&text));
    }
}
