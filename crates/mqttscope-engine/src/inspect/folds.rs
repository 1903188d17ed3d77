//! Lines that are folded away below the line that opens them.

/// The folded lines of a text, apart from each other and in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Folds(Vec<Fold>);

/// Lines that are hidden behind one that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fold {
    line: usize,
    depth: u16,
    /// The first line that is shown again, as far as it is known.
    end: usize,
    /// The end is known.
    is_complete: bool,
}

impl Folds {
    /// How many lines are hidden.
    pub(crate) fn hidden(&self) -> usize {
        self.0.iter().map(|fold| fold.end - fold.line - 1).sum()
    }

    /// The line that stands at a place among those that are shown.
    pub(crate) fn line_at(&self, place: usize) -> usize {
        let mut line = place;
        for fold in &self.0 {
            if fold.line >= line {
                break;
            }
            line += fold.end - fold.line - 1;
        }
        line
    }

    /// Whether lines are folded behind this one.
    pub(crate) fn is_folded(&self, line: usize) -> bool {
        self.0.iter().any(|fold| fold.line == line)
    }

    /// Folds what lies deeper than this line, or unfolds it.
    pub(crate) fn toggle(&mut self, line: usize, depth: u16) {
        match self.0.iter().position(|fold| fold.line == line) {
            Some(at) => {
                self.0.remove(at);
            }
            None => {
                let at = self.0.partition_point(|fold| fold.line < line);
                self.0.insert(at, Fold { line, depth, end: line + 1, is_complete: false });
            }
        }
    }

    /// Whether the end of a fold is still to be found.
    pub(crate) fn is_busy(&self) -> bool {
        self.0.iter().any(|fold| !fold.is_complete)
    }

    /// Looks for the end of a fold among at most `count` lines; `depths` tells how deep lines from one on lie, fewer
    /// at the end of the text.
    pub(crate) fn advance(&mut self, count: usize, depths: impl FnOnce(usize, usize) -> Vec<u16>) {
        let Some(at) = self.0.iter().position(|fold| !fold.is_complete) else { return };
        let fold = &mut self.0[at];
        let found = depths(fold.end, count);
        let deeper = found.iter().take_while(|&&depth| depth > fold.depth).count();
        fold.end += deeper;
        fold.is_complete = deeper < count;
        let end = fold.end;
        // What was folded inside is folded with it.
        let inside = self.0[at + 1..].iter().take_while(|inner| inner.line < end).count();
        self.0.drain(at + 1..at + 1 + inside);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEPTHS: [u16; 10] = [0, 1, 2, 2, 1, 1, 2, 1, 1, 0];

    fn fold(folds: &mut Folds, line: usize) {
        folds.toggle(line, DEPTHS[line]);
        let depths = |first: usize, count: usize| DEPTHS[first..].iter().take(count).copied().collect();
        while folds.is_busy() {
            folds.advance(2, depths);
        }
    }

    fn shown(folds: &Folds) -> Vec<usize> {
        (0..DEPTHS.len() - folds.hidden()).map(|place| folds.line_at(place)).collect()
    }

    #[test]
    fn what_lies_deeper_is_hidden() {
        let mut folds = Folds::default();
        assert_eq!(shown(&folds).len(), 10);
        fold(&mut folds, 1);
        assert_eq!(shown(&folds), [0, 1, 4, 5, 6, 7, 8, 9]);
        fold(&mut folds, 5);
        assert_eq!(shown(&folds), [0, 1, 4, 5, 7, 8, 9]);
        assert!(folds.is_folded(5) && !folds.is_folded(4));
        fold(&mut folds, 1);
        assert_eq!(shown(&folds), [0, 1, 2, 3, 4, 5, 7, 8, 9]);
    }

    #[test]
    fn an_outer_fold_takes_the_inner_ones() {
        let mut folds = Folds::default();
        fold(&mut folds, 1);
        fold(&mut folds, 5);
        fold(&mut folds, 0);
        assert_eq!(shown(&folds), [0, 9]);
        fold(&mut folds, 0);
        assert_eq!(folds, Folds::default());
    }
}
