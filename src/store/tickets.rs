//! Commands that the engine was asked for and has not answered yet.

use mqttscope_link::Ticket;

/// Gives each command its ticket, and keeps what those were for that have an answer.
#[derive(Debug)]
pub struct Tickets<T> {
    last: u32,
    open: Vec<(Ticket, T)>,
}

impl<T> Default for Tickets<T> {
    fn default() -> Self {
        Self { last: 0, open: Vec::new() }
    }
}

impl<T> Tickets<T> {
    /// A ticket for a command that has no answer.
    pub fn issue(&mut self) -> Ticket {
        self.last = self.last.wrapping_add(1);
        Ticket(self.last)
    }

    /// A ticket for a command whose answer is to be told what it was for.
    pub fn issue_for(&mut self, what: T) -> Ticket {
        let ticket = self.issue();
        self.open.push((ticket, what));
        ticket
    }

    /// What the command of that ticket was for, once.
    pub fn settle(&mut self, ticket: Ticket) -> Option<T> {
        let at = self.open.iter().position(|open| open.0 == ticket)?;
        Some(self.open.remove(at).1)
    }

    /// What all commands were for that will have no answer any more, in their order.
    pub fn give_up(&mut self) -> Vec<T> {
        std::mem::take(&mut self.open).into_iter().map(|open| open.1).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_finds_what_it_is_for_once() {
        let mut tickets = Tickets::default();
        let publish = tickets.issue_for("publish");
        let plain = tickets.issue();
        let subscribe = tickets.issue_for("subscribe");
        assert_ne!(publish, plain);
        assert_eq!(tickets.settle(plain), None);
        assert_eq!(tickets.settle(subscribe), Some("subscribe"));
        assert_eq!(tickets.settle(subscribe), None);
        assert_eq!(tickets.settle(publish), Some("publish"));
    }

    #[test]
    fn what_will_have_no_answer_is_given_up_in_its_order() {
        let mut tickets = Tickets::default();
        tickets.issue_for(1);
        let second = tickets.issue_for(2);
        tickets.issue_for(3);
        tickets.settle(second);
        assert_eq!((tickets.give_up(), tickets.give_up()), (vec![1, 3], vec![]));
    }
}
