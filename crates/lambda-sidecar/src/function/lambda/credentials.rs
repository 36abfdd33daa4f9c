//! Credentials that are kept, and refreshed once however many calls wait for them.

use std::{
    error::Error,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider, error::CredentialsError, future},
};
use aws_smithy_runtime_api::client::{
    identity::{Identity, IdentityFuture, ResolveCachedIdentity, SharedIdentityResolver},
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::config_bag::ConfigBag;
use aws_types::sdk_config::SharedTimeSource;
use tokio::sync::watch;

use super::sdk_error::text;

/// A refresh that takes longer than this has failed. It belongs to no call whose own deadline would
/// end it, and while it is under way there is no other.
const REFRESH_TIMEOUT: Duration = Duration::from_secs(30);

/// How long after a refresh ahead of expiry failed the next one is tried.
const PAUSE: Duration = Duration::from_secs(10);

/// How long credentials without an expiry are taken as current, as in the SDK.
const WITHOUT_EXPIRY: Duration = Duration::from_secs(15 * 60);

/// Credentials of one provider for all calls that use it.
///
/// - While there are usable credentials nobody waits: shortly before they expire one refresh runs in
///   the background, and where it fails the present ones stay in use for as long as they last.
/// - Without usable credentials every call waits for the one refresh that is under way, and gets its
///   outcome, be it a failure: there is no row of calls that each try again on their own.
/// - A refresh is a task of its own. It goes on when the call that started it has gone.
#[derive(Clone)]
pub(super) struct SharedCredentials(Arc<Shared>);

struct Shared {
    /// Whose credentials, for the log.
    owner: String,
    provider: SharedCredentialsProvider,
    clock: SharedTimeSource,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    /// The latest refresh. It is under way as long as its sender exists, so that one that panicked
    /// or went down with its run time is in nobody's way.
    refresh: Option<Refresh>,
}

struct Held {
    credentials: Credentials,
    /// The same, as the SDK's orchestrator has them.
    identity: Identity,
    refresh_at: SystemTime,
    /// Somewhat before they expire: a call signed with them has yet to arrive.
    use_until: Option<SystemTime>,
}

type Refresh = watch::Receiver<Option<Outcome>>;
type Outcome = Result<Credentials, RefreshFailed>;

impl SharedCredentials {
    /// Fetches nothing yet.
    pub(super) fn new(
        owner: impl Into<String>,
        provider: SharedCredentialsProvider,
        clock: SharedTimeSource,
    ) -> Self {
        Self(Arc::new(Shared {
            owner: owner.into(),
            provider,
            clock,
            state: Mutex::default(),
        }))
    }

    /// Usable credentials, from a refresh if need be.
    pub(super) async fn get(&self) -> Result<Credentials, CredentialsError> {
        let outcome = self.outcome().await;
        outcome.map_err(CredentialsError::provider_error)
    }

    async fn outcome(&self) -> Outcome {
        match self.at_once(|held| held.credentials.clone()) {
            Ok(credentials) => Ok(credentials),
            Err(refresh) => Self::outcome_of(refresh).await,
        }
    }

    async fn outcome_of(mut refresh: Refresh) -> Outcome {
        // What a refresh has just brought is taken as it is, even where this machine's clock says
        // that it has expired: the clock may be wrong, and AWS knows.
        let outcome = refresh.wait_for(Option::is_some).await.ok();
        outcome
            .and_then(|outcome| outcome.clone())
            .unwrap_or_else(|| Err(RefreshFailed::new("the refresh was broken off")))
    }

    /// Usable credentials, or the refresh to wait for. Starts the refresh that is due.
    fn at_once<T>(&self, take: impl Fn(&Held) -> T) -> Result<T, Refresh> {
        let now = self.0.clock.now();
        let mut state = self.0.state();
        let usable = match &state.held {
            Some(held) if held.is_current(now) => return Ok(take(held)),
            Some(held) if held.is_usable(now) => Some(take(held)),
            _ => None,
        };
        let under_way = state.refresh.clone().filter(is_under_way);
        let refresh = under_way.unwrap_or_else(|| {
            let refresh = self.start_refresh();
            state.refresh = Some(refresh.clone());
            refresh
        });
        usable.ok_or(refresh)
    }

    fn start_refresh(&self) -> Refresh {
        let (sender, refresh) = watch::channel(None);
        let shared = Arc::clone(&self.0);
        tokio::spawn(async move {
            let outcome = shared.load().await;
            shared.settle(&outcome);
            sender.send_replace(Some(outcome));
        });
        refresh
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn load(&self) -> Outcome {
        let loading = self.provider.provide_credentials();
        match tokio::time::timeout(REFRESH_TIMEOUT, loading).await {
            Ok(Ok(credentials)) => Ok(credentials),
            Ok(Err(error)) => Err(RefreshFailed::new(text(&error))),
            Err(_) => Err(RefreshFailed::new("the refresh took too long")),
        }
    }

    fn settle(&self, outcome: &Outcome) {
        let now = self.clock.now();
        let mut state = self.state();
        match outcome {
            Ok(credentials) => state.held = Some(Held::new(credentials.clone(), now)),
            Err(error) => {
                if let Some(held) = state.held.as_mut().filter(|held| held.is_usable(now)) {
                    held.refresh_at = now + PAUSE;
                    tracing::warn!(owner = self.owner, %error, "credentials not refreshed ahead of expiry");
                }
            }
        }
    }
}

impl Held {
    /// The margins shrink with the lifetime, so that credentials for a second have their use too.
    fn new(credentials: Credentials, now: SystemTime) -> Self {
        let identity = Identity::from(credentials.clone());
        let Some(expiry) = credentials.expiry() else {
            return Self {
                credentials,
                identity,
                refresh_at: now + WITHOUT_EXPIRY,
                use_until: None,
            };
        };
        let lifetime = expiry.duration_since(now).unwrap_or_default();
        Self {
            credentials,
            identity,
            refresh_at: expiry - (lifetime / 4).min(Duration::from_secs(5 * 60)),
            use_until: Some(expiry - (lifetime / 10).min(Duration::from_secs(10))),
        }
    }

    fn is_current(&self, now: SystemTime) -> bool {
        now < self.refresh_at && self.is_usable(now)
    }

    fn is_usable(&self, now: SystemTime) -> bool {
        self.use_until.is_none_or(|end| now < end)
    }
}

fn is_under_way(refresh: &Refresh) -> bool {
    refresh.has_changed().is_ok()
}

impl ProvideCredentials for SharedCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.get())
    }
}

/// The SDK's own cache would fetch credentials only when they have run out.
impl ResolveCachedIdentity for SharedCredentials {
    fn resolve_cached_identity<'a>(
        &'a self,
        _: SharedIdentityResolver,
        _: &'a RuntimeComponents,
        _: &'a ConfigBag,
    ) -> IdentityFuture<'a> {
        match self.at_once(|held| held.identity.clone()) {
            Ok(identity) => IdentityFuture::ready(Ok(identity)),
            Err(refresh) => IdentityFuture::new(async {
                let outcome = Self::outcome_of(refresh).await;
                let credentials = outcome.map_err(CredentialsError::provider_error)?;
                Ok(credentials.into())
            }),
        }
    }
}

impl fmt::Debug for SharedCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedCredentials")
            .field("owner", &self.0.owner)
            .finish_non_exhaustive()
    }
}

/// Why a refresh failed, for everyone who waited: text, since the error itself cannot be shared.
#[derive(Debug, Clone)]
struct RefreshFailed(Arc<str>);

impl RefreshFailed {
    fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for RefreshFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for RefreshFailed {}

#[cfg(test)]
mod tests;
