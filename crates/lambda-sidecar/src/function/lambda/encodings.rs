//! A secret, whatever form it has.

use base64_simd::STANDARD;

/// A part of a secret that is as long as that gives it away.
const PART: usize = 8;

/// Whether the text has the secret in it or a part of it: as it is, in hexadecimal digits or in base64. The text may
/// consist of letters, digits and a few more characters only, so that no escapes are possible.
pub(super) fn gives_away(text: &str, secret: &str) -> bool {
    let text = folded(text);
    forms(secret).iter().any(|form| {
        let form = folded(form);
        let part = PART.min(form.len());
        part > 0
            && form
                .windows(part)
                .any(|part| text.windows(part.len()).any(|text| text == part))
    })
}

fn forms(secret: &str) -> Vec<String> {
    let hex = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut forms = vec![secret.to_owned(), hex];
    // Three bytes become four characters, so it matters how many stand before, and the first four depend on those.
    for before in ["", "x", "xx"] {
        let base64 = STANDARD.encode_to_string(format!("{before}{secret}"));
        let start = if before.is_empty() { 0 } else { 4 };
        let base64 = base64.trim_end_matches('=').get(start..);
        forms.extend(base64.map(str::to_owned));
    }
    forms.retain(|form| !form.is_empty());
    forms
}

/// Without what differs between upper and lower case, and between the alphabets of base64.
fn folded(text: &str) -> Vec<u8> {
    let fold = |byte: u8| match byte {
        b'-' => b'+',
        b'_' => b'/',
        byte => byte.to_ascii_lowercase(),
    };
    text.bytes().map(fold).collect()
}

#[cfg(test)]
mod tests {
    use base64_simd::{URL_SAFE, URL_SAFE_NO_PAD};

    use super::*;

    const SECRET: &str = "Sup3r+Secret/Ext=Id@x:1,y.z";

    #[test]
    fn a_secret_or_its_part_is_found_in_every_form() {
        let hex: String = SECRET.bytes().map(|byte| format!("{byte:02X}")).collect();
        let mut all = vec![
            SECRET.to_owned(),
            SECRET[4..12].to_owned(),
            hex.to_lowercase(),
            hex,
        ];
        for before in ["", "a", "ab", "abc"] {
            let text = format!("{before}{SECRET}{before}");
            all.push(STANDARD.encode_to_string(&text));
            all.push(URL_SAFE.encode_to_string(&text));
            all.push(URL_SAFE_NO_PAD.encode_to_string(&text));
        }
        for form in all {
            let text = format!("arn:aws:iam::123456789012:user/{form}/end");
            assert!(gives_away(&text, SECRET), "{form}");
        }
    }

    #[test]
    fn what_has_nothing_of_it_does_not_give_it_away() {
        for text in ["", "arn:aws:iam::123456789012:user/sup3r", "secret"] {
            assert!(!gives_away(text, SECRET), "{text}");
        }
        assert!(!gives_away("anything", ""));
        assert!(gives_away("has ab in it", "ab"));
    }
}
