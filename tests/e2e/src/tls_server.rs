//! A TLS server with a certificate of its own that nobody has signed. What gets in is answered in HTTP.

use anyhow::{Context, Result};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, Stream};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

/// A server that goes on listening until the test program ends.
pub struct TlsServer {
    address: SocketAddr,
}

impl TlsServer {
    /// Starts it on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// If no port can be opened, or no certificate can be made.
    pub fn start() -> Result<Self> {
        let signed = rcgen::generate_simple_self_signed(vec!["127.0.0.1".into(), "localhost".into()])?;
        let key = PrivateKeyDer::try_from(signed.signing_key.serialize_der())
            .map_err(|words| anyhow::anyhow!("the key cannot be used: {words}"))?;
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![signed.cert.der().clone()], key)
            .context("the certificate cannot be used")?;
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").context("cannot listen")?;
        let address = listener.local_addr()?;
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let config = Arc::clone(&config);
                // What goes wrong here is seen by the client, which is what is tested.
                thread::spawn(move || answer(stream, config).unwrap_or_default());
            }
        });
        Ok(Self { address })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

fn answer(mut stream: TcpStream, config: Arc<ServerConfig>) -> Result<()> {
    let mut connection = ServerConnection::new(config)?;
    let mut tls = Stream::new(&mut connection, &mut stream);
    let mut request = [0; 4_096];
    if tls.read(&mut request)? > 0 {
        tls.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")?;
    }
    Ok(())
}
