//! Faults of STS and Parameter Store.

use super::*;

async fn fault_of(leg: Leg, reply: Reply) {
    let far_end = ScriptedAws::start();
    far_end.script(leg, [reply]);
    let inputs = Inputs::scripted_with_role();
    let far_end = credential_fault(far_end, &inputs, LONG, NO_CREDENTIALS).await;
    let received = far_end.received(Leg::Lambda).len();
    assert_eq!(received, 2, "only the last call over each transport");
}

#[tokio::test]
async fn a_fault_of_sts_is_class_credentials() {
    for reply in [
        Reply::reset_before(),
        Reply::headers_then_close(&terminate()),
        Reply::exception(403, "AccessDenied"),
        Reply::verdict("<AssumeRoleResponse/>"),
        Reply::verdict("<AssumeRoleResp"),
    ] {
        fault_of(Leg::Sts, reply).await;
    }
}

#[tokio::test]
async fn a_fault_of_parameter_store_is_class_credentials() {
    for reply in [
        Reply::reset_before(),
        Reply::exception(400, "ParameterNotFound"),
        Reply::exception(500, "InternalServerError"),
        Reply::verdict("{}"),
        Reply::verdict(r#"{"Parameter":{"Value":""}}"#),
        Reply::verdict(r#"{"Parameter":{"Value":"no external id has blanks"}}"#),
        Reply::verdict("not JSON"),
        Reply::answer(&Answer::verdict(vec![b' '; 50 << 20])),
    ] {
        fault_of(Leg::ParameterStore, reply).await;
    }
}

#[tokio::test]
async fn sts_that_never_answers_is_class_timeout() {
    never_answered(Leg::Sts).await;
}

#[tokio::test]
async fn parameter_store_that_never_answers_is_class_timeout() {
    never_answered(Leg::ParameterStore).await;
}

async fn never_answered(leg: Leg) {
    let far_end = ScriptedAws::start();
    far_end.script(leg, [Reply::never()]);
    let inputs = Inputs::scripted_with_role();
    let functions = Functions::new(&sdk_config_for(&far_end).await);
    check_in_time(&functions, &inputs, SHORT, &TIMEOUT).await;
    assert_eq!(far_end.count(Leg::Lambda), 0);
    assert!(far_end.count(leg) > 0, "it was asked");
    far_end.work_again();
    // The one request that is under way is tried again.
    far_end.hang_up();
    far_end.script(Leg::Lambda, [Reply::verdict(TERMINATE)]);
    next_call_works(&functions, &inputs).await;
}

#[tokio::test]
async fn no_credentials_at_all_are_class_credentials() {
    let far_end = ScriptedAws::start();
    let config = config::sdk_config_without_credentials(&far_end.endpoint()).await;
    for inputs in [Inputs::scripted(), Inputs::scripted_with_role()] {
        check_in_time(&Functions::new(&config), &inputs, LONG, &NO_CREDENTIALS).await;
    }
}
