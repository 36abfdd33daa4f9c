//! Header enrichment: what the gateway knows of the caller, for a backend that trusts the gateway.
//!
//! The token's user and scope, the application's attribute `tier` and each `sidecar-param-header-NAME`
//! become headers. The access token itself stays here, and so do headers of these names that the
//! client sent.

use lambda_sidecar_function::{Envelope, Modify, Verdict, VerdictError, lambda_runtime, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    run(answer).await
}

async fn answer(envelope: Envelope) -> Result<Verdict, VerdictError> {
    let token = envelope.token.unwrap_or_default();
    let known = [
        ("x-user", token.user_context),
        ("x-scope", token.scope),
        ("x-tier", envelope.eavs.get("tier").cloned()),
    ];
    let mut modify = Modify::new().drop_header("authorization")?;
    for (name, value) in known {
        modify = modify.drop_header(name)?;
        if let Some(value) = value {
            modify = modify.header(name, value)?;
        }
    }
    for (param, value) in &envelope.params {
        if let Some(name) = param.strip_prefix("header-") {
            modify = modify.header(name, value.to_string())?;
        }
    }
    Ok(modify.into())
}

#[cfg(test)]
mod tests {
    use lambda_sidecar_function::{Point, Token};

    use super::*;

    #[tokio::test]
    async fn what_is_known_of_the_caller_becomes_headers() {
        let mut envelope = Envelope::new(Point::PreProcessor, "id");
        let mut token = Token::default();
        token.user_context = Some("ada".into());
        token.scope = Some("orders".into());
        envelope.token = Some(token);
        envelope.eavs.insert("tier".into(), "gold".into());
        envelope
            .params
            .insert("header-x-region".into(), "eu".into());
        envelope.params.insert("header-x-quota".into(), 100.into());
        envelope.params.insert("other".into(), "no header".into());
        let expected = dropped()
            .and_then(|modify| modify.header("x-user", "ada"))
            .and_then(|modify| modify.header("x-scope", "orders"))
            .and_then(|modify| modify.header("x-tier", "gold"))
            .and_then(|modify| modify.header("x-region", "eu"))
            .and_then(|modify| modify.header("x-quota", "100"));
        assert_eq!(answer(envelope).await, expected.map(Verdict::from));
    }

    #[tokio::test]
    async fn what_is_not_known_is_not_taken_from_the_client_either() {
        let envelope = Envelope::new(Point::PreProcessor, "id");
        assert_eq!(answer(envelope).await, dropped().map(Verdict::from));
    }

    #[tokio::test]
    async fn a_value_that_no_header_can_have_is_an_error() {
        let mut envelope = Envelope::new(Point::PreProcessor, "id");
        envelope.eavs.insert("tier".into(), "a\nb".into());
        let refused = VerdictError::HeaderValue("x-tier".into());
        assert_eq!(answer(envelope).await, Err(refused));
    }

    fn dropped() -> Result<Modify, VerdictError> {
        ["authorization", "x-user", "x-scope", "x-tier"]
            .into_iter()
            .try_fold(Modify::new(), Modify::drop_header)
    }
}
