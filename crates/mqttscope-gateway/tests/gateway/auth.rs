//! Who is let in: by a password, by a proxy's word, and how slow it becomes to try.

use std::time::{Duration, Instant};

use mqttscope_gateway::{AuthConfig, PAGE_PATH, PROXY_PATH};

use crate::support::{Peer, Running, WebFolder, external};

fn basic(name: &str, password: &str) -> (&'static str, String) {
    (
        "authorization",
        format!("Basic {}", data_encoding::BASE64.encode(format!("{name}:{password}").as_bytes())),
    )
}

/// A line of the file.
fn line(name: &str, password: &str) -> String {
    use argon2::password_hash::{PasswordHasher, SaltString};
    let argon2 = argon2::Argon2::new(
        argon2::Algorithm::Argon2id,
        argon2::Version::V0x13,
        argon2::Params::new(8, 1, 1, None).unwrap(),
    );
    let salt = SaltString::encode_b64(b"a salt of a test").unwrap();
    format!("{name}:{}\n", argon2.hash_password(password.as_bytes(), &salt).unwrap())
}

async fn start(users: &str) -> (Running, WebFolder, Peer) {
    let (files, peer) = (WebFolder::new(), Peer::listen().await);
    files.write("users", users);
    let file = files.path().join("users");
    let gateway = Running::start_with(|config| {
        config.broker = external(peer.addr());
        config.auth = AuthConfig::Basic { file };
    })
    .await;
    (gateway, files, peer)
}

async fn status(gateway: &Running, path: &str, header: &(&'static str, String)) -> u16 {
    gateway.get(path, &[(header.0, &header.1)]).await.status
}

#[tokio::test]
async fn a_password_is_needed_for_the_page_and_for_the_proxy() {
    let (gateway, _files, peer) = start(&(line("ann", "secret") + &line("bob", "other"))).await;
    for path in [PAGE_PATH, "/", "/none", PROXY_PATH] {
        let response = gateway.get(path, &[]).await;
        assert_eq!(response.status, 401, "{path}");
        let challenge = "Basic realm=\"mqttscope\", charset=\"UTF-8\"";
        assert_eq!(response.header("www-authenticate"), challenge, "{path}");
    }
    assert_eq!(gateway.upgrade(&[]).await.0.status, 401);
    let ann = basic("ann", "secret");
    for _ in 0..20 {
        assert_eq!(status(&gateway, PAGE_PATH, &ann).await, 200);
    }
    let (response, _stream) = gateway.upgrade(&[(ann.0, &ann.1)]).await;
    assert_eq!(response.status, 101);
    peer.accept().await;
    for wrong in
        [basic("ann", "other"), basic("ann", ""), basic("eve", "secret"), ("authorization", "x".into())]
    {
        assert_eq!(status(&gateway, PAGE_PATH, &wrong).await, 401, "{wrong:?}");
    }
    assert_eq!(status(&gateway, PAGE_PATH, &basic("bob", "other")).await, 200);
}

#[tokio::test]
async fn whoever_watches_needs_no_password() {
    let (gateway, _files, _peer) = start(&line("ann", "secret")).await;
    for path in ["/healthz", "/readyz"] {
        assert_ne!(gateway.get(path, &[]).await.status, 401, "{path}");
    }
    for path in ["/healthz/", "/healthzz", "//healthz", "/HEALTHZ"] {
        assert_eq!(gateway.get(path, &[]).await.status, 401, "{path}");
    }
}

#[tokio::test]
async fn wrong_passwords_are_slowed_down_and_right_ones_that_were_known_are_not() {
    let (gateway, _files, _peer) = start(&(line("ann", "secret") + &line("bob", "other"))).await;
    assert_eq!(status(&gateway, PAGE_PATH, &basic("ann", "secret")).await, 200);
    let mut refused = None;
    // At once, as whoever tries them would: no more than a handful is looked at.
    for n in 0..30 {
        let response = {
            let wrong = basic("ann", &format!("guess {n}"));
            let header = [(wrong.0, &*wrong.1)];
            gateway.get(PAGE_PATH, &header).await
        };
        match response.status {
            401 => {}
            429 => {
                refused = Some((n, response));
                break;
            }
            other => panic!("{other}"),
        }
    }
    let (tried, response) = refused.expect("all tries were looked at");
    assert!((5..20).contains(&tried), "{tried}");
    assert!(response.header("retry-after").parse::<u64>().unwrap() > 1);
    assert_eq!(status(&gateway, PAGE_PATH, &basic("bob", "other")).await, 429);
    let started = Instant::now();
    assert_eq!(status(&gateway, PAGE_PATH, &basic("ann", "secret")).await, 200);
    // Less than any pause: it did not wait for one.
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
}

#[tokio::test]
async fn many_right_passwords_at_once_are_not_taken_for_wrong_ones() {
    // As after a restart, when all pages behind one address come back.
    let names: Vec<String> = (0..40).map(|n| format!("user {n}")).collect();
    let lines: String = names.iter().map(|name| line(name, "secret")).collect();
    let (gateway, _files, _peer) = start(&lines).await;
    let asked = names.iter().map(|name| basic(name, "secret")).collect::<Vec<_>>();
    let statuses =
        futures_util::future::join_all(asked.iter().map(|it| status(&gateway, PAGE_PATH, it))).await;
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
}

#[tokio::test]
async fn users_that_change_are_read_again() {
    let (gateway, files, _peer) = start(&line("ann", "secret")).await;
    assert_eq!(status(&gateway, PAGE_PATH, &basic("ann", "secret")).await, 200);
    // A file that is wrong changes nothing.
    files.write("users", "nonsense");
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(status(&gateway, PAGE_PATH, &basic("ann", "secret")).await, 200);
    files.write("users", line("ann", "another secret"));
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(status(&gateway, PAGE_PATH, &basic("ann", "another secret")).await, 200);
    assert_eq!(status(&gateway, PAGE_PATH, &basic("ann", "secret")).await, 401);
}

async fn behind_proxy(trusted: &str) -> Running {
    let name = "x-forwarded-user".parse().unwrap();
    let proxies = vec![trusted.parse().unwrap()];
    Running::start_with(|config| config.auth = AuthConfig::Header { name, proxies }).await
}

#[tokio::test]
async fn a_trusted_proxy_names_the_user() {
    let gateway = behind_proxy("127.0.0.0/8").await;
    let get = async |headers: &[(&str, &str)]| gateway.get(PAGE_PATH, headers).await.status;
    assert_eq!(get(&[("X-Forwarded-User", "ann@example.org")]).await, 200);
    assert_eq!(get(&[("x-forwarded-user", "änn")]).await, 200);
    assert_eq!(get(&[]).await, 403);
    assert_eq!(get(&[("x-forwarded-user", "")]).await, 403);
    assert_eq!(get(&[("x-forwarded-user", "ann"), ("x-forwarded-user", "eve")]).await, 403);
    assert_eq!(get(&[("x-forwarded-user", &"a".repeat(300))]).await, 403);
    assert_eq!(gateway.upgrade(&[]).await.0.status, 403);
    assert_eq!(gateway.upgrade(&[("x-forwarded-user", "ann")]).await.0.status, 101);
}

#[tokio::test]
async fn nobody_else_may_name_a_user() {
    let gateway = behind_proxy("10.0.0.0/8").await;
    let response = gateway.get(PAGE_PATH, &[("x-forwarded-user", "ann")]).await;
    assert_eq!(response.status, 403);
    assert_eq!(gateway.upgrade(&[("x-forwarded-user", "ann")]).await.0.status, 403);
    assert_ne!(gateway.get("/healthz", &[]).await.status, 403);
}
