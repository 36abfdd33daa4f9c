//! The values of `sidecar-param-NAME`, and the JSON object they make.

use serde_json::Value;

/// Names and texts of the parameters, and `params` of the envelope made of them once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Params {
    given: Vec<(String, String)>,
    json: String,
}

impl Params {
    pub(crate) fn new(given: Vec<(String, String)>) -> Self {
        let member =
            |(name, text): &(String, String)| format!("{}:{}", string(name), json_of(text));
        let members: Vec<String> = given.iter().map(member).collect();
        let json = match members.as_slice() {
            [] => String::new(),
            members => format!("{{{}}}", members.join(",")),
        };
        Self { given, json }
    }

    /// The JSON object; empty when there are no parameters.
    pub(crate) fn json(&self) -> &str {
        &self.json
    }

    /// NAME and text of each, in the order given.
    pub(crate) fn given(&self) -> impl Iterator<Item = (&str, &str)> {
        self.given
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// Whether a NAME and its text can be written as one line `sidecar-param-NAME: TEXT`.
    pub(crate) fn is_writable(name: &str, text: &str) -> bool {
        !name.is_empty() && !name.contains(['\n', ':']) && !text.contains('\n')
    }
}

/// The JSON value that a text stands for.
fn json_of(text: &str) -> String {
    if matches!(text, "true" | "false") || is_number(text) {
        text.to_owned()
    } else {
        string(text)
    }
}

fn string(text: &str) -> String {
    Value::from(text).to_string()
}

/// Whether a text is a number as JSON writes it, without an exponent, and one that readers of JSON
/// can hold: an integer of 64 bits, or a decimal that is finite as a double.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (digits, None),
    };
    let no_leading_zero = whole == "0" || !whole.starts_with('0');
    all_digits(whole)
        && no_leading_zero
        && match fraction {
            Some(fraction) => all_digits(fraction) && text.parse().is_ok_and(f64::is_finite),
            None => text.parse::<i64>().is_ok() || text.parse::<u64>().is_ok(),
        }
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn true_and_false_in_lower_case_are_booleans() {
        assert_eq!(json_of("true"), "true");
        assert_eq!(json_of("false"), "false");
        assert_eq!(json_of("True"), r#""True""#);
        assert_eq!(json_of("FALSE"), r#""FALSE""#);
    }

    #[test]
    fn integers_and_decimals_as_json_writes_them_are_numbers_and_stay_as_written() {
        for text in [
            "0",
            "-0",
            "1234",
            "-5",
            "12.5",
            "1.50",
            "0.10",
            "-0.0",
            "1.0000000000000000001",
        ] {
            assert_eq!(json_of(text), text);
        }
    }

    #[test]
    fn what_json_does_not_write_as_a_number_is_a_string() {
        for text in [
            "007", "00", "-01", "+1", ".5", "5.", "-", "--1", "1.2.3", "1,5", "0x10", "NaN",
            "Infinity", "1 000", "٣", "12:30", "null",
        ] {
            assert_eq!(json_of(text), format!("\"{text}\""));
        }
    }

    #[test]
    fn a_number_with_an_exponent_stays_a_string() {
        for text in ["1e5", "1E5", "1.5e3", "-2e-2"] {
            assert_eq!(json_of(text), format!("\"{text}\""));
        }
    }

    #[test]
    fn an_integer_outside_64_bits_stays_a_string() {
        for text in ["-9223372036854775808", "18446744073709551615"] {
            assert_eq!(json_of(text), text);
        }
        for text in [
            "-9223372036854775809",
            "18446744073709551616",
            "123456789012345678901234567890",
        ] {
            assert_eq!(json_of(text), format!("\"{text}\""));
        }
    }

    #[test]
    fn a_decimal_that_no_double_holds_stays_a_string() {
        let text = format!("1{}.5", "0".repeat(400));
        assert_eq!(json_of(&text), format!("\"{text}\""));
    }

    #[test]
    fn without_parameters_there_is_no_object() {
        assert_eq!(Params::default().json(), "");
        assert_eq!(Params::new(Vec::new()), Params::default());
    }
}
