//! Reading a TOML tree field by field, with every mistake collected instead of the first one thrown.

use std::time::Duration;

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    document::{Document, Field},
    problem::ConfigProblem,
};

/// One table of the file. Every key that is looked for is a known one; [`finish`](Self::finish) reports
/// the others.
#[derive(Debug)]
pub(super) struct Table<'d, 't> {
    document: &'d Document<'t>,
    fields: &'d DeTable<'t>,
    path: String,
    line: usize,
    known: Vec<&'static str>,
}

impl<'d, 't> Table<'d, 't> {
    pub(super) fn root(document: &'d Document<'t>, fields: &'d DeTable<'t>) -> Self {
        Self::new(document, fields, String::new(), 1)
    }

    fn new(document: &'d Document<'t>, fields: &'d DeTable<'t>, path: String, line: usize) -> Self {
        Self {
            document,
            fields,
            path,
            line,
            known: Vec::new(),
        }
    }

    pub(super) fn document(&self) -> &'d Document<'t> {
        self.document
    }

    pub(super) fn line(&self) -> usize {
        self.line
    }

    /// The line of a key; none if it is not there.
    pub(super) fn line_of(&self, key: &str) -> Option<usize> {
        let (name, _) = self.find(key)?;
        Some(self.document.line(name.span().start))
    }

    pub(super) fn string(&mut self, key: &'static str) -> Option<Field<'d, 't, &'d str>> {
        self.typed(key, "a string", DeValue::as_str)
    }

    pub(super) fn boolean(&mut self, key: &'static str) -> Option<bool> {
        let field = self.typed(key, "true or false", DeValue::as_bool)?;
        Some(field.value)
    }

    /// An integer between these two.
    pub(super) fn integer(&mut self, key: &'static str, least: u64, greatest: u64) -> Option<u64> {
        let field = self.typed(key, "an integer", DeValue::as_integer)?;
        let (digits, radix) = (field.value.as_str(), field.value.radix());
        let value = u64::from_str_radix(digits, radix).ok();
        let value = value.filter(|value| (least..=greatest).contains(value));
        if value.is_none() {
            let found = field.value;
            field.wrong(format!("found `{found}`, allowed: {least} to {greatest}"));
        }
        value
    }

    /// A time in milliseconds.
    pub(super) fn milliseconds(&mut self, key: &'static str, least: u64) -> Option<Duration> {
        let value = self.integer(key, least, u32::MAX.into());
        value.map(Duration::from_millis)
    }

    /// Reports a required key that is not there.
    pub(super) fn require<T>(&self, key: &str, field: Option<T>) -> Option<T> {
        #[cfg(test)]
        self.note(key, true);
        if field.is_none() && self.find(key).is_none() {
            let problem = ConfigProblem::new(self.line, self.path_of(key), "is missing");
            self.document.report(problem);
        }
        field
    }

    /// A table below this one.
    pub(super) fn table(&mut self, key: &'static str) -> Option<Self> {
        let field = self.typed(key, "a table", DeValue::as_table)?;
        Some(self.below(&field))
    }

    /// An array of tables below this one; empty if there is none.
    pub(super) fn tables(&mut self, key: &'static str) -> Vec<Self> {
        let Some(field) = self.typed(key, "an array of tables", DeValue::as_array) else {
            return Vec::new();
        };
        let entries = field.value.iter().filter_map(|entry| {
            let entry = self.field(key, entry, DeValue::as_table)?;
            Some(self.below(&entry))
        });
        let tables: Vec<Self> = entries.collect();
        if tables.len() < field.value.len() {
            field.wrong("found something else, allowed: an array of tables");
        }
        tables
    }

    /// The tables below this one whatever their keys are, with their keys.
    pub(super) fn named_tables(&self) -> Vec<(Field<'d, 't, &'d str>, Self)> {
        let entries = self.fields.iter().filter_map(|(name, value)| {
            let Some(field) = self.field(name.get_ref(), value, DeValue::as_table) else {
                self.report_type(name, value, "a table");
                return None;
            };
            Some((self.key_field(name), self.below(&field)))
        });
        entries.collect()
    }

    /// All fields of this table, whatever their keys are, as strings.
    pub(super) fn strings(&self) -> Vec<(&'d str, &'d str)> {
        let entries = self.fields.iter().filter_map(|(name, value)| {
            let text = value.get_ref().as_str();
            if text.is_none() {
                self.report_type(name, value, "a string");
            }
            Some((name.get_ref().as_ref(), text?))
        });
        entries.collect()
    }

    /// Reports the keys that nobody looked for.
    pub(super) fn finish(self) {
        for name in self.fields.keys() {
            let key: &str = name.get_ref();
            if self.known.contains(&key) {
                continue;
            }
            let hint = self.hint(key);
            self.key_field(name).wrong(format!("unknown key{hint}"));
        }
    }

    /// What was probably meant: a key of this table, or this key in another one.
    fn hint(&self, key: &str) -> String {
        if let Some(near) = nearest(key, self.known.iter().copied()) {
            return format!(", did you mean `{near}`?");
        }
        let tables = self.document.tables_with(key).into_iter();
        let tables: Vec<_> = tables
            .map(|path| match path.as_str() {
                "" => "the top of the file, before every `[table]`".to_owned(),
                path => format!("`{path}`"),
            })
            .collect();
        match tables.is_empty() {
            true => String::new(),
            false => format!(", allowed in {}", tables.join(", ")),
        }
    }

    fn typed<T>(
        &mut self,
        key: &'static str,
        kind: &str,
        read: impl FnOnce(&'d DeValue<'t>) -> Option<T>,
    ) -> Option<Field<'d, 't, T>> {
        self.known.push(key);
        self.document.note(&self.path, key);
        #[cfg(test)]
        self.note(key, false);
        let (name, value) = self.find(key)?;
        let field = self.field(key, value, read);
        if field.is_none() {
            self.report_type(name, value, kind);
        }
        field
    }

    #[cfg(test)]
    fn note(&self, key: &str, required: bool) {
        let mut keys = self.document.known_keys.borrow_mut();
        keys.insert(self.path_of(key), required);
    }

    fn find(&self, key: &str) -> Option<(&'d Spanned<Text<'t>>, &'d Spanned<DeValue<'t>>)> {
        self.fields.iter().find(|(name, _)| name.get_ref() == key)
    }

    fn field<T>(
        &self,
        key: &str,
        value: &'d Spanned<DeValue<'t>>,
        read: impl FnOnce(&'d DeValue<'t>) -> Option<T>,
    ) -> Option<Field<'d, 't, T>> {
        Some(Field {
            document: self.document,
            value: read(value.get_ref())?,
            key: self.path_of(key),
            span: value.span(),
        })
    }

    fn key_field(&self, name: &'d Spanned<Text<'t>>) -> Field<'d, 't, &'d str> {
        Field {
            document: self.document,
            value: name.get_ref(),
            key: self.path_of(name.get_ref()),
            span: name.span(),
        }
    }

    fn below(&self, field: &Field<'d, 't, &'d DeTable<'t>>) -> Self {
        Self::new(self.document, field.value, field.key.clone(), field.line())
    }

    /// Names the types alone: the value could be a secret.
    fn report_type(&self, name: &Spanned<Text<'t>>, value: &Spanned<DeValue<'t>>, kind: &str) {
        let line = self.document.line(name.span().start);
        let found = value.get_ref().type_str();
        let message = format!("found a value of type {found}, allowed: {kind}");
        let problem = ConfigProblem::new(line, self.path_of(name.get_ref()), message);
        self.document.report(problem);
    }

    fn path_of(&self, key: &str) -> String {
        match self.path.as_str() {
            "" => key.to_owned(),
            path => format!("{path}.{key}"),
        }
    }
}

type Text<'t> = std::borrow::Cow<'t, str>;

/// The known word that was probably meant: one that is written much like it, or has it as a part.
pub(super) fn nearest<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let lower = word.to_lowercase().replace('-', "_");
    let score = |known: &str| {
        let known = known.to_lowercase();
        let has_part =
            known.ends_with(&format!("_{lower}")) || known.starts_with(&format!("{lower}_"));
        let part = if has_part { 0.9 } else { 0.0 };
        strsim::jaro_winkler(&lower, &known).max(part)
    };
    let scored = known.into_iter().map(|known| (score(known), known));
    let best = scored.max_by(|(a, _), (b, _)| a.total_cmp(b));
    best.filter(|(score, _)| *score > 0.8).map(|(_, near)| near)
}
