//! Tables: aligned columns, two blanks apart, as wide as the terminal.

use std::io;

use super::{Output, Tone};

/// A table being filled.
pub(crate) struct Table {
    heads: Vec<&'static str>,
    rows: Vec<Vec<(Tone, String)>>,
    right: Vec<usize>,
}

impl Table {
    /// A table with these heads; a head that begins with `>` aligns its column right.
    pub(crate) fn new(heads: &[&'static str]) -> Table {
        let right = heads.iter().enumerate().filter(|(_, head)| head.starts_with('>')).map(|(at, _)| at).collect();
        Table { heads: heads.iter().map(|head| head.trim_start_matches('>')).collect(), rows: Vec::new(), right }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: Vec<(Tone, String)>) {
        self.rows.push(cells);
    }

    /// Adds a row of plain cells.
    pub(crate) fn plain<const N: usize>(&mut self, cells: [String; N]) {
        self.row(cells.into_iter().map(|cell| (Tone::Plain, cell)).collect());
    }

    /// Writes it; columns that do not fit are cut with `…`, the last one first.
    pub(crate) fn write(&self, output: &mut Output) -> io::Result<()> {
        let widths = self.widths(output.width());
        let heads: Vec<(Tone, String)> = self.heads.iter().map(|head| (Tone::Faint, (*head).to_owned())).collect();
        if self.heads.iter().any(|head| !head.is_empty()) {
            self.write_row(output, &heads, &widths)?;
        }
        self.rows.iter().try_for_each(|row| self.write_row(output, row, &widths))
    }

    fn widths(&self, available: usize) -> Vec<usize> {
        let cell =
            |row: &Vec<(Tone, String)>, at: usize| row.get(at).map_or(0, |(_, text)| shown(text).chars().count());
        let of = |at: usize| {
            self.rows.iter().map(|row| cell(row, at)).max().unwrap_or(0).max(self.heads[at].chars().count())
        };
        let mut widths: Vec<usize> = (0..self.heads.len()).map(of).collect();
        for at in (0..widths.len()).rev() {
            let total = widths.iter().sum::<usize>() + 2 * widths.len();
            let over = total.saturating_sub(available);
            widths[at] = widths[at].saturating_sub(over).max(widths[at].min(12));
        }
        widths
    }

    fn write_row(&self, output: &mut Output, row: &[(Tone, String)], widths: &[usize]) -> io::Result<()> {
        let last = row.len().saturating_sub(1);
        let mut line = String::from("  ");
        for (at, (tone, text)) in row.iter().enumerate() {
            let text = cut(&shown(text), widths[at]);
            let blanks = " ".repeat(widths[at] - text.chars().count());
            let painted = output.paint(*tone, &text);
            match (self.right.contains(&at), at == last) {
                (true, _) => line.extend([blanks.as_str(), painted.as_str()]),
                (false, true) => line.push_str(&painted),
                (false, false) => line.extend([painted.as_str(), blanks.as_str()]),
            }
            if at != last {
                line.push_str("  ");
            }
        }
        output.raw_line(&line)
    }
}

fn shown(text: &str) -> String {
    model::text::visible(text).into()
}

fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{kept}…")
}
