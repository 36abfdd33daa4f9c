use std::future::Ready;

use lambda_sidecar_core::{FailureClass, Point};
use tower::{ServiceExt as _, load_shed::error::Overloaded, service_fn, util::BoxCloneSyncService};

use super::*;

fn saying(
    payload: &'static str,
) -> impl Service<Invocation, Response = Answer, Error = BoxError, Future: Send> + Clone + Send + Sync
{
    service_fn(move |_: Invocation| ready(Ok(Answer::ok(payload))))
}

fn local(name: &str) -> Arc<Sidecar> {
    let sidecar = Sidecar::local(Point::PreProcessor, name);
    Arc::new(sidecar.build().unwrap())
}

async fn invoke(functions: &Functions, sidecar: Arc<Sidecar>) -> Result<Answer, InvocationError> {
    let invocation = Invocation::new(sidecar, "{}", "id");
    functions.clone().oneshot(invocation).await
}

fn on_aws() -> Arc<Sidecar> {
    let inputs = "region: eu-west-1
        functionARN: arn:aws:lambda:eu-west-1:123456789012:function:authz
        useAssumeRole: false";
    Arc::new(Sidecar::pre(inputs).unwrap())
}

#[tokio::test]
async fn a_local_function_is_served_by_the_service_of_its_name() {
    let functions = Functions::default()
        .local("a", saying("of a"))
        .local("b", saying("of b"));
    for (name, payload) in [("a", "of a"), ("b", "of b")] {
        let answer = invoke(&functions, local(name)).await.unwrap();
        assert_eq!(answer, Answer::ok(payload));
        functions.warm_up(&local(name)).await.unwrap();
    }
}

#[tokio::test]
async fn the_service_that_is_named_last_serves() {
    let functions = Functions::default().local("a", saying("first"));
    let changed = functions.clone().local("a", saying("last"));
    let answer = invoke(&changed, local("a")).await.unwrap();
    assert_eq!(answer, Answer::ok("last"));
    let answer = invoke(&functions, local("a")).await.unwrap();
    assert_eq!(answer, Answer::ok("first"), "a clone is on its own");
}

#[tokio::test]
async fn a_target_that_nobody_serves_is_an_error_of_the_class_connect_that_says_so() {
    let functions = Functions::default().local("a", saying("{}"));
    for (sidecar, text) in [
        (local("b"), "nobody serves the local function `b`"),
        (
            on_aws(),
            "nobody serves functions of AWS Lambda: arn:aws:lambda:eu-west-1:123456789012:function:authz",
        ),
    ] {
        let errors = [
            invoke(&functions, Arc::clone(&sidecar)).await.unwrap_err(),
            functions.warm_up(&sidecar).await.unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.class(), FailureClass::Connect);
            assert_eq!(error.get_ref().unwrap().to_string(), text);
        }
    }
}

#[tokio::test]
async fn an_error_of_a_service_is_what_it_is() {
    let functions = Functions::default()
        .local(
            "own",
            service_fn(|_: Invocation| {
                ready(Err::<Answer, _>(InvocationError::throttled("Slow", "x")))
            }),
        )
        .local(
            "shed",
            service_fn(|_: Invocation| ready(Err::<Answer, _>(Overloaded::new()))),
        );
    let error = invoke(&functions, local("own")).await.unwrap_err();
    assert_eq!(error.class(), FailureClass::Throttled);
    assert_eq!(error.code(), Some("Slow"));
    let error = invoke(&functions, local("shed")).await.unwrap_err();
    assert_eq!(error.class(), FailureClass::Rejected);
}

/// Ready when it has been polled once; called before, it fails.
#[derive(Clone, Default)]
struct ReadyLater {
    is_ready: bool,
}

impl Service<Invocation> for ReadyLater {
    type Response = Answer;
    type Error = BoxError;
    type Future = Ready<Result<Answer, BoxError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        if std::mem::replace(&mut self.is_ready, true) {
            return Poll::Ready(Ok(()));
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn call(&mut self, _: Invocation) -> Self::Future {
        ready(match self.is_ready {
            true => Ok(Answer::ok("{}")),
            false => Err("it is not ready".into()),
        })
    }
}

#[tokio::test]
async fn a_service_is_waited_for_until_it_is_ready() {
    let functions = Functions::default().local("a", ReadyLater::default());
    let answer = invoke(&functions, local("a")).await;
    assert_eq!(answer.unwrap(), Answer::ok("{}"));
}

#[tokio::test]
async fn a_boxed_service_will_do() {
    let functions = Functions::default().local("a", BoxCloneSyncService::new(saying("{}")));
    assert!(invoke(&functions, local("a")).await.is_ok());
}

#[test]
fn debug_names_the_local_functions() {
    let functions = Functions::default()
        .local("b", saying("{}"))
        .local("a", saying("{}"));
    assert!(format!("{functions:?}").contains(r#"local: ["a", "b"]"#));
}
