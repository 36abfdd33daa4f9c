//! A failed call is tried again only where the function cannot have run.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
        SharedHttpConnector,
    },
    orchestrator::HttpRequest,
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use lambda_sidecar::FailureClass;
use tokio::net::TcpListener;

use super::{functions, over};
use crate::aws_functions::{
    call, config,
    far_end::{FarEnd, Reply, Service, closed},
    log_line, own,
};

#[tokio::test]
async fn an_error_status_is_not_tried_again() {
    for status in [300, 400, 403, 404, 408, 413, 500, 502, 503, 504] {
        let far_end = FarEnd::lambda(move || Reply::status(status)).await;
        let error = call(&functions(&far_end.url), &own("")).await.unwrap_err();
        assert_eq!(error.class(), FailureClass::ServiceException, "{status}");
        assert_eq!(error.code(), None, "{status}");
        assert!(error.to_string().contains(&status.to_string()), "{error}");
        assert_eq!(far_end.count(Service::Lambda), 1, "{status}");
    }
}

#[tokio::test]
async fn an_exception_is_not_tried_again() {
    for (status, code) in [
        (403, "AccessDeniedException"),
        (404, "ResourceNotFoundException"),
        (500, "ServiceException"),
        (502, "EC2ThrottledException"),
        (400, "RequestTimeout"),
    ] {
        let far_end = FarEnd::lambda(move || Reply::exception(status, code)).await;
        let error = call(&functions(&far_end.url), &own("")).await.unwrap_err();
        assert_eq!(error.class(), FailureClass::ServiceException, "{code}");
        assert_eq!(error.code(), Some(code));
        assert!(log_line(&error).contains("about account 123456789012"));
        assert!(!error.to_string().contains("123456789012"));
        assert_eq!(far_end.count(Service::Lambda), 1, "{code}");
    }
}

#[tokio::test]
async fn a_signature_that_aws_refuses_is_made_anew_once() {
    let far_end = FarEnd::lambda(|| {
        Reply::exception(403, "InvalidSignatureException")
            .with_header("date", "Thu, 01 Jan 2015 00:00:00 GMT")
    })
    .await;
    // Nothing has run: with credentials obtained anew the call is made again, once, whatever the clock says.
    call(&functions(&far_end.url), &own("")).await.unwrap_err();
    assert_eq!(far_end.count(Service::Lambda), 2);
}

#[tokio::test]
async fn a_connection_that_breaks_after_the_request_is_not_tried_again() {
    let ways: [fn() -> Reply; 3] = [|| Reply::Close, || Reply::Reset, || Reply::BreakOff(100)];
    for way in ways {
        let far_end = FarEnd::lambda(way).await;
        let error = call(&functions(&far_end.url), &own("")).await.unwrap_err();
        assert_eq!(error.class(), FailureClass::Connect);
        assert_eq!(far_end.count(Service::Lambda), 1);
    }
}

#[tokio::test]
async fn a_reused_connection_that_breaks_after_the_request_is_not_tried_again() {
    let mut first = true;
    let far_end = FarEnd::lambda(move || {
        if std::mem::take(&mut first) {
            Reply::ok("{}")
        } else {
            Reply::Close
        }
    })
    .await;
    let functions = functions(&far_end.url);
    call(&functions, &own("")).await.unwrap();
    let error = call(&functions, &own("")).await.unwrap_err();
    assert_eq!(error.class(), FailureClass::Connect);
    assert_eq!(far_end.count(Service::Lambda), 2);
    assert_eq!(far_end.connections(), 1, "the pool was not used");
}

#[tokio::test]
async fn throttling_is_tried_three_times_under_one_invocation_id() {
    let far_end = FarEnd::lambda(|| Reply::exception(429, "TooManyRequestsException")).await;
    let error = call(&functions(&far_end.url), &own("")).await.unwrap_err();
    assert_eq!(error.class(), FailureClass::Throttled);
    assert_eq!(error.code(), Some("TooManyRequestsException"));
    let seen = far_end.seen(Service::Lambda);
    let ids: HashSet<_> = seen
        .iter()
        .map(|seen| seen.header("amz-sdk-invocation-id"))
        .collect();
    assert_eq!((seen.len(), ids.len()), (3, 1));
}

#[tokio::test]
async fn throttling_without_a_code_is_throttling() {
    let far_end = FarEnd::lambda(|| Reply::status(429)).await;
    let error = call(&functions(&far_end.url), &own("")).await.unwrap_err();
    assert_eq!(error.class(), FailureClass::Throttled);
    assert_eq!(error.code(), Some("TooManyRequestsException"));
    assert_eq!(far_end.count(Service::Lambda), 3);
}

#[tokio::test]
async fn a_call_gets_through_once_throttling_ends() {
    let mut throttled = 2;
    let far_end = FarEnd::lambda(move || {
        if throttled == 0 {
            return Reply::ok("{}");
        }
        throttled -= 1;
        Reply::status(429)
    })
    .await;
    call(&functions(&far_end.url), &own("")).await.unwrap();
    assert_eq!(far_end.count(Service::Lambda), 3);
}

#[tokio::test]
async fn after_throttling_an_error_ends_the_call() {
    let mut statuses = [503, 429].to_vec();
    let far_end = FarEnd::lambda(move || Reply::status(statuses.pop().unwrap_or(200))).await;
    let error = call(&functions(&far_end.url), &own("")).await.unwrap_err();
    assert_eq!(error.class(), FailureClass::ServiceException);
    assert_eq!(far_end.count(Service::Lambda), 2);
}

#[tokio::test]
async fn a_throttled_function_takes_no_retries_from_another_call() {
    let far_end = FarEnd::lambda(|| Reply::status(429)).await;
    let functions = functions(&far_end.url);
    // The SDK's shared budget would be used up after a hundred retries.
    let calls = (0..150).map(|_| {
        let functions = functions.clone();
        tokio::spawn(async move { call(&functions, &own("")).await })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap().unwrap_err();
    }
    assert_eq!(far_end.count(Service::Lambda), 450);
}

#[tokio::test]
async fn a_refused_connection_is_tried_three_times_under_one_invocation_id() {
    let recorder = Recorder::around(
        aws_smithy_http_client::Builder::new()
            .tls_provider(Provider::rustls(CryptoMode::AwsLc))
            .build_https(),
    );
    let config = config(&closed().await)
        .http_client(recorder.clone())
        .build();
    let error = call(&over(&config), &own("")).await.unwrap_err();
    assert_eq!(error.class(), FailureClass::Connect);
    assert!(log_line(&error).contains("refused"), "{}", log_line(&error));
    let ids = recorder.ids.lock().unwrap();
    assert_eq!(ids.len(), 3);
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 1);
}

#[tokio::test]
async fn a_refused_connection_has_the_class_connect() {
    let error = call(&functions(&closed().await), &own(""))
        .await
        .unwrap_err();
    assert_eq!(error.class(), FailureClass::Connect);
}

#[tokio::test]
async fn a_name_without_address_has_the_class_connect() {
    let functions = functions("http://nowhere.invalid");
    let error = call(&functions, &own("")).await.unwrap_err();
    assert_eq!(error.class(), FailureClass::Connect);
}

#[tokio::test]
async fn a_failed_tls_handshake_is_tried_three_times() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let mut accepted = 0;
    let scripted = async {
        loop {
            drop(listener.accept().await.unwrap());
            accepted += 1;
        }
    };
    let (functions, sidecar) = (functions(&url), own(""));
    let error = tokio::select! {
        result = call(&functions, &sidecar) => result.unwrap_err(),
        () = scripted => unreachable!(),
    };
    assert_eq!(error.class(), FailureClass::Connect);
    assert_eq!(accepted, 3);
}

#[tokio::test]
async fn a_time_out_while_reading_is_not_tried_again() {
    let scripted = Recorder::failing();
    let config = config("http://127.0.0.1:1")
        .http_client(scripted.clone())
        .build();
    let error = call(&over(&config), &own("")).await.unwrap_err();
    assert_eq!(error.class(), FailureClass::Timeout);
    assert_eq!(scripted.ids.lock().unwrap().len(), 1);
}

/// A scripted client that keeps the invocation id of every attempt; without a client behind it
/// every attempt times out.
#[derive(Debug, Clone)]
struct Recorder<C> {
    client: C,
    ids: Arc<Mutex<Vec<String>>>,
}

impl Recorder<Option<SharedHttpClient>> {
    fn around(client: SharedHttpClient) -> Self {
        Self {
            client: Some(client),
            ids: Arc::default(),
        }
    }

    fn failing() -> Self {
        Self {
            client: None,
            ids: Arc::default(),
        }
    }
}

impl HttpClient for Recorder<Option<SharedHttpClient>> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Recorder {
            client: self
                .client
                .as_ref()
                .map(|client| client.http_connector(settings, components)),
            ids: Arc::clone(&self.ids),
        })
    }
}

impl HttpConnector for Recorder<Option<SharedHttpConnector>> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let id = request.headers().get("amz-sdk-invocation-id").unwrap();
        self.ids.lock().unwrap().push(id.to_owned());
        match &self.client {
            Some(client) => client.call(request),
            None => HttpConnectorFuture::ready(Err(ConnectorError::timeout("read".into()))),
        }
    }
}
