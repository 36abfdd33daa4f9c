//! An external id that is changed while everything runs.

use std::time::Duration;

use lambda_sidecar_tests::{
    inputs::Inputs,
    real::StandIn,
    route::get,
    scripted::{Leg, Reply, ScriptedAws},
    stack::Stack,
};
use serde_json::json;
use tokio::time::timeout;

use crate::{allowed, aws};

#[tokio::test]
async fn a_rotated_external_id_is_picked_up_at_the_next_refresh() {
    let Some(aws) = aws() else { return };
    let between = between(&aws.there().endpoint);
    let access = aws.there().access().at(&between.endpoint());
    for (number, stack) in Stack::all(&access).await.into_iter().enumerate() {
        rotate(aws, &format!("id-before-{number}"));
        // Another session name, so that the two layers do not share their credentials.
        let inputs = Inputs::of(aws.there(), "sidecar-rust")
            .with("roleARN", &aws.there().role("rotated"))
            .with("externalIdKey", "sidecar/rotated")
            .with("sessionName", &format!("session-{number}"));
        let routes = stack.routes(vec![inputs.pre()]).await;
        allowed(&routes[0].call(get()).await);
        let old_credentials = credentials_in_use(&between);

        let new_id = format!("id-after-{number}");
        rotate(aws, &new_id);
        let refreshed = async {
            while credentials_in_use(&between) == old_credentials {
                allowed(&routes[0].call(get()).await);
            }
        };
        let refreshed = timeout(Duration::from_secs(30), refreshed).await;
        refreshed.expect("the credentials are refreshed");
        let assume_role = between.received(Leg::Sts).pop().expect("a call of STS");
        let assume_role = String::from_utf8_lossy(&assume_role.body);
        assert!(
            assume_role.contains(&format!("ExternalId={new_id}")),
            "{stack:?} {assume_role}"
        );
    }
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
