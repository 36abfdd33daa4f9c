//! Parts of what a sidecar is to be, each said in both forms.

use std::time::Duration;

use lambda_sidecar_core::SidecarBuilder;
use proptest::{option, prelude::*};

#[derive(Debug, Clone)]
pub(super) struct Role {
    name: String,
    sts: bool,
    external_id_key: String,
    session_name: Option<String>,
    minutes: Option<u64>,
}

pub(super) fn role() -> impl Strategy<Value = Role> {
    (
        "([a-z]{1,5}/){0,2}[A-Za-z0-9_+=,.@-]{1,10}",
        any::<bool>(),
        "[A-Za-z0-9._/:-]{1,20}",
        option::of("[A-Za-z0-9_+=,.@-]{2,64}"),
        option::of(15_u64..=720),
    )
        .prop_map(|(name, sts, external_id_key, session_name, minutes)| Role {
            name,
            sts,
            external_id_key,
            session_name,
            minutes,
        })
}

impl Role {
    pub(super) fn arn(&self) -> String {
        let service = if self.sts { "sts" } else { "iam" };
        format!("arn:aws:{service}::123456789012:role/{}", self.name)
    }

    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = vec![
            format!("roleARN: {}", self.arn()),
            format!("externalIdKey: {}", self.external_id_key),
        ];
        let name = self.session_name.iter();
        lines.extend(name.map(|name| format!("sessionName: {name}")));
        let minutes = self.minutes;
        lines.extend(minutes.map(|minutes| format!("expirationDuration: {minutes}")));
        lines
    }

    pub(super) fn fill(&self, builder: SidecarBuilder) -> SidecarBuilder {
        let mut builder = builder
            .role_arn(self.arn())
            .external_id_key(&self.external_id_key);
        if let Some(name) = &self.session_name {
            builder = builder.session_name(name);
        }
        if let Some(minutes) = self.minutes {
            builder = builder.expiration_duration(Duration::from_secs(minutes * 60));
        }
        builder
    }
}

#[derive(Debug, Clone)]
pub(super) struct GivenGuards {
    max_concurrency: Option<u32>,
    /// After how many failures, and for how many seconds.
    breaker: Option<(u32, Option<u64>)>,
}

pub(super) fn guards() -> impl Strategy<Value = GivenGuards> {
    // The default is likely, as writing it down must make no difference.
    let seconds = option::of(prop_oneof![Just(5), 1_u64..=3600]);
    let breaker = option::of((1_u32..=1000, seconds));
    (option::of(1_u32..=10_000), breaker).prop_map(|(max_concurrency, breaker)| GivenGuards {
        max_concurrency,
        breaker,
    })
}

impl GivenGuards {
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        lines.extend(
            self.max_concurrency
                .map(|calls| format!("max-concurrency: {calls}")),
        );
        if let Some((failures, seconds)) = self.breaker {
            lines.push(format!("breaker-failures: {failures}"));
            lines.extend(seconds.map(|seconds| format!("breaker-open-seconds: {seconds}")));
        }
        lines
    }

    pub(super) fn fill(&self, mut builder: SidecarBuilder) -> SidecarBuilder {
        if let Some(calls) = self.max_concurrency {
            builder = builder.max_concurrency(calls);
        }
        if let Some((failures, seconds)) = self.breaker {
            builder = builder.breaker_failures(failures);
            if let Some(seconds) = seconds {
                builder = builder.breaker_open(Duration::from_secs(seconds));
            }
        }
        builder
    }
}

#[derive(Debug, Clone)]
pub(super) struct GivenCache {
    max: u64,
    default: Option<u64>,
    stale: Option<u64>,
}

pub(super) fn cache() -> impl Strategy<Value = GivenCache> {
    (1_u64..=86_400).prop_flat_map(|max| {
        let default = option::of(0..=max);
        let stale = option::of(prop_oneof![Just(0), 0..=u64::from(u32::MAX)]);
        (default, stale).prop_map(move |(default, stale)| GivenCache {
            max,
            default,
            stale,
        })
    })
}

impl GivenCache {
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("cache-max-seconds: {}", self.max)];
        let default = self.default.iter();
        lines.extend(default.map(|seconds| format!("cache-default-seconds: {seconds}")));
        let stale = self.stale.iter();
        lines.extend(stale.map(|seconds| format!("cache-stale-seconds: {seconds}")));
        lines
    }

    pub(super) fn fill(&self, builder: SidecarBuilder) -> SidecarBuilder {
        let mut builder = builder.cache_max(Duration::from_secs(self.max));
        if let Some(seconds) = self.default {
            builder = builder.cache_default(Duration::from_secs(seconds));
        }
        if let Some(seconds) = self.stale {
            builder = builder.cache_stale(Duration::from_secs(seconds));
        }
        builder
    }
}
