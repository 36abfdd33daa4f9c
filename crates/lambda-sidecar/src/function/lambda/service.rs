//! The service: a sidecar's function of AWS Lambda is invoked.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use aws_config::SdkConfig;
use tower_service::Service;

use super::{AwsSettingsError, Transport, clients::Clients, environment, invoke, lean::Lean};
use crate::{Answer, Invocation, InvocationError, Resolver, Sidecar};

/// AWS Lambda for every sidecar of the process.
///
/// One of the function services that [`Functions`](crate::Functions) dispatches to, and one that a layer can be given
/// alone.
///
/// A Tower service that is always ready. A clone is cheap and shares everything: make one for the
/// process. All calls of functions share one pool of connections; sidecars with the same region, role,
/// external-id key, session name and duration share a client and its credentials. A client is made
/// when it is first needed and kept as long as this is.
///
/// Region, credentials and endpoint overrides (`AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_LAMBDA`,
/// `…_STS`, `…_SSM`) are those of every AWS SDK. Lambda and STS are called in the sidecar's region,
/// Parameter Store in the process's own, if it has one.
///
/// ```no_run
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// use lambda_sidecar::{AwsLambda, Sidecar};
///
/// let sidecar = Sidecar::pre(
///     "region: eu-west-1
///      functionARN: arn:aws:lambda:eu-west-1:190954361614:function:authz
///      useAssumeRole: false",
/// )?;
/// let lambda = AwsLambda::from_env().await; // nothing is called yet
/// lambda.warm_up(&sidecar).await?; // optional: fails early if there are no credentials
/// # Ok(())
/// # }
/// ```
///
/// # Retries
///
/// An attempt is made again, twice at most, only if the function cannot have run: there was no
/// connection, it took no more requests (HTTP/2's `GOAWAY` or `REFUSED_STREAM`, or it closed before the request was
/// written), or AWS throttled (429). After a connection that broke, a 5xx or a time-out the function may have run, and
/// it need not be idempotent. A call whose third attempt met a connection that took no more requests begins anew,
/// twice at most.
///
/// # Credentials
///
/// They are kept, refreshed before they expire, and refreshed once however many calls wait. Each
/// refresh of an assumed role reads the external id anew, so that a rotated one is picked up. This
/// needs the cargo feature `parameter-store`. If AWS answers that credentials are not valid any more, they are obtained
/// anew once, and the call is made again within its time: it cannot have run.
///
/// Why there are none is said in known words, codes and numbers alone. What AWS, a profile's program or an application's
/// own provider says beside that is not shown, for it may repeat a secret.
///
/// # Limits
///
/// An answer is read up to Lambda's own limit of 6 MB. A call ends after 15 minutes, the longest a
/// function can run; the layers end it at its own deadline.
///
/// # Cancellation
///
/// Dropping the future ends the call; the function may run on. A refresh of credentials it waited
/// for continues.
///
/// # Panics
///
/// Calls need a Tokio runtime with its timer enabled.
#[derive(Clone)]
pub struct AwsLambda {
    carriers: Arc<Carriers>,
    transport: Transport,
}

/// What carries the calls, over either transport.
struct Carriers {
    clients: Clients,
    lean: Lean,
}

impl AwsLambda {
    /// Region, credentials and endpoints from the environment and the profile, as every AWS SDK
    /// takes them. Nothing is called; in particular the machine is not queried for its region.
    ///
    /// If some of it cannot be used, that is logged, and every call fails for want of credentials;
    /// [`try_from_env`](Self::try_from_env) says so at once.
    pub async fn from_env() -> Self {
        match Self::try_from_env().await {
            Ok(lambda) => lambda,
            Err(error) => {
                tracing::error!(%error);
                Self::new(&environment::unusable(&error))
            }
        }
    }

    /// The same, for an application that does not start with settings that cannot be used. An empty region or
    /// endpoint is one that is not set.
    ///
    /// # Errors
    ///
    /// Names every setting that cannot be used: a number of attempts that is none, an endpoint without `http://`.
    pub async fn try_from_env() -> Result<Self, AwsSettingsError> {
        let resolver = Resolver::from_system();
        let config = environment::config(&resolver).await?;
        Ok(Self::with_resolver(&config, resolver))
    }

    /// The application's own configuration. Nothing is called.
    ///
    /// Of its time-outs and retries those of Lambda are replaced, see above.
    ///
    /// ```no_run
    /// # async fn run() {
    /// use aws_config::{BehaviorVersion, Region};
    /// use lambda_sidecar::AwsLambda;
    ///
    /// let config = aws_config::defaults(BehaviorVersion::latest())
    ///     .region(Region::new("eu-west-1"))
    ///     .load()
    ///     .await;
    /// let lambda = AwsLambda::new(&config);
    /// # let _ = lambda;
    /// # }
    /// ```
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self::with_resolver(config, Resolver::from_system())
    }

    /// The same, with a resolver of the application's. It looks up whatever is called: Lambda, STS, Parameter Store
    /// and a proxy. If the configuration has an HTTP client, that client looks names up in its own way.
    #[must_use]
    pub fn with_resolver(config: &SdkConfig, resolver: Resolver) -> Self {
        Self {
            carriers: Arc::new(Carriers {
                clients: Clients::new(config, resolver),
                lean: Lean::default(),
            }),
            transport: Transport::default(),
        }
    }

    /// What carries the calls; [`Transport::Sdk`] by default. Clones with different transports share
    /// clients and credentials.
    ///
    /// ```no_run
    /// # async fn run() {
    /// use lambda_sidecar::{AwsLambda, Transport};
    ///
    /// let lambda = AwsLambda::from_env().await.transport(Transport::Lean);
    /// # let _ = lambda;
    /// # }
    /// ```
    #[must_use]
    pub fn transport(mut self, transport: Transport) -> Self {
        self.transport = transport;
        self
    }

    /// Obtains the credentials for this sidecar's function, so that the first call need not wait for
    /// them. The function is not called.
    ///
    /// # Errors
    ///
    /// There are no credentials, there is no endpoint, or the sidecar's function is not one of AWS Lambda.
    pub async fn warm_up(&self, sidecar: &Sidecar) -> Result<(), InvocationError> {
        let Carriers { clients, lean } = &*self.carriers;
        if self.transport == Transport::Lean {
            lean.make_ready(clients, sidecar).await?;
        }
        invoke::warm_up(clients, sidecar).await
    }
}

impl AwsLambda {
    /// Reads the process's own credentials again, files included, if they have been read before. Calls use the ones
    /// it has until others are there, and keep them if there are none. It waits for at most five seconds.
    ///
    /// There is no need for it when AWS refuses the credentials: they are then obtained anew, once, and the call is
    /// made again.
    ///
    /// # Cancellation
    ///
    /// What was begun continues.
    pub async fn read_credentials_again(&self) {
        self.carriers.clients.read_credentials_again().await;
    }
}

impl Service<Invocation> for AwsLambda {
    type Response = Answer;
    type Error = InvocationError;
    type Future = Pin<Box<dyn Future<Output = Result<Answer, InvocationError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), InvocationError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, invocation: Invocation) -> Self::Future {
        let carriers = Arc::clone(&self.carriers);
        match self.transport {
            Transport::Sdk => {
                Box::pin(async move { invoke::invoke(&carriers.clients, &invocation).await })
            }
            Transport::Lean => {
                Box::pin(async move { carriers.lean.invoke(&carriers.clients, &invocation).await })
            }
        }
    }
}

impl fmt::Debug for AwsLambda {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwsLambda")
            .field("transport", &self.transport)
            .finish_non_exhaustive()
    }
}
