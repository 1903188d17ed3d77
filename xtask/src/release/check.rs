//! What was made is unpacked into empty folders and used there, as by whoever gets a release.

use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::client::Program;
use super::{Architecture, Release, SUMS, builders_folders, files_in};
use crate::packages;
use crate::progress::{Step, seconds};
use crate::tools::remove_folder;

/// Whether `sha256sum` finds every file as the list of sums says, and the list names all.
pub fn sums(release: &Release<'_>, step: &Step) -> Result<()> {
    let mut command = release.workspace.command("sha256sum");
    step.run(command.args(["--check", "--strict", "--quiet", SUMS]).current_dir(&release.folder))?;
    let listed = fs::read_to_string(release.folder.join(SUMS))?;
    for name in files_in(&release.folder)?.iter().filter(|name| *name != SUMS) {
        ensure!(
            listed.lines().any(|line| line.ends_with(&format!("  {name}"))),
            "{SUMS} does not name {name}"
        );
    }
    let dockerfile = fs::read_to_string(release.folder.join("Dockerfile"))?;
    let name = format!("mqttscope-{}-linux-${{TARGETARCH}}", release.version);
    ensure!(dockerfile.contains(&format!("ADD {name}.tar.gz /")), "the Dockerfile is for another version");
    Ok(())
}

/// Whether systemd takes the unit; says how exposed it finds it.
pub fn service(release: &Release<'_>, step: &Step, architecture: Architecture) -> Result<String> {
    let folder = empty(release, "service")?;
    let unpacked = unpack_archive(release, step, architecture, &folder)?;
    let unit = fs::read_to_string(unpacked.join("systemd/mqttscope.service"))?;
    let installed = "/usr/bin/mqttscope ";
    ensure!(unit.contains(&format!("ExecStart={installed}serve --config /etc/mqttscope/mqttscope.toml\n")));
    // systemd looks whether the program is there, which it is not before it is installed.
    let program = format!("{} ", unpacked.join("mqttscope").display());
    let path = folder.join("mqttscope.service");
    fs::write(&path, unit.replace(installed, &program))?;
    let systemd = packages::program("systemd-analyze")?;
    let mut verify = release.workspace.command(&systemd);
    let said = step.run(verify.args(["verify", "--man=no"]).arg(&path))?;
    ensure!(said.trim().is_empty(), "systemd-analyze verify: {said}");
    let mut security = release.workspace.command(&systemd);
    let said = step.run(security.args(["security", "--offline=true", "--no-pager"]).arg(&path))?;
    let overall =
        said.lines().find_map(|line| line.split_once("Overall exposure level for mqttscope.service: "));
    let (_, exposure) = overall.with_context(|| format!("systemd-analyze security: {said}"))?;
    remove_folder(&folder)?;
    let exposure: String = exposure.chars().filter(char::is_ascii).collect();
    Ok(format!("exposure of the service {}", exposure.trim()))
}

/// Uses the archive and the Debian package; says how long the program took to be ready.
pub fn artefacts(release: &Release<'_>, step: &Step, architecture: Architecture) -> Result<String> {
    step.status("the archive");
    let folder = empty(release, "archive")?;
    let unpacked = unpack_archive(release, step, architecture, &folder)?;
    let program = unpacked.join("mqttscope");
    check_program(release, step, architecture, &program)?;
    let mut serve = architecture.command(&program);
    serve.arg("serve").current_dir(&unpacked);
    let took = use_program(serve)?;
    let written = folder.join("page");
    let mut page = architecture.command(&program);
    page.arg("page").arg(&written);
    step.run(&mut page)?;
    ensure!(written.join("mqtt.html").is_file(), "`mqttscope page` wrote no page");

    step.status("the Debian package");
    let root = empty(release, "debian")?;
    let package = release.folder.join(release.package_name(architecture));
    step.run(release.workspace.command("dpkg-deb").arg("--extract").arg(&package).arg(&root))?;
    let field = |name| step.run(release.workspace.command("dpkg-deb").arg("--field").arg(&package).arg(name));
    for (name, expected) in [("Version", release.version.as_str()), ("Architecture", architecture.name())] {
        let found = field(name)?;
        ensure!(found.trim() == expected, "the package's {name} is {found}");
    }
    for name in [
        "lib/systemd/system/mqttscope.service",
        "usr/share/man/man1/mqttscope-serve.1.gz",
        "usr/share/bash-completion/completions/mqttscope",
        "usr/share/doc/mqttscope/copyright",
    ] {
        ensure!(root.join(name).is_file(), "the package holds no {name}");
    }
    let mut serve = architecture.command(&root.join("usr/bin/mqttscope"));
    serve.arg("serve").arg("--config").arg(root.join("etc/mqttscope/mqttscope.toml")).current_dir(&root);
    use_program(serve)?;
    for folder in [folder, root] {
        remove_folder(&folder)?;
    }
    let how = if architecture.is_own() { "" } else { " (emulated)" };
    Ok(format!("ready in {}{how}", seconds(took)))
}

fn use_program(command: Command) -> Result<std::time::Duration> {
    let program = Program::start(command)?;
    program.fetch_page()?;
    program.speak_mqtt()?;
    let took = program.took;
    program.end()?;
    Ok(took)
}

/// Unpacks the archive; returns the folder that was in it.
fn unpack_archive(
    release: &Release<'_>,
    step: &Step,
    architecture: Architecture,
    folder: &Path,
) -> Result<PathBuf> {
    let name = release.archive_name(architecture);
    let archive = release.folder.join(format!("{name}.tar.gz"));
    step.run(release.workspace.command("tar").arg("-C").arg(folder).arg("-xzf").arg(archive))?;
    let unpacked = folder.join(name);
    for name in ["LICENSE-MIT", "LICENSE-APACHE", super::package::NOTICES, "README.md", "man/mqttscope.1"] {
        ensure!(unpacked.join(name).is_file(), "the archive holds no {name}");
    }
    Ok(unpacked)
}

/// Whether a program names nothing of who built it, and needs nothing else: no loader, and by `ldd`, which knows only this
/// machine's programs, no library.
fn check_program(
    release: &Release<'_>,
    step: &Step,
    architecture: Architecture,
    program: &Path,
) -> Result<()> {
    let name = program.display();
    let content = fs::read(program)?;
    for (folder, _) in builders_folders(release.workspace).iter().filter(|(folder, name)| folder != name) {
        // The page's modules name it themselves, wherever they are served from.
        let page = page_files(&release.workspace.dist())?;
        let in_page: usize = page.iter().map(|file| count(file, folder)).sum();
        let found = count(&content, folder);
        ensure!(found <= in_page, "{name} names {folder}, which is a folder of this machine");
    }
    match needs_loader(&content) {
        Some(false) => {}
        Some(true) => bail!("{name} needs a loader: it is not static"),
        None => bail!("{name} is no program for Linux"),
    }
    if architecture.is_own() {
        // It fails for what has no libraries at all, and says so.
        let (_, said) = step.try_run(release.workspace.command("ldd").arg(program))?;
        let is_static = said.contains("statically linked") || said.contains("not a dynamic executable");
        ensure!(is_static, "ldd: {said}");
    }
    Ok(())
}

/// The contents of the page's files.
fn page_files(folder: &Path) -> Result<Vec<Vec<u8>>> {
    files_in(folder)?.iter().map(|name| Ok(fs::read(folder.join(name))?)).collect()
}

/// How often a text is in a content.
fn count(content: &[u8], text: &str) -> usize {
    content.windows(text.len()).filter(|window| *window == text.as_bytes()).count()
}

/// Whether an ELF file of 64 bits, the lower byte first, names a loader: a program header of the type PT_INTERP.
fn needs_loader(file: &[u8]) -> Option<bool> {
    let number = |at: usize, len: usize| {
        let bytes = file.get(at..at.checked_add(len)?)?;
        let number = bytes.iter().rev().fold(0u64, |number, byte| number << 8 | u64::from(*byte));
        usize::try_from(number).ok()
    };
    if !file.starts_with(b"\x7fELF\x02\x01") {
        return None;
    }
    let (table, size, count) = (number(0x20, 8)?, number(0x36, 2)?, number(0x38, 2)?);
    for index in 0..count {
        let at = table.checked_add(index.checked_mul(size)?)?;
        if number(at, 4)? == PT_INTERP {
            return Some(true);
        }
    }
    Some(false)
}

const PT_INTERP: usize = 3;

/// An empty folder of this name.
fn empty(release: &Release<'_>, name: &str) -> Result<PathBuf> {
    let folder = release.workspace.state()?.join(format!("release-{name}"));
    remove_folder(&folder)?;
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An ELF file with program headers of these types and nothing else.
    fn elf(types: &[u8]) -> Vec<u8> {
        let mut file = vec![0; 0x40];
        file[..6].copy_from_slice(b"\x7fELF\x02\x01");
        (file[0x20], file[0x36], file[0x38]) = (0x40, 0x38, types.len() as u8);
        for kind in types {
            let mut header = [0; 0x38];
            header[0] = *kind;
            file.extend(header);
        }
        file
    }

    #[test]
    fn a_loader_is_found_in_a_program() {
        assert_eq!(needs_loader(&elf(&[6, 3, 1])), Some(true));
        assert_eq!(needs_loader(&elf(&[6, 1, 2])), Some(false));
        assert_eq!(needs_loader(&elf(&[])), Some(false));
    }

    #[test]
    fn a_text_is_counted() {
        assert_eq!(count(b"a/b a/b", "a/b"), 2);
        assert_eq!(count(b"a/", "a/b"), 0);
    }

    #[test]
    fn what_is_no_program_is_none() {
        let cut = elf(&[1, 1]);
        for file in [&b""[..], b"#!/bin/sh\n", &cut[..0x50], &cut[..0x20]] {
            assert_eq!(needs_loader(file), None);
        }
    }
}
