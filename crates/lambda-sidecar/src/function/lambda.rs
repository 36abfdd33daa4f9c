//! AWS Lambda as the function.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use aws_config::SdkConfig;
use tower_service::Service;

use crate::{
    Answer, Invocation, InvocationError, Sidecar,
    aws::{Clients, config_from_env},
};

/// What carries a call to AWS Lambda. Functions, credentials, retries and failures are the same, and so is
/// what is sent, save for one statistic: the SDK's user agent says how the credentials were come by where
/// it knows, an assumed role for instance; over [`Lean`](Self::Lean) it does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Transport {
    /// `aws-sdk-lambda` itself, orchestrator and all: four to six times the CPU of the HTTP call.
    #[default]
    Sdk,
    /// Requests as the SDK makes them, signed and sent over HTTP/1.1 without its orchestrator: little
    /// more than the HTTP call. Its connections are in a pool of its own; where the application gave the
    /// AWS configuration an HTTP client, or the environment names a proxy for the endpoint, they are
    /// used. Interceptors of the application's configuration are not run.
    Lean,
}

/// AWS Lambda for every sidecar of the process.
///
/// A Tower service that is always ready. A clone is cheap and shares everything: make one for the
/// process. All calls of functions share one pool of connections; sidecars with the same region, role,
/// external-id key, session name and duration share a client and its credentials. A client is made
/// when it is first needed and kept as long as this is.
///
/// Region, credentials and endpoint overrides (`AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_LAMBDA`,
/// `…_STS`, `…_SSM`) are those of every AWS SDK. Lambda and STS are called in the sidecar's region,
/// Parameter Store in the process's own, where it has one.
///
/// ```no_run
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// use lambda_sidecar::{Functions, Sidecar};
///
/// let sidecar = Sidecar::pre(
///     "region: eu-west-1
///      functionARN: arn:aws:lambda:eu-west-1:190954361614:function:authz
///      useAssumeRole: false",
/// )?;
/// let functions = Functions::from_env().await; // nothing is called yet
/// functions.warm_up(&sidecar).await?; // optional: fails early where there are no credentials
/// # Ok(())
/// # }
/// ```
///
/// # Retries
///
/// An attempt is made again, twice at most, only where the function cannot have run: there was no
/// connection, or AWS throttled (429). After a connection that broke, a 5xx or a time-out the
/// function may have run, and it need not be idempotent.
///
/// # Credentials
///
/// They are kept, refreshed before they expire, and refreshed once however many calls wait. Each
/// refresh of an assumed role reads the external id anew, so that a rotated one is picked up. This
/// needs the cargo feature `parameter-store`.
///
/// # Limits
///
/// An answer is read up to Lambda's own limit of 6 MB. A call ends after 15 minutes, the longest a
/// function can run; the layers end it at its own deadline.
///
/// # Cancellation
///
/// Dropping the future ends the call; the function may run on. A refresh of credentials it waited
/// for goes on.
///
/// # Panics
///
/// Calls need a Tokio run time with its timer enabled.
#[derive(Clone)]
pub struct Functions {
    clients: Arc<Clients>,
    transport: Transport,
}

impl Functions {
    /// Region, credentials and endpoints from the environment and the profile, as every AWS SDK
    /// takes them. Nothing is called; in particular the region is not asked of the machine.
    pub async fn from_env() -> Self {
        Self::new(&config_from_env().await)
    }

    /// The application's own configuration. Nothing is called.
    ///
    /// Of its time-outs and retries those of Lambda are replaced, see above.
    ///
    /// ```no_run
    /// # async fn run() {
    /// use aws_config::{BehaviorVersion, Region};
    /// use lambda_sidecar::Functions;
    ///
    /// let config = aws_config::defaults(BehaviorVersion::latest())
    ///     .region(Region::new("eu-west-1"))
    ///     .load()
    ///     .await;
    /// let functions = Functions::new(&config);
    /// # let _ = functions;
    /// # }
    /// ```
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self {
            clients: Arc::new(Clients::new(config)),
            transport: Transport::default(),
        }
    }

    /// What carries the calls; [`Transport::Sdk`] by default. Clones with different transports share
    /// clients and credentials.
    ///
    /// ```no_run
    /// # async fn run() {
    /// use lambda_sidecar::{Functions, Transport};
    ///
    /// let functions = Functions::from_env().await.transport(Transport::Lean);
    /// # let _ = functions;
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
        if self.transport == Transport::Lean {
            self.clients.make_ready(sidecar).await?;
        }
        self.clients.warm_up(sidecar).await
    }
}

impl Service<Invocation> for Functions {
    type Response = Answer;
    type Error = InvocationError;
    type Future = Pin<Box<dyn Future<Output = Result<Answer, InvocationError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), InvocationError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, invocation: Invocation) -> Self::Future {
        let clients = Arc::clone(&self.clients);
        match self.transport {
            Transport::Sdk => Box::pin(async move { clients.invoke(invocation).await }),
            Transport::Lean => Box::pin(async move { clients.invoke_lean(invocation).await }),
        }
    }
}

impl fmt::Debug for Functions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Functions")
            .field("transport", &self.transport)
            .finish_non_exhaustive()
    }
}
