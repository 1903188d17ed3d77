//! From tokens to the tree of a filter.

use mqttscope_text::zone::Zone;
use std::iter::Peekable;
use std::ops::Range;
use std::vec::IntoIter;

use super::FilterError;
use super::eval::Node;
use super::lex::{Token, Value, lex};
use super::value;

/// Reads a filter.
pub(super) fn parse(text: &str, zone: &Zone) -> Result<Node, FilterError> {
    let tokens = lex(text)?.into_iter().peekable();
    let mut parser = Parser { text, tokens, zone, depth: 0 };
    let node = parser.any()?;
    match parser.tokens.next() {
        Some((_, range)) => Err(FilterError { range, words: "this bracket closes nothing".into() }),
        None => Ok(node),
    }
}

struct Parser<'t> {
    text: &'t str,
    tokens: Peekable<IntoIter<(Token, Range<usize>)>>,
    zone: &'t Zone,
    depth: usize,
}

impl Parser<'_> {
    fn any(&mut self) -> Result<Node, FilterError> {
        let mut nodes = vec![self.all()?];
        while let Some((_, range)) = self.tokens.next_if(|(token, _)| *token == Token::Or) {
            let before_is_empty = nodes.last().is_some_and(Node::is_empty);
            nodes.push(self.all()?);
            if before_is_empty || nodes.last().is_some_and(Node::is_empty) {
                return Err(FilterError { range, words: "a term is missing beside this or".into() });
            }
        }
        Ok(if nodes.len() == 1 { nodes.remove(0) } else { Node::any(nodes) })
    }

    fn all(&mut self) -> Result<Node, FilterError> {
        let mut nodes = Vec::new();
        while let Some((token, _)) = self.tokens.peek() {
            match token {
                Token::Or | Token::Close => break,
                Token::And => {
                    self.tokens.next();
                }
                _ => nodes.push(self.one()?),
            }
        }
        Ok(Node::all(nodes))
    }

    fn one(&mut self) -> Result<Node, FilterError> {
        let nothing = || FilterError {
            range: self.text.len()..self.text.len(),
            words: "a term is missing here".into(),
        };
        let (token, range) = self.tokens.next().ok_or_else(nothing)?;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(FilterError { range, words: "this is nested too deep".into() });
        }
        let node = match token {
            Token::Not => match self.tokens.peek() {
                None | Some((Token::Or | Token::And | Token::Close, _)) => {
                    return Err(FilterError { range, words: "a term is missing behind this not".into() });
                }
                _ => Node::Not(Box::new(self.one()?)),
            },
            Token::Open => {
                let node = self.any()?;
                match self.tokens.next() {
                    Some((Token::Close, close)) if node.is_empty() => {
                        let range = range.start..close.end;
                        return Err(FilterError {
                            range,
                            words: "a term is missing in these brackets".into(),
                        });
                    }
                    Some((Token::Close, _)) => node,
                    _ => return Err(FilterError { range, words: "this bracket is not closed".into() }),
                }
            }
            Token::Term { key, value } => self.term(key, &value)?,
            Token::Or | Token::And | Token::Close => {
                return Err(FilterError { range, words: "a term is missing here".into() });
            }
        };
        self.depth -= 1;
        Ok(node)
    }

    fn term(&self, key: Option<Range<usize>>, value: &Value) -> Result<Node, FilterError> {
        let reader = value::Reader { text: self.text, zone: self.zone };
        let test = match key {
            Some(key) => reader.keyed(key, value)?,
            None => reader.alone(value)?,
        };
        Ok(Node::Test(test))
    }
}

/// The most brackets in brackets, so that no filter uses up the stack.
const MAX_DEPTH: usize = 50;
