//! A course that a call may take: whom it meets, and how it ends.

use crate::{
    action::ConnectorError,
    content::Content,
    endpoints::{Point, Sidecar},
};

/// One course that a call may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Course {
    /// The functions that may have been asked.
    pub(crate) asked: Vec<&'static str>,
    pub(crate) backend: Reached,
    /// The functions that marked the request, and what its body is at the backend.
    pub(crate) request: (Vec<String>, Content),
    pub(crate) answer: Answer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reached {
    No,
    Yes,
    Maybe,
}

/// What the client is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The backend's answer, with these marks and this body.
    Backend {
        status: u16,
        marks: Vec<String>,
        content: Content,
    },
    Stopped {
        code: u16,
        function: &'static str,
    },
    Error(ConnectorError),
    /// The gateway's own answer.
    Gateway(u16),
    /// The request was refused, by an answer or by a reset.
    Malformed,
    /// The client had gone.
    Nobody,
}

impl Course {
    pub(crate) fn begin() -> Self {
        Self {
            asked: Vec::new(),
            backend: Reached::No,
            request: (Vec::new(), Content::Own),
            answer: Answer::Backend {
                status: 200,
                marks: Vec::new(),
                content: Content::Own,
            },
        }
    }

    pub(crate) fn ending(&self, answer: Answer) -> Self {
        Self {
            answer,
            ..self.clone()
        }
    }

    /// Takes over what a function changed.
    pub(crate) fn modify(&mut self, sidecar: &Sidecar, new_body: bool) {
        let function = sidecar.function.to_owned();
        let (all_marks, body) = match (sidecar.point, &mut self.answer) {
            (
                Point::Post,
                Answer::Backend {
                    status,
                    marks,
                    content,
                },
            ) => {
                if new_body {
                    *status = 203;
                }
                (marks, content)
            }
            _ => (&mut self.request.0, &mut self.request.1),
        };
        all_marks.push(function.clone());
        all_marks.sort();
        if new_body {
            *body = Content::ReplacedBy(function);
        }
    }
}
