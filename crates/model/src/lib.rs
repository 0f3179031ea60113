//! The words of the product, fixed once and used in every layer.
//!
//! What it is: plain values with strict constructors and one canonical form each. What it is **not**: it does no
//! input or output, knows no clock and no randomness; time comes in as an argument.
//!
//! Read in this order: [`name`] and [`rdata`] (what DNS says), [`observation`] (a fact with its time and source),
//! [`registration`] (who registered it), [`source`] and [`actor`] (who said it, who may read it), [`indicator`] (a
//! value somebody holds an opinion about), [`pivot`] and [`evidence`] (what sharing a value says), [`query`] (what is
//! asked of all that).

pub mod account;
pub mod actor;
pub mod address;
pub mod association;
pub mod atom;
pub mod attribute;
pub mod evidence;
pub mod exposure;
pub mod fold;
pub mod group;
pub mod id;
pub mod indicator;
pub mod label;
pub mod marking;
pub mod name;
pub mod network;
pub mod note;
pub mod object;
pub mod observation;
pub mod opinion;
pub mod owner;
pub mod pivot;
pub mod provenance;
pub mod query;
pub mod rdata;
pub mod record_type;
pub mod registration;
pub mod right;
pub mod saved_search;
pub mod sighting;
pub mod source;
pub mod suffix;
pub mod tag;
pub mod text;
pub mod time;
pub mod track;

pub use account::{Session, Token, User};
pub use actor::{Actor, Readable, Standing};
pub use address::Prefix;
pub use association::{Association, Decider, End};
pub use atom::{Atom, Field};
pub use attribute::Attribute;
pub use exposure::{Exposure, Pap};
pub use group::{AssociationKind, Group, GroupFields, GroupKind};
pub use id::{
    AssociationId, AttributeId, AuditId, FeedId, FeedRunId, GroupId, HitId, Id, ImportId, IndicatorId, LabelListId,
    NoteId, OwnerId, SearchId, SessionId, SightingId, TokenId, TrackId, UserId,
};
pub use indicator::{HostName, Indicator, IndicatorType};
pub use marking::Tlp;
pub use name::Name;
pub use network::{AutonomousSystem, Network, NetworkRecord};
pub use note::Note;
pub use object::{Object, ObjectType};
pub use observation::{Observation, Seen, Span, Spell, Tuple};
pub use opinion::{Decay, Grade, HostRole, Opinion, Use};
pub use owner::{Membership, Owner, OwnerKind};
pub use pivot::{PivotKind, Quality};
pub use provenance::{Provenance, Trail};
pub use rdata::Rdata;
pub use record_type::RecordType;
pub use registration::{Contact, Disclosed, RawAnswer, Registration, RegistrationRecord, Role, Scope};
pub use right::{
    AddableOwner, Administration, Auditing, Denied, Letting, ManagedOwner, ReadableOwners, Scopes, WritableOwner,
};
pub use saved_search::SavedSearch;
pub use sighting::{Sighting, SightingKind};
pub use source::{Counting, Source, SourceId, SourceKind};
pub use suffix::{Registrable, SuffixList};
pub use tag::Tag;
pub use time::Time;
pub use track::TrackQuery;
