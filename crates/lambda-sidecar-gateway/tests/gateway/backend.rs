//! Backends.

use std::{
    net::TcpListener,
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
};

use crate::{
    client::{Head, Wire},
    process::LIMIT,
};

/// A server of a test's own; it keeps what it was sent.
pub(crate) struct Server {
    pub(crate) address: String,
    seen: Arc<Mutex<Vec<(Head, String)>>>,
}

impl Server {
    /// Answers each request, on a connection that it may do anything with.
    pub(crate) fn start(answer: impl Fn(&Head, &mut Wire) + Send + Sync + 'static) -> Self {
        Self::keeping(Arc::default(), answer)
    }

    fn keeping(
        seen: Arc<Mutex<Vec<(Head, String)>>>,
        answer: impl Fn(&Head, &mut Wire) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let answer = Arc::new(answer);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let answer = Arc::clone(&answer);
                thread::spawn(move || {
                    let mut wire = Wire::new(stream);
                    while let Some(head) = wire.head() {
                        answer(&head, &mut wire);
                    }
                });
            }
        });
        Self { address, seen }
    }

    /// Answers every request with what this makes of its head and body.
    pub(crate) fn answering(
        answer: impl Fn(&Head, &str) -> String + Send + Sync + 'static,
    ) -> Self {
        let seen: Arc<Mutex<Vec<_>>> = Arc::default();
        let kept = Arc::clone(&seen);
        Self::keeping(seen, move |head, wire| {
            let body = wire.body(head);
            let text = answer(head, &body);
            kept.lock().unwrap().push((head.clone(), body));
            let length = text.len();
            wire.write(format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{text}"
            ));
        })
    }

    /// Answers with the path it was asked for.
    pub(crate) fn echoing_paths() -> Self {
        Self::answering(|head, _| head.path().to_owned())
    }

    /// What came so far.
    pub(crate) fn seen(&self) -> Vec<(Head, String)> {
        self.seen.lock().unwrap().clone()
    }
}

/// Something that happens in one thread and is waited for in another.
pub(crate) struct Event(Mutex<Receiver<()>>);

pub(crate) fn event() -> (Sender<()>, Event) {
    let (sender, receiver) = channel();
    (sender, Event(Mutex::new(receiver)))
}

impl Event {
    pub(crate) fn wait(&self) {
        let receiver = self.0.lock().unwrap();
        receiver.recv_timeout(LIMIT).expect("it happens");
    }
}
