//! The id of the call in an envelope.

use crate::Point;

/// An envelope's text before the id of the call and after it. None if it does not begin as an envelope is written.
pub(crate) fn around_message_id(envelope: &[u8]) -> Option<[&[u8]; 2]> {
    let mut points = [Point::PreProcessor, Point::PostProcessor].into_iter();
    let rest = envelope.strip_prefix(br#"{"point":""#)?;
    let rest = points.find_map(|point| rest.strip_prefix(point.as_str().as_bytes()))?;
    let id = rest.strip_prefix(br#"","masheryMessageId":""#)?;
    let end = end_of_string(id)?;
    let (before, _) = envelope.split_at_checked(envelope.len() - id.len())?;
    let (_, after) = id.split_at_checked(end)?;
    Some([before, after])
}

/// Where the quotation mark stands that ends a JSON string.
fn end_of_string(text: &[u8]) -> Option<usize> {
    let mut is_escaped = false;
    text.iter().position(|byte| {
        let ends = *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        ends
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::envelope::push_string;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_stands_around_an_id_depends_on_no_id(
            id in "[a\"\\\\\n,:{}\u{e9}]{0,8}", rest in "[a-z\"\\\\:,{}]{0,20}", post: bool,
        ) {
            let point = if post { "PostProcessor" } else { "PreProcessor" };
            let before = format!(r#"{{"point":"{point}","masheryMessageId":"#);
            let mut envelope = before.clone();
            push_string(&mut envelope, &id);
            envelope.push_str(&rest);
            let (before, after) = (format!("{before}\""), format!("\"{rest}"));
            let expected = [before.as_bytes(), after.as_bytes()];
            prop_assert_eq!(around_message_id(envelope.as_bytes()), Some(expected));
        }
    }

    #[test]
    fn what_is_no_envelope_has_no_id() {
        for text in [
            "",
            "{}",
            r#"{"point":"Other","masheryMessageId":"a"}"#,
            r#"{"masheryMessageId":"a","point":"PreProcessor"}"#,
            r#"{"point":"PreProcessor","masheryMessageId":7}"#,
            r#"{"point":"PreProcessor","masheryMessageId":"a"#,
            r#"{"point":"PreProcessor","masheryMessageId":"a\""#,
        ] {
            assert_eq!(around_message_id(text.as_bytes()), None, "{text}");
        }
    }
}
