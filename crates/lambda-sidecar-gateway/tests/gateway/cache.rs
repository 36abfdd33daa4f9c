//! The verdict cache, as clients, operators and the log see it.

use lambda_sidecar_test_support::scripted::{Leg, Reply, ScriptedAws};

use crate::{
    backend::Server,
    client::get,
    guards::{assert_shown, run, text},
    process::TRANSPORTS,
};

const KEPT: &str = r#"{"unchangedFor":3600,"terminate":{"code":403,"message":"no"}}"#;

fn counted(result: &str, count: u32) -> String {
    format!(
        r#"sidecar_cache_total{{sidecar="guard",point="PreProcessor",result="{result}"}} {count}"#
    )
}

#[test]
fn a_hit_is_counted_and_logged_and_a_reload_empties_the_cache() {
    for transport in TRANSPORTS {
        let functions = ScriptedAws::deciding(|_| Reply::verdict(KEPT));
        let backend = Server::echoing_paths();
        let text = text(&backend.address, "cache-max-seconds: 60");
        let (mut gateway, admin) = run(transport, &functions, &text);
        assert_shown(&admin, &[&counted("hit", 0), "sidecar_cache_bytes 0"]);
        for _ in 0..3 {
            assert_eq!(get(&gateway.address, "/my").0.status(), 403, "{transport}");
        }
        gateway.wait_for("guard PreProcessor terminate cached 0s");
        assert_eq!(functions.count(Leg::Lambda), 1, "{transport}");
        let bytes = format!("sidecar_cache_bytes {}", 256 + KEPT.len());
        let one_call = r#"sidecar_calls_total{sidecar="guard",point="PreProcessor"} 1"#;
        let one_time = r#"sidecar_duration_seconds_count{sidecar="guard",point="PreProcessor"} 1"#;
        let (hits, misses) = (counted("hit", 2), counted("miss", 1));
        assert_shown(&admin, &[&hits, &misses, &bytes, one_call, one_time]);
        gateway.signal("HUP");
        gateway.wait_for("configuration read again");
        assert_eq!(get(&gateway.address, "/my").0.status(), 403, "{transport}");
        assert_eq!(functions.count(Leg::Lambda), 2, "{transport}");
    }
}
