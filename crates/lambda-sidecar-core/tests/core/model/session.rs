//! The order of a call, said as a list of tasks that are taken one by one.

use std::collections::VecDeque;

/// The payload limit of every half, in bytes.
pub(crate) const LIMIT: usize = 1024;

/// One half, as far as the order of a call depends on it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HalfSpec {
    pub(crate) is_request: bool,
    /// Whether it expands the payload of the request, and, of a response half, that of the response.
    pub(crate) expands: [bool; 2],
    /// Whether it requires the header `x-need`.
    pub(crate) requires: bool,
    /// Whether it sends the header `x-big`.
    pub(crate) sends_big: bool,
    pub(crate) is_event: bool,
    pub(crate) is_fail_safe: bool,
    pub(crate) filters: bool,
    /// Whether it has a timeout of its own, which ends before the call does.
    pub(crate) has_timeout: bool,
}

/// What a model is told. Bodies by their length.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Told {
    Entered,
    Whole(usize),
    TooLarge,
    BrokenOff,
    Allowed,
    DroppedNeed,
    ReplacedBody(usize),
    Terminated(u16),
    WrongAnswer,
    NotReached,
    TimedOut,
    Responded(u16),
}

/// What a model says, as a session does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said {
    ReadRequest,
    ReadResponse,
    Invoke { half: usize, own_end: bool },
    CallBackend { replaced: Option<usize> },
    Respond { replaced: Option<usize> },
    Answer(u16),
    OutOfOrder,
}

#[derive(Debug, Clone, Copy)]
enum Task {
    Enter(usize),
    Turn(usize),
    Invoke(usize),
    Backend,
    Respond,
}

#[derive(Debug)]
enum Waits {
    Entered,
    /// For a body of this half; its task is taken up again once that is there.
    Body(usize),
    Function(usize),
    Backend,
    Nothing,
}

pub(crate) struct Model {
    halves: Vec<HalfSpec>,
    waits: Waits,
    tasks: VecDeque<Task>,
    has_need: bool,
    /// Whether `x-big` is longer than may be sent.
    is_big: bool,
    replaced: Option<usize>,
    /// Whether the response has a status that allows no body.
    keeps_no_body: bool,
    pub(crate) decisions: Vec<(usize, &'static str)>,
}

impl Model {
    /// Request halves come first.
    pub(crate) fn new(halves: Vec<HalfSpec>, has_need: bool, is_big: bool) -> Self {
        let requests = halves.iter().filter(|half| half.is_request).count();
        let mut tasks = VecDeque::new();
        tasks.extend((0..requests.min(1)).map(Task::Enter));
        tasks.extend((requests..halves.len()).map(Task::Enter));
        tasks.extend((0..requests.min(1)).map(Task::Invoke));
        tasks.extend((1..requests).map(Task::Turn));
        tasks.push_back(Task::Backend);
        tasks.extend((requests..halves.len()).map(Task::Turn));
        tasks.push_back(Task::Respond);
        Self {
            halves,
            waits: Waits::Entered,
            tasks,
            has_need,
            is_big,
            replaced: None,
            keeps_no_body: false,
            decisions: Vec::new(),
        }
    }

    /// Whether the head that is under way is the request's.
    pub(crate) fn is_at_request(&self) -> bool {
        self.tasks.iter().any(|task| matches!(task, Task::Backend))
            || matches!(self.waits, Waits::Entered)
    }

    pub(crate) fn expects_body(&self) -> bool {
        matches!(self.waits, Waits::Body(_))
    }

    pub(crate) fn expects_answer(&self) -> bool {
        matches!(self.waits, Waits::Function(_))
    }

    pub(crate) fn is_over(&self) -> bool {
        matches!(self.waits, Waits::Nothing)
    }

    pub(crate) fn advance(&mut self, told: Told, with_request: bool) -> Said {
        let at_request = self.is_at_request();
        let waits = std::mem::replace(&mut self.waits, Waits::Nothing);
        if at_request != with_request {
            return Said::OutOfOrder;
        }
        match (waits, told) {
            (Waits::Entered, Told::Entered) if self.is_big && self.sends_big().is_some() => {
                let half = self.sends_big().unwrap_or_default();
                self.end(half, "error", 431)
            }
            (Waits::Entered, Told::Entered) | (Waits::Body(_), Told::Whole(_)) => self.next(),
            (Waits::Body(half), Told::TooLarge) => self.too_large(half),
            (Waits::Body(half), Told::BrokenOff) => {
                let is_request = self.halves[half].is_request;
                self.end(half, "error", if is_request { 400 } else { 500 })
            }
            (Waits::Body(half), Told::TimedOut) => self.end(half, "error", 504),
            (Waits::Function(half), told) => self.answered(half, told),
            (Waits::Backend, Told::Responded(status)) => {
                self.replaced = None;
                self.keeps_no_body = status == 204;
                if status < 200 {
                    self.tasks = [Task::Respond].into();
                }
                self.next()
            }
            _ => Said::OutOfOrder,
        }
    }

    fn sends_big(&self) -> Option<usize> {
        self.halves.iter().position(|half| half.sends_big)
    }

    fn next(&mut self) -> Said {
        match self.tasks.pop_front() {
            Some(task @ (Task::Enter(half) | Task::Turn(half))) => self.check(task, half),
            Some(Task::Invoke(half)) => self.invoke(half),
            Some(Task::Backend) => {
                self.waits = Waits::Backend;
                Said::CallBackend {
                    replaced: self.replaced,
                }
            }
            Some(Task::Respond) => Said::Respond {
                replaced: self.replaced,
            },
            None => Said::OutOfOrder,
        }
    }

    fn check(&mut self, task: Task, half: usize) -> Said {
        let spec = self.halves[half];
        let at_response = !spec.is_request && matches!(task, Task::Turn(_));
        if !at_response && spec.requires && !self.has_need {
            return self.end(half, "error", 400);
        }
        // What follows once the body is known.
        if matches!(task, Task::Turn(_)) {
            self.tasks.push_front(Task::Invoke(half));
        }
        if !spec.expands[usize::from(at_response)] {
            return self.next();
        }
        match self.replaced {
            Some(length) if length > LIMIT => self.too_large(half),
            Some(_) => self.next(),
            None => {
                self.waits = Waits::Body(half);
                if at_response {
                    Said::ReadResponse
                } else {
                    Said::ReadRequest
                }
            }
        }
    }

    fn too_large(&mut self, half: usize) -> Said {
        if self.halves[half].filters {
            self.next()
        } else {
            self.end(half, "error", 413)
        }
    }

    fn invoke(&mut self, half: usize) -> Said {
        self.waits = Waits::Function(half);
        Said::Invoke {
            half,
            own_end: self.halves[half].has_timeout,
        }
    }

    fn answered(&mut self, half: usize, told: Told) -> Said {
        let spec = self.halves[half];
        // The answer to an event is not looked at.
        let is_event = spec.is_event;
        match told {
            Told::Allowed
            | Told::DroppedNeed
            | Told::ReplacedBody(_)
            | Told::Terminated(_)
            | Told::WrongAnswer
                if is_event =>
            {
                self.decide(half, "event")
            }
            Told::Allowed => self.decide(half, "allow"),
            Told::DroppedNeed => {
                self.has_need = self.has_need && !spec.is_request;
                self.decide(half, "modify")
            }
            Told::ReplacedBody(length) => {
                self.replaced = Some(if self.keeps_no_body { 0 } else { length });
                self.decide(half, "modify")
            }
            Told::Terminated(status) => self.end(half, "terminate", status),
            Told::WrongAnswer | Told::NotReached => self.failed(half, 500),
            Told::TimedOut if spec.has_timeout => self.failed(half, 504),
            Told::TimedOut => self.end(half, "error", 504),
            _ => Said::OutOfOrder,
        }
    }

    fn failed(&mut self, half: usize, status: u16) -> Said {
        let spec = self.halves[half];
        if spec.is_event {
            self.decide(half, "event")
        } else if spec.is_fail_safe {
            self.decide(half, "allow")
        } else {
            self.end(half, "error", status)
        }
    }

    fn decide(&mut self, half: usize, decision: &'static str) -> Said {
        self.decisions.push((half, decision));
        self.next()
    }

    fn end(&mut self, half: usize, decision: &'static str, status: u16) -> Said {
        self.decisions.push((half, decision));
        self.waits = Waits::Nothing;
        Said::Answer(status)
    }
}
