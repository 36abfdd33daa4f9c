//! Doing what the page says, block for block, in the accounts that it says.

use std::{
    collections::VecDeque,
    fs,
    path::{Path, PathBuf},
};

use lambda_sidecar_test_support::page::{Block, Page};
use lambda_sidecar_tests::real::{self, StandIn};
use serde_json::Value;

use super::shell::Shell;

/// The words by which the page says whose account the next commands are for, and those accounts. Before it says
/// so for the first time, they are for the process's.
const OF_FUNCTION: &str = "**In the function's account**";
const OF_PROCESS: &str = "**In the process's account**";

/// The accounts and the region of the page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Places {
    pub(crate) process: &'static str,
    pub(crate) function: &'static str,
    pub(crate) region: &'static str,
}

/// A walk through the page.
#[derive(Debug)]
pub(crate) struct Walk {
    page: Page,
    places: Places,
    ahead: VecDeque<Block>,
    latest: Option<Block>,
    folder: PathBuf,
    shell: Shell,
}

impl Walk {
    pub(crate) fn begin(aws: &StandIn, page: Page, places: Places, name: &str) -> Self {
        let scratch = env!("CARGO_TARGET_TMPDIR");
        let folder = Path::new(scratch).join(format!("aws-page-{name}"));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("the folder can be made");
        let python = real::python(scratch).expect("the stand-in runs on it");
        let programs = python.parent().expect("it lies in a folder");
        let environment = [
            ("AWS_ENDPOINT_URL", aws.there().endpoint.as_str()),
            ("AWS_DEFAULT_REGION", places.region),
            ("AWS_SECRET_ACCESS_KEY", "of-no-account"),
            ("AWS_CONFIG_FILE", "/dev/null"),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ];
        Self {
            ahead: page.blocks().into(),
            latest: None,
            shell: Shell::start(&folder, programs, &environment),
            page,
            places,
            folder,
        }
    }

    /// Goes on to the next block of commands, and runs it. It has to be the one with this command.
    pub(crate) fn run(&mut self, command: &str) {
        let block = self.next(command);
        self.run_block(&block);
        self.latest = Some(block);
    }

    /// Runs the latest one again, with an option that the page names behind it.
    pub(crate) fn again(&mut self, option: &str) {
        let mut block = self.latest.clone().expect("one has been run");
        let known = self.page.text.contains(&format!("`{option}`"));
        assert!(known, "{}: no {option}", self.page.name);
        block.text = format!("{} {option}", block.text.trim_end());
        self.run_block(&block);
    }

    fn run_block(&mut self, block: &Block) {
        // To MiniStack this is the key of the account's administrator.
        let account = self.account_at(block.line);
        let commands = format!("export AWS_ACCESS_KEY_ID={account}\n{}", block.text);
        if let Err(printed) = self.shell.run(&commands) {
            panic!("{}:{}: {printed}", self.page.name, block.line);
        }
    }

    /// Goes on to the next block of commands, and does not run it.
    pub(crate) fn leave_out(&mut self, command: &str) {
        self.next(command);
    }

    /// No command is left.
    pub(crate) fn ends(mut self) {
        if let Some(block) = self.commands() {
            panic!("{}:{}: not walked", self.page.name, block.line);
        }
    }

    /// A file that the page has shown.
    pub(crate) fn json(&self, name: &str) -> Value {
        let text = fs::read_to_string(self.folder.join(name)).expect("the page has shown it");
        serde_json::from_str(&text).expect("it is JSON")
    }

    fn next(&mut self, command: &str) -> Block {
        let block = self.commands().expect("the page has more commands");
        let (name, line) = (&self.page.name, block.line);
        assert!(block.text.contains(command), "{name}:{line}: no {command}");
        block
    }

    /// Writes the files on the way to the next block of commands.
    fn commands(&mut self) -> Option<Block> {
        while let Some(block) = self.ahead.pop_front() {
            match (block.language(), &block.file) {
                ("sh", _) => return Some(block),
                ("json", Some(name)) => {
                    fs::write(self.folder.join(name), &block.text).expect("it can be written");
                }
                ("json", None) => panic!("{}:{}: no name", self.page.name, block.line),
                _ => {}
            }
        }
        None
    }

    /// The account that the page has named last.
    fn account_at(&self, line: usize) -> &'static str {
        let before = self.page.prose().into_iter().rev();
        let mut before = before.skip_while(|(number, _)| *number > line);
        before
            .find_map(|(_, text)| match text {
                _ if text.contains(OF_FUNCTION) => Some(self.places.function),
                _ if text.contains(OF_PROCESS) => Some(self.places.process),
                _ => None,
            })
            .unwrap_or(self.places.process)
    }
}
