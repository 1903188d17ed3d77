//! Whether something has to be built again: one hash over all that it is made from.

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::Path;

/// A hash over named pieces of content.
#[derive(Default)]
pub struct Fingerprint(Sha256);

impl Fingerprint {
    pub fn add(&mut self, name: &str, content: &[u8]) {
        for piece in [name.as_bytes(), content] {
            self.0.update((piece.len() as u64).to_le_bytes());
            self.0.update(piece);
        }
    }

    /// Adds a file, or a folder with all in it; a path that does not exist adds its absence.
    pub fn add_path(&mut self, path: &Path) -> Result<()> {
        let name = path.to_string_lossy();
        if path.is_dir() {
            let mut entries = fs::read_dir(path)?
                .map(|entry| entry.map(|entry| entry.path()))
                .collect::<Result<Vec<_>, _>>()
                .with_context(|| format!("cannot list {name}"))?;
            entries.sort();
            entries.iter().try_for_each(|entry| self.add_path(entry))
        } else if path.is_file() {
            let content = fs::read(path).with_context(|| format!("cannot read {name}"))?;
            self.add(&name, &content);
            Ok(())
        } else {
            self.add(&name, b"");
            Ok(())
        }
    }

    pub fn finish(self) -> String {
        self.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_contents_do_not_run_into_each_other() {
        let of = |name: &str, content: &[u8]| {
            let mut fingerprint = Fingerprint::default();
            fingerprint.add(name, content);
            fingerprint.finish()
        };
        assert_ne!(of("ab", b"c"), of("a", b"bc"));
        assert_eq!(of("ab", b"c"), of("ab", b"c"));
    }
}
