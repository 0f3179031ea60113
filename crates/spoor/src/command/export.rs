//! `spoor export`: everything that a query selects and that may go to an audience.

use std::io::{BufWriter, Write};

use anyhow::Context;
use engine::knowledge::export::Wish;

use crate::{
    arguments::{Export, Global},
    exit::Ending,
    output::Output,
    place::Place,
};

pub(crate) fn run(global: &Global, asked: &Export, output: &mut Output) -> anyhow::Result<Ending> {
    let place = Place::of(global)?;
    match &asked.output {
        None => write(&place, asked, &mut output.raw())?,
        Some(path) => {
            let file = std::fs::File::create(path).with_context(|| format!("`{}`", path.display()))?;
            let mut out = BufWriter::new(file);
            write(&place, asked, &mut out)?;
            out.flush()?;
        }
    }
    output.flush()?;
    Ok(Ending::Found)
}

fn write(place: &Place, asked: &Export, out: &mut dyn Write) -> anyhow::Result<()> {
    match place {
        Place::Here(here) => {
            let wish =
                Wish::new(&asked.query, &asked.uses, asked.audience, asked.format)?.with_evidence(asked.evidence);
            let work = here.work();
            work.knowledge.write_export(&here.actor, &wish, work.now, out)?;
            Ok(())
        }
        Place::There(remote) => {
            let uses: Vec<&str> = asked.uses.iter().map(|usage| usage.as_str()).collect();
            let (form, uses) = (asked.format.to_string(), uses.join(","));
            let evidence = ("evidence", if asked.evidence { "true" } else { "false" });
            let audience = ("audience", asked.audience.as_str());
            let query = [("query", asked.query.as_str()), ("format", &form), audience, ("use", &uses), evidence];
            remote.copy("/api/v1/exports/indicators", &query, out)
        }
    }
}
