//! What one call is: chosen by the seed and the call's number, the same for client, far end and backend.

use std::time::Duration;

use bytes::Bytes;

use crate::{
    dice::Dice,
    endpoints::{ENDPOINTS, Endpoint},
    odd::Odd,
};

/// The header with a call's number.
pub(crate) const CALL_ID: &str = "x-call-id";
/// The header that some sidecars require.
pub(crate) const TOKEN: &str = "x-token";

/// Around the limit for payloads, and well beyond what one read of a socket brings.
const LENGTHS: [usize; 8] = [0, 1, 200, 1023, 1024, 1025, 5_000, 40_000];

#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) id: u64,
    pub(crate) endpoint: &'static Endpoint,
    pub(crate) protocol: Protocol,
    /// The length of the request's body; none: it is a GET.
    pub(crate) body: Option<usize>,
    /// Whether the length is said beforehand.
    pub(crate) announced: bool,
    /// How long sending the body takes.
    pub(crate) slow: Option<Duration>,
    pub(crate) hang_up: Option<HangUp>,
    pub(crate) has_token: bool,
    /// The length of the backend's body.
    pub(crate) answer: usize,
    answer_announced: bool,
    /// What is odd about one of its messages.
    pub(crate) odd: Option<Odd>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    Http1,
    Http2,
    Grpc,
}

/// When the client goes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HangUp {
    /// In the middle of the request's body.
    InBody,
    /// So long after the whole request was sent, unless the answer is there by then.
    Waiting(Duration),
    /// When it has the headers of the answer.
    InAnswer,
}

impl Plan {
    pub(crate) fn of(seed: u64, id: u64) -> Self {
        let mut dice = Dice::of(seed, &format!("call {id}"));
        let endpoint = dice.between(0, ENDPOINTS.len() as u64);
        let endpoint = &ENDPOINTS[usize::try_from(endpoint).unwrap_or_default()];
        let protocol = match dice.between(0, 10) {
            0..5 => Protocol::Http1,
            5..8 => Protocol::Http2,
            _ => Protocol::Grpc,
        };
        let length = dice.pick(&LENGTHS);
        let is_get = dice.per_mille(350) && protocol != Protocol::Grpc;
        let body = length.filter(|_| !is_get);
        let slow = dice.per_mille(60).then(|| slow(&mut dice));
        let slow = slow.filter(|_| body.is_some_and(|length| length > 100));
        let hang_up = dice.per_mille(70).then(|| hang_up(&mut dice, body));
        let plan = Self {
            id,
            endpoint,
            protocol,
            body,
            announced: dice.per_mille(500),
            slow,
            hang_up,
            has_token: dice.per_mille(900),
            answer: dice.pick(&LENGTHS).unwrap_or_default(),
            answer_announced: dice.per_mille(500),
            odd: None,
        };
        match odd(id) {
            Some(odd) => plan.with(odd, &mut dice),
            None => plan,
        }
    }

    /// The same with this oddity, which is all that is out of order.
    fn with(self, odd: Odd, dice: &mut Dice) -> Self {
        let endpoint = dice.pick(&odd.endpoints()).unwrap_or(self.endpoint);
        let is_of_answer = odd.is_of_answer();
        Self {
            endpoint,
            protocol: odd.protocol().unwrap_or(self.protocol),
            body: odd.body(),
            announced: odd.is_announced() || is_of_answer && self.announced,
            slow: None,
            hang_up: None,
            has_token: self.has_token && odd != Odd::NominatesToken,
            answer: if is_of_answer { 200 } else { self.answer },
            answer_announced: odd.is_answer_announced() || !is_of_answer && self.answer_announced,
            odd: Some(odd),
            ..self
        }
    }

    /// Whether something is odd about it, and this is it.
    pub(crate) fn is(&self, is: impl FnOnce(Odd) -> bool) -> bool {
        self.odd.is_some_and(is)
    }

    /// The request's body.
    pub(crate) fn request(&self) -> Bytes {
        filled("asked", self.id, self.body.unwrap_or_default())
    }

    /// The body of the backend's answer.
    pub(crate) fn answer(&self) -> Bytes {
        filled("answered", self.id, self.answer)
    }

    /// Whether the backend says the length beforehand. In gRPC something follows the body.
    pub(crate) fn announces_answer(&self) -> bool {
        self.answer_announced && !self.is_grpc()
    }

    pub(crate) fn is_grpc(&self) -> bool {
        self.protocol == Protocol::Grpc
    }
}

/// Every third call has its oddity, in turn.
fn odd(id: u64) -> Option<Odd> {
    let turn = usize::try_from(id / 3).unwrap_or_default();
    let odd = Odd::all().nth(turn % Odd::all().count());
    odd.filter(|_| id.is_multiple_of(3))
}

/// Mostly within the endpoints' time-out, sometimes past it.
fn slow(dice: &mut Dice) -> Duration {
    Duration::from_millis(if dice.per_mille(250) {
        2_600
    } else {
        dice.between(50, 700)
    })
}

fn hang_up(dice: &mut Dice, body: Option<usize>) -> HangUp {
    let waiting = Duration::from_millis(dice.between(0, 300));
    match dice.between(0, 3) {
        0 if body.is_some_and(|length| length > 1) => HangUp::InBody,
        1 => HangUp::InAnswer,
        _ => HangUp::Waiting(waiting),
    }
}

/// A text of that length which is like no other call's.
fn filled(what: &str, id: u64, length: usize) -> Bytes {
    let line = format!("{what} in call {id}\n");
    line.bytes().cycle().take(length).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_plans_the_same_calls() {
        for id in 0..200 {
            let [one, other] = [Plan::of(5, id), Plan::of(5, id)];
            assert_eq!(format!("{one:?}"), format!("{other:?}"));
        }
    }

    #[test]
    fn every_endpoint_and_protocol_is_called() {
        let plans: Vec<_> = (0..500).map(|id| Plan::of(1, id)).collect();
        for endpoint in &ENDPOINTS {
            assert!(plans.iter().any(|plan| plan.endpoint.path == endpoint.path));
        }
        for protocol in [Protocol::Http1, Protocol::Http2, Protocol::Grpc] {
            assert!(plans.iter().any(|plan| plan.protocol == protocol));
        }
    }
}
