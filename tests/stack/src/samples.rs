//! The sample functions of `examples/functions`, each in each language, put into a stand-in for AWS.

use std::{
    collections::BTreeMap,
    env, fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde_json::json;

use crate::real::{self, StandIn};

/// A language that samples are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// A program, on AWS's own run time for Rust.
    Rust,
    /// A module, on AWS's own run time for Python.
    Python,
    /// A module, on the run time of `examples/functions/javascript/bootstrap.mjs`.
    JavaScript,
}

impl Language {
    /// All.
    pub const ALL: [Self; 3] = [Self::Rust, Self::Python, Self::JavaScript];

    /// The folder of its samples.
    pub fn folder(self) -> PathBuf {
        let folder = match self {
            Self::Rust => "rust",
            Self::Python => "python",
            Self::JavaScript => "javascript",
        };
        let functions = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/functions");
        functions.join(folder)
    }

    /// The program that runs its samples and their tests, where there is one on this machine.
    pub fn program(self) -> Option<PathBuf> {
        let name = match self {
            Self::Rust => return None,
            Self::Python => "python3",
            Self::JavaScript => "node",
        };
        let path = env::var_os("PATH")?;
        let mut candidates = env::split_paths(&path).map(|folder| folder.join(name));
        candidates.find(|candidate| candidate.is_file())
    }

    /// Says that its samples are left out because nothing on this machine runs them; past libtest, which
    /// would show it for failed tests only.
    ///
    /// # Panics
    ///
    /// If `CI` is set: what decides whether a change lands has to have what it needs, unless it says
    /// `LAMBDA_SIDECAR_SKIP_REAL=1`.
    pub fn left_out(self) {
        let line = format!("samples in {self:?}: left out, because nothing here runs them");
        let may_be = env::var_os("CI").is_none() || real::is_skipped();
        assert!(may_be, "{line}");
        let _ = writeln!(io::stderr(), "{line}");
    }
}

/// One of the sample functions.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// Its name.
    pub name: &'static str,
    /// What it is called in the stand-in, where it can be put more than once.
    pub alias: &'static str,
    /// Its program, for the sample in Rust.
    pub program: &'static str,
}

impl Sample {
    /// The sample of this name, whose program in Rust is this one.
    #[must_use]
    pub const fn new(name: &'static str, program: &'static str) -> Self {
        Self {
            name,
            alias: name,
            program,
        }
    }

    /// Puts the sample into a stand-in, under environment variables of its own; its name there. `None`
    /// where there is nothing on this machine that could run it.
    pub fn put_into(
        &self,
        aws: &StandIn,
        language: Language,
        scratch: &str,
        environment: &BTreeMap<&str, String>,
    ) -> Option<String> {
        let function = format!("sidecar-sample-{}-{language:?}", self.alias);
        let arguments = json!({
            "FunctionName": function,
            "Runtime": "provided.al2023",
            "Handler": format!("{}.handler", self.name),
            "Role": aws.there().role("execution"),
            "Code": { "ZipFile": { "zip": self.files(language, scratch)? } },
            "Environment": { "Variables": environment },
            "Timeout": 30,
        });
        aws.administer("lambda", "create_function", &arguments);
        Some(function)
    }

    /// The command that runs it in the folder of its language, for a Runtime API. `None` where there is
    /// nothing on this machine that could.
    pub fn command(&self, language: Language, scratch: &str) -> Option<String> {
        let name = self.name;
        Some(match language {
            Language::Rust => quoted(Path::new(self.program)),
            Language::Python => {
                let python = quoted(real::python(scratch)?);
                format!("{python} -m awslambdaric {name}.handler")
            }
            Language::JavaScript => {
                let node = quoted(&language.program()?);
                format!("{node} bootstrap.mjs {name}.handler")
            }
        })
    }

    /// What is in the function's zip.
    fn files(&self, language: Language, scratch: &str) -> Option<BTreeMap<String, String>> {
        let name = self.name;
        let command = self.command(language, scratch)?;
        let modules = match language {
            Language::Rust => vec![],
            Language::Python => vec![format!("{name}.py")],
            Language::JavaScript => vec![format!("{name}.mjs"), "bootstrap.mjs".into()],
        };
        let mut files =
            BTreeMap::from([("bootstrap".into(), format!("#!/bin/sh\nexec {command}\n"))]);
        for module in modules {
            let text = fs::read_to_string(language.folder().join(&module));
            files.insert(module, text.expect("the sample is there"));
        }
        Some(files)
    }
}

/// A path as one word of a shell.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}
