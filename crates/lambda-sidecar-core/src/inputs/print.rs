//! The text form of a sidecar: every key that is not at its default, in the table's order.

use std::fmt;

use http::HeaderName;

use super::keys::{DEFAULT_EXPIRATION, DEFAULT_MAX_PAYLOAD_SIZE, DEFAULT_SESSION_NAME, Key};
use crate::{
    point::Synchronicity,
    policy::ErrorPolicy,
    sidecar::{
        AssumedRole, AwsFunction, Expand, HeaderSelection, PayloadCondition, Sidecar, Target,
    },
};

/// The inputs text, one key a line; see [`Sidecar`] for what can be read back.
impl fmt::Display for Sidecar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = Lines(f);
        match &self.target {
            Target::Aws(function) => lines.function(function)?,
            Target::Local(name) => lines.comment(format_args!("local function {name}"))?,
        }
        if self.synchronicity == Synchronicity::Event {
            lines.line(Key::Synchronicity, "event")?;
        }
        lines.request_headers(self)?;
        lines.response_headers(&self.response_headers)?;
        lines.attributes(self)?;
        lines.payload(self)?;
        for (name, text) in self.params.given() {
            lines.named(&Key::Param.documented(name), text)?;
        }
        lines.handling(self)
    }
}

struct Lines<'a, 'f>(&'a mut fmt::Formatter<'f>);

impl Lines<'_, '_> {
    fn named(&mut self, key: &str, value: impl fmt::Display) -> fmt::Result {
        writeln!(self.0, "{key}: {value}")
    }

    fn line(&mut self, key: Key, value: impl fmt::Display) -> fmt::Result {
        self.named(key.row().name, value)
    }

    fn comment(&mut self, text: impl fmt::Display) -> fmt::Result {
        writeln!(self.0, "# {text}")
    }

    /// An empty list is one that is not given.
    fn list<T: AsRef<str>>(&mut self, key: Key, items: impl Iterator<Item = T>) -> fmt::Result {
        let mut joined = String::new();
        for item in items {
            joined.push_str(if joined.is_empty() { "" } else { ", " });
            joined.push_str(item.as_ref());
        }
        if joined.is_empty() {
            return Ok(());
        }
        self.line(key, joined)
    }

    fn function(&mut self, function: &AwsFunction) -> fmt::Result {
        self.line(Key::Region, &function.connection.region)?;
        self.line(Key::FunctionArn, &function.arn)?;
        match &function.connection.role {
            Some(role) => self.role(role),
            None => self.line(Key::UseAssumeRole, false),
        }
    }

    fn role(&mut self, role: &AssumedRole) -> fmt::Result {
        self.line(Key::RoleArn, &role.arn)?;
        self.line(Key::ExternalId, &role.external_id_key)?;
        if role.session_name != DEFAULT_SESSION_NAME {
            self.line(Key::SessionName, &role.session_name)?;
        }
        if role.duration != DEFAULT_EXPIRATION {
            self.line(Key::ExpirationDuration, role.duration.as_secs() / 60)?;
        }
        Ok(())
    }

    /// What was skipped beside named headers shows only in what is left of those: a required
    /// header that is not sent was skipped.
    fn request_headers(&mut self, sidecar: &Sidecar) -> fmt::Result {
        let required = &sidecar.required_request_headers;
        let sent: &[HeaderName] = match &sidecar.request_headers {
            HeaderSelection::Only(names) => names,
            HeaderSelection::None | HeaderSelection::AllBut(_) => &[],
        };
        let skipped: Vec<&HeaderName> = match &sidecar.request_headers {
            HeaderSelection::AllBut(names) => names.iter().collect(),
            HeaderSelection::None | HeaderSelection::Only(_) => required
                .iter()
                .map(|header| &header.name)
                .filter(|name| !sent.contains(name))
                .collect(),
        };
        let included = sent
            .iter()
            .filter(|name| required.iter().all(|header| header.name != **name));
        self.list(Key::IncludeRequestHeaders, included)?;
        let configured = required.iter().map(|header| &header.configured);
        self.list(Key::RequireRequestHeaders, configured)?;
        self.list(Key::SkipRequestHeaders, skipped.into_iter())
    }

    fn response_headers(&mut self, selection: &HeaderSelection) -> fmt::Result {
        match selection {
            HeaderSelection::None => Ok(()),
            HeaderSelection::Only(names) => self.list(Key::IncludeResponseHeaders, names.iter()),
            HeaderSelection::AllBut(names) => self.list(Key::SkipResponseHeaders, names.iter()),
        }
    }

    fn attributes(&mut self, sidecar: &Sidecar) -> fmt::Result {
        let (required, sent) = (&sidecar.required_eavs, &sidecar.eavs);
        self.list(Key::RequireEavs, required.iter())?;
        self.list(Key::IncludeEavs, sent.iter().skip(required.len()))?;
        let required = &sidecar.required_package_key_eavs;
        let sent = &sidecar.package_key_eavs;
        self.list(Key::RequirePackageKeyEavs, required.iter())?;
        self.list(Key::IncludePackageKeyEavs, sent.iter().skip(required.len()))
    }

    fn payload(&mut self, sidecar: &Sidecar) -> fmt::Result {
        let parts = sidecar.expand.iter().copied().map(Expand::as_str);
        self.list(Key::ExpandInput, parts)?;
        if sidecar.max_payload_size != DEFAULT_MAX_PAYLOAD_SIZE {
            self.line(Key::MaxPayloadSize, sidecar.max_payload_size)?;
        }
        if sidecar.payload_condition != PayloadCondition::default() {
            let condition = sidecar.payload_condition.as_str();
            self.line(Key::MaxPayloadCondition, condition)?;
        }
        Ok(())
    }

    fn handling(&mut self, sidecar: &Sidecar) -> fmt::Result {
        match sidecar.policy {
            ErrorPolicy::SURE_FIRE => {}
            ErrorPolicy::FAIL_SAFE => self.line(Key::FailSafe, true)?,
            policy => self.comment(format_args!("error policy {policy:?}"))?,
        }
        if sidecar.uses_error_set {
            self.line(Key::EnableErrorSet, true)?;
        }
        match sidecar.timeout {
            Some(timeout) => self.line(Key::Timeout, timeout.as_millis()),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        Action, FailureClass, Point,
        inputs::fixtures::{FUNCTION, builder, post, pre, with},
    };

    #[test]
    fn only_what_is_not_at_its_default_is_printed() {
        let text = with(
            "synchronicity: request-response\nmax-payload-size: 10\nmax-payload-condition: blocking\n\
             failSafe: false\nenable_error_set: false",
        );
        assert_eq!(Sidecar::pre(&text).unwrap().to_string(), with(""));
    }

    #[test]
    fn every_key_can_be_printed_and_read_back() {
        let text = format!(
            "region: us-east-1\n\
             functionARN: {FUNCTION}:prod\n\
             roleARN: arn:aws:iam::123456789012:role/sidecar\n\
             externalIdKey: /acme/trustKey\n\
             sessionName: orders\n\
             expirationDuration: 15\n\
             synchronicity: event\n\
             include-request-headers: x-b, x-c\n\
             require-request-headers: X-A\n\
             skip-response-headers: date\n\
             require-eavs: tier\n\
             include-eavs: eav1, eav2\n\
             require-packageKey-eavs: quota\n\
             include-packageKey-eavs: pkg\n\
             expand-input: requestPayload, responsePayload, operation\n\
             max-payload-size: 1024\n\
             max-payload-condition: filtering\n\
             sidecar-param-Price: 1.50\n\
             sidecar-param-empty: \n\
             failSafe: true\n\
             enable_error_set: true\n\
             timeout: 1500\n"
        );
        let sidecar = Sidecar::post(&text).unwrap();
        assert_eq!(sidecar.to_string(), text);
    }

    #[test]
    fn what_was_skipped_is_printed_where_it_makes_a_difference() {
        let sidecar = pre("require-request-headers: x-a, x-b\nskip-request-headers: x-b, x-c");
        let text = with("require-request-headers: x-a, x-b\nskip-request-headers: x-b\n");
        assert_eq!(sidecar.to_string(), text);
        let sidecar = pre("skip-request-headers: X-C");
        assert_eq!(sidecar.to_string(), with("skip-request-headers: x-c\n"));
        let sidecar = post("include-response-headers: x-a, x-b\nskip-response-headers: x-b");
        assert_eq!(sidecar.to_string(), with("include-response-headers: x-a\n"));
    }

    #[test]
    fn a_local_function_is_a_comment_line() {
        let sidecar = Sidecar::local(Point::PreProcessor, "authz")
            .timeout(Duration::from_secs(1))
            .build()
            .unwrap();
        assert_eq!(
            sidecar.to_string(),
            "# local function authz\ntimeout: 1000\n"
        );
    }

    #[test]
    fn an_error_policy_of_ones_own_is_a_comment_line() {
        let policy = ErrorPolicy::SURE_FIRE.on(FailureClass::Timeout, Action::Forward);
        let sidecar = builder(Point::PreProcessor).policy(policy).build().unwrap();
        let text = sidecar.to_string();
        let last = text.lines().last().unwrap();
        assert!(last.starts_with("# error policy {"), "{last}");
        assert!(last.contains("Timeout: Forward"), "{last}");
    }
}
