//! Health and metrics, at an address of their own.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::IntoResponse,
    routing::get,
};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;

const PROMETHEUS_TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Whether calls are still taken.
#[derive(Debug, Clone, Default)]
pub(crate) struct Readiness {
    stopping: Arc<AtomicBool>,
}

impl Readiness {
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }
}

/// Serves until dropped, so that a graceful stop can be watched to its end.
pub(crate) async fn serve(listener: TcpListener, readiness: Readiness, metrics: PrometheusHandle) {
    let router = router(readiness, metrics);
    if let Err(error) = axum::serve(listener, router).await {
        tracing::error!(%error, "admin stopped");
    }
}

fn router(readiness: Readiness, metrics: PrometheusHandle) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready).with_state(readiness))
        .route("/metrics", get(render).with_state(metrics))
}

async fn ready(State(readiness): State<Readiness>) -> impl IntoResponse {
    if readiness.stopping.load(Ordering::Relaxed) {
        (StatusCode::SERVICE_UNAVAILABLE, "stopping\n")
    } else {
        (StatusCode::OK, "ready\n")
    }
}

async fn render(State(metrics): State<PrometheusHandle>) -> impl IntoResponse {
    ([(CONTENT_TYPE, PROMETHEUS_TEXT)], metrics.render())
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, http::Request};
    use metrics_exporter_prometheus::PrometheusBuilder;
    use tower::ServiceExt;

    use super::*;

    async fn status(readiness: &Readiness, method: &str, path: &str) -> u16 {
        let metrics = PrometheusBuilder::new().build_recorder().handle();
        let request = Request::builder().method(method).uri(path);
        let request = request.body(Body::empty()).unwrap();
        let response = router(readiness.clone(), metrics).oneshot(request).await;
        response.unwrap().status().as_u16()
    }

    #[tokio::test]
    async fn admin_answers_three_paths_and_no_others() {
        let readiness = Readiness::default();
        for path in ["/healthz", "/readyz", "/metrics"] {
            assert_eq!(status(&readiness, "GET", path).await, 200, "{path}");
            assert_eq!(status(&readiness, "POST", path).await, 405, "{path}");
        }
        assert_eq!(status(&readiness, "GET", "/").await, 404);
        assert_eq!(status(&readiness, "GET", "/metrics/x").await, 404);
    }

    #[tokio::test]
    async fn not_ready_while_stopping_but_healthy() {
        let readiness = Readiness::default();
        readiness.stop();
        assert_eq!(status(&readiness, "GET", "/readyz").await, 503);
        assert_eq!(status(&readiness, "GET", "/healthz").await, 200);
    }
}
