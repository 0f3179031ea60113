//! Notes and replies.

use model::{
    Actor, AddableOwner, Note, NoteId, Object, OwnerId, Standing, Time, Tlp, UserId, note::NOTE_CHARACTERS_MAX,
};
use store::{Tx, Viewer, audit::Detail, fresh};

use super::{
    Knowledge,
    object::{LIST_MAX, derived, direct, held, log, seen, text},
    owner,
};
use crate::error::Error;

impl Knowledge {
    /// Writes a note on an object that an owner holds, or a reply to one; an answer to a reply answers the note.
    pub fn add_note(
        &self,
        actor: &Actor,
        of: OwnerId,
        object: Object,
        reply_to: Option<NoteId>,
        given: &str,
        now: Time,
    ) -> Result<Note, Error> {
        let written = text("text", given, NOTE_CHARACTERS_MAX)?;
        self.store.write(|tx| {
            let held = held(tx, actor, of, object)?;
            let answered = reply_to.map(|id| answered(tx, actor, of, object, id)).transpose()?;
            let note = Note {
                id: NoteId(fresh::id(now)),
                owner: of,
                object,
                reply_to: answered.as_ref().map(|note| note.reply_to.unwrap_or(note.id)),
                author: author(actor, of),
                text: written.clone(),
                tlp: answered.map_or(held.tlp, |note| note.tlp.max(held.tlp)),
                added: now,
                modified: now,
                revision: 1,
            };
            store::note::add(tx, &held.owner, &note, actor.user)?;
            log(tx, actor, now, "note.add", of, object, named(&note))?;
            Ok(note)
        })
    }

    /// Changes the text of one's own note, and its label; lower than before needs a reason.
    pub fn change_note(
        &self,
        actor: &Actor,
        id: NoteId,
        revision: i64,
        given: &str,
        label: Option<(Tlp, Option<&str>)>,
        now: Time,
    ) -> Result<Note, Error> {
        let written = text("text", given, NOTE_CHARACTERS_MAX)?;
        self.store.write(|tx| {
            let (before, user) = note(tx, actor, id)?;
            let addable = in_hand(tx, actor, &before, user)?;
            let (tlp, reason) = label.map_or((None, None), |(tlp, reason)| (Some(tlp), reason));
            let tlp = derived(tlp, before.tlp, reason)?;
            let after = Note { text: written.clone(), tlp, modified: now, revision: revision + 1, ..before.clone() };
            if before.revision != revision || !store::note::change(tx, &addable, &after)? {
                return Err(Error::Stale);
            }
            let mut detail = named(&after);
            if after.tlp != before.tlp {
                detail = detail.with("tlp", format!("{} to {}", before.tlp, after.tlp));
                detail = detail.with("reason", reason.unwrap_or_default());
            }
            log(tx, actor, now, "note.change", after.owner, after.object, detail)?;
            Ok(after)
        })
    }

    /// Removes one's own note; a manager removes any.
    pub fn remove_note(&self, actor: &Actor, id: NoteId, now: Time) -> Result<(), Error> {
        self.store.write(|tx| {
            let (found, user) = note(tx, actor, id)?;
            let addable = in_hand(tx, actor, &found, user)?;
            store::note::remove(tx, &addable, &found)?;
            log(tx, actor, now, "note.remove", found.owner, found.object, named(&found))
        })
    }

    /// The note with this id.
    pub fn note(&self, actor: &Actor, id: NoteId) -> Result<Note, Error> {
        self.store.read(|tx| Ok(note(tx, actor, id)?.0))
    }

    /// The notes on an object that the actor may read, as they were written; at most [`LIST_MAX`].
    pub fn notes(&self, actor: &Actor, object: Object, after: Option<NoteId>, limit: u32) -> Result<Vec<Note>, Error> {
        self.store.read(|tx| {
            seen(tx, actor, object)?;
            Ok(store::note::of(tx, object, &Viewer::of(actor), after, limit.min(LIST_MAX))?)
        })
    }
}

/// How other members of an owner see somebody.
fn author(actor: &Actor, of: OwnerId) -> String {
    let pseudonym = match &actor.standing {
        Standing::Local => None,
        Standing::Account { memberships, .. } => {
            memberships.iter().find(|membership| membership.owner == of).and_then(|found| found.pseudonym.clone())
        }
    };
    pseudonym.unwrap_or_else(|| actor.name.clone())
}

/// The note that a reply answers: of the same owner, on the same object.
fn answered(tx: &mut Tx<'_>, actor: &Actor, of: OwnerId, object: Object, id: NoteId) -> Result<Note, Error> {
    let found = store::note::by_id(tx, id, &Viewer::of(actor))?.map(|(note, _)| note);
    let fits = found.filter(|note| note.owner == of && note.object == object);
    fits.ok_or_else(|| Error::invalid("replyTo", "there is no such note of this owner on this object"))
}

fn note(tx: &mut Tx<'_>, actor: &Actor, id: NoteId) -> Result<(Note, Option<UserId>), Error> {
    let found = store::note::by_id(tx, id, &Viewer::of(actor))?.ok_or(Error::NotFound)?;
    seen(tx, actor, found.0.object)?;
    Ok(found)
}

/// The right to change a note: its author's, while they may add there, and a manager's.
fn in_hand(tx: &mut Tx<'_>, actor: &Actor, note: &Note, user: Option<UserId>) -> Result<AddableOwner, Error> {
    let owner = owner(tx, actor, note.owner)?;
    if actor.user == user {
        return direct(actor, &owner);
    }
    Ok(actor.may_manage(&owner)?.writable().addable())
}

fn named(note: &Note) -> Detail {
    Detail::default().with("note", note.id.to_string())
}
