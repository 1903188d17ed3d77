//! The ends of a TCP connection, as captures have them.

use std::fmt;

use mqttscope_text::number::push_number;

/// The two ends of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ends {
    /// That of the client.
    pub client: End,
    /// That of the server.
    pub server: End,
}

/// An end: an address, and a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct End {
    /// The IPv6 address, or an IPv4 address as IPv6 maps it (RFC 4291, 2.5.5.2).
    pub address: [u8; 16],
    /// The TCP port.
    pub port: u16,
}

impl End {
    /// The end of an IPv4 address.
    #[must_use]
    pub const fn of_v4([a, b, c, d]: [u8; 4], port: u16) -> Self {
        Self { address: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d], port }
    }

    /// The IPv4 address, if it is one.
    #[must_use]
    pub const fn v4(&self) -> Option<[u8; 4]> {
        match self.address {
            [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d] => Some([a, b, c, d]),
            _ => None,
        }
    }

    /// Reads what [`Self`] is written as.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        let port = port.parse().ok()?;
        let mut address = [0; 16];
        if let Some(groups) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
            let mut groups = groups.split(':');
            for pair in address.chunks_mut(2) {
                pair.copy_from_slice(&u16::from_str_radix(groups.next()?, 16).ok()?.to_be_bytes());
            }
            return groups.next().is_none().then_some(Self { address, port });
        }
        let mut v4 = [0; 4];
        let mut parts = host.split('.');
        for byte in &mut v4 {
            *byte = parts.next()?.parse().ok()?;
        }
        parts.next().is_none().then_some(Self::of_v4(v4, port))
    }
}

/// `10.0.0.1:1883` or `[fd00:0:0:0:0:0:0:1]:1883`.
impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words = String::new();
        if let Some(v4) = self.v4() {
            for (at, byte) in v4.into_iter().enumerate() {
                words.push_str(if at > 0 { "." } else { "" });
                push_number(&mut words, byte.into());
            }
        } else {
            for (at, group) in self.address.chunks(2).enumerate() {
                words.push(if at > 0 { ':' } else { '[' });
                let group = u32::from(group[0]) << 8 | u32::from(group[1]);
                let digits = (32 - group.leading_zeros()).div_ceil(4).max(1);
                let digits = (0..digits).rev();
                words.extend(digits.filter_map(|digit| char::from_digit(group >> (4 * digit) & 15, 16)));
            }
            words.push(']');
        }
        words.push(':');
        push_number(&mut words, self.port.into());
        f.write_str(&words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_read_as_they_are_written() {
        for text in ["10.0.0.1:1883", "0.0.0.0:0", "[fd00:0:0:0:0:0:0:1]:1883", "[0:0:0:0:0:0:ff:1000]:65535"]
        {
            assert_eq!(End::parse(text).map(|end| end.to_string()).as_deref(), Some(text));
        }
        for text in [
            "",
            "10.0.0:1",
            "10.0.0.1",
            "10.0.0.1.2:1",
            "10.0.0.256:1",
            "[1:2]:3",
            "[::1]:3",
            "1.2.3.4:65536",
        ] {
            assert_eq!(End::parse(text), None, "{text}");
        }
    }
}
