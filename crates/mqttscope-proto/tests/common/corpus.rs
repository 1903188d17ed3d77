//! Seeds of the fuzz targets: with `MQTTSCOPE_WRITE_CORPUS` set, the tests write them to fuzz/corpus.

use std::fs;
use std::path::PathBuf;

use mqttscope_proto::ProtocolVersion;

/// The folder with a folder for each target.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus")
}

/// Whether seeds are to be written.
pub fn is_wanted() -> bool {
    std::env::var_os("MQTTSCOPE_WRITE_CORPUS").is_some()
}

/// Writes a seed if seeds are wanted: the first byte says the version, then comes what the target reads.
pub fn seed(target: &str, version: ProtocolVersion, input: &[u8]) {
    // Longer ones only hold more of the same.
    if !is_wanted() || input.len() > 512 {
        return;
    }
    let first = version.level() - ProtocolVersion::V31.level();
    let bytes = [&[first], input].concat();
    let folder = folder().join(target);
    fs::create_dir_all(&folder).expect("the folder can be created");
    fs::write(folder.join(format!("{:016x}", fnv(&bytes))), &bytes).expect("the seed can be written");
}

/// A name that stays the same as long as the content does.
fn fnv(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
