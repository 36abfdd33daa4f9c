//! The demo's backend: a shop that tells more than it should.

use axum::{
    Router,
    extract::Path,
    http::{HeaderMap, header::CONTENT_TYPE},
    response::IntoResponse,
    routing::get,
};
use serde_json::json;

pub(super) fn router() -> Router {
    Router::new().route("/orders/{id}", get(order))
}

async fn order(Path(id): Path<String>, headers: HeaderMap) -> impl IntoResponse {
    let user = headers.get("x-user").and_then(|value| value.to_str().ok());
    let order = json!({ "id": id, "card": "4111 1111 1111 1111", "seen_user": user });
    ([(CONTENT_TYPE, "application/json")], format!("{order}\n"))
}
