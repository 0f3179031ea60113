//! Where a command works: on the data directory of this machine, or at a server.

use anyhow::Context;
use engine::{Engine, Knowledge};
use model::{Actor, Owner};
use observations::{Interrupt, Options, Store};
use serde_json::Value as Json;

use crate::{arguments::Global, exit::misuse, remote::Remote, session::Session};
use server::app::Work;

/// Where a command works.
pub(crate) enum Place {
    /// Here.
    Here(Box<Here>),
    /// At a server.
    There(Remote),
}

/// The data directory of this machine.
pub(crate) struct Here {
    engine: Engine,
    knowledge: Knowledge,
    now: model::Time,
    /// Whoever runs the command.
    pub(crate) actor: Actor,
    _empty: Option<tempfile::TempDir>,
}

impl Place {
    /// The server where one is named, else the data directory.
    pub(crate) fn of(global: &Global) -> anyhow::Result<Place> {
        match &global.server {
            Some(server) => Ok(Place::There(Remote::new(server, global.token_file.as_deref())?)),
            None => Ok(Place::Here(Box::new(Here::open(&Session::open(global)?)?))),
        }
    }

    /// The id of the owner with a name; without one of the only owner there is.
    pub(crate) fn owner(&self, name: Option<&str>) -> anyhow::Result<String> {
        let owners: Vec<(String, String)> = match self {
            Place::Here(here) => {
                let owners = here.knowledge.owners(&here.actor, false)?;
                owners.into_iter().map(|owner: Owner| (owner.name, owner.id.to_string())).collect()
            }
            Place::There(remote) => return Place::owner_at(remote, name),
        };
        Place::only(owners, name)
    }

    /// The same at a server.
    pub(crate) fn owner_at(remote: &Remote, name: Option<&str>) -> anyhow::Result<String> {
        let page: Json = remote.get("/api/v1/owners", &[])?;
        let text = |owner: &Json, member: &str| owner[member].as_str().unwrap_or_default().to_owned();
        let items = page["items"].as_array().cloned().unwrap_or_default();
        Place::only(items.iter().map(|owner| (text(owner, "name"), text(owner, "id"))).collect(), name)
    }

    fn only(owners: Vec<(String, String)>, name: Option<&str>) -> anyhow::Result<String> {
        let wanted = |(known, id): &&(String, String)| {
            name.is_none_or(|name| known.to_lowercase() == name.to_lowercase() || id == name)
        };
        let found: Vec<&(String, String)> = owners.iter().filter(wanted).collect();
        match found.as_slice() {
            [(_, id)] => Ok(id.clone()),
            [] if name.is_some() => {
                Err(misuse(format!("no owner `{}` that you may know of", name.unwrap_or_default())))
            }
            [] => Err(misuse("there is no owner yet: spoor owner add NAME")),
            _ => Err(misuse("there are several owners: say which with --owner NAME")),
        }
    }
}

impl Here {
    fn open(session: &Session) -> anyhow::Result<Here> {
        let empty = (!session.store_dir().exists()).then(tempfile::tempdir).transpose()?;
        let engine = match &empty {
            None => session.engine(false)?,
            Some(dir) => Engine::new(Store::open(dir.path(), Options::default()).context("an empty store")?),
        };
        let (knowledge, actor) = (session.knowledge()?, Actor::local(session.user()));
        Ok(Here { engine, knowledge, now: session.now(), actor, _empty: empty })
    }

    /// What the engine is called with.
    pub(crate) fn work(&self) -> Work<'_> {
        Work {
            engine: &self.engine,
            knowledge: &self.knowledge,
            now: self.now,
            interrupt: Interrupt::default(),
            short: false,
        }
    }
}
