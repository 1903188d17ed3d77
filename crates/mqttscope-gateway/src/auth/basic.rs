//! Names and passwords (RFC 7617), against hashes of Argon2.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordVerifier, Version};
use axum::http::{HeaderMap, header};
use ring::hmac;
use ring::rand::SystemRandom;
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};

use super::Denial;
use super::slow::Slow;
use crate::Error;
use crate::error::io_reason;
use crate::quiet::Seldom;
use crate::watch::Watch;

/// Lets in whoever has a password.
#[derive(Debug)]
pub(crate) struct Basic {
    file: PathBuf,
    watch: Mutex<Watch>,
    users: RwLock<Arc<Users>>,
    /// A key that nobody knows: what is kept of a password cannot be tried elsewhere.
    key: hmac::Key,
    slow: Slow,
    /// Each verification takes a processor and, as Argon2 is made, much memory.
    verifying: Arc<Semaphore>,
    refusing: Seldom,
}

/// The users of one reading of the file.
#[derive(Debug, Default)]
struct Users(HashMap<Box<str>, User>);

#[derive(Debug)]
struct User {
    name: Arc<str>,
    /// In PHC's form, checked when it was read.
    hash: Box<str>,
    /// The password that was right, as an HMAC: each request costs no Argon2.
    verified: RwLock<Option<hmac::Tag>>,
}

/// What a client says it is.
struct Credentials {
    name: String,
    password: String,
}

impl Basic {
    pub(super) fn new(file: PathBuf) -> Result<Self, Error> {
        let watch = Mutex::new(Watch::new(vec![file.clone()]));
        let users = RwLock::new(Arc::new(read(&file)?));
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new()).map_err(|_| Error::File {
            file: file.clone(),
            reason: "this system has no random numbers".into(),
        })?;
        Ok(Self {
            file,
            watch,
            users,
            key,
            slow: Slow::default(),
            verifying: Arc::new(Semaphore::new(VERIFYING)),
            refusing: Seldom::default(),
        })
    }

    pub(super) async fn check(&self, headers: &HeaderMap, peer: SocketAddr) -> Result<Arc<str>, Denial> {
        if !headers.contains_key(header::AUTHORIZATION) {
            // Each browser asks like that first: no word of it.
            return Err(Denial::Unauthorized);
        }
        let Some(credentials) = Credentials::of(headers) else {
            tracing::info!(%peer, "request refused: not a name and a password");
            return Err(Denial::Unauthorized);
        };
        let users = self.users.read().unwrap_or_else(PoisonError::into_inner).clone();
        let user = users.0.get(&*credentials.name);
        if let Some(user) = user.filter(|user| user.was_verified(&self.key, &credentials.password)) {
            return Ok(user.name.clone());
        }
        match self.verify(&users, &credentials, peer.ip()).await {
            Ok(true) => {
                if let Some(user) = user {
                    return Ok(user.name.clone());
                }
            }
            Ok(false) => {}
            Err(wait) => {
                if let Some(times) = self.refusing.happened() {
                    tracing::info!(%peer, times, "request refused: too many passwords were tried");
                }
                return Err(Denial::TooMany(wait));
            }
        }
        // The name may be a password that was typed into the wrong field.
        match user {
            Some(user) => tracing::info!(%peer, user = &*user.name, "request refused: the password is wrong"),
            None => tracing::info!(%peer, "request refused: no user of that name"),
        }
        Err(Denial::Unauthorized)
    }

    /// Whether the password is right, or how long it takes until another try is looked at.
    ///
    /// It takes as long for a name that is not there.
    async fn verify(
        &self,
        users: &Users,
        credentials: &Credentials,
        address: IpAddr,
    ) -> Result<bool, Duration> {
        let user = users.0.get(&*credentials.name);
        let mut permit = self.permit().await?;
        // Of several requests at once the first has done it for the others.
        if user.is_some_and(|user| user.was_verified(&self.key, &credentials.password)) {
            return Ok(true);
        }
        // Counted only now: of many right ones that come at once, few count as wrong before they are looked at.
        let wait = self.slow.try_now(address, Instant::now())?;
        if !wait.is_zero() {
            drop(permit);
            tokio::time::sleep(wait).await;
            permit = self.permit().await?;
        }
        let Some(hash) = user.or_else(|| users.0.values().next()).map(|user| user.hash.clone()) else {
            return Ok(false);
        };
        let password = credentials.password.clone();
        let verified = tokio::task::spawn_blocking(move || {
            // It goes on where the client is gone by now, and so does the permit.
            let _permit = permit;
            let hash = PasswordHash::new(&hash).ok()?;
            Argon2::default().verify_password(password.as_bytes(), &hash).ok()
        });
        let is_right = matches!(verified.await, Ok(Some(())));
        let Some(user) = user.filter(|_| is_right) else { return Ok(false) };
        self.slow.was_right(address);
        let tag = hmac::sign(&self.key, credentials.password.as_bytes());
        *user.verified.write().unwrap_or_else(PoisonError::into_inner) = Some(tag);
        Ok(true)
    }

    async fn permit(&self) -> Result<OwnedSemaphorePermit, Duration> {
        let acquired = tokio::time::timeout(LONGEST_QUEUE, self.verifying.clone().acquire_owned()).await;
        acquired.ok().and_then(Result::ok).ok_or(LONGEST_QUEUE)
    }

    pub(super) async fn keep_up(&self) {
        let reload = || match read(&self.file) {
            Ok(users) => {
                *self.users.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(users);
                tracing::info!(file = %self.file.display(), "the users were read again");
            }
            Err(error) => tracing::warn!("the users stay as they were: {error}"),
        };
        self.watch.lock().await.run(reload).await;
    }
}

impl User {
    fn was_verified(&self, key: &hmac::Key, password: &str) -> bool {
        let verified = self.verified.read().unwrap_or_else(PoisonError::into_inner);
        verified.is_some_and(|tag| hmac::verify(key, password.as_bytes(), tag.as_ref()).is_ok())
    }
}

impl Credentials {
    fn of(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(header::AUTHORIZATION).iter();
        let (Some(value), None) = (values.next(), values.next()) else { return None };
        let (scheme, encoded) = value.to_str().ok()?.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") || encoded.len() > MAX_ENCODED_LEN {
            return None;
        }
        let decoded = data_encoding::BASE64.decode(encoded.trim().as_bytes()).ok()?;
        let (name, password) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
        Some(Self { name: name.to_owned(), password: password.to_owned() })
    }
}

/// Makes a line of the file: a name and the hash of its password.
///
/// # Errors
///
/// One line that says what is wrong with the name.
pub(crate) fn line(name: &str, password: &str) -> Result<String, String> {
    use argon2::PasswordHasher;
    use argon2::password_hash::SaltString;
    use ring::rand::SecureRandom;
    check_name(name)?;
    if password.is_empty() {
        return Err("the password is empty".to_owned());
    }
    let mut random = [0; 16];
    SystemRandom::new().fill(&mut random).map_err(|_| "this system has no random numbers")?;
    let salt = SaltString::encode_b64(&random).map_err(|error| error.to_string())?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::default());
    let hash = argon2.hash_password(password.as_bytes(), &salt).map_err(|error| error.to_string())?;
    Ok(format!("{name}:{hash}"))
}

fn check_name(name: &str) -> Result<(), String> {
    let is_sound =
        !name.is_empty() && name.len() <= MAX_NAME_LEN && !name.starts_with('#') && name.trim() == name;
    if is_sound && !name.contains(|c: char| c == ':' || c.is_control()) {
        return Ok(());
    }
    Err(format!(
        "expected a name of at most {MAX_NAME_LEN} bytes without a colon, which does not begin with #"
    ))
}

fn read(file: &Path) -> Result<Users, Error> {
    let unusable = |reason: String| Error::File { file: file.to_owned(), reason };
    let text = std::fs::read_to_string(file).map_err(|error| unusable(io_reason(&error)))?;
    let mut users = Users::default();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        // Nothing of the line itself: it may be a password that somebody has written there.
        let wrong = |what: &str| unusable(format!("line {}: {what}", index + 1));
        let (name, hash) = line.split_once(':').ok_or_else(|| wrong("expected NAME:HASH"))?;
        check_name(name).map_err(|what| wrong(&what))?;
        let is_argon2 = PasswordHash::new(hash).is_ok_and(|hash| {
            Algorithm::try_from(hash.algorithm).is_ok()
                && Params::try_from(&hash).is_ok()
                && hash.hash.is_some()
        });
        if !is_argon2 {
            return Err(wrong("expected a hash of Argon2 behind the name, as `hash-password` makes it"));
        }
        let user = User { name: name.into(), hash: hash.into(), verified: RwLock::default() };
        if users.0.insert(name.into(), user).is_some() {
            return Err(wrong("this name is there twice"));
        }
    }
    if users.0.is_empty() {
        return Err(unusable("it names no user".into()));
    }
    Ok(users)
}

/// Verifications at a time; others wait.
const VERIFYING: usize = 2;

/// How long a try may wait for those before it.
const LONGEST_QUEUE: Duration = Duration::from_secs(10);

/// The longest name of a user, in bytes: each of a user's connections has it in the log.
const MAX_NAME_LEN: usize = 200;

/// Room for any password that is meant well, in bytes of Base64.
const MAX_ENCODED_LEN: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(name: &str, text: &str) -> Result<Users, String> {
        let file = std::env::temp_dir().join(format!("mqttscope-users-{}-{name}", std::process::id()));
        std::fs::write(&file, text).unwrap();
        let users = read(&file);
        std::fs::remove_file(&file).unwrap();
        users.map_err(|error| error.to_string())
    }

    #[test]
    fn lines_are_read_as_they_are_made() {
        let (ann, bob) = (line("ann", "secret").unwrap(), line("bob é", "ä:ö").unwrap());
        assert!(ann.starts_with("ann:$argon2id$v=19$m=19456,t=2,p=1$"), "{ann}");
        assert_ne!(ann, line("ann", "secret").unwrap());
        let users = read_text("made", &format!("# users\n\n{ann}\n{bob}\n")).unwrap();
        assert_eq!(users.0.len(), 2);
        let hash = PasswordHash::new(&users.0["bob é"].hash).unwrap();
        assert!(Argon2::default().verify_password("ä:ö".as_bytes(), &hash).is_ok());
        for name in ["", "a:b", "#a", " a", "a\n"] {
            assert!(line(name, "secret").is_err(), "{name:?}");
        }
        assert!(line("ann", "").is_err());
    }

    #[test]
    fn what_is_wrong_with_a_file_is_told_without_its_content() {
        let ann = line("ann", "secret").unwrap();
        for (text, expected) in [
            ("".to_owned(), "it names no user"),
            ("# none".to_owned(), "it names no user"),
            ("hunter2".to_owned(), "line 1: expected NAME:HASH"),
            (format!("{ann}\nbob:hunter2"), "line 2: expected a hash of Argon2"),
            (format!("{ann}\n{ann}"), "line 2: this name is there twice"),
            ("bob:$2b$12$hunter2".to_owned(), "line 1: expected a hash of Argon2"),
        ] {
            let reason = read_text("wrong", &text).unwrap_err();
            assert!(reason.contains(expected) && !reason.contains("hunter2"), "{reason}");
        }
    }

    #[test]
    fn credentials_are_those_of_rfc_7617() {
        let of = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, value.parse().unwrap());
            Credentials::of(&headers).map(|it| (it.name, it.password))
        };
        // The examples of RFC 7617, 2 and 2.1.
        let aladdin = Some(("Aladdin".to_owned(), "open sesame".to_owned()));
        assert_eq!(of("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), aladdin);
        assert_eq!(of("basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), aladdin);
        assert_eq!(of("Basic dGVzdDoxMjPCow=="), Some(("test".to_owned(), "123£".to_owned())));
        for value in ["Basic", "Basic ***", "Bearer QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Basic QWxhZGRpbg=="] {
            assert_eq!(of(value), None, "{value}");
        }
    }
}
