//! Active periods as a bar: what was active when, over one span of time for all rows.

use model::Time;

/// Columns of a bar.
const WIDTH: usize = 24;

/// An active period: first, last, and whether somebody merely reported it.
pub(crate) type Period = (Time, Time, bool);

/// The span of time that bars stand for.
pub(crate) struct Timeline {
    first: i64,
    seconds: i64,
}

impl Timeline {
    /// From the first to the last moment of all periods.
    pub(crate) fn over<'a>(periods: impl Iterator<Item = &'a Period>) -> Option<Timeline> {
        let ends = periods.fold(None, |ends: Option<(i64, i64)>, (first, last, _)| {
            let (from, to) = ends.unwrap_or((first.0, last.0));
            Some((from.min(first.0), to.max(last.0)))
        });
        ends.map(|(first, last)| Timeline { first, seconds: last.saturating_sub(first).max(1) })
    }

    /// What it stands for, in words.
    pub(crate) fn words(&self) -> String {
        format!("{} to {}", Time(self.first).day(), Time(self.first).plus(self.seconds).day())
    }

    /// A bar: `█` where it was witnessed, `▒` where it was reported, `·` where it was not seen.
    pub(crate) fn bar(&self, periods: &[Period]) -> String {
        let mut bar = ['·'; WIDTH];
        for (first, last, reported) in periods {
            for cell in &mut bar[self.column(*first)..=self.column(*last)] {
                match (*reported, *cell) {
                    (true, '·') => *cell = '▒',
                    (true, _) => {}
                    (false, _) => *cell = '█',
                }
            }
        }
        bar.iter().collect()
    }

    fn column(&self, at: Time) -> usize {
        let part = i128::from(at.0.saturating_sub(self.first)) * (WIDTH as i128 - 1) / i128::from(self.seconds);
        part.clamp(0, WIDTH as i128 - 1) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_stand_over_one_span() {
        let periods = [(Time(0), Time(0), false), (Time(500), Time(1_000), true), (Time(990), Time(1_000), false)];
        let timeline = Timeline::over(periods.iter()).unwrap();
        assert_eq!(timeline.bar(&periods), "█··········▒▒▒▒▒▒▒▒▒▒▒██");
        assert_eq!(timeline.bar(&[]), "·".repeat(WIDTH));
        assert!(Timeline::over([].iter()).is_none());
        let moment = [(Time(7), Time(7), false)];
        assert!(Timeline::over(moment.iter()).unwrap().bar(&moment).starts_with('█'));
        let ends = [(Time(i64::MIN), Time(i64::MAX), false)];
        assert_eq!(Timeline::over(ends.iter()).unwrap().bar(&ends), "█".repeat(WIDTH));
    }
}
