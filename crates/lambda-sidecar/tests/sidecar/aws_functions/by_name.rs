//! What AWS has behind names.

use std::{sync::Arc, time::Duration};

use aws_smithy_types::timeout::TimeoutConfig;
use lambda_sidecar::{AwsLambda, FailureClass, InvocationError, Resolver, Sidecar, Transport};
use lambda_sidecar_test_support::names::NameServer;
use tokio::time::timeout;
use tower_service::Service as _;

use super::{
    config,
    far_end::{FarEnd, Reply, Service},
    invocation, own,
};

/// The address with a name for its host.
fn named(url: &str) -> String {
    url.replace("127.0.0.1", "lambda.test")
}

async fn call(lambda: &AwsLambda, sidecar: &Arc<Sidecar>) -> Result<(), InvocationError> {
    let answer = lambda.clone().call(invocation(sidecar)).await;
    answer.map(drop)
}

/// Over either transport.
fn transports(url: &str, resolver: &Resolver) -> impl Iterator<Item = AwsLambda> {
    let soon = TimeoutConfig::builder().connect_timeout(Duration::from_millis(300));
    let config = config(url).timeout_config(soon.build()).build();
    let lambda = AwsLambda::with_resolver(&config, resolver.clone());
    let transports = Transport::ALL.iter();
    transports.map(move |transport| lambda.clone().transport(*transport))
}

#[tokio::test]
async fn the_resolver_looks_up_whatever_is_called() {
    let far_end = FarEnd::lambda(|| Reply::ok("{}")).await;
    let server = NameServer::loopback();
    let resolver = Resolver::from_name_servers([server.address]);
    for lambda in transports(&named(&far_end.url), &resolver) {
        call(&lambda, &own("")).await.unwrap();
        #[cfg(feature = "parameter-store")]
        call(&lambda, &super::assuming("caller")).await.unwrap();
    }
    assert!(far_end.count(Service::Lambda) >= 2);
    let names: Vec<_> = server.asked().into_iter().map(|asked| asked.name).collect();
    assert!(!names.is_empty() && names.iter().all(|name| name == "lambda.test"));
}

#[tokio::test]
async fn a_silent_name_server_is_a_function_that_cannot_be_reached() {
    let server = NameServer::silent();
    let resolver = Resolver::from_name_servers([server.address]);
    // One that is reached by its address takes no part in it.
    let far_end = FarEnd::lambda(|| Reply::ok("{}")).await;
    for (silent, other) in
        transports("http://lambda.test", &resolver).zip(transports(&far_end.url, &resolver))
    {
        let waiting: Vec<_> = (0..600)
            .map(|_| {
                let silent = silent.clone();
                tokio::spawn(async move { call(&silent, &own("")).await })
            })
            .collect();
        server.until_asked().await;
        call(&other, &own("")).await.unwrap();
        for waiting in &waiting[1..] {
            waiting.abort();
        }
        let error = waiting.into_iter().next().unwrap().await.unwrap();
        assert_eq!(error.unwrap_err().class(), FailureClass::Connect);
    }
}

#[tokio::test]
async fn too_many_names_at_once_are_no_failure_of_the_function() {
    let server = NameServer::silent();
    let resolver = Resolver::from_name_servers([server.address]);
    let names: Vec<_> = (0..256).map(|nth| format!("{nth}.test")).collect();
    let look_ups = names.iter().map(|name| Box::pin(resolver.look_up(name)));
    let mut waiting: Vec<_> = look_ups.collect();
    for look_up in &mut waiting {
        assert!(timeout(Duration::ZERO, look_up).await.is_err());
    }
    for lambda in transports("http://lambda.test", &resolver) {
        let error = call(&lambda, &own("")).await.unwrap_err();
        assert_eq!(error.class(), FailureClass::NoResources);
    }
}
