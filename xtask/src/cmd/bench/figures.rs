//! Repeated measurements of one thing: median, smallest, largest.

/// Values as they came.
#[derive(Clone, Debug, Default)]
pub(super) struct Figures(Vec<f64>);

impl Figures {
    pub(super) fn push(&mut self, value: f64) {
        self.0.push(value);
    }

    pub(super) fn median(&self) -> Option<f64> {
        let sorted = self.sorted();
        let middle = sorted.len() / 2;
        let upper = *sorted.get(middle)?;
        if sorted.len() % 2 == 1 {
            return Some(upper);
        }
        Some(f64::midpoint(*sorted.get(middle.checked_sub(1)?)?, upper))
    }

    /// Smallest and largest.
    pub(super) fn range(&self) -> Option<(f64, f64)> {
        let sorted = self.sorted();
        Some((*sorted.first()?, *sorted.last()?))
    }

    /// `MEDIAN (MIN to MAX)` after multiplication, with so many decimals; a dash for none.
    pub(super) fn shown(&self, factor: f64, decimals: usize) -> String {
        let (Some(median), Some((min, max))) = (self.median(), self.range()) else {
            return "–".to_owned();
        };
        let [median, min, max] = [median, min, max].map(|value| value * factor);
        format!("{median:.decimals$} ({min:.decimals$} to {max:.decimals$})")
    }

    /// Median and smallest after multiplication.
    pub(super) fn scaled(&self, factor: f64) -> (Option<f64>, Option<f64>) {
        let median = self.median().map(|value| value * factor);
        (median, self.range().map(|(min, _)| min * factor))
    }

    fn sorted(&self) -> Vec<f64> {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        sorted
    }
}

#[cfg(test)]
mod tests {
    use super::Figures;

    #[test]
    fn the_median_is_the_middle_one_or_between_the_middle_two() {
        assert_eq!(Figures(vec![9.0, 1.0, 5.0]).median(), Some(5.0));
        assert_eq!(Figures(vec![4.0, 1.0, 2.0, 9.0]).median(), Some(3.0));
        assert_eq!(Figures::default().median(), None);
    }

    #[test]
    fn the_range_is_shown_beside_the_median() {
        let figures = Figures(vec![2.0, 1.0, 4.0]);
        assert_eq!(figures.shown(10.0, 0), "20 (10 to 40)");
        assert_eq!(Figures::default().shown(1.0, 1), "–");
    }
}
