//! Counting judgements.

use std::{
    collections::BTreeMap,
    fmt::{self, Display, Formatter},
};

use model::{Registration, registration::State};

use super::{Fault, Judgement, Rule, Sample, Verdict, sample::member};
use crate::whois::Parsed;

/// Rows in the order in which they are shown.
const ROWS: [&str; 19] = [
    "state",
    "created",
    "updated",
    "expires",
    "registrar",
    "name servers",
    "registrant handle",
    "registrant name",
    "registrant organisation",
    "registrant name or org",
    "registrant e-mail",
    "registrant phone",
    "other contacts, handle",
    "other contacts, name",
    "other contacts, organisation",
    "other contacts, name or org",
    "other contacts, e-mail",
    "other contacts, phone",
    "withheld",
];

/// Right ones and all of one field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Score {
    right: usize,
    all: usize,
}

/// What was counted over the zones of one kind.
#[derive(Clone, Debug, Default)]
struct Part {
    answers: usize,
    lines: usize,
    understood: usize,
    scores: BTreeMap<&'static str, Score>,
    faults: BTreeMap<(&'static str, Fault), usize>,
    rules: BTreeMap<Rule, usize>,
}

/// Scores by field, tuned zones and those set aside side by side.
#[derive(Clone, Debug, Default)]
pub struct Table {
    tuned: Part,
    aside: Part,
    false_available: usize,
}

impl Table {
    /// Counts what was read of a sample and how that was judged.
    pub fn add(&mut self, sample: &Sample, parsed: &Parsed, found: &Registration, judged: &[Judgement]) {
        let throttled = member(&sample.expected, "state").as_str() == Some("throttled");
        self.false_available += usize::from(throttled && found.state == State::Available);
        let part = if sample.is_set_aside() { &mut self.aside } else { &mut self.tuned };
        part.answers += 1;
        part.lines += parsed.lines;
        part.understood += parsed.understood;
        judged.iter().for_each(|one| part.judge(one));
    }

    /// How many of a field were judged, and how many of those are right: in tuned zones, or in those set aside.
    pub fn score(&self, field: &str, set_aside: bool) -> (usize, usize) {
        let part = if set_aside { &self.aside } else { &self.tuned };
        part.scores.get(field).map_or((0, 0), |score| (score.right, score.all))
    }

    /// Every field with its scores (right ones, all): in tuned zones, and in those set aside.
    pub fn rows(&self) -> impl Iterator<Item = (&'static str, [(usize, usize); 2])> {
        ROWS.into_iter().map(|row| (row, [self.score(row, false), self.score(row, true)]))
    }

    /// Answers stated to be throttled that were taken for "nobody holds it": each would be a false alarm.
    pub fn false_available(&self) -> usize {
        self.false_available
    }
}

impl Part {
    fn judge(&mut self, judged: &Judgement) {
        match judged.verdict {
            Verdict::Disputed(rule) => *self.rules.entry(rule).or_default() += 1,
            Verdict::Right => self.count(judged.field, true),
            Verdict::Wrong(fault) => {
                self.count(judged.field, false);
                *self.faults.entry((judged.field, fault)).or_default() += 1;
            }
        }
    }

    fn count(&mut self, field: &'static str, right: bool) {
        let score = self.scores.entry(field).or_default();
        score.right += usize::from(right);
        score.all += 1;
    }

    /// `12/13  92.3`
    fn cell(&self, field: &str) -> String {
        match self.scores.get(field) {
            None => format!("{:>14}", "–"),
            Some(Score { right, all }) => format!("{:>8} {:>5.1}", format!("{right}/{all}"), percent(*right, *all)),
        }
    }
}

fn percent(part: usize, all: usize) -> f64 {
    100.0 * part as f64 / all.max(1) as f64
}

impl Display for Table {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:30}{:>14}   {:>14}", "field", "tuned zones  %", "set aside    %")?;
        for row in ROWS {
            writeln!(f, "{row:30}{}   {}", self.tuned.cell(row), self.aside.cell(row))?;
        }
        let answers = |part: &Part| part.answers;
        let understood = |part: &Part| percent(part.understood, part.lines);
        writeln!(f, "{:30}{:>14}   {:>14}", "answers", answers(&self.tuned), answers(&self.aside))?;
        writeln!(
            f,
            "{:30}{:>14.1}   {:>14.1}",
            "lines understood, %",
            understood(&self.tuned),
            understood(&self.aside)
        )?;
        writeln!(f, "throttled answers taken for available ones: {}", self.false_available)?;
        self.write_faults(f)?;
        self.write_rules(f)
    }
}

impl Table {
    fn write_faults(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "\nwhat is read wrongly (tuned zones)        nothing read  taken as withheld  misplaced  another value"
        )?;
        let count = |row, fault| self.tuned.faults.get(&(row, fault)).copied().unwrap_or_default();
        for row in ROWS {
            let kinds = [Fault::Missing, Fault::TakenForWithheld, Fault::Misplaced, Fault::OtherValue];
            let [missing, withheld, misplaced, other] = kinds.map(|fault| count(row, fault));
            if missing + withheld + misplaced + other > 0 {
                writeln!(f, "{row:40}{missing:>14}{withheld:>19}{misplaced:>11}{other:>15}")?;
            }
        }
        Ok(())
    }

    fn write_rules(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nnot judged, by rule                                                       tuned  set aside")?;
        let rules: std::collections::BTreeSet<Rule> =
            self.tuned.rules.keys().chain(self.aside.rules.keys()).copied().collect();
        let count = |part: &Part, rule| part.rules.get(&rule).copied().unwrap_or_default();
        for rule in rules {
            writeln!(f, "{:72}{:>7}{:>11}", rule.text(), count(&self.tuned, rule), count(&self.aside, rule))?;
        }
        Ok(())
    }
}
