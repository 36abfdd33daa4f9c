//! The one connection pool of the process, and the largest answer that is read from it.

use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use aws_smithy_http_client::{
    Connector,
    proxy::ProxyConfig,
    tls::{self, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        connector_metadata::ConnectorMetadata,
        dns::{DnsFuture, ResolveDns, ResolveDnsError},
        http::{
            HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings,
            SharedHttpClient, SharedHttpConnector, http_client_fn,
        },
        interceptors::{
            Intercept,
            context::{BeforeDeserializationInterceptorContextMut, FinalizerInterceptorContextRef},
            dyn_dispatch_hint,
        },
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
        runtime_components::{RuntimeComponents, RuntimeComponentsBuilder},
    },
};
use aws_smithy_types::{body::SdkBody, config_bag::ConfigBag};
use http::Uri;
use http_body_util::{LengthLimitError, Limited};

use super::{proxy, retry::tell_if_throttled};
use crate::{Answer, Resolver};

/// A connection that the server has given up fails the call it is used for, and such a call is not
/// made again. So idle ones are given up earlier than AWS does it: its own SDKs keep them a minute.
pub(super) const IDLE: Duration = Duration::from_secs(50);

/// More than that are not kept when they are idle.
pub(super) const MAX_IDLE: usize = 1024;

/// A pool of connections for Lambda, STS and Parameter Store alike.
///
/// The SDK's default client would make a pool for every combination of timeouts, and a TLS
/// configuration for every service client.
pub(super) fn pool(connect_timeout: Option<Duration>, resolver: &Resolver) -> SharedHttpClient {
    let mut settings = HttpConnectorSettings::builder();
    settings.set_connect_timeout(connect_timeout);
    let connector = connector(&settings.build(), resolver);
    http_client_fn(move |_, _| connector.clone())
}

/// A client for whatever the SDK's default credentials call, which have time-outs of their own: a pool for each
/// combination.
pub(super) fn by_settings(resolver: Resolver) -> SharedHttpClient {
    type Times = [Option<Duration>; 2];
    let made = Mutex::new(HashMap::<Times, SharedHttpConnector>::new());
    http_client_fn(move |settings, _| {
        let times = [settings.connect_timeout(), settings.read_timeout()];
        let mut made = made.lock().unwrap_or_else(PoisonError::into_inner);
        let connector = made
            .entry(times)
            .or_insert_with(|| connector(settings, &resolver));
        connector.clone()
    })
}

fn connector(settings: &HttpConnectorSettings, resolver: &Resolver) -> SharedHttpConnector {
    let connector = |proxy| {
        let connector = Connector::builder()
            .tls_provider(tls::Provider::rustls(CryptoMode::AwsLc))
            .proxy_config(proxy)
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(MAX_IDLE)
            .connector_settings(settings.clone());
        SharedHttpConnector::new(connector.build_with_resolver(ForSdk(resolver.clone())))
    };
    let direct = connector(ProxyConfig::disabled());
    match proxy::is_in_environment() {
        true => SharedHttpConnector::new(ByAddress {
            direct,
            proxied: connector(ProxyConfig::from_env()),
        }),
        false => direct,
    }
}

/// The resolver as the SDK has one.
#[derive(Debug, Clone)]
struct ForSdk(Resolver);

impl ResolveDns for ForSdk {
    fn resolve_dns<'a>(&'a self, name: &'a str) -> DnsFuture<'a> {
        DnsFuture::new(async { self.0.look_up(name).await.map_err(ResolveDnsError::new) })
    }
}

/// Does not use the proxy for addresses that it cannot reach.
#[derive(Debug)]
struct ByAddress {
    direct: SharedHttpConnector,
    proxied: SharedHttpConnector,
}

impl HttpConnector for ByAddress {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let uri = request.uri().parse::<Uri>();
        match uri.is_ok_and(|uri| proxy::is_link_local(&uri)) {
            true => self.direct.call(request),
            false => self.proxied.call(request),
        }
    }
}

/// Never reads more than [`Answer::MAX_PAYLOAD`] of an answer: as a client for STS and Parameter Store, and as
/// an interceptor for Lambda, where it makes no allocation.
#[derive(Debug)]
pub(super) struct Bounded<C>(pub(super) C);

impl<C: HttpClient> HttpClient for Bounded<C> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Bounded(self.0.http_connector(settings, components)))
    }

    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.validate_base_client_config(components, config)
    }

    fn validate_final_config(
        &self,
        components: &RuntimeComponents,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.validate_final_config(components, config)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.0.connector_metadata()
    }
}

impl HttpConnector for Bounded<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let answer = self.0.call(request);
        HttpConnectorFuture::new(async move {
            let mut answer = answer.await?;
            match bound(&mut answer) {
                Ok(()) => Ok(answer),
                Err(error) => Err(ConnectorError::other(error.into(), None)),
            }
        })
    }
}

// The hint saves the calls of the hooks that are not here.
#[dyn_dispatch_hint]
impl Intercept for Bounded<()> {
    fn name(&self) -> &'static str {
        "the largest answer that is read"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        Ok(bound(context.response_mut())?)
    }

    /// Here, for an interceptor of its own would cost every call.
    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        tell_if_throttled(context);
        Ok(())
    }
}

/// Refuses an answer that announces too much, and cuts off one that turns out to hold too much.
fn bound(answer: &mut HttpResponse) -> Result<(), TooLarge> {
    let announced = answer.headers().get("content-length");
    match announced.and_then(|length| length.parse::<usize>().ok()) {
        Some(length) if length > Answer::MAX_PAYLOAD => Err(TooLarge),
        // That it is no longer than it says is seen to by HTTP, unless it comes in chunks all the same.
        Some(_) if !answer.headers().contains_key("transfer-encoding") => Ok(()),
        _ => {
            let body = Limited::new(answer.take_body(), Answer::MAX_PAYLOAD);
            *answer.body_mut() = SdkBody::from_body_1_x(body);
            Ok(())
        }
    }
}

/// Whether this error says that an answer was larger than is read.
pub(super) fn is_too_large(error: &(dyn std::error::Error + 'static)) -> bool {
    error.is::<TooLarge>() || error.is::<LengthLimitError>()
}

/// An answer larger than [`Answer::MAX_PAYLOAD`].
#[derive(Debug)]
pub(super) struct TooLarge;

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the answer is larger than {} bytes", Answer::MAX_PAYLOAD)
    }
}

impl std::error::Error for TooLarge {}
