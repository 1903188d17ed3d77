//! Certificates and keys in files.

use std::path::Path;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use super::{provider, reason};
use crate::Error;
use crate::error::io_reason;

/// Reads a chain and its key, and whether they belong together.
pub(super) fn read_pair(chain: &Path, key: &Path) -> Result<CertifiedKey, Error> {
    let (certificates, private) = (read_certificates(chain)?, read_key(key)?);
    CertifiedKey::from_der(certificates, private, &provider())
        .map_err(|error| unusable(chain, format!("with {} for its key, {}", key.display(), reason(&error))))
}

/// Reads all certificates of a file, of which there must be one.
pub(super) fn read_certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let bytes = read(file)?;
    let certificates = CertificateDer::pem_slice_iter(&bytes)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| unusable(file, "it is no sound PEM"))?;
    if certificates.is_empty() {
        return Err(unusable(file, "it holds no certificate in PEM"));
    }
    Ok(certificates)
}

/// Reads the first private key of a file.
pub(super) fn read_key(file: &Path) -> Result<PrivateKeyDer<'static>, Error> {
    let bytes = read(file)?;
    PrivateKeyDer::from_pem_slice(&bytes).map_err(|_| {
        let is_encrypted = bytes.windows(9).any(|window| window == b"ENCRYPTED");
        unusable(
            file,
            match is_encrypted {
                true => "its private key is encrypted; `openssl pkey` writes one that is not",
                false => "it holds no private key in PEM",
            },
        )
    })
}

fn read(file: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(file).map_err(|error| unusable(file, io_reason(&error)))
}

pub(super) fn unusable(file: &Path, reason: impl Into<String>) -> Error {
    Error::File { file: file.to_owned(), reason: reason.into() }
}
