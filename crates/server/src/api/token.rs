//! `/api/v1/tokens`: what programs come with.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use engine::account::token::{Made, Wish};
use model::{Prefix, Scopes, Time, Token, TokenId, UserId, right::Scope};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    app::App,
    caller::Caller,
    extract::{Input, Path},
    json::Json,
    page::Page,
    problem::Problem,
    route::{Need, Route},
};

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v1/tokens", Need::PERSON, "token.list", list)
            .says("Your tokens")
            .answers::<Page<TokenView>>(200, "Your tokens"),
        Route::post("/api/v1/tokens", Need::PERSON, "token.add", add)
            .says("Makes a token; its text is told this once")
            .takes::<NewToken>()
            .answers::<MadeView>(201, "The token")
            .secret(),
        Route::delete("/api/v1/tokens/{id}", Need::PERSON, "token.end", end)
            .says("Ends one of your tokens; an administrator ends any")
            .answers_nothing(204, "It has ended"),
        Route::get("/api/v1/users/{id}/tokens", Need::administrator(Scope::Administer), "user.token-list", list_of)
            .says("The tokens of an account")
            .answers::<Page<TokenView>>(200, "Its tokens"),
        Route::post("/api/v1/users/{id}/tokens", Need::administrator(Scope::Administer), "user.token-add", add_for)
            .says("Makes a token for an account, as for a program's; its text is told this once")
            .takes::<NewToken>()
            .answers::<MadeView>(201, "The token")
            .secret(),
    ]
}

/// A token that somebody wants.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewToken {
    /// What you call it.
    name: String,
    /// What it may be used for: read, write, contact, ask, observe, audit, administer.
    #[schema(value_type = Vec<String>)]
    scopes: Vec<Scope>,
    /// The prefixes from where alone it may be used; from anywhere where there are none.
    #[serde(default)]
    networks: Vec<String>,
    /// When it ends; never where absent.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires: Option<Time>,
}

/// A token.
#[derive(Serialize, ToSchema)]
struct TokenView {
    /// Its id.
    id: String,
    /// What its owner calls it.
    name: String,
    /// What it may be used for.
    scopes: Vec<&'static str>,
    /// From where alone it may be used.
    networks: Vec<String>,
    /// When it was made.
    created: String,
    /// When it ends.
    expires: Option<String>,
    /// When it was last used, to the hour.
    used: Option<String>,
}

/// A token that was made.
#[derive(Serialize, ToSchema)]
struct MadeView {
    /// What a program comes with: `Authorization: Bearer spoor_…`.
    text: String,
    /// The token.
    token: TokenView,
}

impl From<Token> for TokenView {
    fn from(token: Token) -> TokenView {
        TokenView {
            id: token.id.to_string(),
            name: token.name,
            scopes: token.scopes.0.iter().map(|scope| scope.as_str()).collect(),
            networks: token.networks.iter().map(Prefix::to_string).collect(),
            created: token.created.to_string(),
            expires: token.expires.map(|expires| expires.to_string()),
            used: token.used.map(|used| used.to_string()),
        }
    }
}

impl NewToken {
    fn wish(self) -> Result<Wish, Problem> {
        let prefix = |(at, text): (usize, &String)| {
            text.parse::<Prefix>().map_err(|error| Problem::invalid(format!("networks.{at}"), error))
        };
        let networks = self.networks.iter().enumerate().map(prefix).collect::<Result<_, _>>()?;
        let scopes = Scopes(self.scopes.into_iter().collect());
        Ok(Wish { name: self.name, scopes, networks, expires: self.expires })
    }
}

async fn list(State(app): State<App>, caller: Caller) -> Result<Json<Page<TokenView>>, Problem> {
    let tokens = app.run(move |work| work.knowledge.tokens(&caller.actor)).await?;
    Ok(Page::whole(tokens.into_iter().map(TokenView::from).collect()))
}

async fn list_of(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<UserId>,
) -> Result<Json<Page<TokenView>>, Problem> {
    let tokens = app.run(move |work| work.knowledge.tokens_of(&caller.actor, id)).await?;
    Ok(Page::whole(tokens.into_iter().map(TokenView::from).collect()))
}

async fn add(State(app): State<App>, caller: Caller, Input(new): Input<NewToken>) -> Result<Response, Problem> {
    let wish = new.wish()?;
    let made = app.run(move |work| work.knowledge.add_token(&caller.actor, &wish, work.now)).await?;
    Ok(made_answer(made))
}

async fn add_for(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<UserId>,
    Input(new): Input<NewToken>,
) -> Result<Response, Problem> {
    let wish = new.wish()?;
    let made = app.run(move |work| work.knowledge.add_token_for(&caller.actor, id, &wish, work.now)).await?;
    Ok(made_answer(made))
}

fn made_answer(made: Made) -> Response {
    let view = MadeView { text: made.text, token: made.token.into() };
    (StatusCode::CREATED, Json(view)).into_response()
}

async fn end(State(app): State<App>, caller: Caller, Path(id): Path<TokenId>) -> Result<StatusCode, Problem> {
    app.run(move |work| work.knowledge.end_token(&caller.actor, id, work.now)).await?;
    Ok(StatusCode::NO_CONTENT)
}
