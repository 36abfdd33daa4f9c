//! Assumed roles: what is asked of Parameter Store and STS, how often, and what their refusals are.

use std::time::{Duration, SystemTime};

use lambda_sidecar::FailureClass;

use super::{POOLS, functions, over};
use crate::aws_functions::{
    ManualClock, assuming, call, config,
    far_end::{FarEnd, Gate, Reply, Service, closed, in_an_hour},
    log_line, own, sidecar, spawn_calls,
};

#[tokio::test]
async fn a_role_is_assumed_with_the_external_id_of_the_parameter() {
    let far_end = FarEnd::lambda(|| Reply::ok("{}")).await;
    let sidecar = sidecar(
        "roleARN: arn:aws:iam::123456789012:role/sidecar
         externalIdKey: /acme/prod/trustKey
         sessionName: my-session
         expirationDuration: 15",
    );
    call(&functions(&far_end.url), &sidecar).await.unwrap();

    let parameter = far_end.seen(Service::Ssm).remove(0);
    assert!(
        parameter.body.contains(r#""Name":"/acme/prod/trustKey""#),
        "{}",
        parameter.body
    );
    assert!(
        parameter.body.contains(r#""WithDecryption":true"#),
        "{}",
        parameter.body
    );
    let assume = far_end.seen(Service::Sts).remove(0);
    for part in [
        "Action=AssumeRole",
        "RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fsidecar",
        "RoleSessionName=my-session",
        "DurationSeconds=900",
        "ExternalId=external-id-1",
    ] {
        assert!(assume.body.contains(part), "no {part} in {}", assume.body);
    }
    assert_eq!(far_end.seen(Service::Lambda)[0].signed().0, "ASSUMED");
}

#[tokio::test]
async fn parameter_store_is_asked_in_the_process_own_region_and_the_rest_in_the_sidecars() {
    let far_end = FarEnd::lambda(|| Reply::ok("{}")).await;
    call(&functions(&far_end.url), &assuming("sidecar"))
        .await
        .unwrap();
    let signed = |service| far_end.seen(service)[0].signed().1.to_owned();
    assert_eq!(signed(Service::Ssm), "eu-central-1");
    assert_eq!(signed(Service::Sts), "us-east-1");
    assert_eq!(signed(Service::Lambda), "us-east-1");
}

#[tokio::test]
async fn a_process_without_a_region_asks_parameter_store_in_the_sidecars() {
    let far_end = FarEnd::lambda(|| Reply::ok("{}")).await;
    let config = config(&far_end.url).region(None).build();
    call(&over(&config), &assuming("sidecar")).await.unwrap();
    assert_eq!(far_end.seen(Service::Ssm)[0].signed().1, "us-east-1");
}

#[tokio::test]
async fn sidecars_with_the_same_connection_share_its_client() {
    let far_end = FarEnd::lambda(|| Reply::ok("{}")).await;
    let functions = functions(&far_end.url);
    for _ in 0..3 {
        // Parsed anew: it is the same by its content.
        call(&functions, &assuming("sidecar")).await.unwrap();
    }
    assert_eq!(far_end.counts(), (1, 1, 3));
    call(&functions, &assuming("other")).await.unwrap();
    assert_eq!(far_end.counts(), (2, 2, 4));
}

#[tokio::test]
async fn nothing_has_a_pool_of_its_own() {
    let far_end = FarEnd::lambda(|| Reply::ok("{}")).await;
    let functions = functions(&far_end.url);
    call(&functions, &assuming("sidecar")).await.unwrap();
    call(&functions, &own("")).await.unwrap();
    assert_eq!(far_end.counts(), (1, 1, 2));
    assert_eq!(far_end.connections(), POOLS);
}

#[tokio::test]
async fn two_hundred_calls_without_credentials_cause_one_refresh() {
    let gate = Gate::closed();
    let opened = gate.subscribe();
    let far_end = FarEnd::scripted(move |seen| match seen.service {
        Service::Lambda => Reply::ok("{}"),
        Service::Ssm => Reply::parameter("external-id-1").when(&opened),
        Service::Sts => Reply::credentials("ASSUMED", in_an_hour()),
    })
    .await;
    let calls = spawn_calls(&functions(&far_end.url), &assuming("sidecar"), 200);
    far_end.wait_for(Service::Ssm, 1).await;
    gate.open();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(far_end.counts(), (1, 1, 200));
}

#[tokio::test]
async fn a_caller_that_goes_away_neither_ends_nor_restarts_the_refresh() {
    let gate = Gate::closed();
    let opened = gate.subscribe();
    let far_end = FarEnd::scripted(move |seen| match seen.service {
        Service::Lambda => Reply::ok("{}"),
        Service::Ssm => Reply::parameter("external-id-1"),
        Service::Sts => Reply::credentials("ASSUMED", in_an_hour()).when(&opened),
    })
    .await;
    let functions = functions(&far_end.url);
    let gone = spawn_calls(&functions, &assuming("sidecar"), 1).remove(0);
    far_end.wait_for(Service::Sts, 1).await;
    gone.abort();
    assert!(gone.await.unwrap_err().is_cancelled());

    let waiting = spawn_calls(&functions, &assuming("sidecar"), 1).remove(0);
    gate.open();
    waiting.await.unwrap().unwrap();
    assert_eq!(far_end.counts(), (1, 1, 1));
}

/// As AWS says it.
const DENIAL: &str = "User: arn:aws:iam::123456789012:user/api is not authorized to perform: sts:AssumeRole on \
                      resource: arn:aws:iam::123456789012:role/sidecar";

#[tokio::test]
async fn a_refusal_of_sts_fails_all_who_wait_and_is_asked_for_once() {
    let gate = Gate::closed();
    let opened = gate.subscribe();
    let far_end = FarEnd::scripted(move |seen| match seen.service {
        Service::Lambda => Reply::ok("{}"),
        Service::Ssm => Reply::parameter("external-id-1"),
        Service::Sts => Reply::sts_error("AccessDenied", DENIAL).when(&opened),
    })
    .await;
    let functions = functions(&far_end.url);
    let calls = spawn_calls(&functions, &assuming("sidecar"), 200);
    // All calls wait by then: this run time has one thread, and they were spawned before.
    far_end.wait_for(Service::Sts, 1).await;
    gate.open();
    for call in calls {
        let error = call.await.unwrap().unwrap_err();
        assert_eq!(error.class(), FailureClass::Credentials);
        assert_eq!(error.code(), None);
        assert!(log_line(&error).contains(DENIAL), "{}", log_line(&error));
        assert!(!error.to_string().contains("123456789012"));
    }
    assert_eq!(far_end.counts(), (1, 1, 0));

    call(&functions, &assuming("sidecar")).await.unwrap_err();
    assert_eq!(
        far_end.counts(),
        (2, 2, 0),
        "the next call starts the next refresh"
    );
}

#[tokio::test]
async fn a_refusal_of_parameter_store_has_the_class_credentials() {
    let far_end = FarEnd::scripted(|_| Reply::exception(400, "ParameterNotFound")).await;
    let error = call(&functions(&far_end.url), &assuming("sidecar"))
        .await
        .unwrap_err();
    assert_eq!(error.class(), FailureClass::Credentials);
    assert!(
        log_line(&error).contains("ParameterNotFound"),
        "{}",
        log_line(&error)
    );
    assert_eq!(far_end.counts(), (1, 0, 0));
}

#[tokio::test]
async fn a_refused_connection_while_credentials_are_fetched_has_the_class_credentials() {
    let retries = aws_smithy_types::retry::RetryConfig::standard()
        .with_initial_backoff(Duration::from_millis(1));
    let config = config(&closed().await).retry_config(retries).build();
    let error = call(&over(&config), &assuming("sidecar"))
        .await
        .unwrap_err();
    assert_eq!(error.class(), FailureClass::Credentials);
}

#[tokio::test]
async fn a_rotated_external_id_is_picked_up_at_the_next_refresh() {
    let clock = ManualClock::new();
    let expiry = SystemTime::now() + Duration::from_secs(900);
    let mut ids = ["new-id", "old-id"].to_vec();
    let far_end = FarEnd::scripted(move |seen| match seen.service {
        Service::Lambda => Reply::ok("{}"),
        Service::Ssm => Reply::parameter(ids.pop().unwrap()),
        Service::Sts if seen.body.contains("new-id") => {
            Reply::credentials("NEW", expiry + Duration::from_secs(3600))
        }
        Service::Sts => Reply::credentials("OLD", expiry),
    })
    .await;
    let config = config(&far_end.url).time_source(clock.source()).build();
    let functions = over(&config);
    call(&functions, &assuming("sidecar")).await.unwrap();
    call(&functions, &assuming("sidecar")).await.unwrap();
    assert_eq!(far_end.counts(), (1, 1, 2));

    clock.advance(Duration::from_secs(900));
    call(&functions, &assuming("sidecar")).await.unwrap();
    assert_eq!(far_end.counts(), (2, 2, 3));
    let keys: Vec<_> = far_end.seen(Service::Lambda);
    let keys: Vec<_> = keys.iter().map(|seen| seen.signed().0).collect();
    assert_eq!(keys, ["OLD", "OLD", "NEW"]);
}

#[tokio::test]
async fn credentials_are_refreshed_before_they_expire_while_calls_go_on() {
    let clock = ManualClock::new();
    let start = SystemTime::now();
    let gate = Gate::closed();
    let opened = gate.subscribe();
    let mut assumed = 0;
    let far_end = FarEnd::scripted(move |seen| match seen.service {
        Service::Lambda => Reply::ok("{}"),
        Service::Ssm => Reply::parameter("external-id-1"),
        Service::Sts if std::mem::replace(&mut assumed, 1) == 0 => {
            Reply::credentials("FIRST", start + Duration::from_secs(3600))
        }
        Service::Sts => {
            Reply::credentials("SECOND", start + Duration::from_secs(7200)).when(&opened)
        }
    })
    .await;
    let config = config(&far_end.url).time_source(clock.source()).build();
    let functions = over(&config);
    call(&functions, &assuming("sidecar")).await.unwrap();

    clock.advance(Duration::from_secs(3400));
    for _ in 0..3 {
        call(&functions, &assuming("sidecar")).await.unwrap();
    }
    far_end.wait_for(Service::Sts, 2).await;
    assert_eq!(
        far_end.counts(),
        (2, 2, 4),
        "calls go on with what there is"
    );
    gate.open();

    clock.advance(Duration::from_secs(250));
    call(&functions, &assuming("sidecar")).await.unwrap();
    assert_eq!(far_end.counts(), (2, 2, 5));
    assert_eq!(far_end.seen(Service::Lambda)[3].signed().0, "FIRST");
    assert_eq!(far_end.seen(Service::Lambda)[4].signed().0, "SECOND");
}

#[tokio::test]
async fn a_warm_up_obtains_the_credentials_and_calls_no_function() {
    let far_end = FarEnd::lambda(|| Reply::ok("{}")).await;
    let functions = functions(&far_end.url);
    functions.warm_up(&assuming("sidecar")).await.unwrap();
    assert_eq!(far_end.counts(), (1, 1, 0));
    call(&functions, &assuming("sidecar")).await.unwrap();
    assert_eq!(far_end.counts(), (1, 1, 1));
}

#[tokio::test]
async fn a_warm_up_fails_where_there_are_no_credentials() {
    let far_end = FarEnd::scripted(|_| Reply::exception(400, "ParameterNotFound")).await;
    let sidecar = assuming("sidecar");
    let error = functions(&far_end.url).warm_up(&sidecar).await.unwrap_err();
    assert_eq!(error.class(), FailureClass::Credentials);
}
