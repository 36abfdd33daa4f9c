//! A status that a verdict can give.

use std::fmt;

use serde::Serialize;

use super::VerdictError;

/// A status from 200 to 599.
///
/// With the feature `http`, `StatusCode::try_from` takes the status of the crate `http` too.
///
/// ```
/// use lambda_sidecar_function::StatusCode;
///
/// assert_eq!(StatusCode::new(451)?.as_u16(), 451);
/// assert!(StatusCode::new(199).is_err());
/// # Ok::<(), lambda_sidecar_function::VerdictError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(inline, extend("minimum" = 200, "maximum" = 599)))]
#[serde(transparent)]
pub struct StatusCode(u16);

impl StatusCode {
    /// 200
    pub const OK: Self = Self(200);
    /// 201
    pub const CREATED: Self = Self(201);
    /// 202
    pub const ACCEPTED: Self = Self(202);
    /// 204
    pub const NO_CONTENT: Self = Self(204);
    /// 302
    pub const FOUND: Self = Self(302);
    /// 400
    pub const BAD_REQUEST: Self = Self(400);
    /// 401
    pub const UNAUTHORIZED: Self = Self(401);
    /// 403
    pub const FORBIDDEN: Self = Self(403);
    /// 404
    pub const NOT_FOUND: Self = Self(404);
    /// 405
    pub const METHOD_NOT_ALLOWED: Self = Self(405);
    /// 409
    pub const CONFLICT: Self = Self(409);
    /// 413
    pub const PAYLOAD_TOO_LARGE: Self = Self(413);
    /// 422
    pub const UNPROCESSABLE_ENTITY: Self = Self(422);
    /// 429
    pub const TOO_MANY_REQUESTS: Self = Self(429);
    /// 500
    pub const INTERNAL_SERVER_ERROR: Self = Self(500);
    /// 502
    pub const BAD_GATEWAY: Self = Self(502);
    /// 503
    pub const SERVICE_UNAVAILABLE: Self = Self(503);

    /// A status.
    ///
    /// # Errors
    ///
    /// [`VerdictError::Status`] below 200 and above 599.
    pub const fn new(code: u16) -> Result<Self, VerdictError> {
        match code {
            200..=599 => Ok(Self(code)),
            _ => Err(VerdictError::Status(code)),
        }
    }

    /// The number.
    #[must_use]
    pub const fn as_u16(self) -> u16 {
        self.0
    }
}

impl PartialEq<u16> for StatusCode {
    fn eq(&self, code: &u16) -> bool {
        self.0 == *code
    }
}

impl fmt::Display for StatusCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(feature = "http")]
impl TryFrom<http::StatusCode> for StatusCode {
    type Error = VerdictError;

    fn try_from(status: http::StatusCode) -> Result<Self, VerdictError> {
        Self::new(status.as_u16())
    }
}

#[cfg(feature = "http")]
impl PartialEq<http::StatusCode> for StatusCode {
    fn eq(&self, status: &http::StatusCode) -> bool {
        self.0 == status.as_u16()
    }
}

impl TryFrom<u16> for StatusCode {
    type Error = VerdictError;

    fn try_from(code: u16) -> Result<Self, VerdictError> {
        Self::new(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_one_from_200_to_599() {
        for code in [0, 100, 199, 600, 999] {
            assert_eq!(StatusCode::try_from(code), Err(VerdictError::Status(code)));
        }
        for code in [200, 403, 599] {
            assert_eq!(StatusCode::new(code).unwrap(), code);
        }
        assert_eq!(StatusCode::FORBIDDEN.to_string(), "403");
    }

    #[cfg(feature = "http")]
    #[test]
    fn a_status_of_the_crate_http_is_taken_if_a_verdict_can_give_it() {
        let status = StatusCode::try_from(http::StatusCode::IM_A_TEAPOT).unwrap();
        assert_eq!(status, http::StatusCode::IM_A_TEAPOT);
        let refused = StatusCode::try_from(http::StatusCode::CONTINUE);
        assert_eq!(refused, Err(VerdictError::Status(100)));
    }
}
