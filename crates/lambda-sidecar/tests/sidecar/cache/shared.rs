//! Who shares a verdict, and a cache.

use lambda_sidecar::{LambdaSidecarLayer, VerdictCache};
use tokio::time::advance;

use super::*;

#[tokio::test]
async fn what_is_in_the_envelope_splits_the_cache_and_what_is_not_does_not() {
    let function = counting(60.0);
    let sidecar = cached(Point::PreProcessor).include_request_headers(["x-role"]);
    let service = service(sidecar, &function);
    for (role, unseen, number) in [
        ("a", "1", "1"),
        ("b", "1", "2"),
        ("a", "2", "1"),
        ("A", "1", "3"),
    ] {
        let mut request = asking(role);
        request
            .headers_mut()
            .insert("x-unseen", unseen.parse().unwrap());
        let got = send(service.clone(), request).await;
        assert_eq!(got.body, number, "{role} {unseen}");
    }
}

#[tokio::test]
async fn the_id_of_the_call_does_not_split_the_cache() {
    let function = counting(60.0);
    let service = service(cached(Point::PreProcessor), &function);
    for id in ["one", "two", "a\"b", ""] {
        let mut request = request(TestBody::empty());
        let context = lambda_sidecar::CallContext::new().message_id(id);
        request.extensions_mut().insert(context);
        assert_eq!(send(service.clone(), request).await.body, "1", "{id}");
    }
}

#[tokio::test]
async fn a_layer_has_a_cache_of_its_own_unless_it_is_given_one() {
    let (function, cache) = (counting(60.0), VerdictCache::new(1 << 20));
    let layer = || layer_of(cached(Point::PreProcessor), function.clone());
    let alone = [(); 2].map(|()| layer().layer(Backend::new()));
    let sharing = [(); 2].map(|()| layer().cache(cache.clone()).layer(Backend::new()));
    for (service, number) in alone.iter().chain(&sharing).zip(["1", "2", "3", "3"]) {
        assert_eq!(call(service).await.body, number);
    }
    // Clones of a layer share it.
    assert_eq!(call(&alone[0].clone()).await.body, "1");
    assert!(cache.bytes() > 0);
    cache.clear();
    assert_eq!(cache.bytes(), 0);
    assert_eq!(call(&sharing[0]).await.body, "4");
}

/// A function has one name, whoever invokes it.
#[tokio::test]
async fn sidecars_share_what_the_same_function_says_and_nothing_else() {
    let function = counting(60.0);
    let sidecar = |name: &str| Sidecar::local(Point::PreProcessor, name).cache_max(MAX);
    let cache = VerdictCache::default();
    let service = |name: &str| {
        let layer = layer_of(sidecar(name), function.clone());
        layer.cache(cache.clone()).layer(Backend::new())
    };
    assert_eq!(call(&service("f")).await.body, "1");
    assert_eq!(call(&service("g")).await.body, "2");
    assert_eq!(call(&service("f")).await.body, "1");
}

#[tokio::test(start_paused = true)]
async fn each_sidecar_holds_an_age_against_its_own_longest_time() {
    let function = counting(60.0);
    let cache = VerdictCache::default();
    let service = |longest: u64| {
        let sidecar = cached(Point::PreProcessor).cache_max(Duration::from_secs(longest));
        let layer = layer_of(sidecar, function.clone());
        layer.cache(cache.clone()).layer(Backend::new())
    };
    let (patient, impatient) = (service(60), service(5));
    assert_eq!(call(&patient).await.body, "1");
    assert_eq!(call(&impatient).await.body, "1");
    advance(Duration::from_secs(5)).await;
    assert_eq!(call(&patient).await.body, "1");
    assert_eq!(call(&impatient).await.body, "2");
    // Its life was set by the one that kept it.
    advance(Duration::from_secs(5)).await;
    assert_eq!(call(&patient).await.body, "3");
}

/// Both halves of a call, and two sidecars of one half, ask for themselves.
#[tokio::test]
async fn every_half_asks_for_itself() {
    let allow = r#"{"unchangedFor":60}"#;
    let function = Function::answers(allow);
    let sidecar = |point| cached(point).build().unwrap();
    let layer = LambdaSidecarLayer::new(function.clone())
        .request(sidecar(Point::PreProcessor))
        .request(sidecar(Point::PreProcessor))
        .response(sidecar(Point::PostProcessor));
    let service = layer.layer(Backend::new());
    for _ in 0..2 {
        call(&service).await.assert_from_backend();
    }
    // The second of the request asks what the first has asked.
    assert_eq!(function.asked().len(), 2);
}
