//! The STS and Parameter Store legs against moto, which checks signatures, policies and external ids.
//!
//! moto runs no functions; a scripted far end allows, once it is asked with credentials that moto
//! gave.

use http::StatusCode;
use lambda_sidecar::Functions;
use lambda_sidecar_test_support::scripted::{Leg, Reply, ScriptedAws};
use lambda_sidecar_tests::{
    failures::{NO_CREDENTIALS, check, layer},
    inputs::Inputs,
    real::{self, There},
    route::{call, get, over_each_transport},
};

fn moto() -> Option<&'static There> {
    Some(real::moto(env!("CARGO_TARGET_TMPDIR"))?.there())
}

/// STS and Parameter Store are moto's, Lambda is scripted.
async fn between(there: &There) -> ScriptedAws {
    let far_end = ScriptedAws::start();
    for leg in [Leg::Sts, Leg::ParameterStore] {
        far_end.script(leg, [Reply::forward(&there.endpoint)]);
    }
    far_end
}

async fn is_a_failure_of_credentials(there: &There, inputs: Inputs) {
    let far_end = between(there).await;
    let functions = Functions::new(&there.access().at(&far_end.endpoint()).sdk_config().await);
    check(&functions, &inputs, &NO_CREDENTIALS).await;
    assert!(far_end.received(Leg::Lambda).is_empty());
}

#[tokio::test]
async fn the_right_external_id_gives_the_credentials_of_the_role() {
    let Some(there) = moto() else { return };
    let far_end = between(there).await;
    let functions = Functions::new(&there.access().at(&far_end.endpoint()).sdk_config().await);
    let sidecar = Inputs::of(there, "sidecar").pre();
    for functions in over_each_transport(&functions) {
        let called = call(&layer(&functions, sidecar.clone()), get()).await;
        assert_eq!(called.status, StatusCode::OK, "{called:?}");
        assert_eq!(called.outcome().failure(), None, "{called:?}");
    }
    let invocations = far_end.received(Leg::Lambda);
    for invocation in &invocations {
        assert!(
            invocation.access_key_id().starts_with("ASIA"),
            "{invocation:?}"
        );
        assert_ne!(invocation.access_key_id(), there.access_key_id);
        assert!(invocation.header("x-amz-security-token").is_some());
    }
    assert_eq!(invocations.len(), 2);
    assert_eq!(far_end.received(Leg::Sts).len(), 1);
    assert_eq!(far_end.received(Leg::ParameterStore).len(), 1);
}

#[tokio::test]
async fn warming_up_obtains_the_credentials_and_calls_no_function() {
    let Some(there) = moto() else { return };
    let far_end = between(there).await;
    let functions = Functions::new(&there.access().at(&far_end.endpoint()).sdk_config().await);
    let inputs = Inputs::of(there, "sidecar");
    functions.warm_up(&inputs.pre()).await.unwrap();
    assert_eq!(far_end.received(Leg::Sts).len(), 1);
    assert!(far_end.received(Leg::Lambda).is_empty());
    let wrong = inputs.with("externalIdKey", "sidecar/wrong").pre();
    let error = functions.warm_up(&wrong).await.unwrap_err();
    assert_eq!(error.class(), NO_CREDENTIALS.class);
}

#[tokio::test]
async fn a_wrong_external_id_is_a_failure_of_credentials() {
    let Some(there) = moto() else { return };
    let inputs = Inputs::of(there, "sidecar").with("externalIdKey", "sidecar/wrong");
    is_a_failure_of_credentials(there, inputs).await;
}

#[tokio::test]
async fn a_missing_external_id_is_a_failure_of_credentials() {
    let Some(there) = moto() else { return };
    let inputs = Inputs::of(there, "sidecar").with("externalIdKey", "sidecar/absent");
    is_a_failure_of_credentials(there, inputs).await;
}

#[tokio::test]
async fn a_wrong_secret_key_is_a_failure_of_credentials() {
    let Some(there) = moto() else { return };
    let far_end = between(there).await;
    let functions = Functions::new(
        &there
            .access()
            .with_wrong_secret()
            .at(&far_end.endpoint())
            .sdk_config()
            .await,
    );
    check(&functions, &Inputs::of(there, "sidecar"), &NO_CREDENTIALS).await;
    assert!(far_end.received(Leg::Lambda).is_empty());
}
