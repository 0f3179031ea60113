//! What reaches standard output: text for people on a terminal, JSON lines for machines.
//!
//! People see values defanged and outside text made harmless; machines get them plain. Colour only where standard
//! output is a terminal and `NO_COLOR` is not set.

pub(crate) mod table;
pub(crate) mod timeline;

use std::io::{self, BufWriter, IsTerminal, Write};

use serde::Serialize;

/// Standard output.
pub(crate) struct Output {
    out: BufWriter<Box<dyn Write + Send>>,
    json: bool,
    colour: bool,
    width: usize,
}

/// How a piece of text is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// As it is.
    Plain,
    /// A heading or a value that matters.
    Strong,
    /// Beside the point.
    Faint,
    /// Worth following.
    Good,
    /// Worth a doubt.
    Warn,
    /// Dangerous or broken.
    Bad,
}

impl Output {
    /// Output in the form that was asked for.
    pub(crate) fn new(json: bool) -> Output {
        let terminal = io::stdout().is_terminal();
        let width = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        Output {
            out: BufWriter::new(Box::new(io::stdout())),
            json,
            colour: terminal && std::env::var_os("NO_COLOR").is_none(),
            width: if terminal {
                width.unwrap_or_else(|| usize::from(console::Term::stdout().size().1))
            } else {
                width.unwrap_or(160)
            },
        }
    }

    /// Output that says nothing.
    pub(crate) fn silent() -> Output {
        Output { out: BufWriter::new(Box::new(io::sink())), json: false, colour: false, width: 160 }
    }

    /// Whether machines read this.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Columns that a line may have.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// One line for machines.
    pub(crate) fn object(&mut self, value: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, value)?;
        self.out.write_all(b"\n")
    }

    /// One line for people; outside text in it is made harmless.
    pub(crate) fn line(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{}", model::text::visible(text))
    }

    /// One line that is painted already.
    fn raw_line(&mut self, line: &str) -> io::Result<()> {
        writeln!(self.out, "{}", line.trim_end())
    }

    /// One line of pieces, each with its tone.
    pub(crate) fn pieces(&mut self, pieces: &[(Tone, &str)]) -> io::Result<()> {
        for (tone, text) in pieces {
            let text = self.paint(*tone, text);
            self.out.write_all(text.as_bytes())?;
        }
        self.out.write_all(b"\n")
    }

    /// Something that happened on the way: a faint line for people; on standard error where machines read the rest.
    #[expect(clippy::print_stderr, reason = "notes beside JSON lines")]
    pub(crate) fn note(&mut self, text: &str) -> io::Result<()> {
        if self.json {
            eprintln!("{}", model::text::visible(text));
            return Ok(());
        }
        self.pieces(&[(Tone::Faint, "  "), (Tone::Faint, text)])?;
        self.out.flush()
    }

    /// A heading.
    pub(crate) fn heading(&mut self, text: &str) -> io::Result<()> {
        self.pieces(&[(Tone::Strong, text)])
    }

    /// Text made harmless, in its tone.
    pub(crate) fn paint(&self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Plain => "",
            Tone::Strong => "1",
            Tone::Faint => "2",
            Tone::Good => "32",
            Tone::Warn => "33",
            Tone::Bad => "31",
        };
        let safe = model::text::visible(text);
        if self.colour && !code.is_empty() { format!("\x1b[{code}m{safe}\x1b[0m") } else { safe.into_owned() }
    }

    /// Something beside the answer: on standard error, also for people, since the rest may go into a pipe.
    #[expect(clippy::print_stderr, reason = "beside what is piped")]
    pub(crate) fn aside(&self, text: &str) {
        eprintln!("{}", model::text::visible(text));
    }

    /// Where an export or a dump goes as it is.
    pub(crate) fn raw(&mut self) -> impl Write + '_ {
        &mut self.out
    }

    /// A script of our own, as it is.
    pub(crate) fn script(&mut self, script: &[u8]) -> io::Result<()> {
        self.out.write_all(script)?;
        self.out.flush()
    }

    /// Sends everything on its way.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
