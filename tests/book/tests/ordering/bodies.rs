//! Layers that change bodies or limit them.

use super::*;

fn accepts_gzip() -> http::request::Builder {
    Request::get("/").header(header::ACCEPT_ENCODING, "gzip")
}

#[tokio::test]
async fn with_compression_outside_functions_see_text_and_replaced_bodies_are_compressed() {
    let asked = Asked::default();
    let replaced = Modify::new().json(&json!({ "text": LONG })).unwrap();
    let app = service()
        .layer(ResponseSidecarLayer::new(
            reading_response(),
            asked.answering(replaced),
        ))
        .layer(CompressionLayer::new());
    let response = call(app, accepts_gzip(), Body::empty()).await;
    assert_eq!(asked.all()[0]["response"]["payload"], LONG);
    assert_eq!(response.headers()[header::CONTENT_ENCODING], "gzip");
}

#[tokio::test]
async fn with_compression_inside_a_function_that_reads_keeps_bodies_plain() {
    let asked = Asked::default();
    let app = service()
        .layer(CompressionLayer::new())
        .layer(ResponseSidecarLayer::new(
            reading_response(),
            asked.answering(Modify::new().text("new")),
        ));
    let response = call(app, accepts_gzip(), Body::empty()).await;
    // The layer asks for `identity`, so that nothing is compressed before the function has read it.
    assert_eq!(asked.all()[0]["response"]["payloadBase64Encoded"], false);
    assert_eq!(response.headers().get(header::CONTENT_ENCODING), None);
    assert_eq!(text(response).await, "new");
}

/// `hello`, compressed.
const GZIP: [u8; 25] = [
    31, 139, 8, 0, 0, 0, 0, 0, 0, 3, 203, 72, 205, 201, 201, 7, 0, 134, 166, 16, 54, 5, 0, 0, 0,
];

#[tokio::test]
async fn with_decompression_outside_functions_see_the_request_as_text() {
    for outside in [true, false] {
        let asked = Asked::default();
        let sidecar = pre()
            .expand_input([Expand::RequestPayload])
            .build()
            .unwrap();
        let sidecar = RequestSidecarLayer::new(sidecar, asked.answering(Verdict::Allow));
        let app = match outside {
            true => service()
                .layer(sidecar)
                .layer(RequestDecompressionLayer::new()),
            false => service()
                .layer(RequestDecompressionLayer::new())
                .layer(sidecar),
        };
        let request = Request::post("/").header(header::CONTENT_ENCODING, "gzip");
        let response = call(app, request, Body::from(GZIP.to_vec())).await;
        assert_eq!(text(response).await, "5");
        let request = &asked.all()[0]["request"];
        let plain = request["payloadBase64Encoded"] == false;
        assert_eq!(plain, outside);
        assert_eq!(request["payload"] == "hello", outside);
    }
}

fn reading_request() -> Sidecar {
    pre()
        .expand_input([Expand::RequestPayload])
        .build()
        .unwrap()
}

#[tokio::test]
async fn with_a_body_limit_outside_a_body_that_is_too_large_costs_no_function_call() {
    let asked = Asked::default();
    let app = service()
        .layer(RequestSidecarLayer::new(
            reading_request(),
            asked.answering(Verdict::Allow),
        ))
        .layer(RequestBodyLimitLayer::new(10));
    let request = Request::post("/").header(header::CONTENT_LENGTH, "11");
    let response = call(app.clone(), request, "x".repeat(11)).await;
    assert_eq!(
        (response.status(), error_name(&response)),
        (StatusCode::PAYLOAD_TOO_LARGE, None)
    );

    let unannounced = Full::new(Bytes::from("x".repeat(11))).map_frame(|frame| frame);
    let response = call(app, Request::post("/"), Body::new(unannounced)).await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert_eq!(error_name(&response), Some("InvalidJSONInputForAWSLambda"));
    assert_eq!(asked.count(), 0);
}

#[tokio::test]
async fn the_sidecars_own_limit_concerns_only_bodies_that_it_reads() {
    let asked = Asked::default();
    let sidecar = pre().max_payload_size(1).build().unwrap();
    let app = service().layer(RequestSidecarLayer::new(
        sidecar,
        asked.answering(Verdict::Allow),
    ));
    let response = call(app, Request::post("/"), "x".repeat(5000)).await;
    assert_eq!(text(response).await, "5000");
    assert_eq!(asked.count(), 1);
}

#[tokio::test]
async fn axums_own_limit_also_concerns_what_a_function_has_put_in() {
    let new = Modify::new().text("x".repeat(100));
    let sidecar = RequestSidecarLayer::new(pre().build().unwrap(), Asked::default().answering(new));
    let app = service().layer(sidecar).layer(DefaultBodyLimit::max(10));
    let response = call(app, Request::post("/"), "short").await;
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
}
