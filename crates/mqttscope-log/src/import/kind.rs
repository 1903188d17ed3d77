//! Files that are not read, called what they are, and what to do about it.

use super::recognition::is_connect;

/// What a file is that is neither a capture nor JSON Lines, by its first bytes.
pub(super) fn words(bytes: &[u8]) -> &'static str {
    if bytes.is_empty() {
        return "the file is empty";
    }
    if let Some((_, words)) = MAGICS.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return words;
    }
    if is_connect(bytes) == Some(true) {
        return "these are the bytes of an MQTT connection without a capture around them, which have no times";
    }
    // The last sign may be cut.
    let is_utf8 = std::str::from_utf8(bytes).map_or_else(|error| error.error_len().is_none(), |_| true);
    let is_sign = |&byte: &u8| byte >= b' ' || matches!(byte, b'\t' | b'\n' | b'\r');
    let is_text = is_utf8 && bytes.iter().all(is_sign);
    let mut lines = bytes.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    let (first, second) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let columns = |line: &[u8], sign: u8| line.iter().filter(|&&byte| byte == sign).count();
    let is_table = |sign: u8| columns(first, sign) > 0 && columns(first, sign) == columns(second, sign);
    match bytes.trim_ascii_start().first() {
        Some(b'[') => {
            "this is a JSON array, not JSON Lines: one object a line is read (jq -c '.[]' makes that of it)"
        }
        Some(b'<') => "this is XML or HTML, neither pcapng nor pcap nor JSON Lines",
        Some(b'{') if is_pretty(bytes) => {
            "this is JSON over several lines: one object a line is read (jq -c . makes that of it)"
        }
        _ if is_text && b",;\t".iter().any(|&sign| is_table(sign)) => {
            "this seems to be CSV, which holds too little to be read: JSON Lines and pcapng are read"
        }
        _ if is_text => "this is text, neither pcapng nor pcap nor JSON Lines",
        _ => "this is neither pcapng nor pcap nor JSON Lines",
    }
}

/// Whether bytes may be JSON Lines: an object, within its line.
pub(super) fn is_lines(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().first() == Some(&b'{') && !bytes.starts_with(b"{\0") && !is_pretty(bytes)
}

/// Whether JSON is written over several lines.
fn is_pretty(bytes: &[u8]) -> bool {
    let first = bytes.trim_ascii_start().split(|&byte| byte == b'\n').next();
    first.is_some_and(|line| line.trim_ascii() == b"{")
}

/// As many bytes are enough to see what a file is.
pub(super) const ENOUGH: usize = 512;
/// What some programs put before text in UTF-8.
pub(super) const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

const UTF16: &str = "this is text in UTF-16: it is read once it is saved in UTF-8";

/// First bytes of files that may be taken for captures.
const MAGICS: [(&[u8], &str); 17] = [
    (b"\x1f\x8b", "this is packed by gzip, and must be unpacked first"),
    (b"\x28\xb5\x2f\xfd", "this is packed by Zstandard, and must be unpacked first"),
    (b"\xfd7zXZ\0", "this is packed by xz, and must be unpacked first"),
    (b"BZh", "this is packed by bzip2, and must be unpacked first"),
    (b"\x04\x22\x4d\x18", "this is packed by LZ4, and must be unpacked first"),
    (b"PK\x03\x04", "this is a ZIP archive, and must be unpacked first"),
    (b"7z\xbc\xaf\x27\x1c", "this is a 7z archive, and must be unpacked first"),
    (b"snoop\0\0\0", "this is a snoop capture, which is not read: Wireshark or editcap make pcapng of it"),
    (b"btsnoop\0", "this is a capture of Bluetooth (btsnoop), which holds no TCP"),
    (
        b"GMBU",
        "this is a capture of Network Monitor, which is not read: Wireshark or editcap make pcapng of it",
    ),
    (
        b"RTSS",
        "this is a capture of Network Monitor, which is not read: Wireshark or editcap make pcapng of it",
    ),
    (b"XCP\0", "this is a NetXRay capture, which is not read: Wireshark or editcap make pcapng of it"),
    (b"TRSNIFF data", "this is a Sniffer capture, which is not read: Wireshark or editcap make pcapng of it"),
    (b"\xff\xfe", UTF16),
    (b"\xfe\xff", UTF16),
    (b"{\0", UTF16),
    (b"\0{", UTF16),
];
