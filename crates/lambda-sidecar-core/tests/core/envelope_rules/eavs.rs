//! EAVs of the application and of the package key.

use std::sync::Arc;

use super::{Call, eavs};
use lambda_sidecar_core::{Application, CallContext, SidecarBuilder};
use serde_json::{Value, json};

#[test]
fn required_and_included_eavs_are_in_the_envelope_where_they_are_set() {
    let call = eavs(&[
        ("a", "1"),
        ("b", "2"),
        ("c", "3"),
        ("empty", ""),
        ("A", "upper"),
    ]);
    let build = |sidecar: SidecarBuilder| {
        sidecar
            .include_eavs(["a", "z", "empty"])
            .require_eavs(["b", "a"])
            .include_package_key_eavs(["A"])
            .require_package_key_eavs(["c"])
    };
    assert_eq!(
        call.member(build, "/eavs"),
        json!({"a": "1", "b": "2", "empty": ""})
    );
    assert_eq!(
        call.member(build, "/packageKeyEAVs"),
        json!({"A": "upper", "c": "3"})
    );
}

#[test]
fn eavs_that_are_not_asked_for_are_not_in_the_envelope() {
    let call = eavs(&[("a", "1")]);
    for member in ["/eavs", "/packageKeyEAVs"] {
        assert_eq!(call.member(|sidecar| sidecar, member), Value::Null);
        let other =
            |sidecar: SidecarBuilder| sidecar.include_eavs(["A"]).include_package_key_eavs(["A"]);
        assert_eq!(call.member(other, member), Value::Null);
    }
}

#[test]
fn eavs_of_the_application_and_of_the_package_key_are_apart() {
    let call = Call::context(
        CallContext::new().application(Arc::new(Application::new([("a", "application")]))),
    );
    let build =
        |sidecar: SidecarBuilder| sidecar.include_eavs(["a"]).include_package_key_eavs(["a"]);
    assert_eq!(call.member(build, "/eavs"), json!({"a": "application"}));
    assert_eq!(call.member(build, "/packageKeyEAVs"), Value::Null);
}
