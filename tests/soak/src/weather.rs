//! What happens around the gateway while calls are made: restarts, refusals, reloads.

use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use lambda_sidecar_test_support::scripted::{Leg, Reply, ScriptedAws};
use tokio::time::sleep;

use crate::{
    dice::Dice,
    door::Door,
    file::{self, Basis, Transport},
    process::Gateway,
    trouble::{Kind, Troubles},
};

/// Long enough for the gateway to refresh them ahead of time, short enough that it often has to.
pub(crate) const LIFETIME: Duration = Duration::from_secs(6);

/// Everything around the gateway that can change.
#[derive(Debug)]
pub(crate) struct Surroundings {
    pub(crate) backends: [Door; 2],
    pub(crate) lambda: Door,
    /// STS and Parameter Store.
    pub(crate) aws: ScriptedAws,
    pub(crate) troubles: Arc<Troubles>,
    pub(crate) transport: Option<Transport>,
}

/// What has happened.
#[derive(Debug, Default)]
pub(crate) struct Happened {
    pub(crate) backend_restarts: u32,
    pub(crate) lambda_restarts: u32,
    pub(crate) refusals: u32,
    pub(crate) right_files: u32,
    pub(crate) wrong_files: u32,
}

impl Surroundings {
    pub(crate) fn basis(&self) -> Basis {
        Basis {
            backends: [self.backends[0].address, self.backends[1].address],
            transport: self.transport,
        }
    }

    /// Credentials are given again.
    pub(crate) fn script_credentials(&self) {
        self.aws.work_again();
        self.aws.script(Leg::Sts, [Reply::credentials(LIFETIME)]);
    }

    /// Lets things happen for so long; afterwards all is in order.
    pub(crate) async fn change(
        &self,
        time: Duration,
        dice: &mut Dice,
        gateway: &Gateway,
        happened: &mut Happened,
    ) -> io::Result<()> {
        let until = Instant::now() + time;
        let mut round = Vec::new();
        while Instant::now() < until {
            sleep(Duration::from_millis(dice.between(200, 1200))).await;
            let lasts = Duration::from_millis(dice.between(50, 400));
            if round.is_empty() {
                round = (0..10).collect();
            }
            // Everything has its turn before anything has its second.
            let turn = usize::try_from(dice.between(0, round.len() as u64)).unwrap_or_default();
            match round.swap_remove(turn) {
                at @ 0..=2 => {
                    let backend = &self.backends[usize::from(at == 0)];
                    self.restart(backend, Kind::Backend, lasts).await;
                    happened.backend_restarts += 1;
                }
                3 => {
                    self.restart(&self.lambda, Kind::FarEnd, lasts).await;
                    happened.lambda_restarts += 1;
                }
                at @ 4..=5 => {
                    self.refuse(at == 4, dice).await;
                    happened.refusals += 1;
                }
                6..=7 => {
                    gateway.reload(&file::right(&self.basis(), dice)).await?;
                    happened.right_files += 1;
                }
                _ => {
                    gateway.reload(&file::wrong(&self.basis(), dice)).await?;
                    happened.wrong_files += 1;
                }
            }
        }
        Ok(())
    }

    async fn restart(&self, door: &Door, kind: Kind, lasts: Duration) {
        self.troubles.begin(kind);
        door.shut().await;
        sleep(lasts).await;
        door.open().await;
        self.troubles.end(kind);
    }

    /// No new credentials for longer than the present ones last.
    async fn refuse(&self, sts: bool, dice: &mut Dice) {
        self.troubles.begin(Kind::Credentials);
        if sts {
            self.aws
                .script(Leg::Sts, [Reply::exception(403, "AccessDenied")]);
        } else {
            let refusal = Reply::exception(400, "ParameterNotFound");
            self.aws.script(Leg::ParameterStore, [refusal]);
        }
        sleep(Duration::from_millis(dice.between(500, 4000))).await;
        self.script_credentials();
        self.troubles.end(Kind::Credentials);
        self.aws.forget();
    }

    /// Ends all connections from the gateway's pools.
    pub(crate) async fn end_connections(&self) {
        for door in self.backends.iter().chain([&self.lambda]) {
            door.shut().await;
            door.open().await;
        }
    }
}
