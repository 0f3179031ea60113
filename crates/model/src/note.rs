//! Notes on an object, and replies to them.

use serde::{Deserialize, Serialize};

use crate::{
    id::{NoteId, OwnerId},
    marking::Tlp,
    object::Object,
    time::Time,
};

/// The longest note, in characters.
pub const NOTE_CHARACTERS_MAX: usize = 50_000;

/// What somebody wrote about an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Its identifier.
    pub id: NoteId,
    /// In whose name.
    pub owner: OwnerId,
    /// What it is about.
    pub object: Object,
    /// The note that it answers; answers have no answers of their own.
    pub reply_to: Option<NoteId>,
    /// Who wrote it: the pseudonym where they have one there.
    pub author: String,
    /// The text.
    pub text: String,
    /// How far it may be shared.
    pub tlp: Tlp,
    /// When it was written.
    pub added: Time,
    /// When it was last changed.
    pub modified: Time,
    /// How often it was changed; a change names the number that it saw.
    pub revision: i64,
}
