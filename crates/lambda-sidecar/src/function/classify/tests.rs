use std::{fmt, iter, sync::Arc, time::Duration};

use FailureClass::{Connect, Credentials, Rejected, Timeout};

use super::*;

/// An error that names another as its source.
#[derive(Debug)]
struct Layer(BoxError);

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a layer")
    }
}

impl Error for Layer {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}

/// An error that looks as the one behind it, as `#[error(transparent)]` of thiserror makes it.
#[derive(Debug)]
struct Transparent(BoxError);

impl fmt::Display for Transparent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Transparent {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

fn tokio_elapsed() -> tokio::time::error::Elapsed {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime
        .block_on(async {
            tokio::time::timeout(Duration::ZERO, std::future::pending::<()>()).await
        })
        .unwrap_err()
}

type Wrap = fn(BoxError) -> BoxError;

const WRAPS: [(&str, Wrap); 7] = [
    ("source", |error| Layer(error).into()),
    ("io", |error| io::Error::other(error).into()),
    ("arc", |error| {
        let shared: Arc<dyn Error + Send + Sync> = error.into();
        shared.into()
    }),
    ("anyhow", |error| anyhow::Error::from_boxed(error).into()),
    ("context", |error| {
        anyhow::Error::from_boxed(error)
            .context("while deciding")
            .into()
    }),
    ("transparent", |error| Transparent(error).into()),
    ("invocation", |error| {
        InvocationError::from_error(error).into()
    }),
];

type Make = fn() -> BoxError;

const ERRORS: [(Make, FailureClass); 7] = [
    (|| Elapsed::new().into(), Timeout),
    (|| tokio_elapsed().into(), Timeout),
    (|| io::Error::from(tokio_elapsed()).into(), Timeout),
    (|| Overloaded::new().into(), Rejected),
    (|| InvocationError::credentials("x").into(), Credentials),
    (|| InvocationError::timeout().into(), Timeout),
    (|| "something else".into(), Connect),
];

#[test]
fn an_error_is_what_it_is_behind_any_two_wrappers() {
    for (make, class) in ERRORS {
        assert_eq!(failure(&*make()).class(), class, "{:?}", make());
        for (inner, wrap_inner) in WRAPS {
            let error = wrap_inner(make());
            assert_eq!(failure(&*error).class(), class, "{inner}: {error:?}");
            for (outer, wrap_outer) in WRAPS {
                let error = wrap_outer(wrap_inner(make()));
                let class_seen = failure(&*error).class();
                assert_eq!(class_seen, class, "{outer} of {inner}: {error:?}");
            }
        }
    }
}

#[test]
fn an_error_of_anyhow_itself_is_seen_through() {
    // Unlike a box in an error of anyhow, which hides nothing.
    let hidden = |error: anyhow::Error| failure(&*BoxError::from(error)).class();
    assert_eq!(hidden(anyhow::Error::new(Elapsed::new())), Timeout);
    assert_eq!(hidden(anyhow::Error::new(tokio_elapsed())), Timeout);
    assert_eq!(hidden(anyhow::Error::new(Overloaded::new())), Rejected);
    let credentials = || InvocationError::credentials("x");
    assert_eq!(hidden(anyhow::Error::new(credentials())), Credentials);
    assert_eq!(hidden(anyhow::anyhow!("request timed out?")), Connect);
}

#[test]
fn the_outermost_error_that_is_known_decides() {
    let error = InvocationError::connect(Elapsed::new());
    assert_eq!(failure(&error).class(), Connect);
    let error = Layer(InvocationError::credentials(Overloaded::new()).into());
    assert_eq!(failure(&error).class(), Credentials);
}

#[test]
fn a_time_out_that_the_system_reports_is_no_connection() {
    let unreachable = unanswered();
    assert_eq!(unreachable.kind(), io::ErrorKind::TimedOut);
    assert_eq!(failure(&unreachable).class(), Connect);
}

/// What `connect` reports when no packet is answered.
fn unanswered() -> io::Error {
    (1..200)
        .map(io::Error::from_raw_os_error)
        .find(|error| error.kind() == io::ErrorKind::TimedOut)
        .unwrap()
}

#[test]
fn code_status_and_time_are_kept_behind_a_wrapper() {
    let error = Transparent(InvocationError::throttled("Slow", "x").into());
    assert_eq!(failure(&error), Failure::Throttled("Slow".into()));
    let error = Transparent(InvocationError::service(503, None, "x").into());
    assert_eq!(failure(&error), Failure::UnexpectedStatus(503));
    let retry_after = Duration::from_secs(7);
    let error = InvocationError::rejected("x").retry_after(retry_after);
    let error = Transparent(error.into());
    assert_eq!(failure(&error), Failure::Rejected { retry_after });
}

#[test]
fn the_texts_of_an_error_are_told_once_each() {
    let error = InvocationError::connect(Layer("the network is down".into()));
    let texts: Vec<_> = iter::successors(Some(&error as &(dyn Error + 'static)), |error| {
        (*error).source()
    })
    .map(ToString::to_string)
    .collect();
    let expected = [
        "function call failed: connect",
        "a layer",
        "the network is down",
    ];
    assert_eq!(texts, expected);
    assert!(error.get_ref().unwrap().is::<Layer>());
}
