//! The order of a call, said as a list of tasks that are taken one by one.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

/// The timeout of a half that has one, and the time of the whole call, in milliseconds.
pub(crate) const TIMEOUT: u64 = 1_000;
pub(crate) const DEADLINE: u64 = 20_000;

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
    /// Whether it owns the header `x-own` of its message.
    pub(crate) owns: bool,
    /// Whether it sends the header `x-big`.
    pub(crate) sends_big: bool,
    /// Whether it is sent what request halves relayed.
    pub(crate) hears: bool,
    pub(crate) is_event: bool,
    /// Whether its events are sent in the background.
    pub(crate) queues: bool,
    pub(crate) is_fail_safe: bool,
    pub(crate) filters: bool,
    /// Whether it has a timeout of its own, [`TIMEOUT`].
    pub(crate) has_timeout: bool,
    /// Whether only requests with the header `x-need` concern it.
    pub(crate) only_need: bool,
    /// Whether only responses with a status of 500 and more concern it.
    pub(crate) only_errors: bool,
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
    SetOwn,
    /// A number under the name `n`, and one more under this number.
    Relayed(usize),
    ReplacedBody(usize),
    Terminated(u16),
    WrongAnswer,
    NotReached,
    /// The function call was not made.
    Rejected,
    /// Whether the queue had room.
    Enqueued(bool),
    TimedOut,
    Responded(u16),
    /// With a stream of events.
    RespondedEvents(u16),
}

/// What a model says, as a session does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    ReadRequest {
        until: u64,
    },
    ReadResponse {
        until: u64,
    },
    /// With the members of its envelope's `relay`.
    Invoke {
        half: usize,
        until: u64,
        relay: BTreeMap<String, usize>,
    },
    Enqueue {
        half: usize,
        relay: BTreeMap<String, usize>,
    },
    CallBackend {
        replaced: Option<usize>,
    },
    Respond {
        replaced: Option<usize>,
    },
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
    /// For a body of this half, in its own time or in the call's; the tasks are taken up again once that is
    /// there.
    Body(usize, bool),
    /// For the function of this half, since then, in the half's own time or in the call's.
    Function(usize, u64, bool),
    /// For the queue of this half.
    Queue(usize),
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
    relay: BTreeMap<String, usize>,
    /// Halves that the call does not concern, as far as was seen on entry.
    skipped: HashSet<usize>,
    /// What a half answers instead of invoking its function, if the call turns out to concern it.
    unmet: HashMap<usize, u16>,
    is_error: bool,
    /// Whether the response has a status that allows no body.
    keeps_no_body: bool,
    is_event_stream: bool,
    /// Whether a half of the side under way has dropped `x-need`, so that it is no trailer.
    pub(crate) has_dropped_need: bool,
    /// Whether a half of that side has set `x-own`.
    pub(crate) has_set_own: bool,
    /// When the response came, and how long functions have run since.
    responded: u64,
    functions_ran: u64,
    now: u64,
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
            relay: BTreeMap::new(),
            skipped: HashSet::new(),
            unmet: HashMap::new(),
            is_error: false,
            keeps_no_body: false,
            is_event_stream: false,
            has_dropped_need: false,
            has_set_own: false,
            responded: 0,
            functions_ran: 0,
            now: 0,
            decisions: Vec::new(),
        }
    }

    /// Whether the head that is under way is the request's.
    pub(crate) fn is_at_request(&self) -> bool {
        self.tasks.iter().any(|task| matches!(task, Task::Backend))
            || matches!(self.waits, Waits::Entered)
    }

    /// Whether `x-own` is a function's alone in the request, or in the response.
    pub(crate) fn owns(&self, in_request: bool) -> bool {
        let mut halves = self.halves.iter();
        halves.any(|half| half.owns && half.is_request == in_request)
    }

    pub(crate) fn expects_body(&self) -> bool {
        matches!(self.waits, Waits::Body(..))
    }

    pub(crate) fn expects_answer(&self) -> bool {
        matches!(self.waits, Waits::Function(..))
    }

    pub(crate) fn expects_enqueued(&self) -> bool {
        matches!(self.waits, Waits::Queue(_))
    }

    pub(crate) fn is_over(&self) -> bool {
        matches!(self.waits, Waits::Nothing)
    }

    /// `now` in milliseconds since the call came in.
    pub(crate) fn advance(&mut self, told: Told, with_request: bool, now: u64) -> Said {
        self.now = now;
        let at_request = self.is_at_request();
        let waits = std::mem::replace(&mut self.waits, Waits::Nothing);
        if at_request != with_request {
            return Said::OutOfOrder;
        }
        match (waits, told) {
            (Waits::Entered, Told::Entered) => self.entered(),
            (Waits::Body(..), Told::Whole(_)) => self.next(),
            (Waits::Body(half, _), Told::TooLarge) => self.too_large(half, 413),
            (Waits::Body(half, _), Told::BrokenOff) => {
                let is_request = self.halves[half].is_request;
                self.refuse(half, if is_request { 400 } else { 500 })
            }
            (Waits::Body(half, true), Told::TimedOut) => self.too_large(half, 502),
            (Waits::Body(half, false), Told::TimedOut) => self.end(half, "error", 504),
            (Waits::Function(half, since, own_end), told) => {
                self.functions_ran += now - since;
                self.answered(half, told, own_end)
            }
            (Waits::Queue(half), Told::Enqueued(has_room)) => {
                self.decide(half, if has_room { "queued" } else { "dropped" })
            }
            (Waits::Backend, Told::Responded(status) | Told::RespondedEvents(status)) => {
                self.replaced = None;
                self.keeps_no_body = status == 204;
                self.is_error = status >= 500;
                self.is_event_stream =
                    matches!(told, Told::RespondedEvents(_)) && !self.keeps_no_body;
                self.has_dropped_need = false;
                self.has_set_own = false;
                self.responded = now;
                self.functions_ran = 0;
                if status < 200 {
                    self.tasks = [Task::Respond].into();
                }
                self.next()
            }
            _ => Said::OutOfOrder,
        }
    }

    fn entered(&mut self) -> Said {
        let is_first = |at: usize, half: &HalfSpec| at == 0 || !half.is_request;
        for (at, half) in self.halves.iter().enumerate() {
            if is_first(at, half) && half.only_need && !self.has_need {
                self.skipped.insert(at);
            }
        }
        for at in 0..self.halves.len() {
            let half = self.halves[at];
            if self.is_big && half.sends_big && !self.skipped.contains(&at) {
                let is_uncertain = match half.is_request {
                    true => at > 0 && half.only_need,
                    false => half.only_errors,
                };
                if !is_uncertain {
                    return self.end(at, "error", 431);
                }
                self.unmet.insert(at, 431);
            }
        }
        self.next()
    }

    /// A condition is not met: of a response half that still waits for its response, it is kept.
    fn refuse(&mut self, half: usize, status: u16) -> Said {
        let spec = self.halves[half];
        if !spec.is_request && spec.only_errors && self.is_at_request() {
            self.unmet.insert(half, status);
            return self.next();
        }
        self.end(half, "error", status)
    }

    /// Whether the call concerns a half whose turn it is.
    fn concerns(&self, half: usize) -> bool {
        let spec = self.halves[half];
        let by_side = match spec.is_request {
            true => half == 0 || !spec.only_need || self.has_need,
            false => !spec.only_errors || self.is_error,
        };
        by_side && !self.skipped.contains(&half)
    }

    fn next(&mut self) -> Said {
        match self.tasks.pop_front() {
            Some(Task::Enter(half))
                if self.skipped.contains(&half) || self.unmet.contains_key(&half) =>
            {
                self.next()
            }
            Some(Task::Turn(half) | Task::Invoke(half)) if !self.concerns(half) => {
                self.decide(half, "skipped")
            }
            Some(Task::Turn(half)) if self.unmet.contains_key(&half) => {
                let status = self.unmet[&half];
                self.end(half, "error", status)
            }
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
            return self.refuse(half, 400);
        }
        // What follows once the body is known.
        if matches!(task, Task::Turn(_)) {
            self.tasks.push_front(Task::Invoke(half));
        }
        if !spec.expands[usize::from(at_response)] {
            return self.next();
        }
        match self.replaced {
            Some(length) if length > LIMIT => self.too_large(half, 413),
            Some(_) => self.next(),
            None if at_response && self.is_event_stream => self.too_large(half, 502),
            None if at_response => {
                let (until, own_end) = self.until(half, self.responded + self.functions_ran);
                self.waits = Waits::Body(half, own_end);
                Said::ReadResponse { until }
            }
            None => {
                self.waits = Waits::Body(half, false);
                Said::ReadRequest { until: DEADLINE }
            }
        }
    }

    /// When what this half began at `since` has to be over, and whether by its own timeout.
    fn until(&self, half: usize, since: u64) -> (u64, bool) {
        let own_end = self.halves[half].has_timeout && since + TIMEOUT < DEADLINE;
        (if own_end { since + TIMEOUT } else { DEADLINE }, own_end)
    }

    fn too_large(&mut self, half: usize, status: u16) -> Said {
        if self.halves[half].filters {
            self.next()
        } else {
            self.refuse(half, status)
        }
    }

    fn invoke(&mut self, half: usize) -> Said {
        let spec = self.halves[half];
        let relay = match !spec.is_request && spec.hears {
            true => self.relay.clone(),
            false => BTreeMap::new(),
        };
        if spec.queues {
            self.waits = Waits::Queue(half);
            return Said::Enqueue { half, relay };
        }
        let (until, own_end) = self.until(half, self.now);
        self.waits = Waits::Function(half, self.now, own_end);
        Said::Invoke { half, until, relay }
    }

    fn answered(&mut self, half: usize, told: Told, own_end: bool) -> Said {
        let spec = self.halves[half];
        // The answer to an event is not looked at.
        let is_event = spec.is_event;
        match told {
            Told::Allowed
            | Told::DroppedNeed
            | Told::SetOwn
            | Told::Relayed(_)
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
                self.has_dropped_need = true;
                self.decide(half, "modify")
            }
            Told::SetOwn => {
                self.has_set_own = true;
                self.decide(half, "modify")
            }
            Told::Relayed(number) => {
                if spec.is_request {
                    self.relay.insert("n".into(), number);
                    self.relay.insert(number.to_string(), number);
                }
                self.decide(half, "allow")
            }
            Told::ReplacedBody(length) => {
                self.replaced = Some(if self.keeps_no_body { 0 } else { length });
                self.decide(half, "modify")
            }
            Told::Terminated(status) => self.end(half, "terminate", status),
            Told::WrongAnswer | Told::NotReached => self.failed(half, 500),
            Told::Rejected => self.failed(half, 503),
            Told::TimedOut if own_end => self.failed(half, 504),
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
