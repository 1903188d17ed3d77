//! Archives and Debian packages.

use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};

use super::{Architecture, Release};
use crate::compress;
use crate::progress::Step;
use crate::tools::remove_folder;

/// Writes the archive and the Debian package of a program.
pub fn write(release: &Release<'_>, step: &Step, architecture: Architecture, program: &Path) -> Result<()> {
    let staged = release.workspace.state()?.join("release");
    remove_folder(&staged)?;
    let made = Made::by(architecture, program)?;
    step.status(format!("the archive for {}", architecture.name()));
    archive(release, step, architecture, &staged, program, &made)?;
    step.status(format!("the Debian package for {}", architecture.name()));
    debian(release, step, architecture, &staged, program, &made)?;
    remove_folder(&staged)
}

/// What the program says of itself.
struct Made {
    /// Manual pages, with their names.
    manuals: Vec<(String, String)>,
    /// Completions, with the shells' names.
    completions: Vec<(&'static str, String)>,
}

impl Made {
    fn by(architecture: Architecture, program: &Path) -> Result<Self> {
        let say = |words: &[&str]| -> Result<String> {
            let output = architecture.command(program).args(words).output()?;
            ensure!(output.status.success(), "`mqttscope {}`: {}", words.join(" "), output.status);
            Ok(String::from_utf8(output.stdout)?)
        };
        let mut manuals = vec![("mqttscope.1".to_owned(), say(&["man"])?)];
        for command in ["serve", "page", "completions", "man"] {
            manuals.push((format!("mqttscope-{command}.1"), say(&["man", command])?));
        }
        let shells = ["bash", "zsh", "fish"].into_iter();
        let completions = shells.map(|shell| say(&["completions", shell]).map(|script| (shell, script)));
        Ok(Self { manuals, completions: completions.collect::<Result<_>>()? })
    }
}

fn archive(
    release: &Release<'_>,
    step: &Step,
    architecture: Architecture,
    staged: &Path,
    program: &Path,
    made: &Made,
) -> Result<()> {
    let name = release.archive_name(architecture);
    let tree = Tree { root: staged.join(&name) };
    tree.copy(program, "mqttscope", 0o755)?;
    for file in ["README.md", "CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT"] {
        tree.copy(&release.workspace.root().join(file), file, 0o644)?;
    }
    tree.copy(&release.folder.join(NOTICES), NOTICES, 0o644)?;
    for file in ["mqttscope.service", "mqttscope.toml"] {
        tree.copy(&systemd(release, file), &format!("systemd/{file}"), 0o644)?;
    }
    for (name, page) in &made.manuals {
        tree.write(&format!("man/{name}"), page.as_bytes())?;
    }
    for (shell, script) in &made.completions {
        tree.write(&format!("completions/mqttscope.{shell}"), script.as_bytes())?;
    }
    let tar = staged.join(format!("{name}.tar"));
    let mut command = release.workspace.command("tar");
    // The same sources make the same archive: sorted, and with the same times and owners on every machine.
    command.args(["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mode=go-w"]);
    command.arg(format!("--mtime=@{}", release.time)).arg("-C").arg(staged).arg("-cf").arg(&tar).arg(&name);
    step.run(&mut command)?;
    let compressed = compress::gzip(&fs::read(&tar)?)?;
    Ok(fs::write(release.folder.join(format!("{name}.tar.gz")), compressed)?)
}

fn debian(
    release: &Release<'_>,
    step: &Step,
    architecture: Architecture,
    staged: &Path,
    program: &Path,
    made: &Made,
) -> Result<()> {
    let tree = Tree { root: staged.join("debian") };
    tree.copy(program, "usr/bin/mqttscope", 0o755)?;
    // Where Debian 12 and all that merged /usr look for units.
    tree.copy(&systemd(release, "mqttscope.service"), "lib/systemd/system/mqttscope.service", 0o644)?;
    tree.copy(&systemd(release, "mqttscope.toml"), "etc/mqttscope/mqttscope.toml", 0o644)?;
    for (name, page) in &made.manuals {
        tree.write(&format!("usr/share/man/man1/{name}.gz"), &compress::gzip(page.as_bytes())?)?;
    }
    for (shell, script) in &made.completions {
        let place = match *shell {
            "bash" => "bash-completion/completions/mqttscope",
            "zsh" => "zsh/vendor-completions/_mqttscope",
            _ => "fish/vendor_completions.d/mqttscope.fish",
        };
        tree.write(&format!("usr/share/{place}"), script.as_bytes())?;
    }
    let root = release.workspace.root();
    let documents = "usr/share/doc/mqttscope";
    tree.copy(&root.join("README.md"), &format!("{documents}/README.md"), 0o644)?;
    let changes = compress::gzip(&fs::read(root.join("CHANGELOG.md"))?)?;
    tree.write(&format!("{documents}/changelog.gz"), &changes)?;
    let mut copyright = String::from("mqttscope is licensed under either of these two licences.\n");
    for file in ["LICENSE-MIT", "LICENSE-APACHE"] {
        copyright += &format!("\n{}", fs::read_to_string(root.join(file))?);
    }
    copyright += &format!("\n{}", fs::read_to_string(release.folder.join(NOTICES))?);
    tree.write(&format!("{documents}/copyright"), copyright.as_bytes())?;

    let size = tree.size()?.div_ceil(1024);
    tree.write("DEBIAN/conffiles", b"/etc/mqttscope/mqttscope.toml\n")?;
    tree.write("DEBIAN/control", control(&release.version, architecture, size).as_bytes())?;
    let mut command = release.workspace.command("dpkg-deb");
    command.args(["--root-owner-group", "-Zxz", "--build"]).arg(&tree.root);
    command.arg(release.folder.join(release.package_name(architecture)));
    // dpkg-deb gives files this time where theirs is later, and the archive's parts this one.
    command.env("SOURCE_DATE_EPOCH", &release.time);
    step.run(&mut command).map(drop)
}

/// What dpkg is told; the size is in KiB.
fn control(version: &str, architecture: Architecture, size: u64) -> String {
    let architecture = architecture.name();
    format!(
        "Package: mqttscope\nVersion: {version}\nArchitecture: {architecture}\nMaintainer: mqttscope <mqttscope@localhost>\n\
         Installed-Size: {size}\nSection: net\nPriority: optional\n\
         Description: MQTT client for the browser that shows every byte\n \
         A web page that speaks MQTT 3.1, 3.1.1 and 5 and writes down each packet, the\n \
         gateway that passes its WebSocket on to a broker, and a broker for a start, in\n \
         one program. The service mqttscope.service is not started by itself.\n"
    )
}

fn systemd(release: &Release<'_>, file: &str) -> PathBuf {
    release.workspace.root().join("deploy/systemd").join(file)
}

/// Files below a folder, which is what an archive or a package is made of.
struct Tree {
    root: PathBuf,
}

impl Tree {
    fn copy(&self, from: &Path, name: &str, mode: u32) -> Result<()> {
        let path = self.place(name)?;
        fs::copy(from, &path).with_context(|| format!("cannot copy {}", from.display()))?;
        set_mode(&path, mode)
    }

    fn write(&self, name: &str, content: &[u8]) -> Result<()> {
        let path = self.place(name)?;
        fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))?;
        set_mode(&path, 0o644)
    }

    /// The path of a file, whose folders are made, each open to all.
    fn place(&self, name: &str) -> Result<PathBuf> {
        let path = self.root.join(name);
        let folder = path.parent().context("a file has a folder")?;
        fs::create_dir_all(folder)?;
        for folder in folder.ancestors().take_while(|folder| folder.starts_with(&self.root)) {
            set_mode(folder, 0o755)?;
        }
        Ok(path)
    }

    /// The bytes of all files.
    fn size(&self) -> Result<u64> {
        fn of(folder: &Path) -> Result<u64> {
            fs::read_dir(folder)?.try_fold(0, |sum, entry| {
                let entry = entry?;
                let metadata = entry.metadata()?;
                Ok(sum + if metadata.is_dir() { of(&entry.path())? } else { metadata.len() })
            })
        }
        of(&self.root)
    }
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    Ok(fs::set_permissions(path, fs::Permissions::from_mode(mode))?)
}

#[cfg(not(unix))]
fn set_mode(_path: &Path, _mode: u32) -> Result<()> {
    Ok(())
}

/// The notices of all that is in the program.
pub const NOTICES: &str = "THIRD-PARTY.txt";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_described_as_dpkg_reads_it() {
        let control = control("0.1.0", Architecture::Arm64, 20);
        let (fields, description) = control.split_once("Description: ").expect("a description");
        assert!(
            fields.contains("Architecture: arm64\n") && fields.contains("Installed-Size: 20\n"),
            "{fields}"
        );
        assert!(fields.lines().all(|line| line.contains(": ")), "{fields}");
        // What goes on in the next line begins with a space.
        assert!(
            description.lines().skip(1).all(|line| line.starts_with(' ') && line.len() <= 80),
            "{description}"
        );
    }

    #[test]
    fn a_tree_counts_what_is_in_it() {
        let root = std::env::temp_dir().join(format!("xtask-tree-{}", std::process::id()));
        let tree = Tree { root: root.clone() };
        tree.write("a/b/c", b"123").expect("a file is written");
        tree.write("d", b"4").expect("a file is written");
        let size = tree.size().expect("it can be read");
        fs::remove_dir_all(&root).expect("it was made here");
        assert_eq!(size, 4);
    }
}
