//! The gateway's own answers, in the connector's style but without its `x-sidecar-error`.

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method, Response, StatusCode,
    header::{ALLOW, CONTENT_LENGTH, CONTENT_TYPE},
};
use http_body_util::Full;
use lambda_sidecar::{ErrorContext, PROBLEM_JSON, SidecarError, grpc_answer, is_grpc};

use super::framing::FramingError;

/// What a 405 says that is allowed; other methods are the backend's to refuse.
const ALLOWED: HeaderValue =
    HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");

/// Why the gateway answers a call itself.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// An answer of the gateway.
    Own {
        status: StatusCode,
        detail: &'static str,
    },
    /// An answer of the gateway without a body.
    Empty(StatusCode),
    /// The endpoint's inputs are wrong, and it is configured to be blocked then.
    Blocked(SidecarError),
}

impl Refusal {
    pub(crate) const NO_ENDPOINT: Self = Self::new(StatusCode::NOT_FOUND, "no endpoint here");
    pub(crate) const UNCLEAR_PATH: Self = Self::new(
        StatusCode::BAD_REQUEST,
        "the path has dot segments, or can be read as another endpoint's",
    );
    pub(crate) const UNCLEAR_HOST: Self = Self::new(
        StatusCode::BAD_REQUEST,
        "the host is missing, is no host and port, or can be read in two ways",
    );
    pub(crate) const OTHER_SCHEME: Self = Self::new(
        StatusCode::BAD_REQUEST,
        "the scheme is neither http nor https",
    );
    pub(crate) const UNCLEAR_KEY: Self =
        Self::new(StatusCode::BAD_REQUEST, "two API keys that differ");
    pub(crate) const NO_SUCH_METHOD: Self = Self::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "the method is not allowed here",
    );
    pub(crate) const LOOP: Self = Self::new(
        StatusCode::LOOP_DETECTED,
        "the request has been here before",
    );
    pub(crate) const NO_KEY: Self =
        Self::new(StatusCode::FORBIDDEN, "the API key is missing or unknown");
    pub(crate) const TOO_LONG: Self = Self::new(
        StatusCode::URI_TOO_LONG,
        "the path is too long for the backend",
    );
    pub(crate) const LARGE_HEAD: Self = Self::new(
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        "the headers are larger than allowed",
    );
    pub(crate) const BODY_BROKE_OFF: Self =
        Self::new(StatusCode::BAD_REQUEST, "the request's body broke off");
    pub(crate) const UNREACHABLE: Self =
        Self::new(StatusCode::BAD_GATEWAY, "the backend cannot be reached");
    pub(crate) const UNREADABLE: Self = Self::new(
        StatusCode::BAD_GATEWAY,
        "the backend's answer cannot be read",
    );
    pub(crate) const TOO_SLOW: Self = Self::new(
        StatusCode::GATEWAY_TIMEOUT,
        "the backend did not answer in time",
    );

    pub(super) const fn new(status: StatusCode, detail: &'static str) -> Self {
        Self::Own { status, detail }
    }
}

impl From<FramingError> for Refusal {
    fn from(error: FramingError) -> Self {
        let status = match error {
            FramingError::Lengths => StatusCode::BAD_REQUEST,
            FramingError::Coding => StatusCode::NOT_IMPLEMENTED,
        };
        Self::new(status, error.as_str())
    }
}

/// What the form of an answer depends on beside its reason.
#[derive(Debug)]
pub(crate) struct AnswerForm {
    message_id: String,
    /// The content type of a gRPC call, whose client understands nothing but gRPC.
    grpc: Option<HeaderValue>,
    to_head: bool,
}

impl AnswerForm {
    pub(crate) fn new(message_id: String, method: &Method, headers: &HeaderMap) -> Self {
        Self {
            message_id,
            grpc: is_grpc(headers).cloned(),
            to_head: method == Method::HEAD,
        }
    }

    pub(crate) fn message_id(&self) -> &str {
        &self.message_id
    }

    pub(crate) fn answer(&self, refusal: &Refusal) -> Response<Full<Bytes>> {
        let answer = match refusal {
            Refusal::Own { status, detail } => self.own(*status, detail),
            Refusal::Empty(status) => empty(*status),
            Refusal::Blocked(error) => {
                error.to_response(&ErrorContext::new(&self.message_id).grpc(self.grpc.as_ref()))
            }
        };
        let answer = match self.to_head {
            true => without_body(answer),
            false => answer,
        };
        answer.map(Full::new)
    }

    fn own(&self, status: StatusCode, detail: &'static str) -> Response<Bytes> {
        if let Some(content_type) = &self.grpc {
            return grpc_answer(status, detail, content_type, HeaderMap::new());
        }
        // The type is left at its default, `about:blank`: the title is that of the status then.
        let problem = serde_json::json!({
            "title": status.canonical_reason().unwrap_or_default(),
            "status": status.as_u16(),
            "detail": detail,
            "instance": format!("urn:uuid:{}", self.message_id),
        });
        let mut response = Response::new(Bytes::from(problem.to_string()));
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, PROBLEM_JSON);
        if status == StatusCode::METHOD_NOT_ALLOWED {
            response.headers_mut().insert(ALLOW, ALLOWED);
        }
        response
    }
}

/// The answer to HEAD, which has no body but its length (RFC 9110, section 9.3.2). Over HTTP/2 the library would send it.
fn without_body(mut answer: Response<Bytes>) -> Response<Bytes> {
    let length = HeaderValue::from(answer.body().len());
    answer.headers_mut().insert(CONTENT_LENGTH, length);
    answer.map(|_| Bytes::new())
}

fn empty(status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    fn form(content_type: &'static str) -> AnswerForm {
        let headers =
            HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(content_type))]);
        AnswerForm::new("c0ffee".to_owned(), &Method::GET, &headers)
    }

    #[tokio::test]
    async fn an_own_answer_to_head_has_the_length_of_its_body_alone() {
        let form = AnswerForm::new("c0ffee".to_owned(), &Method::HEAD, &HeaderMap::new());
        let response = form.answer(&Refusal::NO_KEY);
        assert_eq!(response.status(), 403);
        let length = response.headers()[CONTENT_LENGTH].to_str().unwrap();
        assert!(length.parse::<usize>().unwrap() > 100, "{length}");
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert!(body.is_empty());
    }

    #[tokio::test]
    async fn own_answers_are_problem_documents_without_x_sidecar_error() {
        let response = form("text/plain").answer(&Refusal::NO_KEY);
        assert_eq!(response.status(), 403);
        assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
        assert!(!response.headers().contains_key("x-sidecar-error"));
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(problem["status"], 403);
        assert_eq!(problem["title"], "Forbidden");
        assert_eq!(problem["instance"], "urn:uuid:c0ffee");
    }

    #[test]
    fn a_grpc_client_gets_own_answers_as_trailers_only() {
        for (refusal, code) in [
            (Refusal::UNCLEAR_PATH, "13"),
            (Refusal::NO_KEY, "7"),
            (Refusal::NO_ENDPOINT, "12"),
            (Refusal::UNREACHABLE, "14"),
            (Refusal::TOO_SLOW, "14"),
            (Refusal::TOO_LONG, "2"),
        ] {
            let response = form("application/grpc+proto").answer(&refusal);
            assert_eq!(response.status(), 200);
            assert_eq!(response.headers()["grpc-status"], code);
            assert_eq!(response.headers()[CONTENT_TYPE], "application/grpc+proto");
        }
    }

    #[test]
    fn a_blocked_endpoint_answers_as_the_connector_does() {
        let error = SidecarError::invalid_inputs("AWS Region Not Specified");
        let response = form("text/plain").answer(&Refusal::Blocked(error));
        assert_eq!(response.status(), 500);
        assert_eq!(
            response.headers()["x-sidecar-error"],
            "InvalidPreInputConfiguration"
        );
    }
}
