//! Section 1 of the connector: the business rules matrix, every cell of it.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::time::Duration;

use http::{HeaderName, HeaderValue, StatusCode};
use lambda_sidecar_core::{
    Action, Enqueued, ErrorPolicy, Failure, FailureClass, Modify, Outcome, Plan, Point,
    Precondition, Sidecar, SidecarError, Synchronicity, Terminate, Verdict,
};

const POINTS: [Point; 2] = [Point::PreProcessor, Point::PostProcessor];
const SYNCHRONICITIES: [Synchronicity; 2] = [Synchronicity::RequestResponse, Synchronicity::Event];
const POLICIES: [ErrorPolicy; 2] = [ErrorPolicy::SURE_FIRE, ErrorPolicy::FAIL_SAFE];

fn sidecar(point: Point, synchronicity: Synchronicity, policy: ErrorPolicy) -> Sidecar {
    Sidecar::local(point, "f")
        .synchronicity(synchronicity)
        .policy(policy)
        .build()
        .unwrap()
}

fn every_sidecar(mut check: impl FnMut(&Sidecar)) {
    for point in POINTS {
        for synchronicity in SYNCHRONICITIES {
            for policy in POLICIES {
                check(&sidecar(point, synchronicity, policy));
            }
        }
    }
}

/// Every way in which a function call can fail.
fn failures() -> [Failure; 11] {
    [
        Failure::Connect,
        Failure::Credentials,
        Failure::Throttled("TooManyRequestsException".into()),
        Failure::ServiceException("AccessDeniedException".into()),
        Failure::UnexpectedStatus(500),
        Failure::Timeout,
        Failure::FunctionError {
            detail: "d".into(),
            title: "t".into(),
        },
        Failure::EmptyAnswer,
        Failure::WrongAnswer("w".into()),
        Failure::Rejected {
            retry_after: Duration::from_secs(1),
        },
        Failure::NoResources,
    ]
}

/// Clients can use up what this process has, so that opens nothing.
fn always_blocks(class: FailureClass) -> bool {
    class == FailureClass::NoResources
}

fn preconditions() -> [Precondition; 12] {
    [
        Precondition::NoTenantId,
        Precondition::EnvelopeTooLarge,
        Precondition::HeadersTooLarge,
        Precondition::RequiredHeader("X-A".into()),
        Precondition::RequiredApplicationEav("a".into()),
        Precondition::NoApplicationData,
        Precondition::RequiredPackageKeyEav("p".into()),
        Precondition::NoPackageKeyData,
        Precondition::NoEnvelope,
        Precondition::PayloadTooLarge { known_length: 2 },
        Precondition::PayloadTooLarge {
            known_length: 2_000_000,
        },
        Precondition::PayloadNotWhole,
    ]
}

#[test]
fn the_failures_of_this_test_stand_for_every_class() {
    for class in FailureClass::ALL.iter().copied() {
        assert!(
            failures().iter().any(|failure| failure.class() == class),
            "{class}"
        );
    }
}

#[test]
fn a_failed_call_blocks_a_sure_fire_request_response_sidecar_and_no_other() {
    for failure in failures() {
        every_sidecar(|sidecar| {
            let plan = Plan::new(sidecar, Outcome::Failed(failure.clone()));
            let blocks = always_blocks(failure.class())
                || sidecar.synchronicity() == Synchronicity::RequestResponse
                    && sidecar.policy() == ErrorPolicy::SURE_FIRE;
            let expected = if blocks {
                Plan::Fail(SidecarError::from_failure(&failure, sidecar.point()))
            } else {
                Plan::Forward
            };
            assert_eq!(plan, expected, "{failure:?}: {sidecar:?}");
        });
    }
}

#[test]
fn a_failure_of_every_class_built_from_a_call_follows_the_same_matrix() {
    for class in FailureClass::ALL.iter().copied() {
        for code in [None, Some("E".to_owned())] {
            let failure = Failure::from_class(class, Some(500), code);
            assert_eq!(failure.class(), class);
            every_sidecar(|sidecar| {
                let forwards =
                    Plan::new(sidecar, Outcome::Failed(failure.clone())) == Plan::Forward;
                let blocks = always_blocks(class)
                    || sidecar.synchronicity() == Synchronicity::RequestResponse
                        && sidecar.policy() == ErrorPolicy::SURE_FIRE;
                assert_eq!(forwards, !blocks, "{class}: {sidecar:?}");
            });
        }
    }
}

#[test]
fn a_policy_by_class_decides_for_that_class_alone() {
    for class in FailureClass::ALL.iter().copied() {
        for (base, action) in [
            (ErrorPolicy::SURE_FIRE, Action::Forward),
            (ErrorPolicy::FAIL_SAFE, Action::Block),
        ] {
            let policy = base.on(class, action);
            for point in POINTS {
                for failure in failures() {
                    let decided = if always_blocks(failure.class()) {
                        Action::Block
                    } else if failure.class() == class {
                        action
                    } else {
                        base.action(failure.class())
                    };
                    let sidecar = sidecar(point, Synchronicity::RequestResponse, policy);
                    let plan = Plan::new(&sidecar, Outcome::Failed(failure.clone()));
                    assert_eq!(
                        plan == Plan::Forward,
                        decided == Action::Forward,
                        "{class}: {failure:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn sure_fire_is_the_default() {
    for point in POINTS {
        let sidecar = Sidecar::local(point, "f").build().unwrap();
        assert_eq!(sidecar.policy(), ErrorPolicy::SURE_FIRE);
        assert_eq!(sidecar.synchronicity(), Synchronicity::RequestResponse);
    }
}

#[test]
fn fail_safe_in_the_inputs_is_the_policy_fail_safe() {
    let inputs = |line: &str| {
        format!(
            "region: us-east-1\nuseAssumeRole: false\n\
             functionARN: arn:aws:lambda:us-east-1:123456789012:function:f\n{line}"
        )
    };
    for point in POINTS {
        for (line, policy) in [
            ("failSafe: true", ErrorPolicy::FAIL_SAFE),
            ("failSafe: false", ErrorPolicy::SURE_FIRE),
        ] {
            assert_eq!(
                Sidecar::parse(point, &inputs(line)).unwrap().policy(),
                policy
            );
        }
    }
}

#[test]
fn fail_safe_except_blocks_its_classes_as_sure_fire_does_and_no_other() {
    let inputs = |lines: &str| {
        format!(
            "region: us-east-1\nuseAssumeRole: false\n\
             functionARN: arn:aws:lambda:us-east-1:123456789012:function:f\n{lines}"
        )
    };
    for class in FailureClass::ALL.iter().copied() {
        for (point, synchronicity) in POINTS
            .into_iter()
            .flat_map(|point| SYNCHRONICITIES.map(|it| (point, it)))
        {
            let mode = match synchronicity {
                Synchronicity::RequestResponse => "request-response",
                Synchronicity::Event => "event",
            };
            let lines = format!("failSafe: true\nfail-safe-except: {class}\nsynchronicity: {mode}");
            let sidecar = Sidecar::parse(point, &inputs(&lines)).unwrap();
            for failure in failures() {
                let excepted = failure.class() == class;
                let waits = synchronicity == Synchronicity::RequestResponse;
                let blocks = always_blocks(failure.class()) || excepted && waits;
                let expected = if blocks {
                    Plan::Fail(SidecarError::from_failure(&failure, point))
                } else {
                    Plan::Forward
                };
                let plan = Plan::new(&sidecar, Outcome::Failed(failure.clone()));
                assert_eq!(plan, expected, "{lines}: {failure:?}");
            }
        }
    }
}

#[test]
fn an_event_in_the_background_never_keeps_a_call_whether_it_is_queued_or_dropped() {
    for enqueued in [Enqueued::Queued, Enqueued::Dropped] {
        every_sidecar(|sidecar| {
            let plan = Plan::new(sidecar, Outcome::Enqueued(enqueued));
            assert_eq!(plan, Plan::Forward, "{sidecar:?}");
        });
    }
}

#[test]
fn an_allow_forwards_under_every_policy() {
    every_sidecar(|sidecar| {
        assert_eq!(
            Plan::new(sidecar, Outcome::Answered(Verdict::Allow)),
            Plan::Forward
        );
    });
}

#[test]
fn a_verdict_is_followed_under_every_policy() {
    let modify = Modify::new()
        .header(
            HeaderName::from_static("x-a"),
            HeaderValue::from_static("1"),
        )
        .unwrap()
        .complete_with_code(StatusCode::CREATED);
    let terminate = Terminate::new(StatusCode::FORBIDDEN).message("m");
    for point in POINTS {
        for policy in POLICIES {
            let sidecar = sidecar(point, Synchronicity::RequestResponse, policy);
            let answered = |verdict| Plan::new(&sidecar, Outcome::Answered(verdict));
            assert_eq!(
                answered(modify.clone().into()),
                Plan::Modify(modify.clone())
            );
            assert_eq!(
                answered(terminate.clone().into()),
                Plan::Terminate(terminate.clone())
            );
        }
    }
}

#[test]
fn a_precondition_that_is_not_met_blocks_under_every_policy() {
    for precondition in preconditions() {
        every_sidecar(|sidecar| {
            let error = SidecarError::from_precondition(&precondition, sidecar.point());
            assert_eq!(
                Plan::new(sidecar, Outcome::NotInvoked(precondition.clone())),
                Plan::Fail(error),
                "{sidecar:?}"
            );
        });
    }
}

#[test]
fn a_policy_that_forwards_every_class_does_not_forward_a_precondition() {
    let policy = FailureClass::ALL
        .iter()
        .copied()
        .fold(ErrorPolicy::SURE_FIRE, |policy, class| {
            policy.on(class, Action::Forward)
        });
    assert_eq!(policy, ErrorPolicy::FAIL_SAFE);
    for precondition in preconditions() {
        let sidecar = sidecar(Point::PreProcessor, Synchronicity::Event, policy);
        let plan = Plan::new(&sidecar, Outcome::NotInvoked(precondition));
        assert!(matches!(plan, Plan::Fail(_)), "{plan:?}");
    }
}

#[test]
fn the_end_of_the_calls_own_time_is_no_failure_of_the_function_and_blocks() {
    for point in POINTS {
        for policy in POLICIES {
            let sidecar = sidecar(point, Synchronicity::RequestResponse, policy);
            assert_eq!(
                Plan::new(&sidecar, Outcome::DeadlinePassed),
                Plan::Fail(SidecarError::from_failure(&Failure::Timeout, point))
            );
        }
    }
}

#[test]
fn a_process_that_has_run_out_of_resources_blocks_under_every_policy_and_events_too() {
    let open = FailureClass::ALL
        .iter()
        .copied()
        .fold(ErrorPolicy::FAIL_SAFE, |policy, class| {
            policy.on(class, Action::Forward)
        });
    for outcome in [
        Outcome::NoResources,
        Outcome::Failed(Failure::NoResources),
        Outcome::Failed(Failure::from_class(FailureClass::NoResources, None, None)),
    ] {
        for point in POINTS {
            for synchronicity in [Synchronicity::RequestResponse, Synchronicity::Event] {
                for policy in [ErrorPolicy::SURE_FIRE, ErrorPolicy::FAIL_SAFE, open] {
                    let sidecar = sidecar(point, synchronicity, policy);
                    let Plan::Fail(error) = Plan::new(&sidecar, outcome.clone()) else {
                        panic!("{outcome:?}: {sidecar:?}");
                    };
                    let detail = "No resources to call AWS Lambda function";
                    assert_eq!(
                        (error.name(), error.status().as_u16(), error.detail()),
                        ("GatewayOverloaded", 503, detail)
                    );
                }
            }
        }
    }
}

#[test]
fn a_verdict_that_the_message_has_no_room_for_blocks_under_every_policy() {
    every_sidecar(|sidecar| {
        let Plan::Fail(error) = Plan::new(sidecar, Outcome::NoRoom) else {
            panic!("{sidecar:?}");
        };
        let name = match sidecar.point() {
            Point::PreProcessor => "InvalidResponseFromAWSLambdaInPreProcess",
            Point::PostProcessor => "InvalidResponseFromAWSLambdaInPostProcess",
        };
        let detail = "Invalid output from AWS Lambda function";
        assert_eq!(
            (error.name(), error.status().as_u16(), error.detail()),
            (name, 500, detail)
        );
    });
}
