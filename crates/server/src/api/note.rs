//! `/api/v1/notes`, and those on one indicator or group.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use model::{GroupId, IndicatorId, Note, NoteId, Object, OwnerId, Time, Tlp};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use utoipa::ToSchema;

use super::{
    association::ObjectView,
    group::{READ, WRITE},
};
use crate::{
    app::App,
    caller::Caller,
    extract::{Input, Path},
    page::{Page, Pages},
    problem::Problem,
    revision::{IfMatch, tagged},
    route::Route,
};

pub(crate) fn routes() -> Vec<Route> {
    let of = |route: Route| {
        let route = route.says("The notes on an object, as they were written").paged();
        route.answers::<Page<NoteView>>(200, "A page of notes")
    };
    let add_to = |route: Route| {
        let route = route.says("Write a note on an object that an owner holds, or a reply").takes::<NoteInput>();
        route.answers::<NoteView>(201, "The note")
    };
    vec![
        of(Route::get("/api/v1/indicators/{id}/notes", READ, "note.list_of_indicator", of_object::<IndicatorId>)),
        of(Route::get("/api/v1/groups/{id}/notes", READ, "note.list_of_group", of_object::<GroupId>)),
        add_to(Route::post("/api/v1/indicators/{id}/notes", WRITE, "note.add_to_indicator", add::<IndicatorId>)),
        add_to(Route::post("/api/v1/groups/{id}/notes", WRITE, "note.add_to_group", add::<GroupId>)),
        Route::get("/api/v1/notes/{id}", READ, "note.show", show).says("A note").answers::<NoteView>(200, "The note"),
        Route::patch("/api/v1/notes/{id}", WRITE, "note.change", change)
            .says("Change your note; a manager changes any")
            .if_match()
            .takes::<NoteChangeInput>()
            .answers::<NoteView>(200, "The note as it is now"),
        Route::delete("/api/v1/notes/{id}", WRITE, "note.remove", remove)
            .says("Remove your note; a manager removes any. Replies to it stay")
            .answers_nothing(204, "It is gone"),
    ]
}

/// A note.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct NoteView {
    /// Its identifier.
    #[schema(value_type = String)]
    id: NoteId,
    /// In whose name.
    #[schema(value_type = String)]
    owner: OwnerId,
    /// What it is about.
    object: ObjectView,
    /// The note that it answers.
    #[schema(value_type = Option<String>)]
    reply_to: Option<NoteId>,
    /// Who wrote it, as members of the owner know them.
    author: String,
    /// The text.
    text: String,
    /// How far it may be shared.
    #[schema(value_type = String)]
    tlp: Tlp,
    /// When it was written.
    #[schema(value_type = String)]
    added: Time,
    /// When it was last changed.
    #[schema(value_type = String)]
    modified: Time,
    /// How often it was changed.
    revision: i64,
}

impl From<Note> for NoteView {
    fn from(note: Note) -> NoteView {
        let Note { id, owner, object, reply_to, author, text, tlp, added, modified, revision } = note;
        NoteView { id, owner, object: object.into(), reply_to, author, text, tlp, added, modified, revision }
    }
}

async fn of_object<I: Into<Object> + DeserializeOwned + Send + 'static>(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<I>,
    pages: Pages,
) -> Result<Response, Problem> {
    let (object, after, limit) = (id.into(), pages.after()?, pages.wanted());
    let notes = app.run(move |work| work.knowledge.notes(&caller.actor, object, after, limit)).await?;
    pages.answer(notes.into_iter().map(NoteView::from).collect(), |last: &NoteView| last.id)
}

/// A note to be written.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct NoteInput {
    /// In whose name.
    #[schema(value_type = String)]
    owner: OwnerId,
    /// The text.
    text: String,
    /// The note that it answers.
    #[schema(value_type = Option<String>)]
    reply_to: Option<NoteId>,
}

async fn add<I: Into<Object> + DeserializeOwned + Send + 'static>(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<I>,
    Input(input): Input<NoteInput>,
) -> Result<Response, Problem> {
    let object = id.into();
    let note = app.run(move |work| {
        work.knowledge.add_note(&caller.actor, input.owner, object, input.reply_to, &input.text, work.now)
    });
    let note = note.await?;
    Ok(tagged(StatusCode::CREATED, note.revision, NoteView::from(note)))
}

async fn show(State(app): State<App>, caller: Caller, Path(id): Path<NoteId>) -> Result<Response, Problem> {
    let note = app.run(move |work| work.knowledge.note(&caller.actor, id)).await?;
    Ok(tagged(StatusCode::OK, note.revision, NoteView::from(note)))
}

/// A change of a note.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct NoteChangeInput {
    /// The text.
    text: String,
    /// How far it may be shared; lower than before needs a reason.
    #[schema(value_type = Option<String>)]
    tlp: Option<Tlp>,
    /// Why the label is lowered.
    reason: Option<String>,
}

async fn change(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<NoteId>,
    IfMatch(revision): IfMatch,
    Input(input): Input<NoteChangeInput>,
) -> Result<Response, Problem> {
    let note = app.run(move |work| {
        let label = input.tlp.map(|tlp| (tlp, input.reason.as_deref()));
        work.knowledge.change_note(&caller.actor, id, revision, &input.text, label, work.now)
    });
    let note = note.await?;
    Ok(tagged(StatusCode::OK, note.revision, NoteView::from(note)))
}

async fn remove(State(app): State<App>, caller: Caller, Path(id): Path<NoteId>) -> Result<Response, Problem> {
    app.run(move |work| work.knowledge.remove_note(&caller.actor, id, work.now)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
