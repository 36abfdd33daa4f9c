//! One message id for a call, at all points and sidecars.

use super::chain;
use crate::common::{Backend, Function, MESSAGE_ID, TestBody, request, send};
use http::{HeaderValue, Request};
use tower::Layer;

/// The message ids that functions saw, at the side and in the envelope.
fn ids(function: &Function) -> Vec<String> {
    let asked = function.asked().into_iter().zip(function.envelopes());
    asked
        .map(|(asked, envelope)| {
            assert_eq!(envelope["masheryMessageId"], *asked.message_id);
            asked.message_id.to_string()
        })
        .collect()
}

#[tokio::test]
async fn one_new_message_id_at_all_points_and_sidecars_of_a_call() {
    let function = Function::allows();
    for _ in 0..2 {
        let call = Request::new(TestBody::empty());
        send(chain(&function).layer(Backend::new()), call).await;
    }
    let ids = ids(&function);
    assert_eq!(ids.len(), 8);
    assert_eq!(ids[0].len(), 36);
    assert!(ids[..4].iter().all(|id| *id == ids[0]), "{ids:?}");
    assert!(ids[4..].iter().all(|id| *id == ids[4]), "{ids:?}");
    assert_ne!(ids[0], ids[4], "every call has an id of its own");
}

#[cfg(feature = "tower-http")]
#[tokio::test]
async fn the_request_id_of_tower_http_is_the_message_id() {
    use tower_http::request_id::{MakeRequestId, RequestId, SetRequestIdLayer};

    #[derive(Clone)]
    struct Fixed(&'static str);

    impl MakeRequestId for Fixed {
        fn make_request_id<B>(&mut self, _request: &Request<B>) -> Option<RequestId> {
            Some(RequestId::new(HeaderValue::from_static(self.0)))
        }
    }

    let function = Function::allows();
    let set_id = SetRequestIdLayer::x_request_id(Fixed("of-tower-http"));
    let service = (set_id.clone(), chain(&function)).layer(Backend::new());
    send(service, Request::new(TestBody::empty())).await;
    assert_eq!(ids(&function), ["of-tower-http"; 4]);
    // The application's own comes before it.
    let service = (set_id, chain(&function)).layer(Backend::new());
    send(service, request(TestBody::empty())).await;
    assert_eq!(ids(&function)[4..], [MESSAGE_ID; 4]);
}

#[cfg(feature = "tower-http")]
#[tokio::test]
async fn the_request_id_of_tower_http_0_6_is_the_message_id_too() {
    use tower_http_06::request_id::RequestId;

    let function = Function::allows();
    let id = RequestId::new(HeaderValue::from_static("of-0-6"));
    let call = Request::get("/").extension(id).body(TestBody::empty());
    send(chain(&function).layer(Backend::new()), call.unwrap()).await;
    assert_eq!(ids(&function), ["of-0-6"; 4]);
}

#[tokio::test]
async fn a_clients_header_is_no_message_id() {
    let function = Function::allows();
    let call = Request::get("/").header("x-request-id", "forged");
    let call = call.body(TestBody::empty()).unwrap();
    send(chain(&function).layer(Backend::new()), call).await;
    assert!(ids(&function).iter().all(|id| id != "forged"));
}
