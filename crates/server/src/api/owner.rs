//! `/api/v1/owners` and their members.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use engine::owner::{Member, NewOwner};
use model::{Membership, Owner, OwnerId, OwnerKind, Tlp, UserId, owner::Role, right::Scope};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    app::App,
    caller::Caller,
    extract::{Input, Path, Query},
    json::Json,
    page::{Page, Pages},
    problem::Problem,
    revision::{IfMatch, tagged},
    route::{Need, Route},
};

pub(crate) fn routes() -> Vec<Route> {
    let (reads, writes) = (Need::scope(Scope::Read), Need::scope(Scope::Write));
    vec![
        Route::get("/api/v1/owners", reads, "owner.list", list)
            .says("The owners that you may read, by name")
            .query::<ListQuery>()
            .answers::<Page<OwnerView>>(200, "Owners"),
        Route::post("/api/v1/owners", Need::administrator(Scope::Administer), "owner.add", add)
            .says("Adds an owner")
            .takes::<OwnerInput>()
            .answers::<OwnerView>(201, "The owner")
            .problems(&[409]),
        Route::get("/api/v1/owners/{id}", reads, "owner.show", show)
            .says("One owner")
            .answers::<OwnerView>(200, "The owner"),
        Route::patch("/api/v1/owners/{id}", writes, "owner.change", change)
            .says("Changes an owner that you manage")
            .takes::<OwnerChange>()
            .if_match()
            .answers::<OwnerView>(200, "The owner")
            .problems(&[409]),
        Route::get("/api/v1/owners/{id}/members", reads, "member.list", members)
            .says("Who belongs to an owner; in a community, under the names they go by there")
            .paged()
            .answers::<Page<MemberView>>(200, "Members"),
        Route::post("/api/v1/owners/{id}/members", writes, "member.add", add_member)
            .says("Lets an account in, by its name, or changes its role there")
            .takes::<MemberInput>()
            .answers_nothing(204, "It belongs there"),
        Route::delete("/api/v1/owners/{id}/members/{user}", writes, "member.remove", remove_member)
            .says("Ends a membership")
            .answers_nothing(204, "It has ended"),
    ]
}

/// An owner.
#[derive(Serialize, ToSchema)]
struct OwnerView {
    /// Its id.
    id: String,
    /// Its name.
    name: String,
    /// organization, community or feed.
    kind: &'static str,
    /// Whether what contributors add waits for a manager.
    reviewed: bool,
    /// Whether every account may read it.
    open: bool,
    /// The label of what is added without one.
    tlp: &'static str,
    /// Your role there.
    role: Option<&'static str>,
    /// Its revision, which is its ETag.
    revision: i64,
}

fn view(owner: Owner, role: Option<Role>) -> OwnerView {
    OwnerView {
        id: owner.id.to_string(),
        name: owner.name,
        kind: owner.kind.as_str(),
        reviewed: owner.reviewed,
        open: owner.open,
        tlp: owner.tlp.as_str(),
        role: role.map(Role::as_str),
        revision: owner.revision,
    }
}

/// Which owners.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// All of this installation, for an administrator.
    #[serde(default)]
    all: bool,
}

/// An owner that is wanted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OwnerInput {
    /// Its name: 1 to 100 characters.
    name: String,
    /// organization, community or feed.
    #[schema(value_type = String)]
    kind: OwnerKind,
    /// Whether what contributors add waits for a manager.
    #[serde(default)]
    reviewed: bool,
    /// Whether every account may read it.
    #[serde(default)]
    open: bool,
    /// The label of what is added without one: clear, green, amber, amber+strict or red.
    #[schema(value_type = Option<String>)]
    tlp: Option<Tlp>,
    /// The id of the account that manages it.
    #[schema(value_type = Option<String>)]
    manager: Option<UserId>,
}

/// What is to be changed of an owner.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OwnerChange {
    /// Its name.
    name: Option<String>,
    /// Whether what contributors add waits for a manager.
    reviewed: Option<bool>,
    /// Whether every account may read it; an administrator's to say.
    open: Option<bool>,
    /// The label of what is added without one.
    #[schema(value_type = Option<String>)]
    tlp: Option<Tlp>,
}

/// A member.
#[derive(Serialize, ToSchema)]
struct MemberView {
    /// The id of its account; null where you know only the name it goes by.
    user: Option<String>,
    /// The name of its account.
    account: Option<String>,
    /// The name it goes by there.
    pseudonym: Option<String>,
    /// reader, contributor, analyst or manager.
    role: &'static str,
    #[serde(skip)]
    place: String,
}

/// An account to be let in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MemberInput {
    /// The name of the account.
    account: String,
    /// reader, contributor, analyst or manager.
    #[schema(value_type = String)]
    role: Role,
    /// The name that it goes by there.
    pseudonym: Option<String>,
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<OwnerView>>, Problem> {
    let (owners, actor) =
        app.run(move |work| Ok((work.knowledge.owners(&caller.actor, query.all)?, caller.actor))).await?;
    let roles = owners.into_iter().map(|owner| (actor.role(owner.id), owner));
    Ok(Page::whole(roles.map(|(role, owner)| view(owner, role)).collect()))
}

async fn add(State(app): State<App>, caller: Caller, Input(new): Input<OwnerInput>) -> Result<Response, Problem> {
    let OwnerInput { name, kind, reviewed, open, tlp, manager } = new;
    let new = NewOwner { name, kind, reviewed, open, tlp: tlp.unwrap_or(Tlp::Amber), manager };
    let owner = app.run(move |work| work.knowledge.add_owner(&caller.actor, &new, work.now)).await?;
    Ok(tagged(StatusCode::CREATED, owner.revision, view(owner, None)))
}

async fn show(State(app): State<App>, caller: Caller, Path(id): Path<OwnerId>) -> Result<Response, Problem> {
    let role = caller.actor.role(id);
    let owner = app.run(move |work| work.knowledge.owner(&caller.actor, id)).await?;
    Ok(tagged(StatusCode::OK, owner.revision, view(owner, role)))
}

async fn change(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<OwnerId>,
    IfMatch(revision): IfMatch,
    Input(change): Input<OwnerChange>,
) -> Result<Response, Problem> {
    let role = caller.actor.role(id);
    let owner = app.run(move |work| {
        let before = work.knowledge.owner(&caller.actor, id)?;
        let changed = Owner {
            name: change.name.unwrap_or(before.name),
            reviewed: change.reviewed.unwrap_or(before.reviewed),
            open: change.open.unwrap_or(before.open),
            tlp: change.tlp.unwrap_or(before.tlp),
            revision,
            ..before
        };
        work.knowledge.change_owner(&caller.actor, &changed, work.now)
    });
    let owner = owner.await?;
    Ok(tagged(StatusCode::OK, owner.revision, view(owner, role)))
}

async fn members(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<OwnerId>,
    pages: Pages,
) -> Result<Response, Problem> {
    let (after, wanted) = (pages.after::<String>()?.unwrap_or_default(), pages.wanted());
    let members = app.run(move |work| work.knowledge.members(&caller.actor, id, &after, wanted)).await?;
    pages.answer(members.into_iter().map(member).collect(), |last| last.place.clone())
}

fn member(member: Member) -> MemberView {
    let Membership { user, role, pseudonym, .. } = member.membership;
    MemberView {
        user: member.account.is_some().then(|| user.to_string()),
        account: member.account,
        pseudonym,
        role: role.as_str(),
        place: member.place,
    }
}

async fn add_member(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<OwnerId>,
    Input(new): Input<MemberInput>,
) -> Result<Response, Problem> {
    app.run(move |work| {
        work.knowledge.set_member_named(&caller.actor, id, &new.account, new.role, new.pseudonym.clone(), work.now)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn remove_member(
    State(app): State<App>,
    caller: Caller,
    Path((id, user)): Path<(OwnerId, UserId)>,
) -> Result<StatusCode, Problem> {
    app.run(move |work| work.knowledge.remove_member(&caller.actor, id, user, work.now)).await?;
    Ok(StatusCode::NO_CONTENT)
}
