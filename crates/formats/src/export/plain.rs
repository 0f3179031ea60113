//! One value a line, for firewalls and block lists.

use std::io::{self, Write};

use super::Exported;

/// Writes the value and a line end. Which uses go into which list is the caller's choice.
pub fn write_row(out: &mut impl Write, row: &Exported) -> io::Result<()> {
    writeln!(out, "{}", row.indicator)
}
