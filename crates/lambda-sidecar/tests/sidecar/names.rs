//! Names are looked up without threads; a silent name server holds up who asks for its names.

use std::{
    future::poll_fn,
    mem,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    pin::Pin,
    sync::mpsc,
    task::Poll,
    time::Duration,
};

use lambda_sidecar::{FailureClass, InvocationError, Resolver};
use lambda_sidecar_test_support::names::{Asked, NameServer, Say};
use tokio::{
    runtime::{Builder, Runtime},
    task::JoinHandle,
    time::timeout,
};

/// Nothing takes as long but what never ends.
const LIMIT: Duration = Duration::from_secs(5);

const V4: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 1, 2, 3));
const V6: IpAddr = IpAddr::V6(Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 1));

fn asking(server: &NameServer) -> Resolver {
    Resolver::from_name_servers([server.address])
}

async fn look_up(resolver: &Resolver, name: &str) -> Result<Vec<IpAddr>, String> {
    let found = timeout(LIMIT, resolver.look_up(name)).await.unwrap();
    found.map_err(|error| error.to_string())
}

fn spawn(resolver: &Resolver, name: String) -> JoinHandle<()> {
    let resolver = resolver.clone();
    tokio::spawn(async move { drop(resolver.look_up(&name).await) })
}

#[tokio::test]
async fn a_name_is_asked_for_once_as_long_as_its_addresses_are_valid() {
    let server = NameServer::scripted(|_| Say::Addresses(vec![V6, V4]));
    let resolver = asking(&server);
    for _ in 0..3 {
        let found = look_up(&resolver, "service_a.test").await.unwrap();
        assert_eq!(found.first(), Some(&V4));
    }
    let asked = server.asked();
    let is_for = |v6| move |asked: &&Asked| asked.name == "service_a.test" && asked.v6 == v6;
    assert_eq!(asked.iter().filter(is_for(false)).count(), 1, "{asked:?}");
}

#[tokio::test]
async fn addresses_of_one_kind_suffice() {
    for (only, v6) in [(V4, false), (V6, true)] {
        let server = NameServer::scripted(move |_| Say::Addresses(vec![only]));
        let found = look_up(&asking(&server), "a.test").await.unwrap();
        assert_eq!(found, [only]);
        // Nor need the name server answer the question for the others.
        let server = NameServer::scripted(move |asked| match asked.v6 == v6 {
            true => Say::Addresses(vec![only]),
            false => Say::Nothing,
        });
        let found = look_up(&asking(&server), "a.test").await.unwrap();
        assert_eq!(found, [only]);
    }
}

#[tokio::test]
async fn a_name_without_address_is_an_error_that_names_it() {
    for said in [Say::NoName, Say::Addresses(Vec::new())] {
        let server = NameServer::scripted(move |_| said.clone());
        let error = look_up(&asking(&server), "a.test").await.unwrap_err();
        assert_eq!(error, "the name `a.test` has no address");
    }
}

#[tokio::test]
async fn what_is_known_of_no_kind_is_not_taken_for_a_name_without_address() {
    let server = NameServer::scripted(|asked| match asked.v6 {
        true => Say::NoName,
        false => Say::Refused,
    });
    let error = look_up(&asking(&server), "a.test").await.unwrap_err();
    assert_eq!(error, "`a.test` cannot be looked up");
}

#[tokio::test]
async fn a_name_server_that_refuses_leaves_the_name_to_another() {
    let refusing = NameServer::scripted(|_| Say::Refused);
    // Never the first to answer: what is asked first is lost.
    let mut lost = [true; 2];
    let other =
        NameServer::scripted(
            move |asked| match mem::take(&mut lost[usize::from(asked.v6)]) {
                true => Say::Nothing,
                false => Say::Addresses(vec![V4]),
            },
        );
    let resolver = Resolver::from_name_servers([refusing.address, other.address]);
    assert_eq!(look_up(&resolver, "a.test").await.unwrap(), [V4]);
}

#[tokio::test]
async fn addresses_and_localhost_are_not_asked_for() {
    let server = NameServer::silent();
    let resolver = asking(&server);
    for name in ["127.0.0.1", "::1", "[::1]", "localhost", "a.localhost"] {
        let found = look_up(&resolver, name).await.unwrap();
        assert!(found.iter().all(IpAddr::is_loopback), "{name}: {found:?}");
    }
    assert!(server.asked().is_empty());
}

/// A runtime whose only thread for what blocks is taken, until the sender is dropped.
fn without_threads() -> (Runtime, mpsc::Sender<()>) {
    let mut builder = Builder::new_current_thread();
    let runtime = builder
        .enable_all()
        .max_blocking_threads(1)
        .build()
        .unwrap();
    let (sender, receiver) = mpsc::channel::<()>();
    runtime.spawn_blocking(move || receiver.recv());
    (runtime, sender)
}

#[test]
fn no_thread_is_needed() {
    let (runtime, _taken) = without_threads();
    runtime.block_on(async {
        let server = NameServer::loopback();
        look_up(&asking(&server), "a.test").await.unwrap();
        look_up(&Resolver::from_system(), "localhost")
            .await
            .unwrap();
    });
}

#[tokio::test]
async fn any_number_of_calls_may_wait_for_one_silent_name() {
    let server = NameServer::scripted(|asked| match asked.name.as_str() {
        "silent.test" => Say::Nothing,
        _ => Say::Addresses(vec![V4]),
    });
    let resolver = asking(&server);
    let waiting: Vec<_> = (0..1000)
        .map(|_| spawn(&resolver, "silent.test".to_owned()))
        .collect();
    server.until_asked().await;
    assert_eq!(look_up(&resolver, "other.test").await.unwrap(), [V4]);
    assert!(waiting.iter().all(|call| !call.is_finished()));
    // Nor was the name server asked a thousand times.
    assert!(server.asked().len() < 100, "{}", server.asked().len());
}

/// Begins with a look-up. Whether it goes on.
async fn is_pending<T>(look_up: &mut Pin<Box<impl Future<Output = T>>>) -> bool {
    poll_fn(|cx| Poll::Ready(look_up.as_mut().poll(cx).is_pending())).await
}

#[tokio::test]
async fn more_than_256_names_at_once_are_for_want_of_resources() {
    let server = NameServer::silent();
    let resolver = asking(&server);
    let names: Vec<_> = (0..256).map(|nth| format!("{nth}.test")).collect();
    let look_ups = names.iter().map(|name| Box::pin(resolver.look_up(name)));
    let mut waiting: Vec<_> = look_ups.collect();
    for look_up in &mut waiting {
        assert!(is_pending(look_up).await);
    }
    let error = resolver.look_up("another.test").await.unwrap_err();
    let class = InvocationError::from_error(error).class();
    assert_eq!(class, FailureClass::NoResources);
    // One that ends gives its place back.
    drop(waiting.pop());
    let mut another = Box::pin(resolver.look_up("another.test"));
    assert!(is_pending(&mut another).await);
}
