//! What is spoken at each of the gateway's ports.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use tokio::net::TcpStream;

use crate::http;
use crate::state::{AppState, Client};
use crate::stream::Stream;
use crate::tls::{Accepted, Acceptor, Target, redirect};

/// What is spoken at a port.
#[derive(Clone, Debug)]
pub(crate) enum Way {
    Http,
    Https(Arc<Acceptor>),
    /// Plain HTTP, which is sent on to this port.
    Redirect(u16),
}

impl Way {
    /// Serves one connection to its end.
    pub(crate) async fn serve(self, stream: TcpStream, client: Client, router: Router, state: AppState) {
        let acceptor = match self {
            Self::Http => return http::serve(Stream::Tcp(stream), client, router, state).await,
            Self::Redirect(port) => return redirect(stream, Target::Port(port), client, state).await,
            Self::Https(acceptor) => acceptor,
        };
        let accepted = tokio::select! {
            accepted = acceptor.accept(stream, client.addr) => accepted,
            () = state.shutdown.cancelled() => return,
        };
        match accepted {
            Accepted::Tls(stream) => http::serve(stream, client, router, state).await,
            Accepted::Plain(stream) => redirect(stream, Target::SamePort, client, state).await,
            Accepted::Nothing => {}
        }
    }

    /// Tells a client that there is no place for it.
    pub(crate) async fn turn_away(self, stream: TcpStream, peer: SocketAddr) {
        let stream = async {
            match self {
                Self::Http | Self::Redirect(_) => Some(Stream::Tcp(stream)),
                Self::Https(acceptor) => match acceptor.accept(stream, peer).await {
                    Accepted::Tls(stream) => Some(stream),
                    Accepted::Plain(stream) => Some(Stream::Tcp(stream)),
                    Accepted::Nothing => None,
                },
            }
        };
        http::turn_away(stream).await;
    }
}
