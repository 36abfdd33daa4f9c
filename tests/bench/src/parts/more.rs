//! What no goal is about: other ways to use the layer, each against the plain request sidecar.

use super::{Bench, spent};
use crate::{
    Result,
    contenders::{App, Sidecars, Transport},
    field::{Field, Load},
    load::Protocol,
    process::Process,
    table::{Compared, Table},
};

impl Bench<'_> {
    pub(super) async fn more(&self, table: &mut Table) -> Result<()> {
        let certificate = self.folder.join("certificate.pem");
        let certificate = certificate.display().to_string();
        let far_end = ["far-end".to_owned(), format!("--certificate={certificate}")];
        let far_end = Process::role(&far_end, &[]).await?;
        let trust = [("SSL_CERT_FILE", certificate)];
        let tls = format!("https://{}", far_end.listens()?);
        let grpc = Load {
            protocol: Protocol::Grpc,
            ..Load::USUAL
        };

        let mut field = Field::new(self.args.pace()).await?;
        let bare = field.app(&self.bare()?).await?;
        let request = self.layered(Sidecars::Request, Transport::Lean)?;
        let plain = field.app(&request).await?;
        let mut contenders = Vec::new();
        for (what, sidecars) in [
            ("the response half", Sidecars::Response),
            ("both halves", Sidecars::Both),
            ("a chain of three", Sidecars::Chain),
            ("no payload asked for", Sidecars::NoPayload),
            ("event mode", Sidecars::Event),
        ] {
            let app = self.layered(sidecars, Transport::Lean)?;
            contenders.push((what, bare, field.app(&app).await?));
        }
        for (what, transport) in [
            ("TLS to the function", Transport::Lean),
            ("TLS to the function, SDK", Transport::Sdk),
        ] {
            let app = App {
                endpoint: tls.clone(),
                ..self.layered(Sidecars::Request, transport)?
            };
            contenders.push((what, bare, field.app_with(&app, &trust, Load::USUAL).await?));
        }
        let threads = |app: App| App { threads: 2, ..app };
        let bare_threads = field.app(&threads(self.bare()?)).await?;
        let app = threads(self.layered(Sidecars::Request, Transport::Lean)?);
        contenders.push((
            "run time of two threads",
            bare_threads,
            field.app(&app).await?,
        ));
        let call = |app: App| App { grpc: true, ..app };
        let bare_grpc = field.app_with(&call(self.bare()?), &[], grpc).await?;
        let app = call(self.layered(Sidecars::Request, Transport::Lean)?);
        let unary = field.app_with(&app, &[], grpc).await?;
        contenders.push(("a tonic unary call", bare_grpc, unary));

        let rounds = field.run().await?;
        for (what, base, contender) in contenders {
            let added = rounds.median(|round| round[contender].cpu - round[base].cpu);
            let mut allocations = rounds.allocations(contender) - rounds.allocations(base);
            if base == bare_threads {
                // Those of other threads are not counted.
                allocations = f64::NAN;
            }
            let against = rounds.median(|round| {
                (round[contender].cpu - round[base].cpu) / (round[plain].cpu - round[bare].cpu)
            });
            table.row(
                format!("{what}, lean transport")
                    .replace(", SDK, lean transport", ", over the SDK"),
                format!("{} added", spent(added, allocations)),
                Compared::ratio(
                    against,
                    "{} × what the request sidecar over plain HTTP adds",
                ),
            );
        }
        Ok(())
    }
}
