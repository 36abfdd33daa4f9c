//! Connections of a scripted far end, and the steps of its replies.

use std::{
    convert::Infallible,
    net,
    ops::ControlFlow,
    sync::{Arc, atomic::Ordering},
    time::{Duration, SystemTime},
};

use tokio::{
    io::{self, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    runtime::Builder,
    sync::oneshot,
    task::JoinSet,
    time::sleep,
};

use super::{
    Answer, Received, Reply,
    aws::{SECRET_KEY, SESSION_TOKEN, State},
    forward::forward,
    reply::Step,
};

type Stream = BufReader<TcpStream>;

/// Serves until whoever started this is gone, which ends the connections too.
pub(super) fn until(ended: oneshot::Receiver<()>, listener: net::TcpListener, state: Arc<State>) {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        tokio::select! {
            _ = ended => {}
            Err(error) = accept(listener, state) => panic!("{error}"),
        }
    });
}

async fn accept(listener: net::TcpListener, state: Arc<State>) -> io::Result<Infallible> {
    listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listener)?;
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await?;
        while connections.try_join_next().is_some() {}
        state.connections.fetch_add(1, Ordering::Relaxed);
        let state = Arc::clone(&state);
        let mut hung_up = state.hung_up.subscribe();
        connections.spawn(async move {
            let mut stream = BufReader::new(stream);
            tokio::select! {
                // A broken connection is what this server is for.
                _ = serve(&mut stream, &state) => {}
                _ = hung_up.changed() => {
                    let _ = stream.get_ref().set_zero_linger();
                }
            }
        });
    }
}

/// Serves a connection that somebody else accepted, and does with each request what this says. It ends with the
/// connection, or when it is dropped.
///
/// # Errors
///
/// The connection is broken, which may be what it was to be.
pub async fn converse(
    stream: TcpStream,
    decide: impl FnMut(&Received) -> Reply + Send + 'static,
) -> io::Result<()> {
    serve(
        &mut BufReader::new(stream),
        &State::of_one_connection(decide),
    )
    .await
}

async fn serve(stream: &mut Stream, state: &State) -> io::Result<()> {
    stream.get_ref().set_nodelay(true)?;
    while let Some(request) = Received::read(stream).await? {
        let Reply(steps) = state.reply_to(&request);
        for step in steps {
            if take(step, stream, &request, state).await?.is_break() {
                return Ok(());
            }
        }
    }
    Ok(())
}

async fn take(
    step: Step,
    stream: &mut Stream,
    request: &Received,
    state: &State,
) -> io::Result<ControlFlow<()>> {
    match step {
        Step::Send(bytes) => send(stream, &bytes, state).await?,
        Step::OneByteASecond(bytes) => {
            for byte in &bytes {
                tokio::select! {
                    () = sleep(Duration::from_secs(1)) => {}
                    () = given_up(stream) => return Ok(ControlFlow::Break(())),
                }
                send(stream, &[*byte], state).await?;
            }
        }
        Step::Endless => {
            let chunk = [b"10000\r\n", &[b' '; 0x1_0000][..], b"\r\n"].concat();
            loop {
                send(stream, &chunk, state).await?;
            }
        }
        Step::Silence => {
            given_up(stream).await;
            return Ok(ControlFlow::Break(()));
        }
        Step::Reset => {
            stream.get_ref().set_zero_linger()?;
            return Ok(ControlFlow::Break(()));
        }
        Step::Close => return Ok(ControlFlow::Break(())),
        Step::Credentials(lifetime) => {
            let answer = credentials(&state.new_access_key(lifetime), lifetime);
            send(stream, &answer.whole(), state).await?;
        }
        Step::Pause(pause) => tokio::select! {
            () = sleep(pause) => {}
            () = given_up(stream) => return Ok(ControlFlow::Break(())),
        },
        Step::Gate(gate) => gate.wait().await,
        Step::Forward(address, lifetime) => {
            let answer = forward(&address, request, lifetime).await?;
            send(stream, &answer, state).await?;
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// Sends piece by piece, to know how much the client took.
async fn send(stream: &mut Stream, bytes: &[u8], state: &State) -> io::Result<()> {
    for piece in bytes.chunks(64 * 1024) {
        stream.write_all(piece).await?;
        let length = u64::try_from(piece.len()).unwrap_or(u64::MAX);
        state.bytes_sent.fetch_add(length, Ordering::Relaxed);
    }
    stream.flush().await
}

/// Waits until the client has closed the connection.
async fn given_up(stream: &mut Stream) {
    let mut unasked = [0; 64];
    while stream
        .read(&mut unasked)
        .await
        .is_ok_and(|length| length > 0)
    {}
}

/// What STS answers to `AssumeRole`.
fn credentials(access_key: &str, lifetime: Duration) -> Answer {
    let expiration = timestamp(SystemTime::now() + lifetime);
    let xml = format!(
        r#"<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
<AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/scripted/session</Arn><AssumedRoleId>AROA:session</AssumedRoleId></AssumedRoleUser>
<Credentials><AccessKeyId>{access_key}</AccessKeyId><SecretAccessKey>{SECRET_KEY}</SecretAccessKey>
<SessionToken>{SESSION_TOKEN}</SessionToken><Expiration>{expiration}</Expiration></Credentials>
</AssumeRoleResult></AssumeRoleResponse>"#
    );
    Answer::new(200, xml).header("content-type", "text/xml")
}

/// To the second, as AWS writes it.
pub(super) fn timestamp(time: SystemTime) -> String {
    let seconds = time.duration_since(SystemTime::UNIX_EPOCH);
    let seconds = seconds.expect("the clock is past 1970").as_secs();
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Year, month and day of a number of days since 1970: years are counted from March, so that a leap day ends one.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let leap_days = day_of_era / 1460 - day_of_era / 36_524 + day_of_era / 146_096;
    let year_of_era = (day_of_era - leap_days) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_aws_writes_them() {
        for (seconds, written) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_798_761_599, "2026-12-31T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            assert_eq!(timestamp(time), written);
        }
    }
}
