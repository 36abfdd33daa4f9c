//! Mistakes in the TOML itself.

use toml::de::Error;

use super::{document::Document, lines::table_headers, problem::ConfigProblem};

/// Reports what keeps a file from being read.
pub(super) fn report(document: &Document<'_>, errors: &[Error]) {
    let last = errors.len();
    let unclosed = errors
        .iter()
        .any(|error| error.message().starts_with("unclosed array"));
    // Every line after an array that is not closed looks wrong, and none of them is.
    let first_of_array = errors
        .iter()
        .position(|error| unclosed && error.message().contains("array"));
    let end = first_of_array.map_or(last, |at| at + 1);
    for (at, error) in errors[..end].iter().enumerate() {
        let is_unclosed = first_of_array == Some(at);
        document.report(problem(document, error, is_unclosed));
    }
}

fn problem(document: &Document<'_>, error: &Error, is_unclosed: bool) -> ConfigProblem {
    let span = error.span();
    let line = span.as_ref().map(|span| document.line(span.start));
    let is_doubled = error.message().starts_with("duplicate key");
    if let (Some(span), Some(line), true) = (&span, line, is_doubled)
        && let Some(key) = document.text().get(span.clone())
    {
        let path = path(document.text(), span.start, key);
        let mut message = "stands twice in its table".to_owned();
        if let Some(first) = earlier_line(document.text(), unquoted(key), line) {
            message.push_str(&format!(", first in line {first}"));
        }
        message.push_str("; remove one of them");
        return ConfigProblem::new(line, path, message);
    }
    let mut message = format!("not TOML: {}", error.message());
    if is_unclosed && !error.message().starts_with("unclosed") {
        message.push_str("; the array before it is not closed with `]`");
    }
    ConfigProblem {
        line,
        key: None,
        message,
    }
}

fn unquoted(text: &str) -> &str {
    text.trim().trim_matches(['"', '\''])
}

/// The key that stands here, behind the tables it is in.
fn path(text: &str, at: usize, key: &str) -> String {
    let key = unquoted(key);
    let before = &text[..at];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = &text[line_start..at];
    let mut parts: Vec<&str> = Vec::new();
    if line.trim_start().starts_with('[') {
        parts.push(line.trim().trim_start_matches('['));
    } else {
        parts.extend(table_headers(before).last().map(|(_, name)| name));
        // Tables in one line, and the beginning of a dotted key.
        let mut open: Vec<&str> = Vec::new();
        let mut rest = line;
        while let Some(brace) = rest.find(['{', '}']) {
            let name = rest[..brace].rsplit(['{', ',']).next().unwrap_or_default();
            if rest[brace..].starts_with('{') {
                open.push(name.trim().trim_end_matches('=').trim());
            } else {
                open.pop();
            }
            rest = &rest[brace + 1..];
        }
        parts.extend(open);
        parts.push(rest.rsplit(',').next().unwrap_or_default().trim());
    }
    let mut path = String::new();
    for part in parts {
        let part = part.trim().trim_end_matches('.');
        if !part.is_empty() {
            path.push_str(part);
            path.push('.');
        }
    }
    path + key
}

/// The line of the same table, before this one, that has this key or is the table's own.
fn earlier_line(text: &str, key: &str, line: usize) -> Option<usize> {
    let headers = table_headers(text);
    if let Some((_, name)) = headers.iter().find(|(at, _)| *at == line) {
        let same = headers.iter().rev().find(|(at, other)| {
            let last = other.rsplit('.').next().unwrap_or_default();
            *at < line && (other == name || unquoted(last) == key)
        });
        return same.map(|(at, _)| *at);
    }
    let table = headers.iter().rev().find(|(at, _)| *at < line);
    let begin = table.map_or(0, |(at, _)| *at);
    let lines = text.lines().enumerate().take(line - 1).skip(begin);
    let with_key = lines.filter(|(_, text)| {
        let name = text.split_once('=').map(|(name, _)| unquoted(name));
        name == Some(key)
    });
    with_key.last().map(|(at, _)| at + 1)
}
