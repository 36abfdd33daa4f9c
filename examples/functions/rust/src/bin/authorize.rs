//! Authorization by EAV and method.
//!
//! The application's attribute `tier` decides which methods it may use: `sidecar-param-methods-TIER`
//! lists them. Whoever has no tier, or one that is not listed, may use none.

use lambda_sidecar_function::{
    Envelope, Param, StatusCode, Terminate, Verdict, lambda_runtime, run,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    run(async |envelope| Ok::<_, String>(answer(&envelope))).await
}

fn answer(envelope: &Envelope) -> Verdict {
    let tier = envelope.eav("tier").unwrap_or("none");
    // Without `expand-input: operation` the method is not known, so none is allowed.
    let method = envelope.method();
    let allowed = envelope.param(&format!("methods-{tier}"));
    let allowed = allowed.and_then(Param::as_str);
    let allowed = allowed.unwrap_or_default().split(',').map(str::trim);
    if allowed.into_iter().any(|allowed| Some(allowed) == method) {
        return Verdict::Allow;
    }
    let method = method.unwrap_or("unknown").to_uppercase();
    Terminate::new(StatusCode::FORBIDDEN)
        .message(format!("{method} is not for tier {tier}"))
        .into()
}

#[cfg(test)]
mod tests {
    use lambda_sidecar_function::{Operation, Point};

    use super::*;

    fn ask(tier: &str, method: &str) -> Verdict {
        let mut envelope = Envelope::new(Point::PreProcessor, "id");
        envelope.params.insert("methods-free".into(), "get".into());
        envelope
            .params
            .insert("methods-gold".into(), "get, post".into());
        if !tier.is_empty() {
            envelope.eavs.insert("tier".into(), tier.into());
        }
        if !method.is_empty() {
            envelope.operation = Some(Operation::new(method, "/orders"));
        }
        answer(&envelope)
    }

    #[test]
    fn a_tier_may_use_the_methods_listed_for_it() {
        for (tier, method) in [("free", "GET"), ("gold", "GET"), ("gold", "POST")] {
            assert_eq!(ask(tier, method), Verdict::Allow);
        }
    }

    #[test]
    fn everything_else_is_forbidden() {
        for (tier, method, message) in [
            ("free", "POST", "POST is not for tier free"),
            ("gold", "PO", "PO is not for tier gold"),
            ("silver", "GET", "GET is not for tier silver"),
            ("", "GET", "GET is not for tier none"),
            ("gold", "", "UNKNOWN is not for tier gold"),
        ] {
            let forbidden = Terminate::new(StatusCode::FORBIDDEN).message(message);
            assert_eq!(ask(tier, method), forbidden.into());
        }
    }
}
