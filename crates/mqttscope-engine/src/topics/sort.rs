//! Sorting in slices: 100,000 levels below one take longer than a packet may wait.

/// A merge sort from the bottom up, which can stop after any element.
pub(super) struct MergeSort<T> {
    from: Vec<T>,
    to: Vec<T>,
    /// How long the runs are that are sorted.
    width: usize,
    /// Where the two runs that are merged go on, and where they end.
    left: usize,
    left_end: usize,
    right: usize,
    right_end: usize,
}

impl<T: Copy> MergeSort<T> {
    pub(super) fn new(items: Vec<T>) -> Self {
        let to = Vec::with_capacity(items.len());
        let mut sort = Self { from: items, to, width: 1, left: 0, left_end: 0, right: 0, right_end: 0 };
        sort.begin_runs();
        sort
    }

    /// Moves so many elements, one a step; gives them all once they are sorted. Where `is_before` changes its mind in
    /// between, they are all there, in some order.
    pub(super) fn advance(
        &mut self,
        steps: &mut u32,
        mut is_before: impl FnMut(&T, &T) -> bool,
    ) -> Option<Vec<T>> {
        while self.width < self.from.len() {
            while self.to.len() < self.from.len() {
                if *steps == 0 {
                    return None;
                }
                *steps -= 1;
                if self.left == self.left_end && self.right == self.right_end {
                    self.begin_runs();
                }
                let takes_left = self.left < self.left_end
                    && (self.right == self.right_end
                        || !is_before(&self.from[self.right], &self.from[self.left]));
                let next = if takes_left { &mut self.left } else { &mut self.right };
                self.to.push(self.from[*next]);
                *next += 1;
            }
            std::mem::swap(&mut self.from, &mut self.to);
            self.to.clear();
            self.width *= 2;
            self.begin_runs();
        }
        Some(std::mem::take(&mut self.from))
    }

    fn begin_runs(&mut self) {
        let end = |from: usize| (from + self.width).min(self.from.len());
        self.left = self.to.len();
        self.left_end = end(self.left);
        self.right = self.left_end;
        self.right_end = end(self.right);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_sorted_and_what_is_equal_keeps_its_order() {
        let mut seed = 1_u32;
        for len in [0, 1, 2, 3, 7, 8, 9, 100, 1_000] {
            let mut random = || {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                seed >> 26
            };
            let items: Vec<_> = (0..len).map(|at| (random(), at)).collect();
            let mut expected = items.clone();
            expected.sort_by_key(|item| item.0);
            for slice in [1, 5, u32::MAX] {
                let mut sort = MergeSort::new(items.clone());
                let sorted = loop {
                    let mut steps = slice;
                    if let Some(sorted) = sort.advance(&mut steps, |one, other| one.0 < other.0) {
                        break sorted;
                    }
                    assert_eq!(steps, 0);
                };
                assert_eq!(sorted, expected);
            }
        }
    }
}
