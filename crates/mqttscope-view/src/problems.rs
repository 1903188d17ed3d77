//! What is wrong with the forms.

use crate::field::Field;

/// What is wrong at one place of a form, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub field: Field,
    /// What, as a sentence.
    pub words: String,
}

/// The problems that a form was refused for, in the order of its fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Notes a problem; the first one of a field counts.
    pub fn add(&mut self, field: Field, words: impl Into<String>) {
        if self.at(field).is_none() {
            self.0.push(Problem { field, words: words.into() });
        }
    }

    /// The words for a field.
    #[must_use]
    pub fn at(&self, field: Field) -> Option<&str> {
        self.0.iter().find(|problem| problem.field == field).map(|problem| problem.words.as_str())
    }

    /// The first field that is wrong.
    #[must_use]
    pub fn first(&self) -> Option<Field> {
        self.0.first().map(|problem| problem.field)
    }

    /// Forgets the problem of a field that is being corrected.
    pub fn clear(&mut self, field: Field) {
        self.0.retain(|problem| problem.field != field);
    }

    /// Takes the problems that a form was refused for now, in place of those that it was refused for before.
    pub fn replace(&mut self, refused: Self) {
        let mut problems = refused.0;
        let older = std::mem::take(&mut self.0).into_iter();
        let is_other = |older: &Problem| !problems.iter().any(|new| new.field.goes_with(older.field));
        let others: Vec<_> = older.filter(is_other).collect();
        problems.extend(others);
        self.0 = problems;
    }

    /// Forgets the problems of a form that was not refused, by one of its fields.
    pub fn settle(&mut self, field: Field) {
        self.0.retain(|problem| !problem.field.goes_with(field));
    }

    /// `value` if nothing is wrong.
    ///
    /// # Errors
    ///
    /// The problems themselves, if there are any.
    pub fn or<T>(self, value: T) -> Result<T, Self> {
        if self.0.is_empty() { Ok(value) } else { Err(self) }
    }
}

/// A single problem, as a refusal.
#[must_use]
pub fn refused(field: Field, words: impl Into<String>) -> Problems {
    let mut problems = Problems::default();
    problems.add(field, words);
    problems
}
