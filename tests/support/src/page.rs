//! Reading a page: its blocks, tables, headings and links. As much Markdown as the book uses, no more.

use std::{fs, io, path::PathBuf};

/// The folder of the book.
#[must_use]
pub fn folder() -> PathBuf {
    // The tests of another package use this file too; both lie in the same repository.
    let package = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let root = package
        .ancestors()
        .find(|path| path.join("docs/book.toml").is_file());
    root.unwrap_or(&package).join("docs")
}

/// Reads all pages, in the order of their names.
///
/// # Errors
///
/// Where the folder or a page cannot be read.
pub fn all() -> io::Result<Vec<Page>> {
    let mut pages = Vec::new();
    for entry in fs::read_dir(folder())? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".md") {
            pages.push(Page::read(&name)?);
        }
    }
    pages.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(pages)
}

/// One page.
#[derive(Debug, Clone)]
pub struct Page {
    /// Its file's name.
    pub name: String,
    /// The whole text.
    pub text: String,
}

/// A fenced block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The line of the fence, counted from 1.
    pub line: usize,
    /// What stands behind the opening fence: a language, and words after commas.
    pub info: String,
    /// The text between the fences.
    pub text: String,
    /// The file that the paragraph before it names as its place, as in "`src/main.rs`:".
    pub file: Option<String>,
}

impl Block {
    /// The language of the block.
    #[must_use]
    pub fn language(&self) -> &str {
        self.info.split(',').next().unwrap_or_default()
    }

    /// Whether a word stands behind the language.
    #[must_use]
    pub fn says(&self, word: &str) -> bool {
        self.info.split(',').skip(1).any(|said| said == word)
    }
}

impl Page {
    /// Reads one page.
    ///
    /// # Errors
    ///
    /// Where the page cannot be read.
    pub fn read(name: &str) -> io::Result<Self> {
        let text = fs::read_to_string(folder().join(name))?;
        Ok(Self {
            name: name.to_owned(),
            text,
        })
    }

    /// All fenced blocks.
    #[must_use]
    pub fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut open: Option<Block> = None;
        let mut paragraph = String::new();
        for (index, line) in self.text.lines().enumerate() {
            match (line.strip_prefix("```"), &mut open) {
                (Some(info), None) => {
                    open = Some(Block {
                        line: index + 1,
                        info: info.to_owned(),
                        text: String::new(),
                        file: file_named_in(&paragraph),
                    });
                }
                (Some(_), Some(_)) => {
                    blocks.extend(open.take());
                    paragraph.clear();
                }
                (None, Some(block)) => {
                    block.text.push_str(line);
                    block.text.push('\n');
                }
                (None, None) if line.is_empty() => {}
                (None, None) => paragraph = format!("{paragraph} {line}"),
            }
        }
        blocks
    }

    /// The text outside fenced blocks, line by line with its number.
    #[must_use]
    pub fn prose(&self) -> Vec<(usize, &str)> {
        let mut fenced = false;
        let mut lines = Vec::new();
        for (index, line) in self.text.lines().enumerate() {
            if line.starts_with("```") {
                fenced = !fenced;
            } else if !fenced {
                lines.push((index + 1, line));
            }
        }
        lines
    }

    /// The rows of the table between `<!-- name -->` and `<!-- /name -->`, without its head, each cell without the
    /// marks of code.
    #[must_use]
    pub fn table(&self, name: &str) -> Vec<Vec<String>> {
        let (begin, end) = (format!("<!-- {name} -->"), format!("<!-- /{name} -->"));
        let inside = self.text.split_once(&begin).map_or("", |(_, rest)| rest);
        let inside = inside.split_once(&end).map_or("", |(table, _)| table);
        let rows = inside.lines().filter(|line| line.starts_with('|')).skip(2);
        rows.map(cells).collect()
    }

    /// The ids of the headings, as mdbook makes them.
    #[must_use]
    pub fn anchors(&self) -> Vec<String> {
        let mut anchors: Vec<String> = Vec::new();
        for (_, line) in self.prose() {
            let Some((marks, heading)) = line.split_once(' ') else {
                continue;
            };
            if marks.is_empty() || marks.bytes().any(|byte| byte != b'#') {
                continue;
            }
            let id = anchor(heading);
            let same = anchors.iter().filter(|known| **known == id).count();
            anchors.push(if same == 0 {
                id
            } else {
                format!("{id}-{same}")
            });
        }
        anchors
    }

    /// The targets of all links and images, with their lines.
    #[must_use]
    pub fn links(&self) -> Vec<(usize, &str)> {
        let mut links = Vec::new();
        for (number, line) in self.prose() {
            for part in line.split("](").skip(1) {
                if let Some((target, _)) = part.split_once(')') {
                    links.push((number, target));
                }
            }
        }
        links
    }
}

/// The name in code at the end of a paragraph that ends with a colon, or whose last sentence names one file first.
fn file_named_in(paragraph: &str) -> Option<String> {
    let paragraph = paragraph.trim();
    let sentence = paragraph.rsplit(". ").next().unwrap_or(paragraph);
    let mut code = sentence.split('`').skip(1).step_by(2);
    let name = code.next()?;
    let is_file = name.contains('.') && !name.contains(' ') && !name.starts_with('.');
    (is_file && paragraph.ends_with([':', '.'])).then(|| name.to_owned())
}

fn cells(row: &str) -> Vec<String> {
    let row = row.trim().trim_matches('|');
    row.split('|')
        .map(|cell| cell.trim().replace('`', ""))
        .collect()
}

fn anchor(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    kept.chars()
        .filter_map(|letter| match letter {
            letter if letter.is_alphanumeric() || letter == '_' || letter == '-' => Some(letter),
            letter if letter.is_whitespace() => Some('-'),
            _ => None,
        })
        .collect()
}
