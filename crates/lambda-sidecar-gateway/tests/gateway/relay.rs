//! What request halves relay, as functions, the backend, clients and operators see it.

use lambda_sidecar_test_support::scripted::{Leg, Reply, ScriptedAws};
use serde_json::{Value, json};

use crate::{
    backend::Server,
    client::{Head, get},
    process::{Gateway, TRANSPORTS, config, over, sidecar},
};

const SECRET: &str = "s3cr3t-relay";

/// Of several request halves each relays its own name, and a common one; a response half tells its client how many
/// names it hears.
fn functions() -> ScriptedAws {
    ScriptedAws::deciding(|asked| {
        let envelope: Value = serde_json::from_slice(&asked.body).unwrap();
        let verdict = match envelope["point"].as_str() {
            Some("PreProcessor") if asked.path.contains("first") => {
                json!({ "relay": { "first": 1, "last": "first" }, "modify": { "addHeaders": { "x-a": "1" } } })
            }
            Some("PreProcessor") => json!({ "relayParams": { "last": SECRET } }),
            _ => {
                let heard = envelope["relay"].as_object().map_or(0, |relay| relay.len());
                json!({ "modify": { "addHeaders": { "x-heard": heard } } })
            }
        };
        Reply::verdict(verdict.to_string())
    })
}

fn shown(head: &Head) -> String {
    format!("{} {:?}", head.line, head.headers)
}

#[test]
fn request_halves_relay_to_response_halves_and_to_nobody_else() {
    for transport in TRANSPORTS {
        let functions = functions();
        let backend = Server::answering(|head: &Head, _| {
            assert_eq!(head.header("x-a").as_deref(), Some("1"));
            shown(head)
        });
        let hears = sidecar("post", "hears").replace("useAss", "expand-input: relay\nuseAss");
        let deaf = sidecar("post", "deaf");
        let lines = [
            sidecar("pre", "first"),
            sidecar("pre", "second"),
            deaf,
            hears,
        ]
        .concat();
        let text = format!(
            "admin = '127.0.0.1:0'\n{}",
            config(&backend.address, &lines)
        );
        let url = functions.endpoint();
        let env = [("AWS_ENDPOINT_URL", url.as_str()), ("RUST_LOG", "trace")];
        let mut gateway = Gateway::run_with(&over(transport, &text), &env);
        let admin = gateway.address_after("admin on http://");
        let (head, body) = get(&gateway.address, "/my");
        assert_eq!(head.status(), 200, "{transport}");
        assert_eq!(head.header("x-heard").as_deref(), Some("2"), "{transport}");
        for sent in [body, shown(&head)] {
            assert!(
                !sent.contains(SECRET) && !sent.contains("relay"),
                "{transport}: {sent}"
            );
        }
        let envelopes: Vec<Value> = functions
            .received(Leg::Lambda)
            .iter()
            .map(|asked| serde_json::from_slice(&asked.body).unwrap())
            .collect();
        let relayed: Vec<_> = envelopes.iter().map(|it| it.get("relay")).collect();
        let expected = json!({ "first": 1, "last": SECRET });
        assert_eq!(relayed, [None, None, None, Some(&expected)], "{transport}");
        let (_, metrics) = get(&admin, "/metrics");
        assert!(!metrics.contains(SECRET), "{transport}");
        gateway.wait_for("hears PostProcessor modify");
        for line in &gateway.log {
            assert!(!line.contains(SECRET), "{transport}: {line}");
        }
    }
}
