use std::{
    collections::VecDeque,
    pin::Pin,
    sync::atomic::{AtomicUsize, Ordering},
    task::{Context, Poll, Waker},
};

use aws_types::sdk_config::TimeSource;
use tokio::sync::Semaphore;

use super::*;

/// A provider that answers as scripted, each time it is let.
#[derive(Debug, Clone)]
struct Scripted(Arc<Script>);

#[derive(Debug)]
struct Script {
    now: Mutex<SystemTime>,
    fetched: AtomicUsize,
    gate: Semaphore,
    outcomes: Mutex<VecDeque<Scene>>,
}

#[derive(Debug)]
enum Scene {
    /// A key, for so many seconds from now.
    For(&'static str, u64),
    /// A key that does not expire.
    Forever(&'static str),
    Refuse,
    Panic,
}

impl Scripted {
    /// Every refresh waits until it is let.
    fn new(scenes: impl Into<VecDeque<Scene>>) -> (Self, SharedCredentials) {
        let scripted = Self(Arc::new(Script {
            now: Mutex::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000)),
            fetched: AtomicUsize::default(),
            gate: Semaphore::new(0),
            outcomes: Mutex::new(scenes.into()),
        }));
        let credentials = SharedCredentials::new(
            "test",
            SharedCredentialsProvider::new(scripted.clone()),
            SharedTimeSource::new(scripted.clone()),
        );
        (scripted, credentials)
    }

    fn fetched(&self) -> usize {
        self.0.fetched.load(Ordering::SeqCst)
    }

    fn allow(&self) {
        self.0.gate.add_permits(1);
    }

    fn advance(&self, seconds: u64) {
        *self.0.now.lock().unwrap() += Duration::from_secs(seconds);
    }

    async fn answer(&self) -> Result<Credentials, CredentialsError> {
        self.0.fetched.fetch_add(1, Ordering::SeqCst);
        self.0.gate.acquire().await.unwrap().forget();
        let scene = self.0.outcomes.lock().unwrap().pop_front();
        let until = |seconds| Some(self.now() + Duration::from_secs(seconds));
        match scene.unwrap() {
            Scene::For(key, seconds) => Ok(Credentials::new(key, "hush", None, until(seconds), "")),
            Scene::Forever(key) => Ok(Credentials::new(key, "hush", None, None, "")),
            Scene::Refuse => Err(CredentialsError::provider_error(Told::from("refused"))),
            Scene::Panic => panic!("scripted"),
        }
    }
}

impl TimeSource for Scripted {
    fn now(&self) -> SystemTime {
        *self.0.now.lock().unwrap()
    }
}

impl ProvideCredentials for Scripted {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.answer())
    }
}

type Waiting<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// A call that has found no usable credentials, and waits.
fn wait(credentials: &SharedCredentials) -> Waiting<'_> {
    let mut call: Waiting<'_> = Box::pin(credentials.outcome());
    let polled = call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(polled.is_pending(), "the call did not wait");
    call
}

/// The key of a call that need not wait.
fn at_once(credentials: &SharedCredentials) -> String {
    let call = std::pin::pin!(credentials.outcome());
    match call.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => key(&outcome),
        Poll::Pending => panic!("the call waited"),
    }
}

fn key(outcome: &Outcome) -> String {
    outcome
        .as_ref()
        .unwrap()
        .credentials
        .access_key_id()
        .to_owned()
}

/// Until no refresh is under way.
async fn settled(credentials: &SharedCredentials) {
    let refresh = credentials.0.state().refresh.clone();
    while refresh.as_ref().is_some_and(is_under_way) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn nothing_is_fetched_at_construction() {
    let (scripted, _credentials) = Scripted::new([]);
    assert_eq!(scripted.fetched(), 0);
}

#[tokio::test]
async fn however_many_calls_wait_there_is_one_refresh() {
    let (scripted, credentials) = Scripted::new([Scene::For("one", 3600)]);
    let calls: Vec<_> = (0..1000).map(|_| wait(&credentials)).collect();
    scripted.allow();
    for call in calls {
        assert_eq!(key(&call.await), "one");
    }
    assert_eq!(at_once(&credentials), "one");
    assert_eq!(scripted.fetched(), 1);
}

#[tokio::test]
async fn a_failed_refresh_fails_all_who_waited_and_no_more() {
    let (scripted, credentials) = Scripted::new([Scene::Refuse, Scene::For("two", 3600)]);
    let calls: Vec<_> = (0..1000).map(|_| wait(&credentials)).collect();
    scripted.allow();
    for call in calls {
        assert!(call.await.unwrap_err().to_string().contains("refused"));
    }
    assert_eq!(scripted.fetched(), 1);

    scripted.allow();
    assert_eq!(key(&wait(&credentials).await), "two");
    assert_eq!(scripted.fetched(), 2);
}

#[tokio::test]
async fn a_refresh_outlives_the_call_that_started_it() {
    let (scripted, credentials) = Scripted::new([Scene::For("one", 3600)]);
    drop(wait(&credentials));
    let second = wait(&credentials);
    scripted.allow();
    assert_eq!(key(&second.await), "one");
    assert_eq!(scripted.fetched(), 1);
}

#[tokio::test]
async fn a_refresh_that_nobody_waits_for_any_more_is_of_use_to_the_next() {
    let (scripted, credentials) = Scripted::new([Scene::For("one", 3600)]);
    drop(wait(&credentials));
    scripted.allow();
    settled(&credentials).await;
    assert_eq!(at_once(&credentials), "one");
    assert_eq!(scripted.fetched(), 1);
}

#[tokio::test]
async fn credentials_are_refreshed_in_the_background_before_they_expire() {
    let (scripted, credentials) = Scripted::new([Scene::For("one", 3600), Scene::For("two", 3600)]);
    scripted.allow();
    wait(&credentials).await.unwrap();

    scripted.advance(3600 - 301);
    assert_eq!(at_once(&credentials), "one");
    settled(&credentials).await;
    assert_eq!(scripted.fetched(), 1, "five minutes ahead, not earlier");

    scripted.advance(2);
    scripted.allow();
    for _ in 0..10 {
        assert_eq!(at_once(&credentials), "one");
    }
    settled(&credentials).await;
    assert_eq!(at_once(&credentials), "two");
    assert_eq!(scripted.fetched(), 2);
}

#[tokio::test]
async fn where_a_refresh_ahead_of_expiry_fails_the_valid_ones_stay_in_use() {
    let scenes = [
        Scene::For("one", 3600),
        Scene::Refuse,
        Scene::For("two", 3600),
    ];
    let (scripted, credentials) = Scripted::new(scenes);
    scripted.allow();
    wait(&credentials).await.unwrap();

    scripted.advance(3600 - 60);
    scripted.allow();
    assert_eq!(at_once(&credentials), "one");
    settled(&credentials).await;
    for _ in 0..10 {
        assert_eq!(at_once(&credentials), "one");
        settled(&credentials).await;
    }
    assert_eq!(scripted.fetched(), 2, "the next attempt is not at once");

    scripted.advance(10);
    scripted.allow();
    assert_eq!(at_once(&credentials), "one");
    settled(&credentials).await;
    assert_eq!(at_once(&credentials), "two");
}

#[tokio::test]
async fn expired_credentials_are_never_used() {
    let scenes = [
        Scene::For("one", 3600),
        Scene::Refuse,
        Scene::For("two", 3600),
    ];
    let (scripted, credentials) = Scripted::new(scenes);
    scripted.allow();
    wait(&credentials).await.unwrap();

    scripted.advance(3600);
    let call = wait(&credentials);
    scripted.allow();
    call.await.unwrap_err();

    let call = wait(&credentials);
    scripted.allow();
    assert_eq!(key(&call.await), "two");
}

#[tokio::test]
async fn credentials_for_a_second_have_their_use() {
    let (scripted, credentials) = Scripted::new([Scene::For("one", 1), Scene::For("two", 1)]);
    scripted.allow();
    wait(&credentials).await.unwrap();
    assert_eq!(at_once(&credentials), "one");

    scripted.advance(1);
    scripted.allow();
    assert_eq!(key(&wait(&credentials).await), "two");
    assert_eq!(scripted.fetched(), 2);
}

#[tokio::test]
async fn what_a_refresh_brings_is_used_once_even_if_it_has_expired_by_this_clock() {
    let (scripted, credentials) = Scripted::new([Scene::For("one", 0), Scene::For("two", 0)]);
    scripted.allow();
    assert_eq!(key(&wait(&credentials).await), "one");
    scripted.allow();
    assert_eq!(key(&wait(&credentials).await), "two");
}

#[tokio::test]
async fn credentials_without_expiry_are_fetched_for_anew_after_a_quarter_of_an_hour() {
    let (scripted, credentials) = Scripted::new([Scene::Forever("one"), Scene::Forever("two")]);
    scripted.allow();
    wait(&credentials).await.unwrap();
    scripted.advance(899);
    assert_eq!(at_once(&credentials), "one");
    assert_eq!(scripted.fetched(), 1);

    scripted.advance(1);
    scripted.allow();
    assert_eq!(at_once(&credentials), "one");
    settled(&credentials).await;
    assert_eq!(at_once(&credentials), "two");
}

#[tokio::test]
async fn a_refresh_that_panics_is_in_nobodys_way() {
    let (scripted, credentials) = Scripted::new([Scene::Panic, Scene::For("two", 3600)]);
    let call = wait(&credentials);
    scripted.allow();
    call.await.unwrap_err();
    scripted.allow();
    assert_eq!(key(&wait(&credentials).await), "two");
}

#[test]
fn a_refresh_that_ends_with_its_run_time_is_in_nobodys_way() {
    let (scripted, credentials) = Scripted::new([Scene::For("one", 3600)]);
    let run_time = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap()
    };
    run_time().block_on(async {
        drop(wait(&credentials));
        tokio::task::yield_now().await;
    });
    assert_eq!(scripted.fetched(), 1);
    run_time().block_on(async {
        let call = wait(&credentials);
        scripted.allow();
        assert_eq!(key(&call.await), "one");
    });
    assert_eq!(scripted.fetched(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_hangs_is_given_up() {
    let (scripted, credentials) = Scripted::new([Scene::For("two", 3600)]);
    wait(&credentials).await.unwrap_err();
    scripted.allow();
    assert_eq!(key(&wait(&credentials).await), "two");
}

#[tokio::test]
async fn debug_shows_no_secret() {
    let (scripted, credentials) = Scripted::new([Scene::For("one", 3600)]);
    scripted.allow();
    wait(&credentials).await.unwrap();
    assert!(!format!("{credentials:?}").contains("hush"));
}
