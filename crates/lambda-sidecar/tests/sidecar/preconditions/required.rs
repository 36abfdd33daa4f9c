//! Headers and EAVs that a sidecar requires.

use std::sync::Arc;

use super::assert_refused;
use crate::common::{BOTH, Backend, Function, TestBody, layer_of, request, send};
use http::HeaderValue;
use lambda_sidecar::{Application, CallContext, PackageKey, Sidecar};
use tower::Layer;

fn context() -> CallContext {
    CallContext::new()
        .message_id(crate::common::MESSAGE_ID)
        .application(Arc::new(Application::new([
            ("tier", "gold"),
            ("empty", ""),
            ("blank", " \t"),
        ])))
        .package_key(Arc::new(PackageKey::new(
            "key",
            [("plan", "big"), ("empty", ""), ("blank", "  ")],
        )))
}

#[tokio::test(start_paused = true)]
async fn a_required_request_header_must_be_there_and_not_empty() {
    for point in BOTH {
        let sidecar = Sidecar::local(point, "f").require_request_headers(["x-client", "X-Tenant"]);
        for value in [None, Some(""), Some(" \t ")] {
            let call = || {
                let mut call = request(TestBody::empty());
                if let Some(value) = value {
                    let value = HeaderValue::from_static(value);
                    call.headers_mut().insert("x-tenant", value);
                }
                call
            };
            let detail = "Required Header - X-Tenant Unavailable";
            let expected = ("RequiredHeaderConditionFailure", 400, detail);
            assert_refused(&sidecar, call, expected).await;
        }
        let mut call = request(TestBody::empty());
        call.headers_mut()
            .insert("x-tenant", "acme".parse().unwrap());
        let service = layer_of(sidecar, Function::allows()).layer(Backend::new());
        send(service, call).await.assert_from_backend();
    }
}

#[tokio::test(start_paused = true)]
async fn a_required_application_eav_must_be_set_and_not_empty() {
    for point in BOTH {
        for eav in ["empty", "blank", "none", "Tier"] {
            let sidecar = Sidecar::local(point, "f").require_eavs(["tier", eav]);
            let call = || {
                let mut call = request(TestBody::empty());
                call.extensions_mut().insert(context());
                call
            };
            let detail = format!("Required Application EAV - {eav} Unavailable");
            let expected = ("RequiredApplicationEAVConditionFailure", 400, &*detail);
            assert_refused(&sidecar, call, expected).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_without_application_data_has_no_required_eav() {
    for point in BOTH {
        let sidecar = Sidecar::local(point, "f").require_eavs(["tier"]);
        let detail = "Error occurred while fetching application data";
        let expected = ("RequiredApplicationEAVConditionFailure", 400, detail);
        assert_refused(&sidecar, || request(TestBody::empty()), expected).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_required_package_key_eav_must_be_set_and_not_empty() {
    for point in BOTH {
        for eav in ["empty", "blank", "none", "PLAN"] {
            let sidecar = Sidecar::local(point, "f").require_package_key_eavs(["plan", eav]);
            let call = || {
                let mut call = request(TestBody::empty());
                call.extensions_mut().insert(context());
                call
            };
            let detail = format!("Required Package Key EAV - {eav} Unavailable");
            let expected = ("RequiredPackageKeyEAVConditionFailure", 400, &*detail);
            assert_refused(&sidecar, call, expected).await;
        }
        let sidecar = Sidecar::local(point, "f").require_package_key_eavs(["plan"]);
        let detail = "Error occurred while fetching package key data";
        let expected = ("RequiredPackageKeyEAVConditionFailure", 400, detail);
        assert_refused(&sidecar, || request(TestBody::empty()), expected).await;
    }
}
