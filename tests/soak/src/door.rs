//! A server that can be shut for a while, on the same port: its connections end, new ones are refused.

use std::{future::Future, io, net::SocketAddr, time::Duration};

use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::watch,
    task::{AbortHandle, JoinSet},
    time::sleep,
};

/// It ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Door {
    pub(crate) address: SocketAddr,
    wanted: watch::Sender<bool>,
    is_open: watch::Receiver<bool>,
    task: AbortHandle,
}

impl Door {
    /// Serves every connection so, on a free port.
    pub(crate) fn open_to<S, F>(serve: S) -> io::Result<Self>
    where
        S: Fn(TcpStream) -> F + Send + Sync + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        // Bound but never listening: while the door is shut nobody else gets the port.
        let keeper = socket(SocketAddr::from(([127, 0, 0, 1], 0)))?;
        let address = keeper.local_addr()?;
        let mut listener = Some(listen(address)?);
        let (wanted, mut orders) = watch::channel(true);
        let (state, is_open) = watch::channel(true);
        let task = tokio::spawn(async move {
            let _keeper = keeper;
            loop {
                match listener.take() {
                    Some(listener) => attend(listener, &serve, &mut orders).await,
                    None if orders.wait_for(|open| *open).await.is_err() => return,
                    None => listener = listen_again(address).await,
                }
                state.send_replace(listener.is_some());
            }
        });
        Ok(Self {
            address,
            wanted,
            is_open,
            task: task.abort_handle(),
        })
    }

    /// Ends all connections and refuses new ones.
    pub(crate) async fn shut(&self) {
        self.set(false).await;
    }

    pub(crate) async fn open(&self) {
        self.set(true).await;
    }

    async fn set(&self, open: bool) {
        self.wanted.send_replace(open);
        let mut state = self.is_open.clone();
        let _ = state.wait_for(|is_open| *is_open == open).await;
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Until the door is to be shut, or nobody is left to say so.
async fn attend<S, F>(listener: TcpListener, serve: &S, orders: &mut watch::Receiver<bool>)
where
    S: Fn(TcpStream) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = orders.wait_for(|open| !open) => break,
            Ok((stream, _)) = listener.accept() => {
                while connections.try_join_next().is_some() {}
                let _ = stream.set_nodelay(true);
                connections.spawn(serve(stream));
            }
        }
    }
    drop(listener);
    connections.shutdown().await;
}

/// None where it cannot be done now: it will be tried again.
async fn listen_again(address: SocketAddr) -> Option<TcpListener> {
    let listener = listen(address).ok();
    if listener.is_none() {
        sleep(Duration::from_millis(10)).await;
    }
    listener
}

fn socket(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.set_reuseport(true)?;
    socket.bind(address)?;
    Ok(socket)
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    socket(address)?.listen(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_shut_door_refuses_and_an_open_one_does_not() {
        let door = Door::open_to(|stream| async { drop(stream) }).unwrap();
        assert!(TcpStream::connect(door.address).await.is_ok());
        door.shut().await;
        let error = TcpStream::connect(door.address).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        door.open().await;
        assert!(TcpStream::connect(door.address).await.is_ok());
    }
}
