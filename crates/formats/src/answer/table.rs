use model::{Span, text};

use super::Row;

/// How many active periods are written; of more only the number is.
const PERIODS_MAX: usize = 3;
const HEAD: [&str; 5] = ["value", "tier", "active", "search from", "why"];

/// A table for people, as text: values and all names in the words are defanged, and nothing in them reaches a terminal
/// as anything but text. What should not be blocked says so on a line of its own.
pub fn table(rows: &[Row]) -> String {
    let cells: Vec<[String; 5]> = rows.iter().map(cells).collect();
    let widths = widths(&cells);
    let mut out = String::new();
    push(&mut out, &HEAD.map(str::to_owned), &widths);
    for (row, cells) in rows.iter().zip(&cells) {
        push(&mut out, cells, &widths);
        for note in &row.do_not_block {
            out.push_str(&format!("    do not block: {}\n", shown(note)));
        }
    }
    out
}

fn cells(row: &Row) -> [String; 5] {
    [
        text::visible(&row.indicator.defanged()).into_owned(),
        shown(row.tier.as_deref().unwrap_or("-")),
        periods(&row.active),
        row.search_from.map_or_else(|| "-".into(), |time| time.day()),
        shown(&row.reason),
    ]
}

fn shown(words: &str) -> String {
    text::defang(&text::visible(words))
}

fn periods(active: &[Span]) -> String {
    let day = |span: &Span| match (span.first().day(), span.last().day()) {
        (first, last) if first == last => first,
        (first, last) => format!("{first} to {last}"),
    };
    let mut parts: Vec<String> = active.iter().take(PERIODS_MAX).map(day).collect();
    match active.len() {
        0 => return "-".into(),
        more if more > PERIODS_MAX => parts.push(format!("and {} more", more - PERIODS_MAX)),
        _ => {}
    }
    parts.join(", ")
}

fn widths(cells: &[[String; 5]]) -> [usize; 5] {
    let mut widths = HEAD.map(str::len);
    for row in cells {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    widths
}

/// The last cell is not filled up.
fn push(out: &mut String, cells: &[String; 5], widths: &[usize; 5]) {
    let filled = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
    out.push_str(filled.collect::<Vec<_>>().join("  ").trim_end());
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use model::{Indicator, IndicatorType, Time};

    use super::*;

    #[test]
    fn says_all_of_it_and_nothing_can_be_clicked() {
        let day = |text: &str| text.parse::<Time>().unwrap();
        let row = Row {
            indicator: Indicator::parse(IndicatorType::Host, "login.widgets.example").unwrap(),
            reason: "same registrant e-mail as seed.example (4 domains)\x1b[31m".into(),
            tier: Some("related".into()),
            active: vec![
                Span::new(day("2026-01-03"), day("2026-02-01")).unwrap(),
                Span::new(day("2026-03-01"), day("2026-03-01")).unwrap(),
            ],
            search_from: Some(day("2026-01-03")),
            do_not_block: vec!["shop.gadgets.example shares the address".into()],
        };
        assert_eq!(
            table(&[row]),
            "value                      tier     active                                search from  why\n\
             login[.]widgets[.]example  related  2026-01-03 to 2026-02-01, 2026-03-01  2026-01-03   same registrant e-mail as seed[.]example (4 domains)\\u{1b}[31m\n\
             \x20   do not block: shop[.]gadgets[.]example shares the address\n"
        );
    }
}
