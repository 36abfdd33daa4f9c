//! Credentials that are kept, and refreshed once however many calls wait for them.

use std::{
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

use super::{sdk_error::Told, shown::shown};

/// A refresh that takes longer than this has failed. It belongs to no call whose own deadline would
/// end it, and while it is under way there is no other.
const REFRESH_TIMEOUT: Duration = Duration::from_secs(30);

/// How long after a refresh ahead of expiry failed the next one is tried.
const PAUSE: Duration = Duration::from_secs(10);

/// How long credentials that AWS refuses are left as they are after others were refused too, so that a wrong
/// configuration does not have STS and Parameter Store asked at each call.
const IN_VAIN: Duration = Duration::from_secs(1);

/// How long whoever reads credentials again waits for them.
const READ_AGAIN: Duration = Duration::from_secs(5);

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
    state: Mutex<CredentialsState>,
}

#[derive(Default)]
struct CredentialsState {
    held: Option<Held>,
    /// How many refreshes have brought credentials.
    generation: u64,
    /// Until when credentials that AWS refuses are not replaced, since that did not help.
    in_vain_until: Option<SystemTime>,
    /// The latest refresh. It is under way as long as its sender exists, so that one that panicked
    /// or went down with its run time is in nobody's way.
    refresh: Option<Refresh>,
}

struct Held {
    credentials: Credentials,
    generation: u64,
    /// The same, as the SDK's orchestrator has them.
    identity: Identity,
    refresh_at: SystemTime,
    /// Somewhat before they expire: a call signed with them has yet to arrive.
    use_until: Option<SystemTime>,
}

type Refresh = watch::Receiver<Option<Outcome>>;
type Outcome = Result<Current, Told>;

/// Credentials, and which refresh brought them.
#[derive(Debug, Clone)]
pub(super) struct Current {
    pub(super) credentials: Credentials,
    pub(super) generation: u64,
}

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
    pub(super) async fn get(&self) -> Result<Current, CredentialsError> {
        let outcome = self.outcome().await;
        outcome.map_err(CredentialsError::provider_error)
    }

    /// AWS has refused the credentials of this generation: obtains others, unless that has been done, and says whether
    /// there are any. However many calls were refused, there is one refresh.
    ///
    /// If AWS refuses what it brings as well ([`refused_again`](Self::refused_again)), there is no other for a while.
    pub(super) async fn replace(&self, refused: u64) -> bool {
        let refresh = {
            let now = self.0.clock.now();
            let mut state = self.0.state();
            if state.generation != refused {
                return true;
            }
            if state.in_vain_until.is_some_and(|end| now < end) {
                return false;
            }
            self.refresh_in(&mut state)
        };
        match Self::outcome_of(refresh).await {
            Ok(current) => current.generation != refused,
            Err(error) => {
                let owner = &self.0.owner;
                tracing::warn!(owner, %error, "refused credentials not replaced");
                false
            }
        }
    }

    /// AWS has refused what [`replace`](Self::replace) brought.
    pub(super) fn refused_again(&self) {
        self.0.state().in_vain_until = Some(self.0.clock.now() + IN_VAIN);
    }

    /// Obtains them anew if there are any yet; those that are held stay in use if that fails, or takes long.
    pub(super) async fn read_again(&self) {
        let refresh = {
            let mut state = self.0.state();
            if state.held.is_none() {
                return;
            }
            state.in_vain_until = None;
            self.refresh_in(&mut state)
        };
        let outcome = tokio::time::timeout(READ_AGAIN, Self::outcome_of(refresh)).await;
        if !matches!(outcome, Ok(Ok(_))) {
            tracing::warn!(
                owner = self.0.owner,
                "credentials not read again, the present ones stay"
            );
        }
    }

    /// The refresh that is under way, or a new one.
    fn refresh_in(&self, state: &mut CredentialsState) -> Refresh {
        let under_way = state.refresh.clone().filter(is_under_way);
        under_way.unwrap_or_else(|| {
            let refresh = self.start_refresh();
            state.refresh = Some(refresh.clone());
            refresh
        })
    }

    async fn outcome(&self) -> Outcome {
        match self.at_once(Held::current) {
            Ok(current) => Ok(current),
            Err(refresh) => Self::outcome_of(refresh).await,
        }
    }

    async fn outcome_of(mut refresh: Refresh) -> Outcome {
        // What a refresh has just brought is taken as it is, even where this machine's clock says
        // that it has expired: the clock may be wrong, and AWS knows.
        let outcome = refresh.wait_for(Option::is_some).await.ok();
        outcome
            .and_then(|outcome| outcome.clone())
            .unwrap_or_else(|| Err("the refresh was broken off".into()))
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
        let refresh = self.refresh_in(&mut state);
        usable.ok_or(refresh)
    }

    fn start_refresh(&self) -> Refresh {
        let (sender, refresh) = watch::channel(None);
        let shared = Arc::clone(&self.0);
        tokio::spawn(async move {
            let outcome = shared.settle(shared.load().await);
            sender.send_replace(Some(outcome));
        });
        refresh
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, CredentialsState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn load(&self) -> Result<Credentials, Told> {
        let loading = self.provider.provide_credentials();
        match tokio::time::timeout(REFRESH_TIMEOUT, loading).await {
            Ok(Ok(credentials)) => Ok(credentials),
            Ok(Err(error)) => Err(Told::new(shown(&error), &error)),
            Err(_) => Err("the refresh took too long".into()),
        }
    }

    fn settle(&self, loaded: Result<Credentials, Told>) -> Outcome {
        let now = self.clock.now();
        let mut state = self.state();
        match loaded {
            Ok(credentials) => {
                state.generation += 1;
                let held = Held::new(credentials, state.generation, now);
                let current = held.current();
                state.held = Some(held);
                Ok(current)
            }
            Err(error) => {
                if let Some(held) = state.held.as_mut().filter(|held| held.is_usable(now)) {
                    held.refresh_at = now + PAUSE;
                    tracing::warn!(owner = self.owner, %error, "credentials not refreshed ahead of expiry");
                }
                Err(error)
            }
        }
    }
}

impl Held {
    /// The margins shrink with the lifetime, so that credentials for a second have their use too.
    fn new(credentials: Credentials, generation: u64, now: SystemTime) -> Self {
        let identity = Identity::from(credentials.clone());
        let Some(expiry) = credentials.expiry() else {
            return Self {
                credentials,
                generation,
                identity,
                refresh_at: now + WITHOUT_EXPIRY,
                use_until: None,
            };
        };
        let lifetime = expiry.duration_since(now).unwrap_or_default();
        Self {
            credentials,
            generation,
            identity,
            refresh_at: expiry - (lifetime / 4).min(Duration::from_secs(5 * 60)),
            use_until: Some(expiry - (lifetime / 10).min(Duration::from_secs(10))),
        }
    }

    fn current(&self) -> Current {
        Current {
            credentials: self.credentials.clone(),
            generation: self.generation,
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
    refresh.has_changed().is_ok() && refresh.borrow().is_none()
}

impl ProvideCredentials for SharedCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            let current = self.get().await?;
            Ok(current.credentials)
        })
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
                let current = outcome.map_err(CredentialsError::provider_error)?;
                Ok(current.credentials.into())
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

#[cfg(test)]
mod tests;
