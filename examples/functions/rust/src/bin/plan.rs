//! Plan: looks up the caller's plan once, at the request, and tells the client of it at the response.
//!
//! One function for both halves. The request half relays what it found, and the response half needs no
//! second lookup. A tier without a plan is answered 403.

use lambda_sidecar_function::{
    Envelope, Modify, Reply, StatusCode, Terminate, Verdict, VerdictError, lambda_runtime, run,
};
use serde_json::json;

/// Name and calls a day of each tier's plan. Yours would be in a database.
const PLANS: [(&str, &str, u32); 2] = [("free", "Starter", 100), ("gold", "Business", 10_000)];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    run(answer).await
}

async fn answer(envelope: Envelope) -> Result<Reply, VerdictError> {
    if envelope.is_request_half() {
        let tier = envelope.eav("tier").unwrap_or_default();
        let Some((_, name, quota)) = PLANS.iter().find(|(of, ..)| *of == tier) else {
            let no = Terminate::new(StatusCode::FORBIDDEN).message("no plan");
            return Ok(no.into());
        };
        return Verdict::Allow.relay("plan", &json!({ "name": name, "quota": quota }));
    }
    // Nothing is relayed if the request half was skipped, say.
    let Some(plan) = envelope.relay("plan") else {
        return Ok(Verdict::Allow.into());
    };
    let name = plan["name"].as_str().unwrap_or_default();
    let modify = Modify::new()
        .header("x-plan", name)?
        .header("x-quota", plan["quota"].to_string())?;
    Ok(modify.into())
}

#[cfg(test)]
mod tests {
    use lambda_sidecar_function::Point;

    use super::*;

    fn of_tier(tier: &str) -> Envelope {
        let mut envelope = Envelope::new(Point::PreProcessor, "id");
        envelope.eavs.insert("tier".into(), tier.into());
        envelope
    }

    #[tokio::test]
    async fn what_the_request_half_looks_up_the_response_half_tells_the_client() {
        let relayed = answer(of_tier("gold")).await.unwrap();
        assert_eq!(relayed.verdict(), &Verdict::Allow);
        let mut envelope = Envelope::new(Point::PostProcessor, "id");
        envelope.relay = relayed.relayed().clone();
        let expected = Modify::new()
            .header("x-plan", "Business")
            .and_then(|modify| modify.header("x-quota", "10000"));
        assert_eq!(answer(envelope).await, expected.map(Reply::from));
    }

    #[tokio::test]
    async fn a_tier_without_a_plan_is_forbidden() {
        let no = Terminate::new(StatusCode::FORBIDDEN).message("no plan");
        assert_eq!(answer(of_tier("none")).await, Ok(no.into()));
    }

    #[tokio::test]
    async fn without_anything_relayed_the_response_stays_as_it_is() {
        let envelope = Envelope::new(Point::PostProcessor, "id");
        assert_eq!(answer(envelope).await, Ok(Verdict::Allow.into()));
    }
}
