//! The scripted far end: all three services on one port.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    net::{SocketAddr, TcpListener},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use tokio::sync::{oneshot, watch};

use super::{Answer, Received, Reply, serve};
use crate::envelopes::assert_is_envelope;

/// The external id that a scripted Parameter Store holds.
pub const EXTERNAL_ID: &str = "scripted-external-id";
/// The secret key of everybody at a scripted far end.
pub const SECRET_KEY: &str = "scripted-secret-key";
/// The session token of every assumed role there.
pub const SESSION_TOKEN: &str = "scripted-session-token";

/// Which of AWS's services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Leg {
    /// Invocations of functions.
    Lambda,
    /// Credentials of assumed roles.
    Sts,
    /// External ids.
    ParameterStore,
}

/// A far end that answers as its script says, and remembers what it was sent.
///
/// Without a script functions allow, and credentials are given for an hour. Invocations that are
/// signed with credentials that have expired are refused, as AWS does. It has a thread of its own, so
/// that no load of the caller's slows it down, and ends when it is dropped.
#[derive(Debug)]
pub struct ScriptedAws {
    address: SocketAddr,
    state: Arc<State>,
    /// Ends the thread by going away.
    _running: oneshot::Sender<()>,
}

/// Says what is done with a request.
type Decide = Box<dyn FnMut(&Received) -> Reply + Send>;

#[derive(Default)]
pub(super) struct State {
    decide: Mutex<Option<Decide>>,
    any_payload: AtomicBool,
    forgetful: AtomicBool,
    pub(super) connections: AtomicUsize,
    scripts: Mutex<HashMap<Leg, VecDeque<Reply>>>,
    log: Mutex<Log>,
    arrivals: watch::Sender<usize>,
    pub(super) hung_up: watch::Sender<()>,
    expiries: Mutex<HashMap<String, Instant>>,
    pub(super) bytes_sent: AtomicU64,
}

/// What arrived.
#[derive(Default)]
struct Log {
    counts: HashMap<Leg, usize>,
    requests: Vec<Received>,
}

impl ScriptedAws {
    /// Starts one on a free port.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0");
        Self::on(listener.expect("a free port"))
    }

    /// Starts one on this listener.
    pub fn on(listener: TcpListener) -> Self {
        let address = listener.local_addr().expect("it is bound");
        let state = Arc::<State>::default();
        let (running, ended) = oneshot::channel();
        thread::spawn({
            let state = Arc::clone(&state);
            move || serve::until(ended, listener, state)
        });
        Self {
            address,
            state,
            _running: running,
        }
    }

    /// Starts one that answers invocations so.
    pub fn answering(replies: impl IntoIterator<Item = Reply>) -> Self {
        let far_end = Self::start();
        far_end.script(Leg::Lambda, replies);
        far_end
    }

    /// Starts one that does with each request, of whichever service, what this says in the order of arrival.
    pub fn deciding(decide: impl FnMut(&Received) -> Reply + Send + 'static) -> Self {
        let aws = Self::start();
        aws.decide(decide);
        aws
    }

    /// From now on it does with each request what this says.
    pub fn decide(&self, decide: impl FnMut(&Received) -> Reply + Send + 'static) {
        *lock(&self.state.decide) = Some(Box::new(decide));
    }

    /// The same for a test that sends functions something else than envelopes.
    #[must_use]
    pub fn any_payload(self) -> Self {
        self.state.any_payload.store(true, Ordering::Relaxed);
        self
    }

    /// The same for one that is sent more than a test looks at: it counts requests, and keeps none.
    #[must_use]
    pub fn forgetful(self) -> Self {
        self.state.forgetful.store(true, Ordering::Relaxed);
        self
    }

    /// What it answers from now on: one reply after the other, and the last one for ever.
    pub fn script(&self, leg: Leg, replies: impl IntoIterator<Item = Reply>) {
        let replies = replies.into_iter().collect();
        lock(&self.state.scripts).insert(leg, replies);
    }

    /// Drops all scripts.
    pub fn work_again(&self) {
        lock(&self.state.scripts).clear();
    }

    /// Where it listens.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What one service was sent, in the order of arrival.
    pub fn received(&self, leg: Leg) -> Vec<Received> {
        let log = lock(&self.state.log);
        let of_leg = log.requests.iter().filter(|one| one.leg() == leg);
        of_leg.cloned().collect()
    }

    /// How many requests one service was sent.
    pub fn count(&self, leg: Leg) -> usize {
        let log = lock(&self.state.log);
        log.counts.get(&leg).copied().unwrap_or_default()
    }

    /// Waits until one service was sent so many requests.
    pub async fn until_received(&self, leg: Leg, count: usize) {
        let mut arrivals = self.state.arrivals.subscribe();
        while self.count(leg) < count {
            let _ = arrivals.changed().await;
        }
    }

    /// Forgets what it was sent.
    pub fn forget(&self) {
        *lock(&self.state.log) = Log::default();
    }

    /// Ends all connections that there are, as interrupted ones end.
    pub fn hang_up(&self) {
        self.state.hung_up.send_replace(());
    }

    /// How many connections were made to it.
    pub fn connections(&self) -> usize {
        self.state.connections.load(Ordering::Relaxed)
    }

    /// How many bytes were taken from it.
    pub fn bytes_sent(&self) -> u64 {
        self.state.bytes_sent.load(Ordering::Relaxed)
    }
}

impl Drop for ScriptedAws {
    /// Whatever a test is about, functions were sent envelopes.
    fn drop(&mut self) {
        if !thread::panicking() && !self.state.any_payload.load(Ordering::Relaxed) {
            for request in self.received(Leg::Lambda) {
                assert_is_envelope(&request.body);
            }
        }
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").finish_non_exhaustive()
    }
}

impl State {
    /// Of a connection that somebody else accepted, and who keeps what he wants to know.
    pub(super) fn of_one_connection(
        decide: impl FnMut(&Received) -> Reply + Send + 'static,
    ) -> Self {
        Self {
            decide: Mutex::new(Some(Box::new(decide))),
            forgetful: true.into(),
            ..Self::default()
        }
    }

    fn note(&self, request: &Received) {
        let mut log = lock(&self.log);
        *log.counts.entry(request.leg()).or_default() += 1;
        if !self.forgetful.load(Ordering::Relaxed) {
            log.requests.push(request.clone());
        }
        drop(log);
        self.arrivals.send_modify(|count| *count += 1);
    }

    /// Remembers a request, and says what is to be done with it.
    pub(super) fn reply_to(&self, request: &Received) -> Reply {
        let leg = request.leg();
        let expired = leg == Leg::Lambda && self.expired(request.access_key_id());
        self.note(request);
        if expired {
            return Reply::exception(403, "ExpiredTokenException");
        }
        if let Some(decide) = &mut *lock(&self.decide) {
            return decide(request);
        }
        self.next_of(leg).unwrap_or_else(|| usual(leg))
    }

    fn next_of(&self, leg: Leg) -> Option<Reply> {
        let mut scripts = lock(&self.scripts);
        let script = scripts.get_mut(&leg)?;
        if script.len() > 1 {
            script.pop_front()
        } else {
            script.front().cloned()
        }
    }

    /// A new access key, which works for that long.
    pub(super) fn new_access_key(&self, lifetime: Duration) -> String {
        let mut expiries = lock(&self.expiries);
        let id = format!("ASIASCRIPTED{:04}", expiries.len() + 1);
        expiries.insert(id.clone(), Instant::now() + lifetime);
        id
    }

    fn expired(&self, access_key: &str) -> bool {
        let expiries = lock(&self.expiries);
        let expiry = expiries.get(access_key);
        expiry.is_some_and(|expiry| *expiry < Instant::now())
    }
}

fn usual(leg: Leg) -> Reply {
    const HOUR: Duration = Duration::from_secs(3600);
    match leg {
        Leg::Lambda => Reply::verdict("{}"),
        Leg::Sts => Reply::credentials(HOUR),
        Leg::ParameterStore => Reply::answer(&Answer::verdict(format!(
            r#"{{"Parameter":{{"Name":"/id","Type":"SecureString","Value":"{EXTERNAL_ID}","Version":1}}}}"#
        ))),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
