//! What a tonic client sees of the sidecars.

use lambda_sidecar::Expand;
use tonic::{Code, Streaming, transport::Channel};

use super::{orders::orders_client::OrdersClient, *};

/// A client of a service with these sidecars. The service ends with the test's run time.
async fn client(before: Sidecar, after: Sidecar) -> OrdersClient<Channel> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { serve(listener, before, after).await.unwrap() });
    OrdersClient::connect(url).await.unwrap()
}

async fn usual() -> OrdersClient<Channel> {
    client(pre().build().unwrap(), post().build().unwrap()).await
}

/// The sidecars of a service whose functions see the messages too.
async fn reading() -> OrdersClient<Channel> {
    let before = pre().expand_input([Expand::RequestPayload]);
    let after = post().expand_input([Expand::ResponsePayload]);
    client(before.build().unwrap(), after.build().unwrap()).await
}

fn order(id: u32, token: &'static str) -> Request<Order> {
    let mut request = Request::new(Order { id });
    let token = format!("Bearer {token}").parse().unwrap();
    request.metadata_mut().insert("authorization", token);
    request
}

async fn names(stream: &mut Streaming<State>) -> (Vec<String>, Result<(), Status>) {
    let mut names = Vec::new();
    loop {
        match stream.message().await {
            Ok(Some(state)) => names.push(state.name),
            Ok(None) => return (names, Ok(())),
            Err(status) => return (names, Err(status)),
        }
    }
}

#[tokio::test]
async fn a_unary_call_goes_through_both_halves() {
    for mut client in [usual().await, reading().await] {
        let response = client.get(order(7, "ada")).await.unwrap();
        assert_eq!(response.metadata().get("x-checked").unwrap(), "yes");
        let state = response.into_inner();
        assert_eq!((state.order, &*state.told_to), (7, "ada"));
    }
}

#[tokio::test]
async fn a_terminate_is_a_status() {
    let mut client = usual().await;
    let status = client.get(order(7, "eve")).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
    assert_eq!(status.message(), "who are you?");
    assert!(status.metadata().get("x-sidecar-error").is_none());
    let status = client.watch(order(7, "eve")).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
}

#[tokio::test]
async fn an_error_of_the_sidecar_is_a_status_that_names_it() {
    let mut client = usual().await;
    let status = client.get(order(7, "broken")).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    assert_eq!(status.message(), "no such table");
    let name = status.metadata().get("x-sidecar-error").unwrap();
    assert_eq!(name, "FunctionError");
}

#[tokio::test]
async fn a_stream_keeps_its_messages_and_its_trailers() {
    for mut client in [usual().await, reading().await] {
        let response = client.watch(order(7, "ada")).await.unwrap();
        assert_eq!(response.metadata().get("x-checked").unwrap(), "yes");
        let (states, end) = names(&mut response.into_inner()).await;
        assert_eq!(states, ["packed", "sent"]);
        end.unwrap();

        let response = client.watch(order(13, "ada")).await.unwrap();
        let (states, end) = names(&mut response.into_inner()).await;
        assert_eq!(states, ["packed", "sent"]);
        let status = end.unwrap_err();
        assert_eq!(status.code(), Code::Aborted);
        assert_eq!(status.message(), "the order was cancelled");
        assert_eq!(status.metadata().get("refund").unwrap(), "yes");
    }
}
