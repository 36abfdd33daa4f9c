//! Members that have a second name.

use super::{forbidden, is, is_wrong, name, parse, value};
use http::StatusCode;
use lambda_sidecar_core::{Modify, Point};

#[test]
fn status_code_stands_for_code_and_for_complete_with_code() {
    is(r#"{"terminate":{"statusCode":403}}"#, forbidden());
    let created = Modify::new().complete_with_code(StatusCode::CREATED);
    for member in ["statusCode", "code", "completeWithCode"] {
        let answer = format!(r#"{{"modify":{{"{member}":201}}}}"#);
        assert_eq!(
            parse(Point::PostProcessor, answer),
            Ok(created.clone().into()),
            "{member}"
        );
    }
}

#[test]
fn pass_headers_and_headers_stand_for_add_headers() {
    for member in ["addHeaders", "passHeaders", "headers"] {
        is(
            format!(r#"{{"modify":{{"{member}":{{"x-a":"1"}}}}}}"#),
            Modify::new().header(name("x-a"), value("1")).unwrap(),
        );
        is(
            format!(r#"{{"terminate":{{"code":403,"{member}":{{"x-a":"1"}}}}}}"#),
            forbidden().header(name("x-a"), value("1")).unwrap(),
        );
    }
}

#[test]
fn of_a_name_and_its_alias_the_name_wins() {
    for alias in ["passHeaders", "headers"] {
        let both = format!(r#""{alias}":{{"x-b":"2"}},"addHeaders":{{"x-a":"1"}}"#);
        is(
            format!(r#"{{"modify":{{{both}}}}}"#),
            Modify::new().header(name("x-a"), value("1")).unwrap(),
        );
        is(
            format!(r#"{{"terminate":{{"code":403,{both}}}}}"#),
            forbidden().header(name("x-a"), value("1")).unwrap(),
        );
    }
    is(
        r#"{"terminate":{"statusCode":500,"code":403}}"#,
        forbidden(),
    );
    for alias in ["statusCode", "code"] {
        let answer = format!(r#"{{"modify":{{"{alias}":500,"completeWithCode":201}}}}"#);
        let created = Modify::new().complete_with_code(StatusCode::CREATED);
        assert_eq!(
            parse(Point::PostProcessor, answer),
            Ok(created.into()),
            "{alias}"
        );
    }
}

#[test]
fn an_alias_beside_its_name_cannot_take_effect_and_is_not_checked() {
    is(
        r#"{"terminate":{"code":403,"statusCode":"wrong"}}"#,
        forbidden(),
    );
    is(
        r#"{"modify":{"addHeaders":{"x-a":"1"},"headers":7,"passHeaders":{"\n":1}}}"#,
        Modify::new().header(name("x-a"), value("1")).unwrap(),
    );
    is_wrong(r#"{"terminate":{"code":"wrong","statusCode":403}}"#);
}

#[test]
fn an_alias_beside_a_name_that_is_null_counts() {
    is(
        r#"{"terminate":{"code":null,"statusCode":403}}"#,
        forbidden(),
    );
    is(
        r#"{"modify":{"addHeaders":null,"headers":{"x-a":"1"}}}"#,
        Modify::new().header(name("x-a"), value("1")).unwrap(),
    );
}
