//! Clears the DUP flag that MQTT 3.1 allows and rmqtt's codec does not.
//!
//! In 3.1 a retried SUBSCRIBE, UNSUBSCRIBE or PUBREL carries DUP (MQTT 3.1, Fixed header: "Duplicate
//! delivery"). rmqtt takes each of the three with one first byte only, as 3.1.1 has it, and closes the
//! connection on any other. The flag is a hint to the receiver, so clearing it changes nothing else. Other
//! versions pass untouched: there a set flag is an error, and the broker is to say so.

/// Follows the packets of one client's bytes, cut anywhere, and clears the flag in place.
#[derive(Debug, Default)]
pub(super) struct DupFilter {
    protocol: Protocol,
    position: Position,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Protocol {
    /// CONNECT has not come as far as its protocol name.
    #[default]
    Unknown,
    Mqtt31,
    /// Another version, or bytes that are no MQTT.
    Other,
}

#[derive(Clone, Copy, Debug, Default)]
enum Position {
    #[default]
    FirstByte,
    RemainingLength {
        value: usize,
        shift: u32,
    },
    Body {
        offset: usize,
        len: usize,
    },
}

impl DupFilter {
    /// Goes through the next bytes.
    pub(super) fn filter(&mut self, mut bytes: &mut [u8]) {
        while self.protocol != Protocol::Other {
            let Some(first) = bytes.first_mut() else { return };
            let taken = match self.position {
                Position::FirstByte => {
                    if self.protocol == Protocol::Mqtt31 {
                        clear_dup(first);
                    }
                    self.position = Position::RemainingLength { value: 0, shift: 0 };
                    1
                }
                Position::RemainingLength { value, shift } => {
                    self.take_length_byte(*first, value, shift);
                    1
                }
                Position::Body { offset, len } => self.take_body(bytes, offset, len),
            };
            bytes = &mut bytes[taken..];
        }
    }

    fn take_length_byte(&mut self, byte: u8, value: usize, shift: u32) {
        let value = value | usize::from(byte & 0x7F) << shift;
        self.position = match byte & 0x80 {
            0 if value == 0 => Position::FirstByte,
            0 => Position::Body { offset: 0, len: value },
            // A fifth byte: the broker closes on it, and no packet can be told from here on.
            _ if shift == 21 => {
                self.protocol = Protocol::Other;
                return;
            }
            _ => Position::RemainingLength { value, shift: shift + 7 },
        };
    }

    fn take_body(&mut self, bytes: &[u8], offset: usize, len: usize) -> usize {
        let taken = bytes.len().min(len - offset);
        if self.protocol == Protocol::Unknown
            && let Some(name_len) = NAME_LEN_OFFSET.checked_sub(offset).and_then(|at| bytes[..taken].get(at))
        {
            self.protocol = if *name_len == MQISDP_LEN { Protocol::Mqtt31 } else { Protocol::Other };
        }
        self.position = match offset + taken {
            end if end == len => Position::FirstByte,
            offset => Position::Body { offset, len },
        };
        taken
    }
}

/// Where CONNECT's variable header has the low byte of its protocol name's length.
const NAME_LEN_OFFSET: usize = 1;
/// `MQIsdp`; 3.1.1 and 5 are called `MQTT`.
const MQISDP_LEN: u8 = 6;

fn clear_dup(first_byte: &mut u8) {
    const DUP: u8 = 0b1000;
    const PUBREL: u8 = 6;
    const SUBSCRIBE: u8 = 8;
    const UNSUBSCRIBE: u8 = 10;
    if matches!(*first_byte >> 4, PUBREL | SUBSCRIBE | UNSUBSCRIBE) {
        *first_byte &= !DUP;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONNECT_31: &[u8] = b"\x10\x0F\0\x06MQIsdp\x03\x02\0\0\0\x01a";
    const CONNECT_311: &[u8] = b"\x10\x0D\0\x04MQTT\x04\x02\0\0\0\x01a";

    /// Filters the bytes whole and cut at every place; all must give the same.
    fn check(connect: &[u8], sent: &[u8], expected: &[u8]) {
        let input = [connect, sent].concat();
        let expected = [connect, expected].concat();
        for cut in 0..=input.len() {
            let mut bytes = input.clone();
            let mut filter = DupFilter::default();
            let (left, right) = bytes.split_at_mut(cut);
            filter.filter(left);
            filter.filter(right);
            assert_eq!(bytes, expected, "cut at {cut}");
        }
        let mut filter = DupFilter::default();
        let mut bytes = input;
        bytes.chunks_mut(1).for_each(|byte| filter.filter(byte));
        assert_eq!(bytes, expected, "cut everywhere");
    }

    #[test]
    fn retries_of_31_lose_their_flag() {
        check(CONNECT_31, b"\x6A\x02\0\x01", b"\x62\x02\0\x01");
        check(CONNECT_31, b"\x8A\x06\0\x01\0\x01a\x02", b"\x82\x06\0\x01\0\x01a\x02");
        check(CONNECT_31, b"\xAA\x05\0\x01\0\x01a", b"\xA2\x05\0\x01\0\x01a");
    }

    #[test]
    fn other_packets_and_payloads_are_left_alone() {
        // PUBLISH with DUP, whose payload looks like a PUBREL; PINGREQ; a PUBREL without the flag.
        let sent = b"\x3A\x09\0\x01a\0\x01\x6A\x02\0\x01\xC0\x00\x62\x02\0\x01";
        check(CONNECT_31, sent, sent);
        // A remaining length of two bytes: 130.
        let long = [&[0x30, 0x82, 0x01, 0, 1, b'a'][..], &[0x8A; 127], &[0x8A, 0x00]].concat();
        let mut expected = long.clone();
        expected[long.len() - 2] = 0x82;
        check(CONNECT_31, &long, &expected);
    }

    #[test]
    fn other_versions_pass_untouched() {
        check(CONNECT_311, b"\x6A\x02\0\x01", b"\x6A\x02\0\x01");
    }

    #[test]
    fn what_is_no_mqtt_passes_untouched() {
        check(b"", b"\x10\xFF\xFF\xFF\xFF\x01\x8A\x8A", b"\x10\xFF\xFF\xFF\xFF\x01\x8A\x8A");
        check(b"", b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n");
        check(b"", b"\xC0\x00\x8A\x00", b"\xC0\x00\x8A\x00");
    }
}
