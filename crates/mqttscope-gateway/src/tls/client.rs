//! TLS to the broker.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

use super::pem::{read_certificates, read_key, unusable};
use super::{HTTP_1_1, provider, reason};
use crate::{BrokerTls, Error};

/// What the gateway is as a client of TLS; one that speaks HTTP within names it.
///
/// # Errors
///
/// [`Error`] when a file cannot be used, or no issuer is known.
pub(crate) fn client_config(options: &BrokerTls, speaks_http: bool) -> Result<ClientConfig, Error> {
    let provider = provider();
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::Tls(reason(&error)))?;
    let verified = if options.insecure {
        let verifier = Anybody { algorithms: provider.signature_verification_algorithms };
        builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier))
    } else {
        let (roots, listed) = roots(options)?;
        let by_issuer = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .map_err(|error| Error::Tls(error.to_string()))?;
        builder.dangerous().with_custom_certificate_verifier(Arc::new(Listed { by_issuer, listed }))
    };
    let mut config = match &options.identity {
        None => verified.with_no_client_auth(),
        Some((chain, key)) => {
            verified.with_client_auth_cert(read_certificates(chain)?, read_key(key)?).map_err(|error| {
                unusable(chain, format!("with {} for its key, {}", key.display(), reason(&error)))
            })?
        }
    };
    if speaks_http {
        config.alpn_protocols = vec![HTTP_1_1.to_vec()];
    }
    Ok(config)
}

/// The issuers of the file, or the system's; and the file's certificates themselves.
fn roots(options: &BrokerTls) -> Result<(RootCertStore, Vec<CertificateDer<'static>>), Error> {
    let mut roots = RootCertStore::empty();
    if let Some(file) = &options.ca {
        let listed = read_certificates(file)?;
        for certificate in &listed {
            roots.add(certificate.clone()).map_err(|error| unusable(file, reason(&error)))?;
        }
        return Ok((roots, listed));
    }
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "some of the system's certificates cannot be read");
    }
    // Among a system's certificates are some that no program takes.
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        return Err(Error::Tls(
            "this system has no certificates of issuers; name yours with --broker-ca".into(),
        ));
    }
    Ok((roots, Vec::new()))
}

/// Takes certificates by their issuers, and a self-signed one that was listed itself.
///
/// `openssl req -x509` makes certificates that may sign others, which by its issuer no server's may; many a test broker
/// shows one, and its users name it as the issuer.
#[derive(Debug)]
struct Listed {
    by_issuer: Arc<WebPkiServerVerifier>,
    listed: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for Listed {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified =
            self.by_issuer.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match verified {
            // Its time is looked at before what it may be used for, and has another error.
            Err(rustls::Error::InvalidCertificate(CertificateError::Other(_)))
                if self.listed.contains(end_entity) =>
            {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.by_issuer.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.by_issuer.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.by_issuer.supported_verify_schemes()
    }
}

/// Takes any certificate, if only the server has its key.
#[derive(Debug)]
struct Anybody {
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
