//! `/api/v1/groups/techniques`: MITRE ATT&CK, from the bundle in which it is published.

use axum::extract::State;
use engine::knowledge::attack::Techniques;
use formats::attack;
use model::OwnerId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::group::WRITE;
use crate::{
    app::App,
    caller::Caller,
    extract::{Octets, Query, unsupported},
    json::Json,
    problem::Problem,
    route::Route,
};

const MEDIA_TYPES: [&str; 2] = ["application/json", "application/stix+json"];

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::post("/api/v1/groups/techniques", WRITE, "technique.import", import)
            .says("Bring in the techniques of an ATT&CK bundle (STIX 2.1) as attack patterns of an owner")
            .query::<OwnerQuery>()
            .takes_octets(&MEDIA_TYPES)
            .answers::<TechniquesView>(200, "What it did")
            .problems(&[404]),
    ]
}

/// To whom.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct OwnerQuery {
    /// The owner, by id.
    #[param(value_type = String)]
    owner: OwnerId,
}

/// What bringing in techniques did.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct TechniquesView {
    /// Techniques that the owner did not have.
    pub added: u64,
    /// Techniques that are described otherwise now.
    pub changed: u64,
    /// Techniques that are as they were.
    pub same: u64,
    /// Techniques that ATT&CK has withdrawn, and that were left out.
    pub retired: u64,
    /// What was not understood.
    pub remarks: Vec<String>,
}

impl TechniquesView {
    /// What was done, and what reading the bundle remarked.
    pub fn new(done: Techniques, remarks: &[formats::Remark]) -> TechniquesView {
        let Techniques { added, changed, same, retired } = done;
        TechniquesView { added, changed, same, retired, remarks: remarks.iter().map(ToString::to_string).collect() }
    }
}

async fn import(
    State(app): State<App>,
    caller: Caller,
    Query(asked): Query<OwnerQuery>,
    body: Octets,
) -> Result<Json<TechniquesView>, Problem> {
    if !MEDIA_TYPES.contains(&body.media_type.as_str()) {
        return Err(unsupported("application/json"));
    }
    let done = app.run_long(move |work| {
        let (techniques, remarks) = attack::read(&body.octets);
        if techniques.is_empty() {
            let why = remarks.first().map_or_else(|| "there is no technique in it".into(), ToString::to_string);
            return Err(engine::Error::invalid("", why));
        }
        let done = work.knowledge.import_techniques(&caller.actor, asked.owner, &techniques, work.now)?;
        Ok(TechniquesView::new(done, &remarks))
    });
    done.await.map(Json)
}
