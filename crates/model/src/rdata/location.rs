//! LOC: a place on Earth with its extent and precision (RFC 1876).
//!
//! Wire form: version 0; size and precisions as a digit and a power of ten, in centimetres; latitude and longitude in
//! thousandths of a second of arc, 2^31 at the equator and the prime meridian; altitude in centimetres above 100 km
//! below the ellipsoid.

use std::fmt::Write;

use super::{Fault, read::Scan};

/// How long it is in version 0, the only one.
pub(super) const OCTETS: usize = 16;

const MERIDIAN: i64 = 1 << 31;
const ALTITUDE_ZERO: i64 = 10_000_000;
const HOUR: u64 = 3_600_000;
/// Size 1 m, horizontal precision 10 km, vertical precision 10 m (RFC 1876 §3).
const DEFAULTS: [u8; 3] = [0x12, 0x16, 0x13];

/// Reads `51 30 12.748 N 0 7 39.612 W 0.00m 1m 10000m 10m`; all after the altitude may be missing.
pub(super) fn read(scan: &mut Scan<'_>, out: &mut Vec<u8>) -> Result<(), Fault> {
    let latitude = angle(scan, 90, [b"N", b"S"])?;
    let longitude = angle(scan, 180, [b"E", b"W"])?;
    let altitude = altitude(scan)?;
    let mut extents = DEFAULTS;
    for extent in &mut extents {
        if !scan.is_at_end() {
            *extent = power(scan)?;
        }
    }
    out.push(0);
    out.extend(extents);
    for number in [latitude, longitude, altitude] {
        out.extend(number.to_be_bytes());
    }
    Ok(())
}

/// Degrees, minutes and seconds, the last two optional, and the direction.
fn angle(scan: &mut Scan<'_>, degrees_max: u64, directions: [&[u8]; 2]) -> Result<u32, Fault> {
    let mut total = 0;
    for (unit, limit, places) in [(HOUR, degrees_max + 1, 0), (HOUR / 60, 60, 0), (1, 60_000, 3), (0, 0, 0)] {
        let (word, at) = scan.word()?;
        if let Some(direction) = directions.iter().position(|known| word.eq_ignore_ascii_case(known)) {
            let signed = if direction == 0 { total as i64 } else { -(total as i64) };
            let beyond = total > degrees_max * HOUR;
            return if beyond { Err(Fault::new("too many degrees", at)) } else { Ok((MERIDIAN + signed) as u32) };
        }
        let value = fixed(word, places).filter(|value| *value < limit);
        total += unit * value.ok_or(Fault::new("expected degrees, minutes, seconds or a direction", at))?;
    }
    Err(Fault::new("expected a direction", scan.at()))
}

fn altitude(scan: &mut Scan<'_>) -> Result<u32, Fault> {
    let (word, at) = scan.word()?;
    let (sign, digits) = word.strip_prefix(b"-").map_or((1, word), |digits| (-1, digits));
    metres(digits)
        .and_then(|value| u32::try_from(sign * value as i64 + ALTITUDE_ZERO).ok())
        .ok_or(Fault::new("expected an altitude in metres", at))
}

/// A length as its first digit and a power of ten.
fn power(scan: &mut Scan<'_>) -> Result<u8, Fault> {
    let (word, at) = scan.word()?;
    let mut digit = metres(word).ok_or(Fault::new("expected a length in metres", at))?;
    let mut exponent = 0;
    while digit > 9 {
        digit /= 10;
        exponent += 1;
    }
    if exponent > 9 { Err(Fault::new("length above 90000000 m", at)) } else { Ok((digit << 4) as u8 | exponent) }
}

/// Centimetres of `12.34m`.
fn metres(word: &[u8]) -> Option<u64> {
    fixed(word.strip_suffix(b"m").unwrap_or(word), 2)
}

/// A decimal number in units of its last place.
fn fixed(word: &[u8], places: u32) -> Option<u64> {
    let text = std::str::from_utf8(word).ok()?;
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|digit| digit.is_ascii_digit());
    let valid = !whole.is_empty() && whole.len() <= 10 && part.len() <= places as usize && digits(whole);
    if !valid || !digits(part) {
        return None;
    }
    let part = format!("{part:0<width$}", width = places as usize);
    Some(whole.parse::<u64>().ok()? * 10u64.pow(places) + part.parse::<u64>().unwrap_or(0))
}

/// Writes it; none for another version and for numbers out of range.
pub(super) fn write(octets: &[u8], out: &mut String) -> Option<()> {
    let number = |at: usize| Some(i64::from(u32::from_be_bytes(octets.get(at..at + 4)?.try_into().ok()?)));
    if octets.len() != OCTETS || octets[0] != 0 {
        return None;
    }
    write_angle(number(4)? - MERIDIAN, 90, ['N', 'S'], out)?;
    write_angle(number(8)? - MERIDIAN, 180, ['E', 'W'], out)?;
    let altitude = number(12)? - ALTITUDE_ZERO;
    let sign = if altitude < 0 { "-" } else { "" };
    write!(out, "{sign}{}.{:02}m", altitude.abs() / 100, altitude.abs() % 100).ok()?;
    octets[1..4].iter().try_for_each(|extent| write_power(*extent, out))
}

fn write_angle(thousandths: i64, degrees_max: u64, directions: [char; 2], out: &mut String) -> Option<()> {
    let total = thousandths.unsigned_abs();
    if total > degrees_max * HOUR {
        return None;
    }
    let direction = directions[usize::from(thousandths < 0)];
    let (degrees, minutes, rest) = (total / HOUR, total / (HOUR / 60) % 60, total % 60_000);
    write!(out, "{degrees} {minutes} {}.{:03} {direction} ", rest / 1000, rest % 1000).ok()
}

fn write_power(extent: u8, out: &mut String) -> Option<()> {
    let (digit, exponent) = (u64::from(extent >> 4), u32::from(extent & 15));
    if digit > 9 || exponent > 9 || (digit == 0 && exponent > 0) {
        return None;
    }
    let centimetres = digit * 10u64.pow(exponent);
    write!(out, " {}.{:02}m", centimetres / 100, centimetres % 100).ok()
}
