//! The typed form of the inputs.

mod connection;
mod envelope;
mod handling;

use std::{collections::BTreeMap, time::Duration};

use super::{
    error::InputsError,
    keys::{DEFAULT_MAX_PAYLOAD_SIZE, Key},
    validate::validate,
};
use crate::{
    point::{Point, Synchronicity},
    policy::ErrorPolicy,
    sidecar::{PayloadCondition, Sidecar},
};

/// What a [`Sidecar`] is to be, one setter for each key of the inputs.
///
/// Nothing is checked before [`build`](Self::build). Setting a value again replaces it. White
/// space around text and list items does not count, as in the text form.
///
/// ```
/// use lambda_sidecar_core::{ErrorPolicy, Expand, Point, Sidecar};
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
    pub(super) point: Point,
    /// The name of a function without AWS.
    pub(super) local: Option<String>,
    /// The values of all keys that hold one piece of text; each concerns AWS.
    pub(super) texts: BTreeMap<Key, String>,
    pub(super) credentials: Option<Credentials>,
    pub(super) expiration_duration: Option<Duration>,
    /// The items of all keys that hold a list, trimmed and none of them empty.
    pub(super) lists: BTreeMap<Key, Vec<String>>,
    pub(super) max_payload_size: u32,
    pub(super) max_payload_condition: PayloadCondition,
    /// NAME and text, in the order given.
    pub(super) params: Vec<(String, String)>,
    pub(super) synchronicity: Synchronicity,
    pub(super) policy: ErrorPolicy,
    pub(super) error_set: bool,
    pub(super) timeout: Option<Duration>,
}

/// Whose credentials the function is called with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Credentials {
    #[default]
    AssumedRole,
    Process,
}

impl SidecarBuilder {
    pub(crate) fn aws(point: Point) -> Self {
        Self {
            point,
            local: None,
            texts: BTreeMap::new(),
            credentials: None,
            expiration_duration: None,
            lists: BTreeMap::new(),
            max_payload_size: DEFAULT_MAX_PAYLOAD_SIZE,
            max_payload_condition: PayloadCondition::default(),
            params: Vec::new(),
            synchronicity: Synchronicity::default(),
            policy: ErrorPolicy::default(),
            error_set: false,
            timeout: None,
        }
    }

    pub(crate) fn local(point: Point, name: String) -> Self {
        Self {
            local: Some(name),
            ..Self::aws(point)
        }
    }

    /// Checks everything and makes the sidecar.
    ///
    /// # Errors
    ///
    /// Everything that is wrong at once, each under the key of the text form.
    ///
    /// ```
    /// use lambda_sidecar_core::{Point, Sidecar};
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
        validate(self).map_err(InputsError::new)
    }

    pub(super) fn set_text(&mut self, key: Key, text: &str) {
        self.texts.insert(key, text.trim().to_owned());
    }

    pub(super) fn set_list(&mut self, key: Key, items: impl IntoIterator<Item: AsRef<str>>) {
        let trimmed = items
            .into_iter()
            .map(|item| item.as_ref().trim().to_owned())
            .filter(|item| !item.is_empty());
        self.lists.insert(key, trimmed.collect());
    }

    pub(super) fn set_param(&mut self, name: &str, text: &str) {
        let (name, text) = (name.trim(), text.trim().to_owned());
        match self.params.iter_mut().find(|(given, _)| given == name) {
            Some((_, value)) => *value = text,
            None => self.params.push((name.to_owned(), text)),
        }
    }

    fn text(mut self, key: Key, text: impl Into<String>) -> Self {
        self.set_text(key, &text.into());
        self
    }

    fn list(mut self, key: Key, items: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.set_list(key, items.into_iter().map(Into::into));
        self
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        ErrorPolicy, Expand, PayloadCondition, Point, Sidecar, Synchronicity,
        inputs::fixtures::{builder, post},
    };
    use std::time::Duration;

    #[test]
    fn every_setter_says_what_its_key_says() {
        let built = builder(Point::PostProcessor)
            .synchronicity(Synchronicity::Event)
            .include_request_headers(["x-a"])
            .require_request_headers(["X-B"])
            .skip_request_headers(["x-c"])
            .include_response_headers(["x-d"])
            .skip_response_headers(["x-e"])
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
            .build();
        let read = post(
            "synchronicity: event\n\
             include-request-headers: x-a\n\
             require-request-headers: X-B\n\
             skip-request-headers: x-c\n\
             include-response-headers: x-d\n\
             skip-response-headers: x-e\n\
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
             timeout: 1500",
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
