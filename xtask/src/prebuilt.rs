//! Programs as their makers publish them, taken where their release host is reached.
//!
//! A checksum that stands beside the archive on the same host would say no more than the archive itself, so that those of
//! the pinned versions stand here. Whatever fails costs a few seconds: then the program is built, as it is anywhere.

use anyhow::{Context, Result, bail};
use sha2::Sha256;
use std::env;
use std::fs;
use std::path::Path;

use crate::progress::Step;
use crate::tools::check_file;
use crate::workspace::{Workspace, find_program};

/// A program's archives, one for each kind of machine.
pub struct Prebuilt {
    /// The path on the release host; `{target}` stands for the machine.
    pub path: &'static str,
    /// The folder in the archive; `{target}` stands for the machine.
    pub folder: &'static str,
    /// Machine (`{architecture}-{system}`, as Rust calls the two), its name on the release host, SHA-256 of the archive.
    pub machines: &'static [(&'static str, &'static str, &'static str)],
}

/// The release host, and the variable that names another one, such as a mirror inside a company.
const HOST: &str = "https://github.com";
pub const HOST_VARIABLE: &str = "MQTTSCOPE_RELEASES";

impl Prebuilt {
    /// Puts the programs into `bin`, if they can be had and run here.
    ///
    /// # Errors
    /// Why not, in words; `bin` may be there half then.
    pub fn fetch(&self, workspace: &Workspace, step: &Step, programs: &[&str], bin: &Path) -> Result<()> {
        let host = env::var(HOST_VARIABLE).unwrap_or_else(|_| HOST.to_owned());
        self.fetch_from(&host, &machine(), workspace, step, programs, bin)
    }

    fn fetch_from(
        &self,
        host: &str,
        machine: &str,
        workspace: &Workspace,
        step: &Step,
        programs: &[&str],
        bin: &Path,
    ) -> Result<()> {
        let Some((_, target, checksum)) = self.machines.iter().find(|(name, ..)| *name == machine) else {
            bail!("none is published for {machine}");
        };
        let Some(curl) = find_program(&["curl", "curl.exe"]) else { bail!("there is no curl") };
        fs::create_dir_all(bin).with_context(|| format!("cannot create {}", bin.display()))?;
        let url = format!("{}/{}", host.trim_end_matches('/'), self.path.replace("{target}", target));
        let archive = bin.join("archive.tar.gz");
        step.status(format!("fetching {url}"));
        let (fetched, said) = step.try_run(
            workspace
                .command(curl)
                .args(["--fail", "--location", "--silent", "--show-error", "--proto", "=http,https"])
                .args(["--connect-timeout", "4", "--speed-limit", "20000", "--speed-time", "10"])
                .args(["--max-time", "180", "--output"])
                .arg(&archive)
                .arg(&url),
        )?;
        if !fetched.success() {
            bail!("{}", said.lines().last().unwrap_or("curl failed").trim_start_matches("curl: "));
        }
        check_file::<Sha256>(&archive, checksum)?;
        let folder = self.folder.replace("{target}", target);
        let levels = folder.split('/').filter(|part| !part.is_empty()).count();
        let inside = |program: &&str| format!("{folder}{program}");
        step.run(
            workspace
                .command("tar")
                .arg("-xzf")
                .arg(&archive)
                .arg("-C")
                .arg(bin)
                .arg(format!("--strip-components={levels}"))
                .args(programs.iter().map(inside)),
        )?;
        fs::remove_file(&archive)?;
        // It may need a newer C library than this system has.
        for program in programs {
            let (status, said) = step.try_run(workspace.command(bin.join(program)).arg("--version"))?;
            if !status.success() {
                bail!("it does not run here: {}", said.lines().next().unwrap_or("it says nothing"));
            }
        }
        Ok(())
    }
}

fn machine() -> String {
    format!("{}-{}", env::consts::ARCH, env::consts::OS)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;
    use std::process::Command;
    use std::thread;

    use sha2::Digest;

    use super::*;
    use crate::progress::Steps;

    const PROGRAM: &str = "#!/bin/sh\necho \"tool 1.2.3\"\n";

    /// A folder that is gone at the end.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = env::temp_dir().join(format!("mqttscope-prebuilt-{}-{name}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }

    fn archive(folder: &Folder, program: &str) -> Vec<u8> {
        let inside = folder.0.join("tool-any");
        fs::create_dir_all(&inside).unwrap();
        let path = inside.join("tool");
        fs::write(&path, program).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        let made =
            Command::new("tar").args(["-czf", "made.tar.gz", "tool-any"]).current_dir(&folder.0).status();
        assert!(made.unwrap().success());
        fs::read(folder.0.join("made.tar.gz")).unwrap()
    }

    /// Stands in for the release host: answers one request, after it has redirected it as such hosts do.
    fn release_host(content: Vec<u8>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = format!("http://{}", listener.local_addr().unwrap());
        let elsewhere = format!("{host}/elsewhere");
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let (mut request, mut chunk) = (Vec::new(), [0; 1024]);
                while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                    let count = stream.read(&mut chunk).unwrap();
                    assert!(count > 0, "a request ends");
                    request.extend_from_slice(&chunk[..count]);
                }
                let answer = match request.split(|byte| *byte == b' ').nth(1).unwrap() {
                    b"/releases/tool-any.tar.gz" => {
                        format!("HTTP/1.1 302 Found\r\nLocation: {elsewhere}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                            .into_bytes()
                    }
                    b"/elsewhere" => {
                        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", content.len());
                        [head.as_bytes(), &content].concat()
                    }
                    _ => b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec(),
                };
                stream.write_all(&answer).unwrap();
            }
        });
        host
    }

    fn fetch(name: &str, program: &str, change: impl Fn(&mut Vec<u8>), path: &'static str) -> Result<String> {
        let folder = Folder::new(name);
        let mut content = archive(&folder, program);
        let checksum: String = Sha256::digest(&content).iter().map(|byte| format!("{byte:02x}")).collect();
        change(&mut content);
        let machines = Box::leak(Box::new([("here", "any", &*checksum.leak())]));
        let tool = Prebuilt { path, folder: "tool-{target}/", machines };
        let step = Steps::new(1).begin("fetching");
        let bin = folder.0.join("bin");
        let workspace = Workspace::locate()?;
        let fetched = tool.fetch_from(&release_host(content), "here", &workspace, &step, &["tool"], &bin);
        step.done("");
        fetched?;
        Ok(String::from_utf8(Command::new(bin.join("tool")).output()?.stdout)?)
    }

    const PATH: &str = "releases/tool-{target}.tar.gz";

    #[test]
    fn a_program_comes_from_the_release_host() {
        assert_eq!(fetch("good", PROGRAM, |_| {}, PATH).unwrap(), "tool 1.2.3\n");
    }

    #[test]
    fn what_was_changed_on_the_way_is_not_unpacked() {
        let error = fetch("changed", PROGRAM, |content| content[20] ^= 1, PATH).unwrap_err().to_string();
        assert!(error.contains("checksum"), "{error}");
        let error = fetch("cut", PROGRAM, |content| content.truncate(30), PATH).unwrap_err().to_string();
        assert!(error.contains("checksum"), "{error}");
    }

    #[test]
    fn what_is_not_there_or_does_not_run_is_said() {
        let error = fetch("missing", PROGRAM, |_| {}, "other/{target}").unwrap_err().to_string();
        assert!(error.contains("404"), "{error}");
        let broken = "#!/bin/sh\necho 'libc is too old' >&2\nexit 1\n";
        let error = fetch("broken", broken, |_| {}, PATH).unwrap_err().to_string();
        assert!(error.contains("libc is too old"), "{error}");
    }

    #[test]
    fn an_unknown_machine_is_named() {
        let tool = Prebuilt { path: PATH, folder: "", machines: &[] };
        let step = Steps::new(1).begin("fetching");
        let workspace = Workspace::locate().unwrap();
        let nowhere = Path::new("/nonexistent");
        let error = tool.fetch_from("http://127.0.0.1:1", "pdp11-unix", &workspace, &step, &[], nowhere);
        assert!(error.unwrap_err().to_string().contains("pdp11-unix"));
    }
}
