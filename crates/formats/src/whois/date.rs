//! Dates as registries write them.
//!
//! The text is cut into numbers, words and an offset; what they are shows in their size and order. Where day and month
//! cannot be told apart (`03/04/2013`), the answer's other dates decide, then the table of zones, then day before month.

use model::Time;

/// Day and month where both are at most 12.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Order {
    /// Day before month.
    #[default]
    DayFirst,
    /// Month before day.
    MonthFirst,
}

/// The longest text that is read as a date, in octets.
const DATE_MAX: usize = 100;

/// Reads a date with an optional time and offset.
pub(super) fn parse(text: &str, order: Order) -> Option<Time> {
    let text = text.get(..text.floor_char_boundary(DATE_MAX))?;
    Parts::read(text)?.moment(order)
}

/// What a date alone tells about the order in its answer.
pub(super) fn order(text: &str) -> Option<Order> {
    let parts = Parts::read(text.get(..text.floor_char_boundary(DATE_MAX))?)?;
    let [a, b, c] = parts.numbers?;
    if parts.month.is_some() || a.digits > 2 || c.digits != 4 {
        return None;
    }
    match (a.value, b.value) {
        (13..=31, 1..=12) => Some(Order::DayFirst),
        (1..=12, 13..=31) => Some(Order::MonthFirst),
        _ => None,
    }
}

/// Whether a date can be read with either part as the month.
pub(super) fn is_open(text: &str) -> bool {
    let parts = text.get(..text.floor_char_boundary(DATE_MAX)).and_then(Parts::read);
    parts.is_some_and(|parts| match parts.numbers {
        Some([a, b, _]) => parts.month.is_none() && a.digits <= 2 && a.value <= 12 && b.value <= 12,
        None => false,
    })
}

/// What an answer itself tells about the order: `complete date format : DD/MM/YYYY`.
pub(super) fn told_order(text: &str) -> Option<Order> {
    let mut marks = text.match_indices(['/', '-', '.']);
    marks.find_map(|(at, _)| {
        let before = text.get(at.checked_sub(2)?..at)?;
        let after = text.get(at + 1..at + 4)?;
        let is = |word: &str, letters: &str| word.eq_ignore_ascii_case(letters);
        let year = is(after.get(2..)?, text.get(at..=at)?);
        match (is(before, "mm"), is(before, "dd") || is(before, "jj")) {
            (true, _) if year && is(after.get(..2)?, "dd") => Some(Order::MonthFirst),
            (_, true) if is(after.get(..2)?, "mm") => Some(Order::DayFirst),
            _ => None,
        }
    })
}

#[derive(Clone, Copy, Debug, Default)]
struct Number {
    value: u32,
    digits: usize,
}

/// The parts of a date.
#[derive(Debug, Default)]
struct Parts {
    /// The numbers of the date.
    numbers: Option<[Number; 3]>,
    /// A month in words; then the third number is not there.
    month: Option<u32>,
    time: Option<(u32, u32, u32)>,
    /// Seconds east of Greenwich.
    offset: i64,
}

impl Parts {
    fn read(text: &str) -> Option<Parts> {
        let mut parts = Parts::default();
        let mut numbers: Vec<Number> = Vec::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            rest = match first {
                '0'..='9' => parts.digits(rest, &mut numbers)?,
                '+' | '-' if parts.time.is_some() => parts.offset(rest),
                _ if first.is_alphabetic() => parts.word(rest, numbers.len()),
                _ => rest.get(first.len_utf8()..)?,
            };
        }
        let mut numbers = numbers.into_iter();
        parts.numbers = match (numbers.next(), numbers.next(), numbers.next()) {
            (Some(a), Some(b), Some(c)) => Some([a, b, c]),
            (Some(a), Some(b), None) if parts.month.is_some() => Some([a, b, Number::default()]),
            (Some(a), None, None) if a.digits == 4 && parts.month.is_some() => {
                Some([a, Number { value: 1, digits: 1 }, Number::default()]) // the month alone: its first day
            }
            (Some(a), None, None) if a.digits == 8 => Some([a, Number::default(), Number::default()]),
            (Some(a), Some(_), None) if a.digits == 8 => Some([a, Number::default(), Number::default()]),
            _ => return None,
        };
        Some(parts)
    }

    /// A number of the date, or a time `12:34:56`.
    fn digits<'a>(&mut self, rest: &'a str, numbers: &mut Vec<Number>) -> Option<&'a str> {
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (digits, after) = rest.split_at(end);
        if end <= 2
            && let Some(after) = after.strip_prefix(':')
            && self.time.is_none()
        {
            return Some(self.clock(digits, after));
        }
        if let Some((date, time)) = digits.split_at_checked(8).filter(|_| end == 14) {
            let [hour, minute, second] = [0..2, 2..4, 4..6].map(|at| time.get(at).and_then(|t| t.parse().ok()));
            self.time = Some((hour?, minute?, second?));
            numbers.push(Number { value: date.parse().ok()?, digits: 8 });
            return Some(after);
        }
        if numbers.len() < 3 && end <= 8 {
            numbers.push(Number { value: digits.parse().ok()?, digits: end });
        }
        Some(after)
    }

    /// The rest of a time after its hour and colon.
    fn clock<'a>(&mut self, hour: &str, rest: &'a str) -> &'a str {
        let (minute, rest) = leading(rest);
        let (second, rest) = rest.strip_prefix(':').map_or(("0", rest), leading);
        let number = |text: &str| text.parse().unwrap_or(0);
        self.time = Some((number(hour), number(minute), number(second)));
        let fraction = rest.strip_prefix('.').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        fraction.map_or(rest, |fraction| leading(fraction).1)
    }

    /// `+02`, `+0200`, `-05:00`.
    fn offset<'a>(&mut self, rest: &'a str) -> &'a str {
        let (sign, rest) = rest.split_at(1);
        let (hours, after) = leading(rest);
        let (hours, minutes) = hours.split_at(hours.len().min(2));
        let (minutes, after) = match after.strip_prefix(':') {
            Some(after) if minutes.is_empty() => leading(after),
            _ => (minutes, after),
        };
        let number = |text: &str| text.parse::<i64>().unwrap_or(0);
        let seconds = number(hours) * 3600 + number(minutes) * 60;
        if hours.len() == 2 && seconds <= 15 * 3600 {
            self.offset = if sign == "-" { -seconds } else { seconds };
        }
        after
    }

    /// A month, a time zone, or anything else, which says nothing.
    fn word<'a>(&mut self, rest: &'a str, numbers: usize) -> &'a str {
        let end = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        if let Some(month) = month(word)
            .filter(|_| self.month.is_none() && numbers < 3 && word.len() < 12 && !after.starts_with(['@', '.']))
        {
            self.month = Some(month);
        } else if self.time.is_some()
            && let Some(hours) = zone(word)
        {
            self.offset = hours * 3600;
        }
        after
    }

    fn moment(&self, order: Order) -> Option<Time> {
        let (year, month, day) = self.date(order)?;
        let year = if year < 100 { if year < 70 { year + 2000 } else { year + 1900 } } else { year };
        let (hour, minute, second) = self.time.unwrap_or_default();
        let midnight = Time::from_date(i64::from(year), month, day).filter(|_| (1970..=9999).contains(&year))?;
        Some(Time::from_parts(i64::from(year), month, day, hour, minute, second).unwrap_or(midnight).plus(-self.offset))
    }

    fn date(&self, order: Order) -> Option<(u32, u32, u32)> {
        let [a, b, c] = self.numbers?;
        if let Some(month) = self.month {
            return if a.digits == 4 { Some((a.value, month, b.value)) } else { Some((b.value, month, a.value)) };
        }
        if a.digits == 8 {
            return Some((a.value / 10_000, a.value / 100 % 100, a.value % 100));
        }
        if a.digits == 4 {
            return Some((a.value, b.value, c.value));
        }
        match order {
            _ if a.value > 12 => Some((c.value, b.value, a.value)),
            _ if b.value > 12 => Some((c.value, a.value, b.value)),
            Order::DayFirst => Some((c.value, b.value, a.value)),
            Order::MonthFirst => Some((c.value, a.value, b.value)),
        }
    }
}

fn leading(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

/// The number of a month by the beginning of its name.
fn month(word: &str) -> Option<u32> {
    if word.len() < 3 {
        return None; // the `T` and `Z` of ISO 8601
    }
    let lower = word.to_lowercase();
    let found = MONTHS.iter().position(|names| names.iter().any(|name| lower.starts_with(name)))?;
    u32::try_from(found + 1).ok()
}

/// Months of a dozen languages, by what tells them apart.
const MONTHS: [&[&str]; 12] = [
    &["jan", "ene", "gen", "oca", "sty", "янв", "led"],
    &["feb", "fev", "fév", "şub", "sub", "lut", "фев", "úno"],
    &["mar", "mär", "mrt", "мар", "bře"],
    &["apr", "abr", "avr", "nis", "kwi", "апр", "dub"],
    &["may", "mai", "mag", "mei", "maj", "май", "máj", "mayo"],
    &["jun", "giu", "juin", "haz", "cze", "июн"],
    &["jul", "lug", "juil", "tem", "lip", "июл"],
    &["aug", "ago", "aoû", "aou", "ağu", "agu", "sie", "авг"],
    &["sep", "set", "eyl", "wrz", "сен"],
    &["oct", "okt", "ott", "out", "eki", "paź", "окт"],
    &["nov", "kas", "lis", "ноя"],
    &["dec", "dez", "dic", "déc", "ara", "gru", "дек"],
];

/// Hours east of Greenwich of the names of zones that registries use.
fn zone(word: &str) -> Option<i64> {
    Some(match word.to_ascii_uppercase().as_str() {
        "Z" | "UTC" | "GMT" | "WET" => 0,
        "CET" | "BST" | "MET" | "WEST" => 1,
        "CEST" | "EET" | "SAST" | "CAT" | "MEST" => 2,
        "MSK" | "EEST" | "EAT" | "AST" => 3,
        "UZT" => 5,
        "ICT" | "WIB" => 7,
        "HKT" | "SGT" | "CST" => 8,
        "JST" | "KST" => 9,
        "AEST" => 10,
        "NZST" => 12,
        "NZDT" => 13,
        "BRT" | "CLST" => -3,
        "CLT" | "EDT" => -4,
        "EST" => -5,
        "PDT" => -7,
        "PST" => -8,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> String {
        parse(text, Order::DayFirst).map(Time::day).unwrap_or_default()
    }

    #[test]
    fn every_shape() {
        for text in [
            "2012-03-04",
            "2012/03/04",
            "2012.03.04.",
            "04.03.2012",
            "04/03/2012",
            "04-Mar-2012 18:08:52 UTC",
            "20120304 17:57:27",
            "20120304 #162310",
            "20120304120000",
            "Sun Mar 04 07:50:40 GMT 2012",
            "March 4 2012",
            "Mar 4, 2012",
            "4th March 2012",
            "4 de marzo de 2012 (10:10:08 GMT)",
            "2012-Mar-04.",
            "04-mar-12",
            "2012-03-04T12:00:00.0Z",
            "2012-03-04 23:28:56 -0000",
            "hostmaster@mail.example 20120304",
            "2012-03-04T20:00:00-0800",
            "2012-03-05T01:00:00+02:00",
            "before 04-Mar-2012",
            "2012-03-04 10:22:50 (UTC+8)",
        ] {
            let expected = if text.ends_with("-0800") { "2012-03-05" } else { "2012-03-04" };
            assert_eq!(day(text), expected, "{text}");
        }
        assert_eq!(parse("03/04/2012", Order::MonthFirst).map(Time::day).as_deref(), Some("2012-03-04"));
        assert_eq!(parse("03/28/2012", Order::DayFirst).map(Time::day).as_deref(), Some("2012-03-28"));
        assert_eq!(order("03/28/2012"), Some(Order::MonthFirst));
        assert_eq!(order("03/04/2012"), None);
        assert_eq!(told_order("% complete date format : DD/MM/YYYY"), Some(Order::DayFirst));
        assert_eq!(told_order("Created (mm/dd/yyyy): 03/04/2012"), Some(Order::MonthFirst));
        assert_eq!(told_order("Record expires on 2012-03-04 (YYYY-MM-DD)"), None);
    }

    #[test]
    fn what_is_no_date() {
        for text in ["", "-", "0000-00-00", "none", "2012", "99/99/9999", "1+1", "12:", "+"] {
            assert_eq!(day(text), "", "{text}");
        }
    }
}
