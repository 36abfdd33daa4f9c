//! The members of a verdict, in one table: the parser reads it, the printer writes by it, and tests hold the
//! published schema and the book against it.

use std::fmt;

use crate::Point;

/// A member of a verdict: of `terminate`, of `modify`, or beside them.
///
/// ```
/// use lambda_sidecar_core::VerdictMember;
///
/// let members = VerdictMember::ALL.iter().filter(|member| member.is_in_terminate());
/// let names: Vec<&str> = members.map(|member| member.name()).collect();
/// assert_eq!(names, ["code", "message", "dropHeaders", "addHeaders", "json", "payload", "base64Encoded"]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerdictMember {
    name: &'static str,
    aliases: &'static [&'static str],
    in_terminate: bool,
    in_modify: bool,
    beside: bool,
    only_at: Option<Point>,
}

impl VerdictMember {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        CODE,
        MESSAGE,
        DROP_HEADERS,
        ADD_HEADERS,
        JSON,
        PAYLOAD,
        BASE64_ENCODED,
        COMPLETE_WITH_CODE,
        UNCHANGED_FOR,
        UNCHANGED_UNTIL,
        RELAY,
    ];

    const fn new(name: &'static str, aliases: &'static [&'static str]) -> Self {
        Self {
            name,
            aliases,
            in_terminate: true,
            in_modify: true,
            beside: false,
            only_at: None,
        }
    }

    /// A member that stands beside `terminate` and `modify`.
    const fn new_beside(name: &'static str, aliases: &'static [&'static str]) -> Self {
        Self {
            in_terminate: false,
            in_modify: false,
            beside: true,
            ..Self::new(name, aliases)
        }
    }

    /// The name that wins over its aliases.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Other names for the same, the one that wins first.
    #[must_use]
    pub const fn aliases(&self) -> &'static [&'static str] {
        self.aliases
    }

    /// Whether `terminate` may have it. `dropHeaders` is accepted there and has no effect.
    #[must_use]
    pub const fn is_in_terminate(&self) -> bool {
        self.in_terminate
    }

    /// Whether `modify` may have it.
    #[must_use]
    pub const fn is_in_modify(&self) -> bool {
        self.in_modify
    }

    /// Whether it stands beside `terminate` and `modify`, or without them.
    #[must_use]
    pub const fn is_beside(&self) -> bool {
        self.beside
    }

    /// The only point at which it is looked at; `None`: at both.
    #[must_use]
    pub const fn only_at(&self) -> Option<Point> {
        self.only_at
    }

    /// Its name and its aliases.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }

    const fn is_in(&self, part: Part) -> bool {
        match part {
            Part::Answer => self.beside,
            Part::Terminate => self.in_terminate,
            Part::Modify => self.in_modify,
        }
    }
}

pub(super) const CODE: VerdictMember = VerdictMember {
    in_modify: false,
    ..VerdictMember::new("code", &["statusCode"])
};
pub(super) const MESSAGE: VerdictMember = VerdictMember {
    in_modify: false,
    ..VerdictMember::new("message", &[])
};
pub(super) const DROP_HEADERS: VerdictMember = VerdictMember::new("dropHeaders", &[]);
pub(super) const ADD_HEADERS: VerdictMember =
    VerdictMember::new("addHeaders", &["passHeaders", "headers"]);
pub(super) const JSON: VerdictMember = VerdictMember::new("json", &[]);
pub(super) const PAYLOAD: VerdictMember = VerdictMember::new("payload", &[]);
pub(super) const BASE64_ENCODED: VerdictMember = VerdictMember::new("base64Encoded", &[]);
pub(super) const COMPLETE_WITH_CODE: VerdictMember = VerdictMember {
    in_terminate: false,
    only_at: Some(Point::PostProcessor),
    ..VerdictMember::new("completeWithCode", &["statusCode", "code"])
};
pub(super) const UNCHANGED_FOR: VerdictMember = VerdictMember::new_beside("unchangedFor", &[]);
pub(super) const UNCHANGED_UNTIL: VerdictMember = VerdictMember::new_beside("unchangedUntil", &[]);
pub(super) const RELAY: VerdictMember = VerdictMember {
    only_at: Some(Point::PreProcessor),
    ..VerdictMember::new_beside("relay", &["relayParams"])
};

/// What has members: the answer itself, or a part of it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part {
    Answer,
    Terminate,
    Modify,
}

impl Part {
    /// The parts of an answer. The one that ends a call comes first.
    const NAMES: [&'static str; 2] = [Self::Terminate.name(), Self::Modify.name()];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Terminate => "terminate",
            Self::Modify => "modify",
        }
    }

    /// Where a member stands, for a message: `terminate.code`.
    pub(super) fn path(self, member: &VerdictMember) -> MemberPath {
        MemberPath(self, member.name)
    }
}

/// The names of everything that an answer may have: its parts, then what stands beside them.
pub(super) const IN_ANSWER: [&str; PARTS + count(Part::Answer)] = names(&Part::NAMES, Part::Answer);

/// How many of the names of an answer are those of its parts.
pub(super) const PARTS: usize = Part::NAMES.len();

/// The names of everything that `terminate` may have.
pub(super) const IN_TERMINATE: [&str; count(Part::Terminate)] = names(&[], Part::Terminate);

/// The names of everything that `modify` may have.
pub(super) const IN_MODIFY: [&str; count(Part::Modify)] = names(&[], Part::Modify);

const fn count(part: Part) -> usize {
    let (mut count, mut at) = (0, 0);
    while at < VerdictMember::ALL.len() {
        let member = &VerdictMember::ALL[at];
        if member.is_in(part) {
            count += 1 + member.aliases.len();
        }
        at += 1;
    }
    count
}

const fn names<const N: usize>(first: &[&'static str], part: Part) -> [&'static str; N] {
    let mut names = [""; N];
    let (mut count, mut at) = (0, 0);
    while count < first.len() {
        names[count] = first[count];
        count += 1;
    }
    while at < VerdictMember::ALL.len() {
        let member = &VerdictMember::ALL[at];
        if member.is_in(part) {
            names[count] = member.name;
            count += 1;
            let mut alias = 0;
            while alias < member.aliases.len() {
                names[count] = member.aliases[alias];
                count += 1;
                alias += 1;
            }
        }
        at += 1;
    }
    names
}

/// Shown in messages.
#[derive(Clone, Copy)]
pub(super) struct MemberPath(Part, &'static str);

impl fmt::Display for MemberPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Part::Answer => f.write_str(self.1),
            part => write!(f, "{}.{}", part.name(), self.1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_means_two_members_of_the_same_part() {
        for names in [&IN_ANSWER[..], &IN_TERMINATE[..], &IN_MODIFY[..]] {
            for (at, name) in names.iter().enumerate() {
                assert!(!names[..at].contains(name), "{name}");
                assert!(!name.is_empty());
            }
        }
    }
}
