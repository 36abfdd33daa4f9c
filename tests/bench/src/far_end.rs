//! The far end: the function, and the backends of the proxies. It answers `{}` at once to whatever it is asked.

use std::{fs, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use lambda_sidecar_test_support::{
    scripted::{Answer, Canned},
    tls::Tls,
};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::{
    Result,
    control::{Commands, ready, run_time},
};

/// A function with this in its name takes [`SLOW`].
pub(crate) const SLOW_NAME: &str = "slow";
pub(crate) const SLOW: Duration = Duration::from_secs(1);

pub(crate) fn run(certificate: Option<&Path>) -> Result<()> {
    let tls = certificate.map(tls).transpose()?;
    run_time(1)?.block_on(async {
        let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await?;
        let address: SocketAddr = listener.local_addr()?;
        tokio::spawn(accept(listener, tls));
        ready(Some(address));
        while Commands::new().next().await.is_some() {}
        Ok(())
    })
}

/// A new key, whose certificate is written where its clients find it.
fn tls(certificate: &Path) -> Result<TlsAcceptor> {
    let tls = Tls::new(&[]);
    fs::write(certificate, tls.certificate)?;
    Ok(tls.acceptor)
}

async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>) {
    let answers = Arc::new(Answers::new());
    while let Ok((socket, _)) = listener.accept().await {
        // A connection that breaks is one the other side gave up.
        let _ = socket.set_nodelay(true);
        let (tls, answers) = (tls.clone(), Arc::clone(&answers));
        tokio::spawn(async move {
            let pick = |head: &str| answers.pick(head);
            match tls {
                Some(tls) => {
                    let socket = tls.accept(socket).await?;
                    Canned::serve(socket, pick).await
                }
                None => Canned::serve(socket, pick).await,
            }
        });
    }
}

/// All that it ever says.
#[derive(Debug)]
struct Answers {
    at_once: Canned,
    slow: Canned,
    event: Canned,
}

impl Answers {
    fn new() -> Self {
        let json = |status, body: &'static str| {
            Answer::new(status, body).header("content-type", "application/json")
        };
        let at_once = Canned::new(&json(200, "{}"));
        Self {
            slow: at_once.clone().after(SLOW),
            at_once,
            event: Canned::new(&json(202, "")),
        }
    }

    fn pick(&self, head: &str) -> &Canned {
        let target = head.split(' ').nth(1).unwrap_or_default();
        if target.contains(SLOW_NAME) {
            &self.slow
        } else if head.contains("x-amz-invocation-type: Event\r\n") {
            &self.event
        } else {
            &self.at_once
        }
    }
}
