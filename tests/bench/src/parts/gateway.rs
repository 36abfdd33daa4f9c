//! Goal 9: the gateway against other proxies that make a callout and forward.

use std::{fs, path::Path};

use tokio::process::Command;

use super::Bench;
use crate::{
    Result,
    contenders::ARN,
    field::{Field, Load},
    peers::{Peer, Surroundings},
    process::Process,
    table::{Compared, Table},
};

const LEAN: &str = "transport = \"lean\"\n";

impl Bench<'_> {
    pub(super) async fn gateway(&self, table: &mut Table) -> Result<()> {
        let program = self.args.gateway()?;
        let backend = Process::role(&["far-end".to_owned()], &[]).await?;
        let peers = self.args.peers()?;
        let around = Surroundings {
            programs: &peers,
            folder: &self.folder,
            function: self.far_end.listens()?,
            backend: backend.listens()?,
        };
        let mut field = Field::new(self.args.pace()).await?;
        let sdk = start(&program, "", &around).await?;
        let sdk = field.serving(sdk, Load::USUAL);
        let mut lean = None;
        if accepts_lean(&program, &around).await? {
            let process = start(&program, LEAN, &around).await?;
            lean = Some(field.serving(process, Load::USUAL));
        } else {
            table.leave_out("the gateway over the lean transport: its file has no `transport` yet");
        }
        let mut there = Vec::new();
        for peer in Peer::ALL {
            let Some(_) = peer.program(&peers) else {
                table.leave_out(format!(
                    "{}: not installed, see `tests/bench/peers`",
                    peer.name()
                ));
                continue;
            };
            match peer.start(&around).await {
                Ok(process) => there.push((peer, field.serving(process, Load::USUAL))),
                Err(error) => table.leave_out(format!("{}: {error}", peer.name())),
            }
        }
        let rounds = field.run().await?;
        let measured = |of| {
            format!(
                "{:.1} µs, {:.0} requests/s",
                rounds.cpu(of),
                rounds.rate(of)
            )
        };
        // The goal is for the gateway at its best.
        let gateway = lean.unwrap_or(sdk);
        let envoy = there.iter().find(|(peer, _)| *peer == Peer::Envoy);
        let envoy = envoy.map(|(_, of)| *of);
        for (peer, of) in there {
            // What two proxies written in C and C++ are apart shows what a goal against one means for the other.
            let against_envoy = envoy.filter(|envoy| *envoy != of).map(|envoy| {
                let ratio = rounds.median(|round| round[of].cpu / round[envoy].cpu);
                Compared::ratio(ratio, "{} × the CPU of Envoy").to_string()
            });
            table.plain(peer.name(), measured(of), against_envoy.unwrap_or_default());
            let ratio = rounds.median(|round| round[gateway].cpu / round[of].cpu);
            let over = if lean.is_some() {
                "lean transport"
            } else {
                "SDK"
            };
            table.goal(
                9,
                format!("gateway, one request sidecar, {over}"),
                measured(gateway),
                Compared::ratio(ratio, &format!("{{}} × the CPU of {}", peer.name())),
                peer.goal(),
            );
        }
        if let Some(lean) = lean {
            let ratio = rounds.median(|round| round[sdk].cpu / round[lean].cpu);
            let what = "gateway, one request sidecar, SDK";
            let ratio = Compared::ratio(ratio, "{} × the CPU over the lean transport");
            table.row(what, measured(sdk), ratio);
        } else {
            table.plain("gateway, one request sidecar, SDK", measured(sdk), "");
        }
        Ok(())
    }
}

fn file(top: &str, around: &Surroundings<'_>) -> String {
    format!(
        "listen = \"127.0.0.1:0\"
{top}
[[endpoints]]
path = \"/\"
origin = \"http://{}\"

  [[endpoints.pre]]
  inputs = \"\"\"
  region: us-east-1
  functionARN: {ARN}
  useAssumeRole: false
  include-request-headers: authorization, content-type, user-agent
  expand-input: operation
  \"\"\"
",
        around.backend
    )
}

/// Whether this program knows the key.
async fn accepts_lean(program: &Path, around: &Surroundings<'_>) -> Result<bool> {
    let path = around.folder.join("check.toml");
    fs::write(&path, file(LEAN, around))?;
    let check = Command::new(program)
        .arg("check")
        .arg("--config")
        .arg(path)
        .output();
    Ok(check.await?.status.success())
}

async fn start(program: &Path, top: &str, around: &Surroundings<'_>) -> Result<Process> {
    let name = if top.is_empty() {
        "sdk.toml"
    } else {
        "lean.toml"
    };
    let path = around.folder.join(name);
    fs::write(&path, file(top, around))?;
    let mut command = Command::new(program);
    command.arg("run").arg("--config").arg(path).env_clear();
    command.env("TOKIO_WORKER_THREADS", "1");
    // No access log, as the others have none.
    command.env("RUST_LOG", "info,access=off");
    command.env("AWS_ACCESS_KEY_ID", "AKIABENCH");
    command.env("AWS_SECRET_ACCESS_KEY", "secret");
    command.env("AWS_REGION", "us-east-1");
    command.env("AWS_CONFIG_FILE", "/dev/null");
    command.env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
    command.env(
        "AWS_ENDPOINT_URL_LAMBDA",
        format!("http://{}", around.function),
    );
    Process::program(command, "listening on http://").await
}
