//! From places in a string of TOML to lines of the file.

use proptest::prelude::*;
use toml::de::DeTable;

use crate::config::lines::line_offsets;

/// For each line of the value, the line of its TOML form.
fn mapped(raw: &str) -> Vec<usize> {
    let offsets = line_offsets(raw).into_iter();
    offsets
        .map(|offset| 1 + raw[..offset].matches('\n').count())
        .collect()
}

#[test]
fn lines_are_mapped_in_every_form_of_a_string() {
    assert_eq!(mapped("\"a\\nb\\u000Ac\""), [1, 1, 1]);
    assert_eq!(mapped("'a'"), [1]);
    assert_eq!(mapped("\"\"\"\na\nb\"\"\""), [2, 3]);
    assert_eq!(mapped("'''\na\n\\\nb'''"), [2, 3, 4]);
    assert_eq!(mapped("'''a\r\nb'''"), [1, 2]);
    assert_eq!(mapped("\"\"\"\r\na\r\n\r\nb\"\"\""), [2, 3, 4]);
    assert_eq!(mapped("\"\"\"\\\n  a\\n\\\n\n  b\\\n c\"\"\""), [2, 4]);
    assert_eq!(mapped("\"\"\"\na\\\\\nb\"\"\""), [2, 3]);
    assert_eq!(mapped("\"\"\"\na\\\"\\\"\\\"\nb\"\"\"\"\""), [2, 3]);
    assert_eq!(mapped("\"\"\"\"\"\""), [1]);
}

/// How a line of the value is written, and how its end is.
#[derive(Debug, Clone)]
struct Line {
    text: String,
    /// Between the text and the line's end.
    joined: usize,
    escaped_end: bool,
}

fn line() -> impl Strategy<Value = Line> {
    (" {0,2}[a-z:\\\\\"']{0,8}", 0..3_usize, any::<bool>()).prop_map(
        |(text, joined, escaped_end)| Line {
            text,
            joined,
            escaped_end,
        },
    )
}

/// The lines as a string of TOML, with the line of that string which each one begins in.
fn encode(lines: &[Line], form: usize, newline: &str) -> (String, Vec<usize>) {
    let (quotes, multi_line, escapes) = [
        ("\"\"\"", true, true),
        ("'''", true, false),
        ("\"", false, true),
    ][form];
    let mut raw = format!("{quotes}{}", if multi_line { newline } else { "" });
    let mut at = 1 + usize::from(multi_line);
    let mut starts = Vec::new();
    for (n, line) in lines.iter().enumerate() {
        starts.push(at);
        if escapes {
            raw += &line.text.replace('\\', "\\\\").replace('"', "\\\"");
        } else {
            raw += &line.text.replace('\'', "\"");
        }
        if escapes && multi_line {
            // The line's own end would be swallowed too, were it no escape.
            let visible = !line.text.trim().is_empty();
            let joined = if visible && line.escaped_end {
                line.joined
            } else {
                0
            };
            raw += &format!("\\{newline}  ").repeat(joined);
            at += joined;
        }
        if n + 1 == lines.len() {
            break;
        }
        if multi_line && !(escapes && line.escaped_end) {
            raw += newline;
            at += 1;
        } else {
            raw += "\\n";
        }
    }
    (raw + quotes, starts)
}

proptest! {
    #[test]
    fn mapped_lines_are_right_in_every_form_of_a_string(
        lines in proptest::collection::vec(line(), 1..8),
        form in 0..3_usize,
        crlf in any::<bool>(),
    ) {
        let (raw, starts) = encode(&lines, form, if crlf { "\r\n" } else { "\n" });
        let file = format!("x = {raw}");
        let tree = DeTable::parse(&file).unwrap();
        let value = tree.get_ref().values().next().unwrap();
        let text = value.get_ref().as_str().unwrap();
        let mapped = mapped(&file[value.span()]);
        prop_assert_eq!(&mapped, &starts, "{}", raw);
        prop_assert!(text.lines().count() <= mapped.len());
    }
}
