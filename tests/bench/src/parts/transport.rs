//! Goal 2: a function call over the lean transport, against a plain POST of the same bytes.

use super::{Bench, spent};
use crate::{
    Result,
    contenders::Kind,
    field::Field,
    table::{Compared, Table},
};

impl Bench<'_> {
    pub(super) async fn transport(&self, table: &mut Table) -> Result<()> {
        let mut field = Field::new(self.args.pace()).await?;
        let endpoint = self.endpoint()?;
        let plain = field.caller(Kind::Plain, &endpoint).await?;
        let lean = field.caller(Kind::Lean, &endpoint).await?;
        let invoke = field.caller(Kind::Invoke, &endpoint).await?;
        let rounds = field.run().await?;
        let measured = |of| spent(rounds.cpu(of), rounds.allocations(of));
        let against_plain = |of: usize| rounds.median(|round| round[of].cpu / round[plain].cpu);
        let more = rounds.median(|round| round[lean].allocations - round[plain].allocations);
        table.plain("a call: plain hyper POST", measured(plain), "");
        table.goal(
            2,
            "a call: lean transport",
            measured(lean),
            Compared::ratio(against_plain(lean), "{} × the plain POST's CPU"),
            1.3,
        );
        table.goal(
            2,
            "",
            "",
            Compared::count(more, "{} allocations more than the plain POST"),
            30.0,
        );
        table.row(
            "a call: the SDK's `invoke()`",
            measured(invoke),
            Compared::ratio(against_plain(invoke), "{} × the plain POST's CPU"),
        );
        Ok(())
    }
}
