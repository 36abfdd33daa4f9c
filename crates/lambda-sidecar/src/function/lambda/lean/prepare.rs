//! The request as the SDK makes it, and the way it goes.

use std::sync::{Arc, Mutex, PoisonError};

use aws_config::identity::IdentityCache;
use aws_credential_types::Credentials;
use aws_sdk_lambda::{config, primitives::Blob, types::InvocationType};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        http::{HttpClient as _, HttpConnectorSettings, SharedHttpConnector},
        interceptors::{Intercept, context::BeforeTransmitInterceptorContextRef},
        orchestrator::HttpRequest,
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::{config_bag::ConfigBag, timeout::TimeoutConfig};
use http::Uri;
use lambda_sidecar_core::AwsFunction;
use tracing::{Dispatch, instrument::WithSubscriber as _};

use super::{
    Extras, client::SharedClient, clock::Clock, exchange::Wire, parts::InvocationParts,
    ready::ReadyFunction, sign::SigningKey, template::Template,
};
use crate::{
    InvocationError,
    function::lambda::{clients::Clients, proxy, sdk_error::invocation_error},
};

/// Has the SDK make a request to the function, up to the point where it would be sent.
pub(super) async fn prepare(
    clients: &Clients,
    client: &SharedClient,
    function: &AwsFunction,
    extras: Extras,
) -> Result<ReadyFunction, InvocationError> {
    let connected = clients.connected(&function.connection);
    // They sign this one request only: the real ones need not be there yet.
    let credentials = Credentials::new("KEY", "secret", Some("token".into()), None, "lean");
    let sample = Sample::default();
    let sent = connected
        .lambda
        .invoke()
        .function_name(&function.arn)
        .invocation_type(InvocationType::RequestResponse)
        .client_context("e30=")
        .set_tenant_id(extras.tenant.then(|| "tenant".to_owned()))
        .set_durable_execution_name(extras.execution.then(|| "execution".to_owned()))
        .payload(Blob::new("{}"))
        .customize()
        .interceptor(sample.clone())
        .config_override(
            config::Builder::new()
                .credentials_provider(credentials.clone())
                .identity_cache(IdentityCache::no_cache()),
        )
        .send()
        // The SDK's log lines show the request, and warn of what is in an endpoint's address.
        .with_subscriber(Dispatch::none())
        .await;
    let taken = sample
        .0
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    let Some((request, connector)) = taken else {
        return Err(match sent {
            Err(error) => invocation_error(error),
            Ok(_) => InvocationError::connect("the SDK made no request"),
        });
    };
    let template = template(&request, &credentials).map_err(InvocationError::connect)?;
    let wire = wire(clients, client, template.uri(), connector);
    Ok(ReadyFunction {
        template,
        wire: wire.map_err(InvocationError::from_error)?,
        credentials: connected.credentials,
        clock: Clock::new(&clients.config),
        key: None.into(),
    })
}

/// The way to an address: the direct one, unless the application or the environment chose another.
fn wire(
    clients: &Clients,
    client: &SharedClient,
    uri: &Uri,
    connector: SharedHttpConnector,
) -> Result<Wire, BoxError> {
    if clients.foreign_http || proxy::is_for(uri) {
        return Ok(Wire::OverSdk(connector));
    }
    let timeouts = clients.config.timeout_config();
    let connect_timeout = timeouts.and_then(TimeoutConfig::connect_timeout);
    let client = client.get(connect_timeout, &clients.resolver)?;
    Ok(Wire::Direct(client.into()))
}

/// A template of the request, which is shown to give the very signature that the SDK gave.
fn template(request: &HttpRequest, credentials: &Credentials) -> Result<Template, BoxError> {
    let header = |name| request.headers().get(name).map(str::to_owned);
    let signature = header("authorization").ok_or("the SDK did not sign its request")?;
    let time = header("x-amz-date").ok_or("the SDK's request has no date")?;
    let sample =
        InvocationParts::from_request(request).ok_or("the SDK's request has no payload")?;
    let template = Template::new(request, &signature)?;
    let (region, service) = template.scope();
    let key = SigningKey::new(credentials, &time, region, service)?;
    if template.authorization(&sample, &time, &key, credentials.session_token()) == signature {
        Ok(template)
    } else {
        Err("the SDK signs requests to this endpoint in a way that the lean transport does not know".into())
    }
}

/// Takes the request that is about to be sent, and stops it.
#[derive(Debug, Clone, Default)]
struct Sample(Arc<Mutex<Option<(HttpRequest, SharedHttpConnector)>>>);

impl Intercept for Sample {
    fn name(&self) -> &'static str {
        "a sample of the SDK's request"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request().try_clone().ok_or("a streaming body")?;
        let client = components.http_client().ok_or("no HTTP client")?;
        let timeouts = config.load::<TimeoutConfig>();
        let mut settings = HttpConnectorSettings::builder();
        settings.set_connect_timeout(timeouts.and_then(TimeoutConfig::connect_timeout));
        settings.set_read_timeout(timeouts.and_then(TimeoutConfig::read_timeout));
        let connector = client.http_connector(&settings.build(), components);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((request, connector));
        Err("it is a sample, not to be sent".into())
    }
}
