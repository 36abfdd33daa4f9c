//! Credentials of assumed roles under load: obtained once, refreshed once, and no call lost.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use aws_types::sdk_config::TimeSource;
use lambda_sidecar::{FailureClass, Functions, LambdaSidecarLayer, Transport};
use lambda_sidecar_test_support::scripted::{Answer, Gate, Leg, Reply, ScriptedAws};
use lambda_sidecar_tests::{
    config::sdk_config_for,
    failures::layer,
    inputs::{Inputs, Policy},
    route::{Called, call, get, over_each_transport},
};
use tokio::{
    task::{JoinSet, yield_now},
    time::timeout,
};

const CALLS: usize = 1_000;
/// Of each call.
const TIMEOUT: Duration = Duration::from_secs(30);
const HOUR: Duration = Duration::from_secs(3600);

type Route = LambdaSidecarLayer<Functions>;

/// A route over each transport under each policy, which share the credentials.
async fn routes(far_end: &ScriptedAws, inputs: &Inputs) -> Vec<Route> {
    routes_to(&Functions::new(&sdk_config_for(far_end).await), inputs)
}

fn routes_to(functions: &Functions, inputs: &Inputs) -> Vec<Route> {
    let milliseconds = TIMEOUT.as_millis().try_into().unwrap();
    let inputs = inputs.clone().timeout(milliseconds);
    let transports = over_each_transport(functions).into_iter();
    let routes = transports.flat_map(|functions| {
        Policy::BOTH.map(|policy| layer(&functions, inputs.clone().policy(policy).pre()))
    });
    routes.collect()
}

/// The clock of an application, which goes ahead when it is told to.
#[derive(Debug, Clone, Default)]
struct Clock(Arc<Mutex<Duration>>);

impl Clock {
    fn advance(&self, by: Duration) {
        *self.0.lock().unwrap() += by;
    }
}

impl TimeSource for Clock {
    fn now(&self) -> SystemTime {
        SystemTime::now() + *self.0.lock().unwrap()
    }
}

/// A thousand calls at once, all of which wait for credentials that come when they all wait.
async fn a_thousand_calls_wait_for(
    gate: &Gate,
    far_end: &ScriptedAws,
    layers: &[Route],
) -> Vec<Called> {
    let before = (far_end.received(Leg::Sts), far_end.received(Leg::Lambda));
    let waiting = Arc::new(AtomicUsize::new(0));
    let mut calls = JoinSet::new();
    for number in 0..CALLS {
        let (layer, waiting) = (layers[number % layers.len()].clone(), Arc::clone(&waiting));
        calls.spawn(async move {
            waiting.fetch_add(1, Ordering::Relaxed);
            call(&layer, get()).await
        });
    }
    let all_wait = async {
        while waiting.load(Ordering::Relaxed) < CALLS {
            yield_now().await;
        }
        far_end.until_received(Leg::Sts, before.0.len() + 1).await;
    };
    let all_wait = timeout(Duration::from_secs(30), all_wait).await;
    all_wait.expect("they wait for STS");
    assert_eq!(far_end.received(Leg::Lambda).len(), before.1.len());
    gate.open();
    calls.join_all().await
}

fn none_is_lost(calls: &[Called]) {
    assert_eq!(calls.len(), CALLS);
    for called in calls {
        is_not_lost(called);
    }
}

/// It did not fail, which fail-safe would have let pass, and was in time.
fn is_not_lost(called: &Called) {
    assert_eq!(called.outcome().failure(), None, "{called:?}");
    assert!(called.took <= TIMEOUT, "{called:?}");
}

#[tokio::test]
async fn a_thousand_calls_that_need_credentials_obtain_them_once() {
    let gate = Gate::default();
    let far_end = ScriptedAws::start();
    far_end.script(Leg::Sts, [Reply::credentials(HOUR).behind(&gate)]);
    let layers = routes(&far_end, &Inputs::scripted_with_role()).await;
    none_is_lost(&a_thousand_calls_wait_for(&gate, &far_end, &layers).await);
    assert_eq!(far_end.received(Leg::Sts).len(), 1);
    assert_eq!(far_end.received(Leg::ParameterStore).len(), 1);
    assert_eq!(far_end.received(Leg::Lambda).len(), CALLS);
}

#[tokio::test]
async fn credentials_that_expire_are_refreshed_once_for_a_thousand_calls_that_wait() {
    let gate = Gate::default();
    let far_end = ScriptedAws::start();
    let refresh = Reply::credentials(3 * HOUR).behind(&gate);
    far_end.script(Leg::Sts, [Reply::credentials(HOUR), refresh]);
    let clock = Clock::default();
    let config = sdk_config_for(&far_end).await.into_builder();
    let functions = Functions::new(&config.time_source(clock.clone()).build());
    let layers = routes_to(&functions, &Inputs::scripted_with_role());
    let first = call(&layers[0], get()).await;
    assert_eq!(first.outcome().failure(), None, "{first:?}");
    clock.advance(HOUR);

    none_is_lost(&a_thousand_calls_wait_for(&gate, &far_end, &layers).await);
    assert_eq!(far_end.received(Leg::Sts).len(), 2);
    assert_eq!(
        far_end.received(Leg::ParameterStore).len(),
        2,
        "a rotated one must be seen"
    );
    let invocations = far_end.received(Leg::Lambda);
    let (first, rest) = invocations.split_first().unwrap();
    assert_eq!(rest.len(), CALLS);
    for invocation in rest {
        assert_ne!(invocation.access_key_id(), first.access_key_id());
    }
}

#[tokio::test]
async fn no_call_is_lost_while_credentials_expire_under_load() {
    // A tenth of it is the margin in which a call gets from its credentials to AWS, on a busy machine too.
    const LIFETIME: Duration = Duration::from_secs(8);
    const REFRESHES: usize = 2;
    const CALLERS: usize = 50;
    let far_end = Arc::new(ScriptedAws::start());
    far_end.script(Leg::Sts, [Reply::credentials(LIFETIME)]);
    let layers = routes(&far_end, &Inputs::scripted_with_role()).await;
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        let (far_end, layer) = (Arc::clone(&far_end), layers[caller % layers.len()].clone());
        callers.spawn(async move {
            while far_end.count(Leg::Sts) <= REFRESHES {
                is_not_lost(&call(&layer, get()).await);
            }
        });
    }
    let callers = timeout(Duration::from_secs(60), callers.join_all()).await;
    callers.expect("the credentials are refreshed again and again");
    assert_eq!(far_end.count(Leg::Sts), REFRESHES + 1);
    assert_eq!(far_end.count(Leg::ParameterStore), REFRESHES + 1);
}

/// What Lambda, STS and Parameter Store say of credentials that are not valid any more.
const REFUSALS: [(Leg, u16, &str); 9] = [
    (Leg::Lambda, 403, "ExpiredTokenException"),
    (Leg::Lambda, 403, "ExpiredToken"),
    (Leg::Lambda, 403, "UnrecognizedClientException"),
    (Leg::Lambda, 403, "InvalidSignatureException"),
    (Leg::ParameterStore, 400, "ExpiredTokenException"),
    (Leg::ParameterStore, 400, "UnrecognizedClientException"),
    (Leg::ParameterStore, 400, "InvalidSignatureException"),
    (Leg::Sts, 403, "ExpiredToken"),
    (Leg::Sts, 403, "InvalidClientTokenId"),
];

fn refusal(leg: Leg, status: u16, code: &str) -> Reply {
    if leg != Leg::Sts {
        return Reply::exception(status, code);
    }
    let xml = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>m</Message></Error></ErrorResponse>"
    );
    Reply::answer(&Answer::new(status, xml).header("content-type", "text/xml"))
}

fn working(leg: Leg) -> Reply {
    match leg {
        Leg::Lambda => Reply::verdict("{}"),
        Leg::Sts => Reply::credentials(HOUR),
        Leg::ParameterStore => Reply::answer(
            &Answer::new(200, r#"{"Parameter":{"Value":"scripted-external-id"}}"#)
                .header("content-type", "application/x-amz-json-1.1"),
        ),
    }
}

#[tokio::test]
async fn credentials_that_aws_refuses_are_obtained_anew_and_the_call_is_made_again() {
    for (leg, status, code) in REFUSALS {
        let aws = ScriptedAws::start();
        for transport in Transport::ALL {
            let functions = Functions::new(&sdk_config_for(&aws).await).transport(*transport);
            aws.script(leg, [refusal(leg, status, code), working(leg)]);
            let inputs = Inputs::scripted_with_role().timeout(10_000);
            let layer = layer(&functions, inputs.pre());
            let called = call(&layer, get()).await;
            assert_eq!(called.outcome().failure(), None, "{code}: {called:?}");
            assert_eq!(aws.count(leg), 2, "{code} of {leg:?}");
            if leg == Leg::Lambda {
                assert_eq!(aws.count(Leg::Sts), 2, "{code}");
            }
            aws.forget();
        }
    }
}

#[tokio::test]
async fn a_call_that_is_refused_again_fails_with_what_aws_said() {
    let aws = ScriptedAws::start();
    for transport in Transport::ALL {
        let functions = Functions::new(&sdk_config_for(&aws).await).transport(*transport);
        aws.script(
            Leg::Lambda,
            [refusal(Leg::Lambda, 403, "ExpiredTokenException")],
        );
        let inputs = Inputs::scripted_with_role().timeout(10_000);
        let layer = layer(&functions, inputs.pre());
        let called = call(&layer, get()).await;
        let expected = Some(FailureClass::ServiceException);
        assert_eq!(called.outcome().failure(), expected, "{called:?}");
        assert!(
            called.text().contains("ExpiredTokenException"),
            "{called:?}"
        );
        assert_eq!(aws.count(Leg::Lambda), 2);
        assert_eq!(aws.count(Leg::Sts), 2);
        // What did not help is not done at each call.
        call(&layer, get()).await;
        assert_eq!(aws.count(Leg::Lambda), 3);
        assert_eq!(aws.count(Leg::Sts), 2);
        aws.forget();
    }
}

#[tokio::test]
async fn another_refusal_of_aws_is_no_reason_to_obtain_credentials_anew() {
    let aws = ScriptedAws::start();
    for functions in over_each_transport(&Functions::new(&sdk_config_for(&aws).await)) {
        aws.script(
            Leg::Lambda,
            [Reply::exception(403, "AccessDeniedException")],
        );
        let layer = layer(&functions, Inputs::scripted_with_role().pre());
        call(&layer, get()).await;
        assert_eq!(aws.count(Leg::Lambda), 1);
        aws.forget();
    }
}

#[tokio::test]
async fn sidecars_that_name_the_same_role_share_its_credentials() {
    let far_end = ScriptedAws::start();
    let functions = Functions::new(&sdk_config_for(&far_end).await);
    let inputs = Inputs::scripted_with_role();
    let layer = LambdaSidecarLayer::new(functions)
        .request(inputs.pre())
        .request(inputs.clone().behaviour("another").pre())
        .response(inputs.post());
    let called = call(&layer, get()).await;
    assert!(
        called
            .outcomes
            .iter()
            .all(|outcome| outcome.failure().is_none())
    );
    assert_eq!(far_end.received(Leg::Lambda).len(), 3);
    assert_eq!(far_end.received(Leg::Sts).len(), 1);
}

#[tokio::test]
async fn sidecars_that_differ_in_their_session_do_not_share_credentials() {
    let far_end = ScriptedAws::start();
    let functions = Functions::new(&sdk_config_for(&far_end).await);
    let inputs = Inputs::scripted_with_role();
    for inputs in [
        inputs.clone(),
        inputs.clone().with("sessionName", "another"),
        inputs.clone().with("expirationDuration", "15"),
        inputs.clone().with("externalIdKey", "another/id"),
        inputs.with("roleARN", "arn:aws:iam::123456789012:role/another"),
    ] {
        let called = call(&layer(&functions, inputs.pre()), get()).await;
        assert_eq!(called.outcome().failure(), None, "{called:?}");
    }
    assert_eq!(far_end.received(Leg::Sts).len(), 5);
}

#[tokio::test]
async fn what_sts_and_parameter_store_are_asked_for() {
    let far_end = ScriptedAws::start();
    let inputs = Inputs::scripted_with_role().with("expirationDuration", "30");
    let layers = routes(&far_end, &inputs).await;
    let called = call(&layers[0], get()).await;
    assert_eq!(called.outcome().failure(), None, "{called:?}");
    let parameter = &far_end.received(Leg::ParameterStore)[0].body;
    let parameter: serde_json::Value = serde_json::from_slice(parameter).unwrap();
    assert_eq!(
        parameter,
        serde_json::json!({ "Name": "/scripted/id", "WithDecryption": true })
    );
    let role = String::from_utf8(far_end.received(Leg::Sts)[0].body.to_vec()).unwrap();
    for part in [
        "Action=AssumeRole",
        "RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fscripted",
        "RoleSessionName=TIBCO_Mashery_SideCar_Connector",
        "DurationSeconds=1800",
        "ExternalId=scripted-external-id",
    ] {
        assert!(
            role.split('&').any(|field| field == part),
            "{part} in {role}"
        );
    }
}

#[tokio::test]
async fn credentials_that_could_not_be_obtained_are_asked_for_again_at_the_next_call() {
    let far_end = ScriptedAws::start();
    let denied = Reply::exception(403, "AccessDenied");
    far_end.script(Leg::Sts, [denied, Reply::credentials(HOUR)]);
    let layers = routes(&far_end, &Inputs::scripted_with_role()).await;
    let called = call(&layers[0], get()).await;
    assert_eq!(
        called.outcome().failure(),
        Some(FailureClass::Credentials),
        "{called:?}"
    );
    let called = call(&layers[0], get()).await;
    assert_eq!(called.outcome().failure(), None, "{called:?}");
}
