//! What the envelope says of the response.

use super::{Call, all, eavs, example, example_sidecar, local};
use http::StatusCode;
use lambda_sidecar_core::Point;
use serde_json::json;

#[test]
fn response_code_is_always_there_at_post_processor() {
    for status in [200, 204, 304, 404, 599] {
        let call = Call {
            response_status: StatusCode::from_u16(status).unwrap(),
            ..Call::new()
        };
        let envelope = call.envelope(local(Point::PostProcessor));
        assert_eq!(envelope["response"], json!({ "code": status }));
    }
}

#[test]
fn members_that_are_left_out_take_no_room_either() {
    let sidecar = all(local(Point::PostProcessor)).build().unwrap();
    for call in [Call::new(), eavs(&[("not asked for", "v")])] {
        let envelope = call.text(&sidecar, call.view());
        let length = envelope.len();
        assert_eq!(Vec::from(envelope).capacity(), length);
    }
}

#[test]
fn there_is_no_response_at_pre_processor() {
    assert_eq!(
        example()
            .envelope(example_sidecar(Point::PreProcessor))
            .get("response"),
        None
    );
}
