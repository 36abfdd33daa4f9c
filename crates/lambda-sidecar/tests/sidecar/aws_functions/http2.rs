//! AWS over HTTP/2: what it did not look at is sent again, and nothing else.

use std::{
    iter,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use aws_config::SdkConfig;
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use lambda_sidecar::{FailureClass, Functions, Transport};
use lambda_sidecar_test_support::{
    http2::{Connection, Turn},
    tls::Tls,
};
use tokio::{net::TcpListener, sync::Semaphore};

use super::{call, config, own};

/// Of RFC 9113, section 7.
const REFUSED_STREAM: u32 = 7;
const CANCEL: u32 = 8;

/// AWS with TLS, which speaks HTTP/2 alone.
struct FarEnd {
    config: SdkConfig,
    connections: Arc<AtomicUsize>,
    /// How many requests it looked at.
    ran: Arc<AtomicUsize>,
}

impl FarEnd {
    /// The script is told which connection it is, and how many requests came before over that.
    async fn scripted(script: fn(usize, usize) -> Turn) -> Self {
        let Tls {
            acceptor,
            certificate,
        } = Tls::new(&["h2"]);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let trusted = TrustStore::empty().with_pem_certificate(certificate);
        let trusted = TlsContext::builder().with_trust_store(trusted).build();
        let client = Builder::new()
            .tls_provider(Provider::rustls(CryptoMode::AwsLc))
            .tls_context(trusted.unwrap())
            .build_https();
        let far_end = Self {
            config: config(&url).http_client(client).build(),
            connections: Arc::default(),
            ran: Arc::default(),
        };
        let (connections, ran) = (Arc::clone(&far_end.connections), Arc::clone(&far_end.ran));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                stream.set_nodelay(true).unwrap();
                let connection = connections.fetch_add(1, Ordering::Relaxed);
                let (acceptor, ran) = (acceptor.clone(), Arc::clone(&ran));
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else {
                        return;
                    };
                    let served = Connection::new(stream).serve(|request| {
                        let turn = script(connection, request);
                        let is_looked_at =
                            !matches!(turn, Turn::Leave | Turn::Reset(REFUSED_STREAM));
                        ran.fetch_add(usize::from(is_looked_at), Ordering::Relaxed);
                        turn
                    });
                    // A connection that breaks off is one the client has given up.
                    let _ = served.await;
                });
            }
        });
        far_end
    }

    fn functions(&self) -> impl Iterator<Item = Functions> {
        let functions = Functions::new(&self.config);
        let transports = Transport::ALL.iter();
        transports.map(move |transport| functions.clone().transport(*transport))
    }

    /// How many requests it looked at since it was last asked.
    fn ran(&self) -> usize {
        self.ran.swap(0, Ordering::Relaxed)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_call_fails_for_connections_that_take_a_hundred_requests_each() {
    const CALLS: usize = 1200;
    let script = |_: usize, request: usize| {
        if request < 100 {
            Turn::Answer
        } else {
            Turn::Leave
        }
    };
    let far_end = FarEnd::scripted(script).await;
    for functions in far_end.functions() {
        let at_once = Arc::new(Semaphore::new(64));
        let calls = iter::repeat_with(|| {
            let (functions, at_once) = (functions.clone(), Arc::clone(&at_once));
            tokio::spawn(async move {
                let _place = at_once.acquire().await.unwrap();
                call(&functions, &own("")).await.unwrap();
            })
        });
        for call in calls.take(CALLS).collect::<Vec<_>>() {
            call.await.unwrap();
        }
        // None has run twice either.
        assert_eq!(far_end.ran(), CALLS);
    }
    assert!(far_end.connections.load(Ordering::Relaxed) >= 24);
}

#[tokio::test]
async fn a_refused_stream_is_sent_again() {
    // Every other one.
    let script = |_: usize, request: usize| match request.is_multiple_of(2) {
        true => Turn::Reset(REFUSED_STREAM),
        false => Turn::Answer,
    };
    let far_end = FarEnd::scripted(script).await;
    for functions in far_end.functions() {
        for _ in 0..10 {
            call(&functions, &own("")).await.unwrap();
        }
        assert_eq!(far_end.ran(), 10);
    }
}

#[tokio::test]
async fn a_server_that_takes_no_request_at_all_is_left_in_the_end() {
    for script in [(|_, _| Turn::Leave) as fn(usize, usize) -> Turn, |_, _| {
        Turn::Reset(REFUSED_STREAM)
    }] {
        let far_end = FarEnd::scripted(script).await;
        for functions in far_end.functions() {
            let error = call(&functions, &own("")).await.unwrap_err();
            assert_eq!(error.class(), FailureClass::Connect);
        }
        assert_eq!(far_end.ran(), 0);
    }
}

#[tokio::test]
async fn what_may_have_run_is_not_sent_again() {
    for script in [
        (|_, _| Turn::LeaveAfter) as fn(usize, usize) -> Turn,
        |_, _| Turn::Close,
        |_, _| Turn::Reset(CANCEL),
        |_, _| Turn::Reset(0),
        |_, _| Turn::ResetBegun(REFUSED_STREAM),
    ] {
        let far_end = FarEnd::scripted(script).await;
        for functions in far_end.functions() {
            call(&functions, &own("")).await.unwrap_err();
            assert_eq!(far_end.ran(), 1);
        }
    }
}
