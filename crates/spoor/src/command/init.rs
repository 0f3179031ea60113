//! `spoor init`: a data directory with a commented configuration.

use std::{fs::OpenOptions, io::Write};

use anyhow::Context;

use crate::{
    config,
    exit::{Ending, misuse},
    output::Output,
    session::Session,
};

pub(crate) fn run(session: &Session, online: bool, output: &mut Output) -> anyhow::Result<Ending> {
    let file = session.config_file();
    std::fs::create_dir_all(session.data()).with_context(|| format!("`{}`", session.data().display()))?;
    let created = OpenOptions::new().write(true).create_new(true).open(file);
    let mut written = match created {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            return Err(misuse(format!("`{}` is there already; nothing was changed", file.display())));
        }
        created => created.with_context(|| format!("`{}`", file.display()))?,
    };
    written.write_all(config::commented(online).as_bytes()).with_context(|| format!("`{}`", file.display()))?;
    if output.is_json() {
        output.object(&serde_json::json!({"type": "init", "config": file.display().to_string(), "online": online}))?;
    } else {
        output.line(&format!("wrote `{}`", file.display()))?;
        output.line(if online {
            "registries, registrars and one resolver may be asked with --live; `spoor exposure` shows what left"
        } else {
            "nothing leaves this machine; `spoor init --online` writes a configuration that may ask registries"
        })?;
    }
    output.flush()?;
    Ok(Ending::Found)
}
