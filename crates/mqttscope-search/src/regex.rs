//! Regular expressions over bytes: an automaton of sets of states, made while it runs, so that no pattern and no
//! text makes it slow. It runs only on texts that have what every match has, which a search finds faster.
//!
//! `. * + ? {n} {n,} {n,m} | ( ) [a-z] [^..] ^ $ \d \w \s \D \W \S \t \n \r \xhh`, and `\` before any other sign for
//! that sign. A character outside ASCII is the sequence of its UTF-8 bytes, and cannot stand in brackets; `.` is any
//! byte but a line feed; `^` and `$` are the ends of the text; braces that count nothing stand for themselves; a `?` behind
//! a repetition, which asks for the shortest match, changes no answer.
//!
//! `regex-automata` 0.4 in its place, over bytes and without the tables of Unicode, would make a module of wasm (built as
//! the page is, with gzip) larger by 77 kB as `meta::Regex`, by 66 kB as a lazy DFA and by 58 kB as a `PikeVM`; nearly all
//! of that are the parser and the compiler. This module and the needle are 16 kB.

mod compile;
mod node;
mod parse;
mod required;

pub use parse::PatternError;

use compile::{Inst, compile};
use parse::parse;
use required::Required;

/// A regular expression.
#[derive(Clone, Debug)]
pub struct Regex {
    /// What a text must have before it is worth while to run the automaton.
    required: Option<Required>,
    program: Vec<Inst>,
    /// The class of each byte: bytes of a class are the same to the pattern.
    classes: Box<[u8; 256]>,
    class_count: usize,
    sets: Vec<Vec<u16>>,
    /// For each set a row: for each class the set that follows, [`UNKNOWN`] until it is needed, then what the end of
    /// the text makes of it. A set goes by the place of its row.
    moves: Vec<u16>,
    scratch: Scratch,
}

#[derive(Clone, Debug, Default)]
struct Scratch {
    next: Vec<u16>,
    stack: Vec<u16>,
    seen: Vec<bool>,
}

/// Where in the text a set of states is closed.
#[derive(Clone, Copy)]
struct Place {
    at_start: bool,
    at_end: bool,
}

impl Regex {
    /// Compiles a pattern.
    ///
    /// # Errors
    ///
    /// Where the pattern is not well-formed, or too long.
    pub fn new(pattern: &str, ignore_case: bool) -> Result<Self, PatternError> {
        let mut pattern = parse(pattern, ignore_case)?;
        pattern.trim();
        let (program, required) = (compile(&pattern), Required::of(&pattern));
        let (classes, class_count) = classes_of(&program);
        let scratch = Scratch { seen: vec![false; program.len()], ..Scratch::default() };
        let mut regex =
            Self { required, program, classes, class_count, sets: Vec::new(), moves: Vec::new(), scratch };
        regex.forget();
        Ok(regex)
    }

    /// Whether the pattern matches anywhere in `text`.
    ///
    /// Takes time in proportion to the length of the text, and remembers what it found out for the next one.
    pub fn is_match(&mut self, text: &[u8]) -> bool {
        let Some(required) = &self.required else { return self.run(START, text) };
        match required.needle.find(text) {
            None => false,
            Some(_) if required.decides => true,
            // No match has it sooner, so none begins sooner.
            Some(at) => match required.offset.map(|offset| at.saturating_sub(offset)) {
                None | Some(0) => self.run(START, text),
                Some(start) => self.run(self.middle(), &text[start..]),
            },
        }
    }

    /// Runs the automaton from a set on.
    fn run(&mut self, set: u16, text: &[u8]) -> bool {
        let (mut set, mut rest) = self.follow(set, text);
        while let Some((&byte, left)) = rest.split_first() {
            set = self.make_move(set, byte);
            if set >= DEAD {
                break;
            }
            (set, rest) = self.follow(set, left);
        }
        if set < DEAD {
            set = self.moves[usize::from(set) + self.class_count];
        }
        set == MATCHED
    }

    /// Follows the moves that are known, and says what is left of the text where one is not, or where all is decided.
    #[inline]
    fn follow<'t>(&self, mut set: u16, text: &'t [u8]) -> (u16, &'t [u8]) {
        for (at, &byte) in text.iter().enumerate() {
            let next = self.moves[self.place_of_move(set, byte)];
            if next >= UNKNOWN {
                return if next == UNKNOWN { (set, &text[at..]) } else { (next, &[]) };
            }
            set = next;
        }
        (set, &[])
    }

    #[inline]
    fn place_of_move(&self, set: u16, byte: u8) -> usize {
        usize::from(set) + usize::from(self.classes[usize::from(byte)])
    }

    const fn row_len(&self) -> usize {
        self.class_count + 1
    }

    /// Finds the set that follows one on a byte.
    fn make_move(&mut self, set: u16, byte: u8) -> u16 {
        self.scratch.clear();
        let place = Place { at_start: false, at_end: false };
        let number = usize::from(set) / self.row_len();
        let from = std::mem::take(&mut self.sets[number]);
        for &state in &from {
            if let Inst::Byte(bytes, next) = &self.program[usize::from(state)]
                && bytes.has(byte)
            {
                self.scratch.close(&self.program, *next, place);
            }
        }
        self.sets[number] = from;
        // A match may begin at any byte.
        self.scratch.close(&self.program, 0, place);
        let known = self.sets.len();
        let next = self.intern();
        // Where the sets were forgotten, this move has no place any more.
        if self.sets.len() >= known {
            let place = self.place_of_move(set, byte);
            self.moves[place] = next;
        }
        next
    }

    /// The set in `scratch`. When there are too many sets, all are forgotten, and it is made anew.
    fn intern(&mut self) -> u16 {
        if self.scratch.matches(&self.program) {
            return MATCHED;
        }
        if self.scratch.next.is_empty() {
            return DEAD;
        }
        self.scratch.put_in_order(&self.program);
        let next = &self.scratch.next;
        if let Some(known) = self.sets.iter().skip(1).position(|set| set == next) {
            return ((known + 1) * self.row_len()) as u16;
        }
        let set = next.clone();
        if self.sets.len() >= MAX_SETS {
            self.forget();
        }
        self.add(set)
    }

    fn add(&mut self, set: Vec<u16>) -> u16 {
        let row = self.moves.len();
        self.moves.resize(row + self.class_count, UNKNOWN);
        // Only an empty text ends in the set that it begins with.
        let at_end = Place { at_start: row == usize::from(START), at_end: true };
        self.scratch.clear();
        for &state in &set {
            self.scratch.close(&self.program, state, at_end);
        }
        if at_end.at_start {
            self.scratch.close(&self.program, 0, at_end);
        }
        self.moves.push(if self.scratch.matches(&self.program) { MATCHED } else { DEAD });
        self.sets.push(set);
        row as u16
    }

    /// Leaves only the sets at the start of a text and in the middle of one.
    fn forget(&mut self) {
        self.sets.clear();
        self.moves.clear();
        for at_start in [true, false] {
            self.scratch.clear();
            self.scratch.close(&self.program, 0, Place { at_start, at_end: false });
            let matches = self.scratch.matches(&self.program);
            self.scratch.put_in_order(&self.program);
            let row = self.add(self.scratch.next.clone());
            if matches {
                // The empty text matches here, so every text does.
                self.moves[usize::from(row)..].fill(MATCHED);
            }
        }
    }

    /// The set in the middle of a text, where no match has begun.
    const fn middle(&self) -> u16 {
        self.row_len() as u16
    }
}

impl Scratch {
    fn clear(&mut self) {
        self.next.clear();
        self.seen.fill(false);
    }

    /// Adds a state, and all that can be reached from it without a byte.
    fn close(&mut self, program: &[Inst], state: u16, place: Place) {
        self.stack.push(state);
        while let Some(state) = self.stack.pop() {
            if std::mem::replace(&mut self.seen[usize::from(state)], true) {
                continue;
            }
            match &program[usize::from(state)] {
                Inst::Split(one, other) => self.stack.extend([*one, *other]),
                Inst::Start(next) if place.at_start => self.stack.push(*next),
                Inst::End(next) if place.at_end => self.stack.push(*next),
                other => {
                    if is_kept(other) {
                        self.next.push(state);
                    }
                }
            }
        }
    }

    fn matches(&self, program: &[Inst]) -> bool {
        self.next.iter().any(|&state| matches!(program[usize::from(state)], Inst::Match))
    }

    /// Puts the states of the set in order, so that equal sets are equal lists.
    fn put_in_order(&mut self, program: &[Inst]) {
        self.next.clear();
        let states = (0..).zip(program.iter().zip(&self.seen));
        self.next.extend(states.filter(|(_, (inst, seen))| **seen && is_kept(inst)).map(|(state, _)| state));
    }
}

/// Whether a state is part of a set: it goes on with a byte, matches, or waits for the end of the text.
const fn is_kept(inst: &Inst) -> bool {
    matches!(inst, Inst::End(_) | Inst::Byte(..) | Inst::Match)
}

/// Gives bytes that no instruction tells apart the same class.
fn classes_of(program: &[Inst]) -> (Box<[u8; 256]>, usize) {
    let mut classes = Box::new([0; 256]);
    let mut count = 1;
    for byte in 1..=255_u8 {
        let same = |inst: &Inst| match inst {
            Inst::Byte(set, _) => set.has(byte) == set.has(byte - 1),
            _ => true,
        };
        if !program.iter().all(same) {
            count += 1;
        }
        classes[usize::from(byte)] = (count - 1) as u8;
    }
    (classes, count)
}

/// The set at the start of a text.
const START: u16 = 0;
/// A move that was not needed yet.
const UNKNOWN: u16 = u16::MAX - 2;
/// Stands for the set without a state: no match can begin any more, as behind a `^` that did not hold.
const DEAD: u16 = u16::MAX - 1;
/// Stands for every set with a match: what follows does not matter any more.
const MATCHED: u16 = u16::MAX;
/// The most sets that are remembered: all their rows have places below [`UNKNOWN`].
const MAX_SETS: usize = 200;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        /// Signs in any order: short ones are often well-formed.
        #[test]
        fn what_is_required_changes_no_answer(
            pattern in "[abBé.^$|()*+?\\[\\]]{1,4}(ab|[abBé.|()*+?]){0,6}",
            ignore_case: bool,
            texts in proptest::collection::vec("(ab|[abBcé\\n]){0,12}", 1..6),
        ) {
            let Ok(mut regex) = Regex::new(&pattern, ignore_case) else { return Ok(()) };
            let mut plain = Regex { required: None, ..regex.clone() };
            for text in texts {
                let text = text.as_bytes();
                prop_assert_eq!(regex.is_match(text), plain.is_match(text), "/{}/ in {:?}", pattern, text);
            }
        }
    }
}
