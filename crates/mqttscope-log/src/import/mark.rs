//! What a capture of ours says of a segment (see [`crate::own`]), so that it is read back as it was.

use crate::own;
use crate::store::Version;

/// What is said of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) from_client: bool,
    pub(super) holds: Holds,
    /// What the connection speaks, if that is said.
    pub(super) version: Version,
}

/// What a segment holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Holds {
    /// A packet, or more of the one before.
    #[default]
    Packet,
    /// Bytes that are none: nobody can say that they were sent so.
    Lost,
    /// Bytes that are none, and were sent so.
    Stray,
    /// The end of bytes that are none, behind which their sender has ended its stream.
    Ended,
}

impl Mark {
    /// The mark that the options of a block make; one that does not say who sent the segment is none. Flags are read by
    /// `number`.
    pub(super) fn of_options<'a>(
        options: impl Iterator<Item = (u16, &'a [u8])>,
        number: impl Fn(&[u8]) -> Option<u32>,
    ) -> Option<Self> {
        let (mut from_client, mut holds, mut version) = (None, Holds::default(), Version::default());
        for (code, value) in options {
            match (code, std::str::from_utf8(value)) {
                (FLAGS, _) => {
                    from_client = match number(value)? & DIRECTION {
                        INBOUND => Some(false),
                        OUTBOUND => Some(true),
                        _ => None,
                    }
                }
                (COMMENT, Ok(own::LOST)) => holds = Holds::Lost,
                (COMMENT, Ok(own::STRAY)) => holds = Holds::Stray,
                (COMMENT, Ok(own::ENDED)) => holds = Holds::Ended,
                (COMMENT, Ok(words)) => {
                    let told = words.strip_prefix(own::VERSION).and_then(Version::parse);
                    version = told.unwrap_or(version);
                }
                _ => {}
            }
        }
        from_client.map(|from_client| Self { from_client, holds, version })
    }
}

/// Options of a block, and what the lowest bits of its flags say (draft-ietf-opsawg-pcapng, 4.3.1).
const COMMENT: u16 = 1;
const FLAGS: u16 = 2;
const DIRECTION: u32 = 3;
const INBOUND: u32 = 1;
const OUTBOUND: u32 = 2;
