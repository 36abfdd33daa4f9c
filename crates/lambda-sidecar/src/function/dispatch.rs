//! The functions of a process: which service serves which sidecar's function.

use std::{
    collections::HashMap,
    fmt,
    future::{Future, poll_fn, ready},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use lambda_sidecar_core::{Sidecar, Target};
use tower_service::Service;

#[cfg(feature = "aws")]
use super::lambda::{AwsLambda, AwsSettingsError, Transport};
use super::{Answer, Invocation, InvocationError};
use crate::BoxError;

/// The functions of a process: a service that hands each invocation to the service of the sidecar's
/// [target](Sidecar::target).
///
/// [`from_env`](Self::from_env) has AWS Lambda behind it. Functions of other kinds are added by name, so that one layer
/// can mix them:
///
/// ```
/// # #[cfg(feature = "aws")] async fn run() -> Result<(), lambda_sidecar::InputsError> {
/// use lambda_sidecar::{
///     Envelope, Functions, LambdaSidecarLayer, LocalFunction, Point, Sidecar, Verdict,
/// };
///
/// let functions = Functions::from_env()
///     .await
///     .local("audit", LocalFunction::new(|_call: Envelope| async { Verdict::Allow }));
/// let layer = LambdaSidecarLayer::new(functions)
///     .request(Sidecar::pre(
///         "region: eu-west-1
///          functionARN: arn:aws:lambda:eu-west-1:123456789012:function:authz
///          useAssumeRole: false",
///     )?)
///     .response(Sidecar::local(Point::PostProcessor, "audit").build()?);
/// # let _ = layer;
/// # Ok(())
/// # }
/// ```
///
/// It is always ready: a service behind it that is not is waited for in the call. A clone is cheap and shares everything;
/// each call costs one allocation for its future.
///
/// # Errors
///
/// What the service behind it says. A sidecar whose function nobody serves gets an error of the class
/// [`Connect`](crate::FailureClass::Connect); an error of a service that is no [`InvocationError`] becomes one by
/// [`from_error`](InvocationError::from_error).
///
/// # Cancellation
///
/// Dropping the future drops the future of the service behind it.
#[derive(Clone, Default)]
pub struct Functions {
    #[cfg(feature = "aws")]
    aws: Option<AwsLambda>,
    local: Arc<HashMap<String, Arc<dyn FunctionService>>>,
}

impl Functions {
    /// [`AwsLambda::from_env`], and no local functions.
    #[cfg(feature = "aws")]
    pub async fn from_env() -> Self {
        AwsLambda::from_env().await.into()
    }

    /// [`AwsLambda::try_from_env`], and no local functions.
    ///
    /// # Errors
    ///
    /// Some setting in the environment, or in the profile, cannot be used.
    #[cfg(feature = "aws")]
    pub async fn try_from_env() -> Result<Self, AwsSettingsError> {
        Ok(AwsLambda::try_from_env().await?.into())
    }

    /// [`AwsLambda::new`], and no local functions. Without AWS there is [`Functions::default`], which serves nothing yet.
    #[cfg(feature = "aws")]
    #[must_use]
    pub fn new(config: &aws_config::SdkConfig) -> Self {
        AwsLambda::new(config).into()
    }

    /// The same with this service for functions of AWS Lambda.
    #[cfg(feature = "aws")]
    #[must_use]
    pub fn aws(mut self, lambda: AwsLambda) -> Self {
        self.aws = Some(lambda);
        self
    }

    /// The same with another [`transport`](AwsLambda::transport) to AWS Lambda, if functions of it are served at all.
    #[cfg(feature = "aws")]
    #[must_use]
    pub fn transport(mut self, transport: Transport) -> Self {
        self.aws = self.aws.map(|lambda| lambda.transport(transport));
        self
    }

    /// The same with this service for the local function of this name, instead of any it had.
    ///
    /// Each invocation has a clone of the service, which it waits for until it is ready.
    #[must_use]
    pub fn local<S>(mut self, name: impl Into<String>, service: S) -> Self
    where
        S: Service<Invocation, Response = Answer> + Clone + Send + Sync + 'static,
        S::Error: Into<BoxError>,
        S::Future: Send,
    {
        Arc::make_mut(&mut self.local).insert(name.into(), Arc::new(service));
        self
    }

    /// [`AwsLambda::read_credentials_again`], if functions of AWS Lambda are served at all.
    #[cfg(feature = "aws")]
    pub async fn read_credentials_again(&self) {
        if let Some(lambda) = &self.aws {
            lambda.read_credentials_again().await;
        }
    }

    /// Does ahead of the first call what it would wait for: obtains the credentials of a function of AWS Lambda. No
    /// function is called.
    ///
    /// # Errors
    ///
    /// Nobody serves the sidecar's function, or there are no credentials or no endpoint for it.
    pub async fn warm_up(&self, sidecar: &Sidecar) -> Result<(), InvocationError> {
        #[cfg(feature = "aws")]
        if let (Target::Aws(_), Some(lambda)) = (sidecar.target(), &self.aws) {
            return lambda.warm_up(sidecar).await;
        }
        match sidecar.target() {
            Target::Local(name) if self.local.contains_key(name) => Ok(()),
            target => Err(not_served(target)),
        }
    }
}

/// AWS Lambda, and no local functions.
#[cfg(feature = "aws")]
impl From<AwsLambda> for Functions {
    fn from(lambda: AwsLambda) -> Self {
        Self::default().aws(lambda)
    }
}

impl Service<Invocation> for Functions {
    type Response = Answer;
    type Error = InvocationError;
    type Future = Answering;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), InvocationError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, invocation: Invocation) -> Answering {
        match invocation.sidecar.target() {
            #[cfg(feature = "aws")]
            Target::Aws(_) => {
                if let Some(lambda) = &mut self.aws {
                    return lambda.call(invocation);
                }
            }
            Target::Local(name) => {
                if let Some(service) = self.local.get(name) {
                    return service.invoke(invocation);
                }
            }
            _ => {}
        }
        Box::pin(ready(Err(not_served(invocation.sidecar.target()))))
    }
}

type Answering = Pin<Box<dyn Future<Output = Result<Answer, InvocationError>> + Send>>;

/// A function service whose type is forgotten.
trait FunctionService: Send + Sync {
    fn invoke(&self, invocation: Invocation) -> Answering;
}

impl<S> FunctionService for S
where
    S: Service<Invocation, Response = Answer> + Clone + Send + Sync + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
{
    fn invoke(&self, invocation: Invocation) -> Answering {
        let mut service = self.clone();
        Box::pin(async move {
            let ready = poll_fn(|cx| service.poll_ready(cx)).await;
            ready.map_err(InvocationError::from_error)?;
            let answer = service.call(invocation).await;
            answer.map_err(InvocationError::from_error)
        })
    }
}

fn not_served(target: &Target) -> InvocationError {
    InvocationError::connect(match target {
        Target::Local(name) => format!("nobody serves the local function `{name}`"),
        Target::Aws(function) => format!("nobody serves functions of AWS Lambda: {}", function.arn),
        _ => "nobody serves functions of this kind".to_owned(),
    })
}

impl fmt::Debug for Functions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names: Vec<_> = self.local.keys().collect();
        names.sort();
        let mut functions = f.debug_struct("Functions");
        #[cfg(feature = "aws")]
        functions.field("aws", &self.aws);
        functions.field("local", &names).finish()
    }
}

#[cfg(test)]
mod tests;
