//! The tables of the page on verdicts.

use super::*;

fn parse(point: Point, text: &str) -> Result<Verdict, Failure> {
    Verdict::parse(point, &text.to_owned().into(), &ProtectedHeaders::default())
}

/// The members of `modify` and `terminate` with a value each takes.
fn sample(member: &str) -> &'static str {
    match member {
        "dropHeaders" => r#"["x-a"]"#,
        "addHeaders" | "passHeaders" | "headers" => r#"{"x-a":"1"}"#,
        "json" | "relay" | "relayParams" => r#"{"a":1}"#,
        "payload" | "message" => r#""text""#,
        "base64Encoded" => "false",
        "completeWithCode" | "statusCode" | "code" => "201",
        "unchangedFor" => "0.5",
        "unchangedUntil" => r#""2026-11-29T20:20:00Z""#,
        other => panic!("{other}"),
    }
}

#[test]
fn the_members_of_a_verdict_on_the_page_are_those_of_the_code() {
    for (name, is_in) in [
        ("modify", VerdictMember::is_in_modify as fn(&_) -> bool),
        ("terminate", VerdictMember::is_in_terminate),
        ("beside", VerdictMember::is_beside),
    ] {
        let mut of_page = Vec::new();
        for row in table("verdict.md", name) {
            for member in row[0].split(", ") {
                of_page.push((member.to_owned(), row[1].clone(), row[2].clone()));
            }
        }
        let members = VerdictMember::ALL.iter().filter(|member| is_in(member));
        let mut of_code: Vec<_> = members
            .map(|member| {
                let at = member.only_at().map_or("both", Point::as_str);
                (
                    member.name().to_owned(),
                    member.aliases().join(", "),
                    at.to_owned(),
                )
            })
            .collect();
        of_page.sort();
        of_code.sort();
        assert_eq!(of_page, of_code, "{name}");
    }
}

#[test]
fn every_member_and_alias_of_a_verdict_is_known() {
    for row in table("verdict.md", "modify") {
        let verdicts: Vec<Verdict> = row[0]
            .split(", ")
            .chain(row[1].split(", ").filter(|alias| !alias.is_empty()))
            .map(|member| {
                let text = format!(r#"{{"modify":{{"{member}":{}}}}}"#, sample(member));
                parse(Point::PostProcessor, &text)
                    .unwrap_or_else(|error| panic!("{member}: {error}"))
            })
            .collect();
        assert!(verdicts.windows(2).all(|two| two[0] == two[1]), "{row:?}");
    }
    for row in table("verdict.md", "beside") {
        for member in row[0].split(", ").chain(row[1].split(", ")) {
            if !member.is_empty() {
                let text = format!(r#"{{"{member}":{}}}"#, sample(member));
                assert_eq!(parse(Point::PreProcessor, &text), Ok(Verdict::Allow));
            }
        }
    }
    for row in table("verdict.md", "terminate") {
        let verdicts: Vec<Verdict> = row[0]
            .split(", ")
            .chain(row[1].split(", ").filter(|alias| !alias.is_empty()))
            .map(|member| {
                let code = if ["code", "statusCode"].contains(&member) {
                    ""
                } else {
                    r#""code":201,"#
                };
                let text = format!(r#"{{"terminate":{{{code}"{member}":{}}}}}"#, sample(member));
                parse(Point::PreProcessor, &text)
                    .unwrap_or_else(|error| panic!("{member}: {error}"))
            })
            .collect();
        assert!(verdicts.windows(2).all(|two| two[0] == two[1]), "{row:?}");
    }
}

#[test]
fn what_the_page_calls_a_wrong_answer_is_one() {
    let rows = table("verdict.md", "wrong");
    assert_eq!(rows.len(), 13);
    for row in rows {
        let answer = if row[0] == "nothing at all" {
            ""
        } else {
            row[0].as_str()
        };
        let failure = parse(Point::PostProcessor, answer).unwrap_err();
        assert_eq!(failure.class(), FailureClass::WrongAnswer, "{answer}");
        assert_eq!(
            failure == Failure::EmptyAnswer,
            row[1] == "empty",
            "{answer}"
        );
    }
}

#[test]
fn an_empty_modify_is_an_allow() {
    let modify = parse(Point::PreProcessor, r#"{"modify":{}}"#).unwrap();
    assert_eq!(modify, Verdict::Modify(Modify::new()));
    assert_eq!(parse(Point::PreProcessor, "{}").unwrap(), Verdict::Allow);
}

#[test]
fn the_protected_headers_are_those_of_the_code() {
    let text = page("verdict.md").text;
    let list = text.split("<!-- protected -->").nth(1).unwrap();
    let list = list.split("<!-- /protected -->").next().unwrap();
    let mut rest = ProtectedHeaders::default();
    for name in list.split('`').skip(1).step_by(2) {
        assert!(rest.contains(name), "{name}");
        rest = rest.without(&name.parse().unwrap());
    }
    // Whatever is protected, and not on the page, is left.
    let none = format!("{rest:?}");
    assert_eq!(none, "ProtectedHeaders([])");
}

#[test]
fn the_body_of_a_terminate_has_the_content_type_of_the_page() {
    let new = || Terminate::new(StatusCode::FORBIDDEN);
    for (terminate, expected) in [
        (new().json(&serde_json::json!({})), "application/json"),
        (new().binary("x"), "application/octet-stream"),
        (new().text("x"), "text/plain; charset=utf-8"),
        (new().message("x"), "text/plain; charset=utf-8"),
        (new(), "text/plain; charset=utf-8"),
    ] {
        assert_eq!(
            terminate.to_response(None).headers()[CONTENT_TYPE],
            expected
        );
    }
    let text = page("verdict.md").text;
    let body = new().to_response(None).into_body();
    assert!(text.contains(std::str::from_utf8(&body).unwrap()));
}
