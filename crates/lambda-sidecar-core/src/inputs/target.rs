//! Checks which function is meant, and as whom it is called.

use std::{sync::Arc, time::Duration};

use super::{
    draft::Draft,
    error::{InputsProblem, found},
    keys::InputsKey,
    limits::{DEFAULT_EXPIRATION, DEFAULT_SESSION_NAME, EXPIRATION},
    problems::InputsProblems,
    values,
};
use crate::sidecar::{AssumedRole, AwsFunction, Connection, Target};

/// The target of a sidecar. None: it has problems, which are noted.
pub(super) fn target(draft: &Draft, problems: &mut InputsProblems) -> Option<Target> {
    match &draft.local {
        Some(name) => local(name.trim(), draft, problems),
        None => aws(draft, problems).map(Target::Aws),
    }
}

fn local(name: &str, draft: &Draft, problems: &mut InputsProblems) -> Option<Target> {
    for key in draft.texts.keys() {
        problems.note(key.misplaced("for a local function", "for one of AWS Lambda"));
    }
    if name.is_empty() || name.contains(char::is_control) {
        let message = found(name, "a name without control characters");
        let message = format!("local function: {message}");
        problems.note(InputsProblem::new(None, message));
    }
    Some(Target::Local(name.to_owned()))
}

fn aws(draft: &Draft, problems: &mut InputsProblems) -> Option<AwsFunction> {
    let region = region(draft, problems);
    let arn = function_arn(draft, region.as_deref(), problems);
    let assumed = assumed_role(draft, problems);
    let role = if assumes_role(draft, problems) {
        required(draft, InputsKey::RoleArn, "Role ARN", problems);
        required(draft, InputsKey::ExternalId, "External ID", problems);
        Some(assumed?)
    } else {
        // A role that is given all the same has no effect, but must be readable.
        None
    };
    let connection = Arc::new(Connection {
        region: region?,
        role,
    });
    Some(AwsFunction {
        arn: arn?,
        connection,
    })
}

fn assumes_role(draft: &Draft, problems: &mut InputsProblems) -> bool {
    let Some(text) = draft.texts.get(&InputsKey::UseAssumeRole) else {
        return true;
    };
    // If it cannot be read, nobody knows whether a role is missing.
    problems
        .value(InputsKey::UseAssumeRole, text, values::boolean(text))
        .unwrap_or(false)
}

/// What is specified for a key; an empty value is not.
fn given(draft: &Draft, key: InputsKey) -> Option<&str> {
    let text = draft.texts.get(&key)?;
    (!text.is_empty()).then_some(text)
}

/// A value that has to be specified.
fn required<'a>(
    draft: &'a Draft,
    key: InputsKey,
    what: &str,
    problems: &mut InputsProblems,
) -> Option<&'a str> {
    let text = given(draft, key);
    if text.is_none() {
        problems.note(key.missing(what));
    }
    text
}

fn region(draft: &Draft, problems: &mut InputsProblems) -> Option<String> {
    let text = required(draft, InputsKey::Region, "AWS Region", problems)?;
    let read = values::is_region(text).then(|| text.to_owned());
    problems.value(InputsKey::Region, text, read)
}

fn function_arn(
    draft: &Draft,
    region: Option<&str>,
    problems: &mut InputsProblems,
) -> Option<String> {
    let text = required(draft, InputsKey::FunctionArn, "Function ARN", problems)?;
    let own_region = values::region_of_function(text);
    let own_region = problems.value(InputsKey::FunctionArn, text, own_region)?;
    if let Some(region) = region.filter(|region| *region != own_region) {
        let allowed = format!("an ARN in `{region}`, the value of `region`");
        problems.note(InputsKey::FunctionArn.problem_but(text, &allowed));
    }
    Some(text.to_owned())
}

/// The role and what goes with it. None: something is missing, or it cannot be read, which is
/// noted.
fn assumed_role(draft: &Draft, problems: &mut InputsProblems) -> Option<AssumedRole> {
    let arn = given(draft, InputsKey::RoleArn)
        .and_then(|text| problems.value(InputsKey::RoleArn, text, values::role(text)));
    let external_id_key = given(draft, InputsKey::ExternalId)
        .and_then(|text| problems.value(InputsKey::ExternalId, text, values::parameter_name(text)));
    let session_name = session_name(draft, problems);
    let duration = expiration(draft, problems);
    Some(AssumedRole {
        arn: arn?,
        external_id_key: external_id_key?,
        session_name: session_name?,
        duration: duration?,
    })
}

fn session_name(draft: &Draft, problems: &mut InputsProblems) -> Option<String> {
    let given = draft.texts.get(&InputsKey::SessionName);
    let text = given.map_or(DEFAULT_SESSION_NAME, String::as_str);
    let read = values::is_session_name(text).then(|| text.to_owned());
    problems.value(InputsKey::SessionName, text, read)
}

fn expiration(draft: &Draft, problems: &mut InputsProblems) -> Option<Duration> {
    let Some(text) = draft.texts.get(&InputsKey::ExpirationDuration) else {
        return Some(DEFAULT_EXPIRATION);
    };
    let allowed = values::number(text).filter(|minutes| EXPIRATION.contains(minutes));
    let minutes = problems.value(InputsKey::ExpirationDuration, text, allowed)?;
    Some(Duration::from_secs(u64::from(minutes) * 60))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Point, Sidecar,
        inputs::fixtures::{FUNCTION, builder, pre, problems_of, shown as problems},
    };

    const ROLE: &str = "arn:aws:iam::123456789012:role/sidecar";

    fn role_of(sidecar: &Sidecar) -> Option<&AssumedRole> {
        match sidecar.target() {
            Target::Aws(function) => function.connection.role.as_ref(),
            Target::Local(_) => None,
        }
    }

    /// A sidecar that assumes a role, with these lines as lines 5 and following.
    fn assuming(lines: &str) -> Result<Sidecar, crate::InputsError> {
        Sidecar::pre(&format!(
            "region: us-east-1\nfunctionARN: {FUNCTION}\nroleARN: {ROLE}\n\
             externalIdKey: acme/trustKey\n{lines}"
        ))
    }

    #[test]
    fn region_and_function_are_required() {
        assert_eq!(
            problems(Sidecar::pre("useAssumeRole: false")),
            ["AWS Region Not Specified", "Function ARN Not Specified"],
        );
    }

    #[test]
    fn a_role_is_assumed_by_default_and_needs_role_and_external_id_key() {
        let text = format!("region: us-east-1\nfunctionARN: {FUNCTION}");
        let missing = ["Role ARN Not Specified", "External ID Not Specified"];
        assert_eq!(problems(Sidecar::pre(&text)), missing);
        let said = format!("{text}\nuseAssumeRole: true");
        assert_eq!(problems(Sidecar::pre(&said)), missing);
    }

    #[test]
    fn messages_of_missing_keys_are_joined_and_exact() {
        assert_eq!(
            Sidecar::post("").unwrap_err().to_string(),
            "AWS Region Not Specified; Function ARN Not Specified; Role ARN Not Specified; \
             External ID Not Specified",
        );
    }

    #[test]
    fn an_empty_value_of_a_required_key_counts_as_missing() {
        assert_eq!(
            problems(Sidecar::pre(
                "region:\nfunctionARN:  \nroleARN:\nexternalIdKey:"
            )),
            [
                "AWS Region Not Specified",
                "Function ARN Not Specified",
                "Role ARN Not Specified",
                "External ID Not Specified",
            ],
        );
    }

    #[test]
    fn a_value_that_cannot_be_read_is_not_missing_as_well() {
        let text = "region: nowhere\nfunctionARN: authz\nroleARN: my-role\nexternalIdKey: a key";
        let problems = problems(Sidecar::pre(text));
        assert_eq!(problems.len(), 4);
        for (problem, start) in problems.iter().zip([
            "line 1, key `region`: found `nowhere`, allowed: ",
            "line 2, key `functionARN`: found `authz`, allowed: arn:PARTITION:lambda:",
            "line 3, key `roleARN`: found `my-role`, allowed: arn:PARTITION:iam::",
            "line 4, key `externalIdKey`: found 5 characters (not shown: it could be a secret), \
             with a space as character 2, allowed: the name of a Parameter Store entry, ",
        ]) {
            assert!(problem.starts_with(start), "{problem}");
        }
    }

    #[test]
    fn where_use_assume_role_cannot_be_read_no_role_is_missed() {
        let text = format!("region: us-east-1\nfunctionARN: {FUNCTION}\nuseAssumeRole: flase");
        assert_eq!(
            problems(Sidecar::pre(&text)),
            ["line 3, key `useAssumeRole`: found `flase`, allowed: true or false"],
        );
    }

    #[test]
    fn a_function_in_another_region_is_an_error() {
        let text = format!("region: eu-west-1\nfunctionARN: {FUNCTION}\nuseAssumeRole: false");
        assert_eq!(
            problems(Sidecar::pre(&text)),
            [format!(
                "line 2, key `functionARN`: found `{FUNCTION}`, allowed: an ARN in `eu-west-1`, \
                 the value of `region`"
            )],
        );
    }

    #[test]
    fn the_function_keeps_its_qualifier_and_its_name_is_without() {
        let sidecar = builder(Point::PreProcessor)
            .function_arn(format!("{FUNCTION}:prod"))
            .build()
            .unwrap();
        assert_eq!(sidecar.name(), "authz");
        let Target::Aws(function) = sidecar.target() else {
            panic!("the function is one of AWS");
        };
        assert_eq!(function.arn, format!("{FUNCTION}:prod"));
        assert_eq!(function.connection.region, "us-east-1");
    }

    #[test]
    fn with_use_assume_role_false_no_role_is_assumed() {
        let sidecar = pre(&format!(
            "roleARN: {ROLE}\nexternalIdKey: k\nsessionName: abc"
        ));
        assert_eq!(role_of(&sidecar), None);
        assert_eq!(sidecar, pre(""));
    }

    #[test]
    fn with_use_assume_role_false_what_is_given_must_still_be_readable() {
        let problems = problems_of(
            "roleARN: my-role\nexternalIdKey: a key\nsessionName: x\nexpirationDuration: 14",
        );
        assert_eq!(problems.len(), 4);
    }

    #[test]
    fn a_role_has_the_documented_defaults() {
        let sidecar = assuming("").unwrap();
        assert_eq!(
            role_of(&sidecar),
            Some(&AssumedRole {
                arn: ROLE.to_owned(),
                external_id_key: "/acme/trustKey".to_owned(),
                session_name: "TIBCO_Mashery_SideCar_Connector".to_owned(),
                duration: Duration::from_secs(3600),
            }),
        );
    }

    #[test]
    fn a_role_arn_of_sts_is_the_same_role() {
        let text = format!(
            "region: us-east-1\nfunctionARN: {FUNCTION}\nexternalIdKey: /acme/trustKey\n\
             roleARN: arn:aws:sts::123456789012:role/sidecar"
        );
        assert_eq!(Sidecar::pre(&text), assuming(""));
    }

    #[test]
    fn the_session_name_can_be_chosen() {
        let sidecar = assuming("sessionName: orders@prod").unwrap();
        assert_eq!(role_of(&sidecar).unwrap().session_name, "orders@prod");
        for wrong in ["", "x", "a b"] {
            assert_eq!(
                problems(assuming(&format!("sessionName: {wrong}"))),
                [format!(
                    "line 5, key `sessionName`: found `{wrong}`, allowed: 2 to 64 letters, digits \
                     and _ + = , . @ -"
                )],
            );
        }
    }

    #[test]
    fn credentials_expire_after_15_to_720_minutes() {
        for minutes in [15, 720] {
            let sidecar = assuming(&format!("expirationDuration: {minutes}")).unwrap();
            let duration = role_of(&sidecar).unwrap().duration;
            assert_eq!(duration, Duration::from_secs(minutes * 60));
        }
        for wrong in [
            "0",
            "14",
            "721",
            "99999999999999999999",
            "-15",
            "15.5",
            "1h",
            "",
        ] {
            assert_eq!(
                problems(assuming(&format!("expirationDuration: {wrong}"))),
                [format!(
                    "line 5, key `expirationDuration`: found `{wrong}`, allowed: a whole number of \
                     minutes from 15 to 720"
                )],
            );
        }
    }

    #[test]
    fn the_builder_takes_whole_minutes_alone() {
        let build = |seconds| {
            let builder = builder(Point::PreProcessor);
            builder
                .expiration_duration(Duration::from_secs(seconds))
                .build()
        };
        assert!(build(900).is_ok());
        assert_eq!(
            problems(build(901)),
            [
                "key `expirationDuration`: found `901s`, allowed: a whole number of minutes from 15 to 720"
            ],
        );
    }

    #[test]
    fn a_local_function_needs_nothing_of_aws() {
        let sidecar = Sidecar::local(Point::PostProcessor, " authz ")
            .build()
            .unwrap();
        assert_eq!(sidecar.target(), &Target::Local("authz".to_owned()));
        assert_eq!(sidecar.name(), "authz");
        assert_eq!(sidecar.point(), Point::PostProcessor);
    }

    #[test]
    fn what_concerns_aws_cannot_be_set_for_a_local_function() {
        let build = Sidecar::local(Point::PreProcessor, "authz")
            .region("us-east-1")
            .function_arn(FUNCTION)
            .process_credentials()
            .role_arn(ROLE)
            .external_id_key("k")
            .session_name("session")
            .expiration_duration(DEFAULT_EXPIRATION)
            .build();
        let problems = problems(build);
        assert_eq!(problems.len(), 7);
        assert_eq!(
            problems[0],
            "key `region`: found for a local function, allowed: only for one of AWS Lambda",
        );
    }

    #[test]
    fn a_local_function_has_a_name_for_one_line() {
        for name in ["", " ", "a\nb", "a\u{1b}b"] {
            let problems = problems(Sidecar::local(Point::PreProcessor, name).build());
            assert_eq!(problems.len(), 1, "{name:?}");
            assert!(problems[0].starts_with("local function: found `"));
        }
    }
}
