//! From places in the text to lines of the file.

/// The lines of a file, found by byte offset.
#[derive(Debug)]
pub(super) struct LineIndex {
    starts: Vec<usize>,
}

impl LineIndex {
    pub(super) fn new(text: &str) -> Self {
        let after_newlines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0).chain(after_newlines.map(|(at, _)| at + 1));
        Self {
            starts: starts.collect(),
        }
    }

    /// The line, from 1, that holds the byte at this offset.
    pub(super) fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset)
    }
}

/// The lines that begin a table, with the table's name; none of those that only look so inside a text of several
/// lines.
pub(super) fn table_headers(text: &str) -> Vec<(usize, &str)> {
    let mut headers = Vec::new();
    let mut inside: Option<&str> = None;
    for (number, line) in (1..).zip(text.lines()) {
        let trimmed = line.trim();
        if inside.is_none() && trimmed.starts_with('[') {
            let name = trimmed.trim_start_matches('[');
            let name = name.split(']').next().unwrap_or_default();
            headers.push((number, name.trim()));
        }
        for quotes in ["\"\"\"", "'''"] {
            let toggles = line.matches(quotes).count() % 2 == 1;
            match inside {
                None if toggles => {
                    inside = Some(quotes);
                    break;
                }
                Some(open) if open == quotes && toggles => inside = None,
                _ => {}
            }
        }
    }
    headers
}

/// For each line of a string's value, the offset of its first visible character in the TOML form.
///
/// The value and its TOML form do not have the same lines: `\n` begins a line of the value in the middle
/// of one of the file, and a backslash at the end of a line joins two.
pub(super) fn line_offsets(raw: &str) -> Vec<usize> {
    let (start, end, escapes) = content(raw);
    let mut offsets = Vec::new();
    let mut first_visible = None;
    let mut at = start;
    while let Some(char) = raw[at..end].chars().next() {
        let (char, length) = if char == '\\' && escapes {
            escaped(&raw[at..end])
        } else {
            (Some(char), char.len_utf8())
        };
        match char {
            Some('\n') => offsets.push(first_visible.take().unwrap_or(at)),
            Some(char) if !char.is_whitespace() && first_visible.is_none() => {
                first_visible = Some(at);
            }
            _ => {}
        }
        at += length;
    }
    offsets.push(first_visible.unwrap_or(at));
    offsets
}

/// Where the content of a TOML string begins and ends, and whether it knows escapes.
fn content(raw: &str) -> (usize, usize, bool) {
    let escapes = raw.starts_with('"');
    let multi_line = raw.starts_with("\"\"\"") || raw.starts_with("'''");
    let quotes = if multi_line { 3 } else { 1 };
    let end = raw.len().saturating_sub(quotes).max(quotes);
    let first_newline = match raw.get(quotes..end) {
        Some(text) if multi_line && text.starts_with('\n') => 1,
        Some(text) if multi_line && text.starts_with("\r\n") => 2,
        _ => 0,
    };
    (quotes + first_newline, end, escapes)
}

/// The character an escape stands for, none for a joined line, and the escape's length.
fn escaped(text: &str) -> (Option<char>, usize) {
    let hex = |digits: usize| {
        let code = text.get(2..2 + digits).unwrap_or_default();
        let char = u32::from_str_radix(code, 16).ok().and_then(char::from_u32);
        (char, 2 + code.len())
    };
    match text[1..].chars().next() {
        Some(' ' | '\t' | '\r' | '\n') => {
            let joined = text[1..].trim_start_matches([' ', '\t', '\r', '\n']);
            (None, text.len() - joined.len())
        }
        Some('n') => (Some('\n'), 2),
        Some('t' | 'r' | 'f') => (Some(' '), 2),
        Some('x') => hex(2),
        Some('u') => hex(4),
        Some('U') => hex(8),
        Some(char) => (Some(char), 1 + char.len_utf8()),
        None => (None, 1),
    }
}
