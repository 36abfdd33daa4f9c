//! The typed form of the inputs.

mod connection;
mod envelope;
mod handling;
mod scope;

use super::{draft::Draft, error::InputsError, keys::InputsKey, validate::validate};
use crate::{Point, sidecar::Sidecar};

/// What a [`Sidecar`] is to be, one setter for each key of the inputs.
///
/// Nothing is checked before [`build`](Self::build). Setting a value again replaces it. White
/// space around text and list items does not count, as in the text form.
///
/// ```
/// # use lambda_sidecar_core as lambda_sidecar;
/// use lambda_sidecar::{ErrorPolicy, Expand, Point, Sidecar};
///
/// let sidecar = Sidecar::builder(Point::PreProcessor)
///     .region("eu-west-1")
///     .function_arn("arn:aws:lambda:eu-west-1:190954361614:function:authz:prod")
///     .process_credentials()
///     .expand_input([Expand::Operation])
///     .policy(ErrorPolicy::SURE_FIRE)
///     .build()?;
/// assert_eq!(sidecar.name(), "authz");
/// # Ok::<(), lambda_sidecar_core::InputsError>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "a builder is no sidecar before `build`"]
pub struct SidecarBuilder {
    draft: Draft,
}

impl Sidecar {
    /// A builder for a sidecar that invokes a function of AWS Lambda.
    ///
    /// Region, function and, unless the process's own credentials are used, role and external-id
    /// key are required.
    pub fn builder(point: Point) -> SidecarBuilder {
        SidecarBuilder {
            draft: Draft::new(point),
        }
    }

    /// A builder for a sidecar that invokes a function without AWS, known by this name in logs and
    /// metrics. What concerns AWS (region, ARNs, credentials) cannot be set on it.
    ///
    /// ```
    /// # use lambda_sidecar_core as lambda_sidecar;
    /// use lambda_sidecar::{Point, Sidecar};
    ///
    /// let sidecar = Sidecar::local(Point::PreProcessor, "authz")
    ///     .require_request_headers(["Authorization"])
    ///     .build()?;
    /// assert_eq!(sidecar.name(), "authz");
    /// # Ok::<(), lambda_sidecar_core::InputsError>(())
    /// ```
    pub fn local(point: Point, name: impl Into<String>) -> SidecarBuilder {
        let mut builder = Self::builder(point);
        builder.draft.local = Some(name.into());
        builder
    }
}

impl SidecarBuilder {
    /// Checks everything and makes the sidecar.
    ///
    /// # Errors
    ///
    /// Everything that is wrong at once, each under the key of the text form.
    ///
    /// ```
    /// # use lambda_sidecar_core as lambda_sidecar;
    /// use lambda_sidecar::{Point, Sidecar};
    ///
    /// let error = Sidecar::builder(Point::PreProcessor)
    ///     .region("eu-west-1")
    ///     .process_credentials()
    ///     .max_payload_size(5000)
    ///     .build()
    ///     .unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "key `max-payload-size`: found `5000`, allowed: a whole number of KB from 1 to 1024; \
    ///      Function ARN Not Specified",
    /// );
    /// ```
    pub fn build(self) -> Result<Sidecar, InputsError> {
        validate(self.draft).map_err(InputsError::new)
    }

    fn text(mut self, key: InputsKey, text: impl AsRef<str>) -> Self {
        self.draft.set_text(key, text.as_ref());
        self
    }

    fn list(mut self, key: InputsKey, items: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        self.draft.set_list(key, items);
        self
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        ErrorPolicy, Expand, PayloadCondition, Point, Sidecar, Synchronicity,
        inputs::fixtures::{builder, post},
    };
    use std::{borrow::Cow, time::Duration};

    use super::SidecarBuilder;

    #[test]
    fn every_setter_says_what_its_key_says() {
        let built = builder(Point::PostProcessor)
            .synchronicity(Synchronicity::Event)
            .include_request_headers(["x-a"])
            .require_request_headers(["X-B"])
            .skip_request_headers(["x-c"])
            .include_response_headers(["x-d"])
            .skip_response_headers(["x-e"])
            .own_response_headers(["x-f"])
            .when_methods(["post"])
            .unless_methods(["GET"])
            .when_paths(["/a/**"])
            .unless_paths(["/a/b"])
            .when_request_headers(["x-g"])
            .unless_request_headers(["x-h=1"])
            .when_response_codes(["5xx"])
            .unless_response_codes(["503"])
            .when_response_headers(["x-i"])
            .unless_response_headers(["x-j"])
            .require_eavs(["a"])
            .include_eavs(["b"])
            .require_package_key_eavs(["c"])
            .include_package_key_eavs(["d"])
            .expand_input([Expand::Token, Expand::ResponsePayload])
            .max_payload_size(20)
            .max_payload_condition(PayloadCondition::Filtering)
            .param("n", 1)
            .param("b", true)
            .param("s", "text")
            .policy(ErrorPolicy::FAIL_SAFE)
            .enable_error_set()
            .timeout(Duration::from_millis(1500))
            .max_concurrency(20)
            .breaker_failures(3)
            .breaker_open(Duration::from_secs(10))
            .build();
        let read = post(
            "synchronicity: event\n\
             include-request-headers: x-a\n\
             require-request-headers: X-B\n\
             skip-request-headers: x-c\n\
             include-response-headers: x-d\n\
             skip-response-headers: x-e\n\
             own-response-headers: x-f\n\
             when-methods: POST\n\
             unless-methods: GET\n\
             when-paths: /a/**\n\
             unless-paths: /a/b\n\
             when-request-headers: x-g\n\
             unless-request-headers: x-h=1\n\
             when-response-codes: 5xx\n\
             unless-response-codes: 503\n\
             when-response-headers: x-i\n\
             unless-response-headers: x-j\n\
             require-eavs: a\n\
             include-eavs: b\n\
             require-packageKey-eavs: c\n\
             include-packageKey-eavs: d\n\
             expand-input: token, responsePayload\n\
             max-payload-size: 20\n\
             max-payload-condition: filtering\n\
             sidecar-param-n: 1\n\
             sidecar-param-b: true\n\
             sidecar-param-s: text\n\
             failSafe: true\n\
             enable_error_set: true\n\
             timeout: 1500\n\
             max-concurrency: 20\n\
             breaker-failures: 3\n\
             breaker-open-seconds: 10",
        );
        assert_eq!(built, Ok(read));
    }

    #[test]
    fn the_setters_of_a_role_say_what_their_keys_say() {
        let arn = "arn:aws-cn:lambda:cn-north-1:123456789012:function:f";
        let role = "arn:aws-cn:iam::123456789012:role/r";
        let built = Sidecar::builder(Point::PreProcessor)
            .region("cn-north-1")
            .function_arn(arn)
            .role_arn(role)
            .external_id_key("a/b")
            .session_name("session")
            .expiration_duration(Duration::from_secs(900))
            .build();
        let read = Sidecar::pre(&format!(
            "region: cn-north-1\nfunctionARN: {arn}\nroleARN: {role}\nexternalIdKey: a/b\n\
             sessionName: session\nexpirationDuration: 15"
        ));
        assert!(built.is_ok());
        assert_eq!(built, read);
    }

    #[test]
    fn a_setter_takes_strings_and_typed_names_alike() {
        use http::{HeaderName, header::AUTHORIZATION};
        let names = |include: fn(SidecarBuilder) -> SidecarBuilder| {
            include(builder(Point::PreProcessor)).build().unwrap()
        };
        let text = names(|builder| builder.include_request_headers(["authorization"]));
        for same in [
            names(|builder| builder.include_request_headers([AUTHORIZATION])),
            names(|builder| builder.include_request_headers([&AUTHORIZATION])),
            names(|builder| builder.include_request_headers(vec![String::from("Authorization")])),
            names(|builder| builder.include_request_headers(&[String::from("authorization")])),
            names(|builder| builder.include_request_headers(Some(Cow::from("authorization")))),
        ] {
            assert_eq!(same, text);
        }
        let parts = names(|builder| builder.expand_input(Some(&Expand::Token)));
        assert_eq!(
            parts,
            names(|builder| builder.expand_input([Expand::Token]))
        );
        let typed = HeaderName::from_static;
        let built = builder(Point::PostProcessor)
            .region(String::from("us-east-1"))
            .require_request_headers([typed("x-a")])
            .skip_request_headers([typed("x-b")])
            .own_response_headers([typed("x-e")])
            .include_response_headers([typed("x-c")])
            .skip_response_headers([typed("x-d")])
            .param(Cow::from("p"), String::from("text"))
            .build();
        let read = post(
            "require-request-headers: x-a\nskip-request-headers: x-b\n\
             include-response-headers: x-c\nskip-response-headers: x-d\n\
             own-response-headers: x-e\nsidecar-param-p: text",
        );
        assert_eq!(built, Ok(read));
    }

    #[test]
    fn a_value_set_again_replaces_the_first_and_keeps_its_place() {
        let sidecar = builder(Point::PreProcessor)
            .include_eavs(["a"])
            .include_eavs(["b"])
            .param("x", 1)
            .param("y", 2)
            .param(" x ", 3)
            .build()
            .unwrap();
        assert_eq!(sidecar.eavs(), ["b"]);
        assert_eq!(sidecar.params(), r#"{"x":3,"y":2}"#);
    }

    #[test]
    fn white_space_around_text_and_items_does_not_count() {
        let sidecar = builder(Point::PreProcessor)
            .region(" us-east-1\n")
            .include_eavs([" a ", "", "\t"])
            .build()
            .unwrap();
        assert_eq!(sidecar.eavs(), ["a"]);
    }
}
