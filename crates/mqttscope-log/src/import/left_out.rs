//! Why frames of a capture were left out, and how many for which reason.

use std::collections::BTreeMap;

use mqttscope_text::number::{push_grouped, push_number};

/// Why a frame was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// What a frame of this link type holds is not read.
    LinkType(u16),
    /// It names an interface that the file does not describe.
    NoInterface,
    /// The capture holds too little of its headers.
    Cut,
    /// It is encrypted by the radio link.
    Protected,
    /// It holds no IP.
    NotIp,
    /// It is a fragment of an IP packet whose other fragments are not there.
    Fragment,
    /// It holds IP, and no TCP.
    NotTcp,
    /// Its connection is encrypted.
    Tls,
    /// Its connection is not MQTT, as far as can be seen.
    NotMqtt,
}

/// Frames that were left out, by reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftOut(BTreeMap<Reason, u64>);

impl LeftOut {
    /// How many were left out for a reason.
    #[must_use]
    pub fn count(&self, reason: Reason) -> u64 {
        self.0.get(&reason).copied().unwrap_or_default()
    }

    /// How many were left out in all.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }

    pub(super) fn add(&mut self, reason: Reason, frames: u64) {
        if frames > 0 {
            *self.0.entry(reason).or_default() += frames;
        }
    }

    /// The frames of an IP packet turn out to be whole together.
    pub(super) fn take_back(&mut self, reason: Reason, frames: u64) {
        if let Some(count) = self.0.get_mut(&reason) {
            *count = count.saturating_sub(frames);
        }
    }

    /// `: 2 not IP, 3 of link type 189 (USB)`; nothing where connections that are not MQTT are all that there is.
    pub(super) fn push_words(&self, out: &mut String) {
        let there = || self.0.iter().filter(|&(_, &count)| count > 0);
        if there().all(|(&reason, _)| reason == Reason::NotMqtt) {
            return;
        }
        for (at, (reason, &count)) in there().enumerate() {
            out.push_str(if at > 0 { ", " } else { ": " });
            push_grouped(out, count);
            out.push(' ');
            reason.push_words(out);
        }
    }
}

impl Reason {
    fn push_words(self, out: &mut String) {
        out.push_str(match self {
            Self::LinkType(_) => "of link type ",
            Self::NoInterface => "of an interface that the file does not describe",
            Self::Cut => "whose headers were not captured",
            Self::Protected => "encrypted by the radio link",
            Self::NotIp => "not IP",
            Self::Fragment => "fragments of IP packets that are not whole",
            Self::NotTcp => "not TCP",
            Self::Tls => "encrypted by TLS",
            Self::NotMqtt => "of other connections",
        });
        if let Self::LinkType(number) = self {
            push_number(out, number.into());
            if let Some((_, name)) = LINK_TYPES.iter().find(|&&(known, _)| known == number) {
                [" (", name, ")"].iter().for_each(|part| out.push_str(part));
            }
        }
    }
}

/// Link types that are met in captures, and not read here (<https://www.tcpdump.org/linktypes.html>).
const LINK_TYPES: [(u16, &str); 19] = [
    (3, "AX.25"),
    (6, "Token Ring"),
    (7, "ARCNET"),
    (8, "SLIP"),
    (10, "FDDI"),
    (107, "Frame Relay"),
    (119, "802.11 with a Prism header"),
    (163, "802.11 with an AVS header"),
    (187, "Bluetooth"),
    (189, "USB"),
    (195, "802.15.4"),
    (201, "Bluetooth"),
    (220, "USB"),
    (227, "CAN"),
    (230, "802.15.4"),
    (247, "InfiniBand"),
    (249, "USB"),
    (251, "Bluetooth Low Energy"),
    (253, "netlink"),
];
