//! What went wrong with TLS, in few words: they must fit into the reason of a close frame.

use std::io;

use rustls::{AlertDescription, CertificateError, Error};

/// The TLS error that an I/O error stands for, if it does.
pub(crate) fn error_of(error: &io::Error) -> Option<&Error> {
    error.get_ref()?.downcast_ref()
}

/// Says it of the peer, as “it”.
pub(crate) fn reason(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(fault) => of_certificate(fault).to_owned(),
        Error::AlertReceived(alert) => of_alert(*alert),
        Error::InvalidMessage(_) => "it does not speak TLS".to_owned(),
        Error::PeerIncompatible(_) => "it has no version or cipher of TLS in common".to_owned(),
        Error::InconsistentKeys(_) => "the private key belongs to another certificate".to_owned(),
        Error::NoCertificatesPresented => "it shows no certificate".to_owned(),
        other => format!("TLS failed: {}", other.to_string().to_lowercase()),
    }
}

fn of_certificate(fault: &CertificateError) -> &'static str {
    use CertificateError as Fault;
    match fault {
        Fault::Expired | Fault::ExpiredContext { .. } => "its certificate has expired",
        Fault::NotValidYet | Fault::NotValidYetContext { .. } => "its certificate is not valid yet",
        Fault::NotValidForName | Fault::NotValidForNameContext { .. } => {
            "its certificate is for another name"
        }
        Fault::UnknownIssuer => "its certificate is of an unknown issuer",
        Fault::Revoked => "its certificate is revoked",
        Fault::BadSignature => "its certificate's signature is wrong",
        Fault::BadEncoding => "its certificate cannot be read",
        Fault::InvalidPurpose | Fault::InvalidPurposeContext { .. } => {
            "its certificate is for another purpose"
        }
        // A certificate that may sign others is not taken for a server's.
        Fault::Other(_) => "its certificate is not one of a server",
        _ => "its certificate cannot be checked",
    }
}

fn of_alert(alert: AlertDescription) -> String {
    match alert {
        AlertDescription::CertificateRequired => "it wants a client certificate".to_owned(),
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateRevoked
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateUnknown
        | AlertDescription::UnknownCA
        | AlertDescription::AccessDenied => {
            format!("it does not take the certificate shown ({})", named(alert))
        }
        AlertDescription::ProtocolVersion | AlertDescription::HandshakeFailure => {
            format!("it refused the TLS handshake ({})", named(alert))
        }
        other => format!("it ended TLS with an alert ({})", named(other)),
    }
}

fn named(alert: AlertDescription) -> String {
    // The names are those of RFC 8446, 6, in another case.
    format!("{alert:?}")
}
