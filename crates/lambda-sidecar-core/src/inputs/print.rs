//! The text form of a sidecar: every key that is not at its default, in the table's order.

use std::fmt;

use super::keys::{Form, InputsKey, rows};
use crate::sidecar::{Sidecar, Target};

/// The inputs text, one key a line; see [`Sidecar`] for what can be read back.
impl fmt::Display for Sidecar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Target::Local(name) = &self.target {
            writeln!(f, "# local function {name}")?;
        }
        for row in rows() {
            match row.form {
                Form::Param => {
                    for (name, text) in self.params.given() {
                        writeln!(f, "{}: {text}", InputsKey::Param.documented(name))?;
                    }
                }
                _ => {
                    if let Some(value) = (row.print)(self) {
                        writeln!(f, "{}: {value}", row.name)?;
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        Action, ErrorPolicy, FailureClass, Point,
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
             own-response-headers: x-user\n\
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
             fail-safe-except: throttled, rejected\n\
             enable_error_set: true\n\
             timeout: 1500\n\
             max-concurrency: 20\n\
             breaker-failures: 3\n\
             breaker-open-seconds: 10\n\
             event-queue: 100\n"
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
    fn every_error_policy_can_be_written_down_and_read_back() {
        let classes = FailureClass::ALL.iter().copied();
        for blocked in 0..1_usize << FailureClass::ALL.len() {
            let is_blocked = |class: &FailureClass| blocked & 1 << *class as usize != 0;
            let policy = classes
                .clone()
                .filter(is_blocked)
                .fold(ErrorPolicy::FAIL_SAFE, |policy, class| {
                    policy.on(class, Action::Block)
                });
            let sidecar = builder(Point::PreProcessor).policy(policy).build().unwrap();
            let text = sidecar.to_string();
            assert_eq!(Sidecar::pre(&text), Ok(sidecar), "{text}");
        }
        let policy = ErrorPolicy::SURE_FIRE
            .on(FailureClass::Connect, Action::Forward)
            .on(FailureClass::Timeout, Action::Forward);
        let sidecar = builder(Point::PreProcessor).policy(policy).build().unwrap();
        let text = "failSafe: true\nfail-safe-except: credentials, throttled, service_exception, \
                    function_error, wrong_answer, rejected\n";
        assert_eq!(sidecar.to_string(), with(text));
    }
}
