//! From the tree of a pattern to the instructions of its automaton.

use super::node::Node;
use crate::byte_set::ByteSet;

/// An instruction; numbers are places in the program.
#[derive(Clone, Debug)]
pub(super) enum Inst {
    /// Goes on behind one of these bytes.
    Byte(Box<ByteSet>, u16),
    /// Goes on at both places.
    Split(u16, u16),
    /// Goes on at the start of the text.
    Start(u16),
    /// Goes on at the end of the text.
    End(u16),
    /// The pattern matches.
    Match,
}

/// Compiles a pattern; the program begins at its first instruction.
pub(super) fn compile(pattern: &Node) -> Vec<Inst> {
    // The start is the first instruction, whatever the pattern begins with.
    let mut program = vec![Inst::Split(1, 1)];
    emit(pattern, &mut program);
    program.push(Inst::Match);
    program
}

/// Appends the instructions of a node; they go on at the instruction behind them.
fn emit(node: &Node, program: &mut Vec<Inst>) {
    let here = |program: &Vec<Inst>| program.len() as u16;
    match node {
        Node::Empty => {}
        Node::Byte(set) => program.push(Inst::Byte(Box::new(*set), here(program) + 1)),
        Node::Start => program.push(Inst::Start(here(program) + 1)),
        Node::End => program.push(Inst::End(here(program) + 1)),
        Node::Concat(nodes) => nodes.iter().for_each(|node| emit(node, program)),
        Node::Alternate(nodes) => {
            let mut exits = Vec::new();
            for (index, node) in nodes.iter().enumerate() {
                let split = program.len();
                let is_last = index + 1 == nodes.len();
                if !is_last {
                    program.push(Inst::Match);
                }
                emit(node, program);
                if !is_last {
                    exits.push(program.len());
                    program.push(Inst::Match);
                    program[split] = Inst::Split(split as u16 + 1, here(program));
                }
            }
            let end = here(program);
            for exit in exits {
                program[exit] = Inst::Split(end, end);
            }
        }
        Node::Repeat { node, at_least_one, many } => {
            let split = program.len();
            if !at_least_one {
                program.push(Inst::Match);
            }
            let body = here(program);
            emit(node, program);
            if *many {
                program.push(Inst::Split(body, here(program) + 1));
            }
            if !at_least_one {
                program[split] = Inst::Split(body, here(program));
            }
        }
    }
}
