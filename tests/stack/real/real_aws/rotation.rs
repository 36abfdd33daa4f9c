//! An external id that is changed while everything runs.

use std::time::Duration;

use lambda_sidecar::Sidecar;
use lambda_sidecar_test_support::scripted::{Leg, Reply, ScriptedAws};
use lambda_sidecar_tests::{
    inputs::{Inputs, Policy},
    real::StandIn,
    route::get,
    stack::Stack,
};
use serde_json::json;
use tokio::time::timeout;

use super::{allowed, aws};

#[tokio::test]
async fn a_rotated_external_id_is_picked_up_at_the_next_refresh() {
    let Some(aws) = aws() else { return };
    let between = between(&aws.there().endpoint);
    let access = aws.there().access().at(&between.endpoint());
    for (number, stack) in Stack::all(&access).await.into_iter().enumerate() {
        rotate(aws, &format!("id-before-{number}"));
        let sessions = (0..WAYS).map(|way| format!("session-{number}-{way}"));
        let sessions: Vec<_> = sessions.collect();
        let routes = stack.routes(in_every_way(aws, &sessions)).await;
        let mut old_credentials = Vec::new();
        for route in &routes {
            allowed(&route.call(get()).await);
            old_credentials.push(credentials_in_use(&between));
        }

        let new_id = format!("id-after-{number}");
        rotate(aws, &new_id);
        for way in 0..WAYS {
            let refreshed = async {
                while credentials_in_use(&between) == old_credentials[way] {
                    allowed(&routes[way].call(get()).await);
                }
            };
            // Until it is this route's, the latest call is another's.
            allowed(&routes[way].call(get()).await);
            let refreshed = timeout(Duration::from_secs(30), refreshed).await;
            refreshed.expect("the credentials are refreshed");
            let assume_role = latest_assume_role(&between, &sessions[way]);
            assert!(
                assume_role.contains(&format!("ExternalId={new_id}")),
                "{stack:?} {assume_role}"
            );
        }
    }
}

/// Two policies at two points.
const WAYS: usize = 4;

/// Each in a session of its own, so that no two share their credentials.
fn in_every_way(aws: &StandIn, sessions: &[String]) -> Vec<Sidecar> {
    let inputs = Inputs::of(aws.there(), "sidecar-rust")
        .with("roleARN", &aws.there().role("rotated"))
        .with("externalIdKey", "sidecar/rotated");
    let sidecars = sessions.iter().enumerate().map(|(way, session)| {
        let inputs = inputs.clone().with("sessionName", session);
        let inputs = inputs.policy(Policy::BOTH[way / 2]);
        if way % 2 == 0 {
            inputs.pre()
        } else {
            inputs.post()
        }
    });
    sidecars.collect()
}

/// What STS was asked last for this session.
fn latest_assume_role(between: &ScriptedAws, session: &str) -> String {
    let asked = between.received(Leg::Sts).into_iter().rev();
    let mut asked = asked.map(|request| String::from_utf8_lossy(&request.body).into_owned());
    let of_session = format!("RoleSessionName={session}&");
    let latest = asked.find(|asked| format!("{asked}&").contains(&of_session));
    latest.expect("a call of STS")
}

/// The shortest lifetime of credentials is 15 minutes, so this small server between makes it seconds.
fn between(endpoint: &str) -> ScriptedAws {
    let between = ScriptedAws::answering([Reply::forward(endpoint)]);
    between.script(Leg::ParameterStore, [Reply::forward(endpoint)]);
    let short_lived = Reply::forward_short_lived(endpoint, Duration::from_secs(3));
    between.script(Leg::Sts, [short_lived]);
    between
}

/// The access key of the latest call.
fn credentials_in_use(between: &ScriptedAws) -> String {
    let latest = between.received(Leg::Lambda).pop();
    latest.expect("a call of Lambda").access_key_id().to_owned()
}

/// What an operator does: the role demands another external id, and Parameter Store holds it.
fn rotate(aws: &StandIn, id: &str) {
    let policy = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": { "AWS": aws.there().user },
        "Action": "sts:AssumeRole",
        "Condition": { "StringEquals": { "sts:ExternalId": id } },
    }] });
    let role = json!({ "RoleName": "rotated", "PolicyDocument": policy.to_string() });
    aws.administer("iam", "update_assume_role_policy", &role);
    let parameter = json!({
        "Name": "/sidecar/rotated", "Value": id, "Type": "SecureString", "Overwrite": true,
    });
    aws.administer("ssm", "put_parameter", &parameter);
}
