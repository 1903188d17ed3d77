//! What is known of a packet besides its bytes.

/// What whoever brings a packet knows of it, and its bytes do not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PacketFacts {
    /// It was sent by this program itself.
    pub own: bool,
    /// It is a copy that a policy sends right behind the packet.
    pub copy: bool,
    /// It is sent again, after a reconnect or because no answer came in time.
    pub resend: bool,
    /// Its bytes were sent past the session.
    pub raw: bool,
    /// It is a message that came before, and was not delivered again.
    pub repeat: bool,
    /// An acknowledgement of it is due, and is held back.
    pub held: bool,
}

impl PacketFacts {
    /// The names of the facts for machines, each with whether it is so.
    pub(crate) const fn named(self) -> [(&'static str, bool); 6] {
        [
            ("own", self.own),
            ("copy", self.copy),
            ("resend", self.resend),
            ("raw", self.raw),
            ("repeat", self.repeat),
            ("held", self.held),
        ]
    }

    /// The fact of a name.
    #[cfg(feature = "import")]
    pub(crate) fn named_mut(&mut self, name: &str) -> Option<&mut bool> {
        Some(match name {
            "own" => &mut self.own,
            "copy" => &mut self.copy,
            "resend" => &mut self.resend,
            "raw" => &mut self.raw,
            "repeat" => &mut self.repeat,
            "held" => &mut self.held,
            _ => return None,
        })
    }

    /// All of them as bits.
    pub(crate) fn to_byte(self) -> u8 {
        (self.bits() >> FACTS_SHIFT) as u8
    }

    /// The facts of [`Self::to_byte`].
    pub(crate) fn from_byte(byte: u8) -> Self {
        Self::from_bits((byte as u16) << FACTS_SHIFT)
    }

    /// All of them where they are among the bits of a record.
    pub(super) fn bits(self) -> u16 {
        let facts = self.named().into_iter().enumerate();
        facts.fold(0, |bits, (at, (_, is_so))| bits | u16::from(is_so) << at) << FACTS_SHIFT
    }

    /// The facts among the bits of a record.
    pub(super) fn from_bits(bits: u16) -> Self {
        let [own, copy, resend, raw, repeat, held] =
            std::array::from_fn(|at| bits >> FACTS_SHIFT >> at & 1 != 0);
        Self { own, copy, resend, raw, repeat, held }
    }
}

/// They are in the bits of a record from this one on.
const FACTS_SHIFT: u16 = 7;
