//! Which packets belong together: for each packet id and each side that gave it, the newest packet of its exchange.

use mqttscope_proto::{PacketType, ReasonCode};

use super::record::{Direction, Record};

/// The open exchanges of a connection. Every look-up is a look into a table.
#[derive(Default)]
pub(super) struct Exchanges {
    /// By the ids that the client gives, and by those that the server gives.
    ours: Table,
    theirs: Table,
    connect: u32,
    ping: u32,
}

impl Exchanges {
    /// Messages whose last acknowledgement has not come: those that the client sends, and those that it receives.
    pub(super) const fn in_flight(&self) -> [u32; 2] {
        [self.ours.in_flight, self.theirs.in_flight]
    }

    /// Goes on with the messages of an earlier connection. CONNECT and PINGREQ are answered on their own connection.
    pub(super) fn resume(&mut self, mut earlier: Self) {
        [self.connect, self.ping] = [0; 2];
        std::mem::swap(&mut self.ours, &mut earlier.ours);
        std::mem::swap(&mut self.theirs, &mut earlier.theirs);
    }

    /// Takes the messages out of it.
    pub(super) fn take_messages(&mut self) -> Self {
        Self {
            ours: std::mem::take(&mut self.ours),
            theirs: std::mem::take(&mut self.theirs),
            connect: 0,
            ping: 0,
        }
    }

    /// The number of the newest CONNECT or CONNACK.
    pub(super) const fn newest_connect(&self) -> Option<u32> {
        self.connect.checked_sub(1)
    }

    /// The newest packets of all exchanges.
    pub(super) fn newest_of_all(&self) -> impl Iterator<Item = u32> {
        let single = [self.connect, self.ping].into_iter().filter_map(|newest| newest.checked_sub(1));
        single.chain(self.newest())
    }

    /// The newest packets of all exchanges of messages and requests.
    pub(super) fn newest(&self) -> Vec<u32> {
        [&self.ours, &self.theirs].into_iter().flat_map(|table| table.slots.numbers()).collect()
    }

    /// Notes a packet, and says the number of the one that is before it in its exchange.
    ///
    /// `find` gives the record of a number, if it is still kept.
    pub(super) fn note<'r>(
        &mut self,
        record: &Record,
        number: u32,
        find: impl FnOnce(u32) -> Option<&'r Record>,
    ) -> Noted {
        use PacketType as T;
        let Some(packet_type) = record.packet_type() else { return Noted::default() };
        match packet_type {
            T::Disconnect => Noted::default(),
            // Before MQTT 5 there is none.
            T::Auth if record.reason_code().is_none() => Noted::default(),
            T::Auth => follow(&mut self.connect, packet_type, record, number, find),
            // Those that come from the wrong side ask for nothing, and answer nothing.
            T::Connect | T::PingReq if record.direction() != Direction::Out => Noted::default(),
            T::ConnAck | T::PingResp if record.direction() != Direction::In => Noted::default(),
            T::Connect | T::ConnAck => follow(&mut self.connect, packet_type, record, number, find),
            T::PingReq | T::PingResp => follow(&mut self.ping, packet_type, record, number, find),
            _ if record.packet_id == 0 => Noted::default(),
            _ => {
                let asked_by_us = asks(packet_type) == (record.direction() == Direction::Out);
                let table = if asked_by_us { &mut self.ours } else { &mut self.theirs };
                table.note(packet_type, record, number, find)
            }
        }
    }
}

/// How a packet stands to those before it.
#[derive(Clone, Copy, Default)]
pub(super) struct Noted {
    /// The number of the packet before it in its exchange.
    pub(super) before: Option<u32>,
    /// The newest packet of an exchange whose id another one has now.
    pub(super) instead_of: Option<u32>,
}

/// Makes a packet the newest of its exchange, if it belongs to it or begins it.
fn follow<'r>(
    newest: &mut u32,
    packet_type: PacketType,
    record: &Record,
    number: u32,
    find: impl FnOnce(u32) -> Option<&'r Record>,
) -> Noted {
    // Numbers are kept one higher, so that 0 means none.
    let last = newest.checked_sub(1);
    let before = newest
        .checked_sub(1)
        .filter(|&before| find(before).is_some_and(|last| continues(last, packet_type, record)));
    let is_newest = before.is_some() || starts(packet_type) || packet_type == PacketType::PubRel;
    if is_newest {
        *newest = number + 1;
    }
    Noted { before, instead_of: last.filter(|_| is_newest && before.is_none()) }
}

/// Whether a packet comes from the side that gave the id.
const fn asks(packet_type: PacketType) -> bool {
    use PacketType as T;
    starts(packet_type) || matches!(packet_type, T::PubRel)
}

/// Whether a packet begins an exchange.
const fn starts(packet_type: PacketType) -> bool {
    use PacketType as T;
    matches!(packet_type, T::Connect | T::PingReq | T::Publish | T::Subscribe | T::Unsubscribe | T::Auth)
}

/// Whether a packet goes on with an exchange whose newest packet is `last`. Copies go on with it too.
fn continues(last: &Record, next_type: PacketType, next: &Record) -> bool {
    use PacketType as T;
    let Some(last_type) = last.packet_type() else { return false };
    let dup = next.dup();
    match (last_type, next_type) {
        // An authentication begins with CONNECT, or with a client's AUTH that asks for another one (MQTT 5, 4.12).
        (T::Connect | T::Auth, T::Auth) => {
            last.awaits_answer() && next.reason_code() != Some(ReasonCode::RE_AUTHENTICATE)
        }
        (T::Auth, T::ConnAck) => true,
        // The identifier of a message that was refused is free for another one [MQTT-4.3.3-9].
        (T::PubRec, T::Publish) if last.has_failed() => false,
        (T::Publish, T::Publish) | (T::Subscribe, T::Subscribe) | (T::Unsubscribe, T::Unsubscribe) => dup,
        // A sender that has seen PUBREC must not send PUBLISH again; when one does, the copy belongs here all the same.
        (T::PubRec | T::PubRel, T::Publish) => dup,
        (T::PubRel, T::PubRec) | (T::Publish | T::PubComp, T::PubRel) | (T::PubRec, T::PubComp) => true,
        _ => match question(next_type) {
            Some(question) => question == last_type || last_type == next_type,
            None => false,
        },
    }
}

/// The type of packet that one of this type answers.
pub(crate) const fn question(answer: PacketType) -> Option<PacketType> {
    use PacketType as T;
    Some(match answer {
        T::ConnAck => T::Connect,
        T::PubAck | T::PubRec => T::Publish,
        T::PubRel => T::PubRec,
        T::PubComp => T::PubRel,
        T::SubAck => T::Subscribe,
        T::UnsubAck => T::Unsubscribe,
        T::PingResp => T::PingReq,
        _ => return None,
    })
}

/// The newest packet of each id, with [`IN_FLIGHT`].
#[derive(Default)]
struct Table {
    slots: Slots,
    in_flight: u32,
}

/// Numbers by packet id.
enum Slots {
    /// Of a connection that uses few ids, as most of a capture with thousands do.
    Few(Vec<(u16, u32)>),
    /// Ids are mostly given in order from 1, so few pages are ever made.
    Many(Vec<Option<Box<[u32; 256]>>>),
}

impl Table {
    #[inline]
    fn note<'r>(
        &mut self,
        packet_type: PacketType,
        record: &Record,
        number: u32,
        find: impl FnOnce(u32) -> Option<&'r Record>,
    ) -> Noted {
        use PacketType as T;
        let slot = self.slots.slot(record.packet_id);
        let was_in_flight = *slot & IN_FLIGHT != 0;
        let mut newest = *slot & !IN_FLIGHT;
        let noted = follow(&mut newest, packet_type, record, number, find);
        let is_newest = newest == number + 1;
        let is_in_flight = match packet_type {
            T::PubRec if record.has_failed() => false,
            T::Publish | T::PubRec | T::PubRel if is_newest => true,
            // The end counts even where the log has dropped the beginning.
            T::PubAck | T::PubComp => false,
            _ => was_in_flight && !is_newest,
        };
        *slot = newest | if is_in_flight { IN_FLIGHT } else { 0 };
        self.in_flight = self.in_flight + u32::from(is_in_flight) - u32::from(was_in_flight);
        noted
    }
}

impl Default for Slots {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

impl Slots {
    /// The numbers of all ids that have one.
    fn numbers(&self) -> impl Iterator<Item = u32> + '_ {
        let (few, many) = match self {
            Self::Few(few) => (few.as_slice(), [].as_slice()),
            Self::Many(pages) => ([].as_slice(), pages.as_slice()),
        };
        let many = many.iter().flatten().flat_map(|page| page.iter().copied());
        few.iter().map(|&(_, slot)| slot).chain(many).filter_map(|slot| (slot & !IN_FLIGHT).checked_sub(1))
    }

    #[inline]
    fn slot(&mut self, id: u16) -> &mut u32 {
        if let Self::Few(few) = self
            && few.len() == FEW
            && few.iter().all(|&(known, _)| known != id)
        {
            let mut pages = Vec::new();
            pages.resize_with(256, || None);
            for &(id, number) in few.iter() {
                *page_slot(&mut pages, id) = number;
            }
            *self = Self::Many(pages);
        }
        match self {
            Self::Many(pages) => page_slot(pages, id),
            Self::Few(few) => {
                let at = few.iter().position(|&(known, _)| known == id).unwrap_or_else(|| {
                    few.push((id, 0));
                    few.len() - 1
                });
                &mut few[at].1
            }
        }
    }
}

fn page_slot(pages: &mut [Option<Box<[u32; 256]>>], id: u16) -> &mut u32 {
    let [page, at] = id.to_be_bytes();
    let page = pages[usize::from(page)].get_or_insert_with(|| Box::new([0; 256]));
    &mut page[usize::from(at)]
}

/// Ids that are searched one by one.
const FEW: usize = 16;
/// The message of this id is in flight. Numbers of records stay below it.
const IN_FLIGHT: u32 = 1 << 31;
