//! Certificates as tests need them, and both ends of TLS.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, TlsConnector, client};

use crate::support::{WebFolder, within};

/// An issuer of a test's own.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate that was issued, and its key, in PEM.
#[derive(Clone)]
pub struct Issued {
    pub chain: String,
    pub key: String,
}

impl Authority {
    pub fn new() -> Self {
        Self::with(&[], |_| {})
    }

    /// One whose certificate a server may show too, if that is allowed.
    pub fn with(names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let mut params =
            CertificateParams::new(names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>()).unwrap();
        // Two issuers of one name would be taken for each other.
        let name = format!("issuer {}", NEXT.fetch_add(1, Ordering::Relaxed));
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        params.not_before = date_time_ymd(2000, 1, 1);
        change(&mut params);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub fn pem(&self) -> String {
        self.0.pem()
    }

    pub fn issue(&self, name: &str) -> Issued {
        self.issue_changed(name, |_| {})
    }

    /// One whose time is over.
    pub fn issue_expired(&self, name: &str) -> Issued {
        self.issue_changed(name, |params| params.not_after = date_time_ymd(2001, 1, 1))
    }

    fn issue_changed(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Issued {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = date_time_ymd(2000, 1, 1);
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        Issued { chain: certificate.pem(), key: key.serialize_pem() }
    }

    /// Its own certificate, to be shown by a server.
    pub fn itself(&self) -> Issued {
        Issued { chain: self.0.pem(), key: self.0.key().serialize_pem() }
    }

    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        roots
    }
}

impl Issued {
    pub fn der(&self) -> CertificateDer<'static> {
        CertificateDer::from_pem_slice(self.chain.as_bytes()).unwrap()
    }

    fn private(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::from_pem_slice(self.key.as_bytes()).unwrap()
    }

    /// Writes both into the folder; their paths.
    pub fn write(&self, folder: &WebFolder, name: &str) -> (PathBuf, PathBuf) {
        let (chain, key) = (format!("{name}.crt"), format!("{name}.key"));
        folder.write(&chain, &self.chain);
        folder.write(&key, &self.key);
        (folder.path().join(chain), folder.path().join(key))
    }

    /// A server that shows it, and wants a certificate of this issuer if there is one.
    pub fn acceptor(&self, clients: Option<&Authority>) -> TlsAcceptor {
        let builder = ServerConfig::builder();
        let builder = match clients {
            None => builder.with_no_client_auth(),
            Some(authority) => {
                let verifier = WebPkiClientVerifier::builder(Arc::new(authority.roots())).build().unwrap();
                builder.with_client_cert_verifier(verifier)
            }
        };
        let config = builder.with_single_cert(vec![self.der()], self.private()).unwrap();
        TlsAcceptor::from(Arc::new(config))
    }
}

/// A client that trusts this issuer.
pub fn client_config(authority: &Authority) -> ClientConfig {
    ClientConfig::builder().with_root_certificates(authority.roots()).with_no_client_auth()
}

/// A handshake as a client of `localhost`.
pub async fn handshake(
    config: ClientConfig,
    stream: TcpStream,
) -> std::io::Result<client::TlsStream<TcpStream>> {
    let name = ServerName::try_from("localhost").unwrap();
    within("the handshake", TlsConnector::from(Arc::new(config)).connect(name, stream)).await
}
