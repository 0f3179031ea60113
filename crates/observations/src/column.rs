//! Columns: `n` numbers as differences from their smallest, all of one width, octet plane by octet plane.
//!
//! The lowest octets of all numbers come first, then the second lowest, and so on; equal numbers take no octets at all,
//! and any number is found without reading those before it. Planes of high octets are nearly constant and vanish in
//! compression.
#![deny(clippy::indexing_slicing)]

use std::ops::Range;

use crate::octets::Input;

/// Where a column stands in the octets of its block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    base: u64,
    width: usize,
    at: usize,
    rows: usize,
}

/// Writes a column: the smallest number (eight octets), the width in octets, the planes.
pub(crate) fn put_column(out: &mut Vec<u8>, numbers: &[u64]) {
    let base = numbers.iter().copied().min().unwrap_or(0);
    let most = numbers.iter().map(|number| number - base).max().unwrap_or(0);
    let width = (64 - most.leading_zeros()).div_ceil(8);
    out.extend(base.to_be_bytes());
    out.push(width as u8);
    for plane in 0..width {
        out.extend(numbers.iter().map(|number| ((number - base) >> (8 * plane)) as u8));
    }
}

impl Column {
    /// Finds a column of so many rows at the front of `input`, which ends where `all` ends.
    pub(crate) fn find(input: &mut Input<'_>, all: usize, rows: usize) -> Option<Column> {
        let base = input.u64()?;
        let width = usize::from(input.byte()?);
        let at = all - input.0.len();
        input.take(rows.checked_mul(width)?)?;
        (width <= 8).then_some(Column { base, width, at, rows })
    }

    /// The number of a row; the column was found in these octets.
    pub(crate) fn get(&self, octets: &[u8], row: usize) -> u64 {
        let octet = |plane: usize| octets.get(self.at + plane * self.rows + row).copied().map_or(0, u64::from);
        let value = match self.width {
            0 => 0,
            1 => octet(0),
            2 => octet(0) | octet(1) << 8,
            3 => octet(0) | octet(1) << 8 | octet(2) << 16,
            _ => return self.get_wide(octets, row),
        };
        self.base.wrapping_add(value)
    }

    fn get_wide(&self, octets: &[u8], row: usize) -> u64 {
        let mut value = 0u64;
        for plane in 0..self.width {
            let octet = octets.get(self.at + plane * self.rows + row).copied().unwrap_or(0);
            value |= u64::from(octet) << (8 * plane);
        }
        self.base.wrapping_add(value)
    }

    /// The numbers of these rows.
    pub(crate) fn unpack(&self, octets: &[u8], rows: Range<usize>, out: &mut Vec<u64>) {
        out.clear();
        out.resize(rows.len(), self.base);
        for plane in 0..self.width {
            let from = self.at + plane * self.rows;
            let octets = octets.get(from + rows.start..from + rows.end).unwrap_or_default();
            for (number, octet) in out.iter_mut().zip(octets) {
                *number = number.wrapping_add(u64::from(*octet) << (8 * plane));
            }
        }
    }

    /// Whether all its numbers are zero.
    pub(crate) fn is_zero(&self) -> bool {
        self.width == 0 && self.base == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_row_comes_back() {
        for numbers in [vec![7; 5], vec![0, u64::MAX, 1 << 33], vec![300, 301, 555], vec![]] {
            let mut out = vec![9];
            put_column(&mut out, &numbers);
            let mut input = Input(&out[1..]);
            let column = Column::find(&mut input, out.len(), numbers.len()).unwrap();
            let back: Vec<u64> = (0..numbers.len()).map(|row| column.get(&out, row)).collect();
            let mut all = Vec::new();
            column.unpack(&out, 0..numbers.len(), &mut all);
            assert!(back == numbers && all == numbers && input.is_empty());
        }
    }
}
