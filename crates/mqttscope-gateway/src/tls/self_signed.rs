//! A certificate that nobody has signed, made here and kept, so that a browser has to accept it once.

use std::io::{self, Write};
use std::net::IpAddr;
use std::path::Path;
use std::time::{Duration, SystemTime};

use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose};
use ring::digest::{SHA256, digest};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use super::{provider, reason};
use crate::error::io_reason;
use crate::{AllowedHosts, Error};

/// A certificate with its key.
#[derive(Debug)]
pub(super) struct SelfSigned {
    pub(super) pair: CertifiedKey,
    pub(super) expires: SystemTime,
    /// SHA-256 of the certificate, in hex with colons.
    pub(super) fingerprint: String,
}

/// Under which names a gateway is asked that listens there.
pub(crate) fn own_names(hosts: &AllowedHosts, listen: IpAddr) -> Vec<String> {
    let mut names: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into();
    let others = hosts.names().iter().cloned().chain((!listen.is_unspecified()).then(|| listen.to_string()));
    for name in others {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Takes the one in the folder if it is for these names and lasts, or makes one and keeps it there.
///
/// A folder that cannot be written is told in the log: the certificate is then another one at each start.
pub(super) fn load_or_make(state: Option<&Path>, names: &[String]) -> Result<SelfSigned, Error> {
    let file = state.map(|folder| folder.join(FILE));
    let kept = file.as_deref().and_then(|file| std::fs::read_to_string(file).ok());
    if let Some(kept) = kept.and_then(|text| parse(&text, names)) {
        return Ok(kept);
    }
    let text = make(names).map_err(|error| Error::Tls(format!("no certificate can be made: {error}")))?;
    if let Some(file) = &file
        && let Err(error) = keep(file, &text)
    {
        let (file, reason) = (file.display(), io_reason(&error));
        tracing::warn!(%file, "the self-signed certificate cannot be kept, and is another one next time: {reason}");
    }
    parse(&text, names).ok_or_else(|| Error::Tls("the certificate that was made cannot be read".into()))
}

/// Whether it is time for another one.
pub(super) fn ends_soon(expires: SystemTime) -> bool {
    expires < SystemTime::now() + RENEWED_BEFORE
}

/// Reads what [`make`] wrote; `None` if it does not fit any more.
fn parse(text: &str, names: &[String]) -> Option<SelfSigned> {
    let value = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
    let expires = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(value(EXPIRES)?.parse().ok()?))?;
    let its_names: Vec<&str> = value(NAMES)?.split(' ').collect();
    if ends_soon(expires) || !names.iter().all(|name| its_names.contains(&&**name)) {
        return None;
    }
    let certificate = CertificateDer::from_pem_slice(text.as_bytes()).ok()?;
    let key = PrivateKeyDer::from_pem_slice(text.as_bytes()).ok()?;
    let fingerprint = fingerprint(&certificate);
    let pair = CertifiedKey::from_der(vec![certificate], key, &provider())
        .inspect_err(|error| tracing::debug!("a kept certificate is not used: {}", reason(error)))
        .ok()?;
    Some(SelfSigned { pair, expires, fingerprint })
}

/// A certificate and its key in PEM, behind lines that say what it is for.
fn make(names: &[String]) -> Result<String, rcgen::Error> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let expires = now + LIFETIME;
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    let mut params = CertificateParams::new(names)?;
    // A browser's clock may be behind.
    params.not_before = epoch + now.saturating_sub(Duration::from_secs(DAY));
    params.not_after = epoch + expires;
    params.distinguished_name.push(DnType::CommonName, "mqttscope gateway, self-signed");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    Ok(format!(
        "The certificate of --tls-self-signed and its private key; without this file another is made.\n\
         {NAMES}{}\n{EXPIRES}{}\n{}{}",
        names.join(" "),
        expires.as_secs(),
        certificate.pem(),
        key.serialize_pem()
    ))
}

/// Writes it so that nobody else can read it, and nobody reads a half of it.
fn keep(file: &Path, text: &str) -> io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let new = folder.join(format!("{FILE}.{}", std::process::id()));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&new).and_then(|mut open| open.write_all(text.as_bytes()));
    let kept = written.and_then(|()| std::fs::rename(&new, file));
    if kept.is_err() {
        let _ = std::fs::remove_file(&new);
    }
    kept
}

/// In the form of Firefox and openssl; Chromium shows the same in small letters, without colons.
fn fingerprint(certificate: &[u8]) -> String {
    let bytes: Vec<String> =
        digest(&SHA256, certificate).as_ref().iter().map(|byte| format!("{byte:02X}")).collect();
    bytes.join(":")
}

const FILE: &str = "self-signed.pem";
const NAMES: &str = "names: ";
const EXPIRES: &str = "expires (Unix time): ";

const DAY: u64 = 24 * 60 * 60;

/// The longest that a browser takes of a certificate from a public issuer.
const LIFETIME: Duration = Duration::from_secs(397 * DAY);

const RENEWED_BEFORE: Duration = Duration::from_secs(30 * DAY);

#[cfg(test)]
mod tests {
    use super::*;

    struct Folder(std::path::PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            Self(std::env::temp_dir().join(format!("mqttscope-self-signed-{}-{name}", std::process::id())))
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn a_gateway_has_the_names_of_this_machine_and_those_that_it_is_given() {
        let hosts: AllowedHosts =
            ["b.example", "localhost"].iter().map(|name| name.parse::<AllowedHosts>().unwrap()).collect();
        let own = |listen: &str| own_names(&hosts, listen.parse().unwrap());
        assert_eq!(own("0.0.0.0"), ["localhost", "127.0.0.1", "::1", "b.example"]);
        assert_eq!(own("127.0.0.1"), own("::"));
        assert_eq!(own("10.0.0.7").last().unwrap(), "10.0.0.7");
    }

    #[test]
    fn one_that_is_kept_is_taken_again_until_it_does_not_fit() {
        let folder = Folder::new("kept");
        let load = |wanted: &[&str]| load_or_make(Some(&folder.0), &names(wanted)).unwrap().fingerprint;
        let first = load(&["localhost", "127.0.0.1", "::1"]);
        assert_eq!(load(&["localhost", "::1"]), first);
        let second = load(&["localhost", "mqtt.example.org"]);
        assert_ne!(second, first);
        assert_eq!(load(&["localhost"]), second);

        let file = folder.0.join(FILE);
        let text = std::fs::read_to_string(&file).unwrap();
        let expires = text.lines().find(|line| line.starts_with(EXPIRES)).unwrap();
        let soon = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() + 29 * DAY;
        std::fs::write(&file, text.replace(expires, &format!("{EXPIRES}{soon}"))).unwrap();
        let third = load(&["localhost"]);
        assert_ne!(third, second);
        std::fs::write(&file, "cut off").unwrap();
        assert_ne!(load(&["localhost"]), third);
        assert_eq!(std::fs::read_dir(&folder.0).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn its_key_is_for_nobody_else() {
        use std::os::unix::fs::PermissionsExt;
        let folder = Folder::new("mode");
        load_or_make(Some(&folder.0), &names(&["localhost"])).unwrap();
        let mode = std::fs::metadata(folder.0.join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn without_a_folder_it_is_another_one_each_time() {
        let folder = Folder::new("file");
        std::fs::write(&folder.0, "no folder").unwrap();
        let make = |state| load_or_make(state, &names(&["localhost"])).unwrap().fingerprint;
        assert_ne!(make(None), make(None));
        assert_ne!(make(Some(&*folder.0)), make(Some(&*folder.0)));
        let fingerprint = make(None);
        assert!(fingerprint.len() == 32 * 3 - 1 && fingerprint.split(':').all(|byte| byte.len() == 2));
        std::fs::remove_file(&folder.0).unwrap();
    }

    #[test]
    fn a_name_that_no_certificate_can_hold_is_told() {
        let error = load_or_make(None, &names(&["é.example"])).unwrap_err().to_string();
        assert!(error.starts_with("TLS cannot be set up: no certificate can be made"), "{error}");
    }
}
