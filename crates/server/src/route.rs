//! A row of the table of routes: method, path, what it needs, handler, and what the API description says of it.

use std::{borrow::Cow, collections::BTreeMap, pin::Pin, sync::Arc};

use axum::{extract::Request, handler::Handler, http::Method, response::Response as Answer};
use model::right::Scope;
use utoipa::{
    IntoParams, ToSchema,
    openapi::{
        Content, Ref, RefOr, Required, Response, Schema,
        path::{Parameter, ParameterBuilder, ParameterIn},
        request_body::{RequestBody, RequestBodyBuilder},
        schema::{ObjectBuilder, Type},
    },
};

use crate::{app::App, caller::Caller, problem::Problem};

/// Who may ask at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// Everybody.
    Nobody,
    /// Whoever has signed in or sends a token.
    SignedIn,
    /// Whoever has signed in: not a program with a token.
    Person,
    /// An administrator.
    Administrator,
    /// A program on this machine, or an administrator.
    Machine,
}

/// What a route needs before its handler is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Need {
    pub(crate) who: Who,
    pub(crate) scope: Option<Scope>,
}

impl Need {
    /// Nothing: everybody may ask.
    pub(crate) const NOBODY: Need = Need { who: Who::Nobody, scope: None };
    /// A person with a session.
    pub(crate) const PERSON: Need = Need { who: Who::Person, scope: None };
    /// An account, whatever its token covers.
    pub(crate) const ACCOUNT: Need = Need { who: Who::SignedIn, scope: None };
    /// Loopback, or an administrator.
    pub(crate) const MACHINE: Need = Need { who: Who::Machine, scope: None };

    /// An account with this scope.
    pub(crate) const fn scope(scope: Scope) -> Need {
        Need { who: Who::SignedIn, scope: Some(scope) }
    }

    /// An administrator with this scope.
    pub(crate) const fn administrator(scope: Scope) -> Need {
        Need { who: Who::Administrator, scope: Some(scope) }
    }

    /// Whether the caller is one to ask this at all. What of it they may see is the engine's to say.
    pub(crate) fn check(self, caller: Option<&Caller>, from_loopback: bool) -> Result<(), Problem> {
        if self.who == Who::Nobody || self.who == Who::Machine && from_loopback {
            return Ok(());
        }
        let caller = caller.ok_or_else(Problem::unauthorized)?;
        if self.who == Who::Person && !caller.is_person() {
            return Err(Problem::forbidden("a person has to do this, signed in; not a token"));
        }
        if matches!(self.who, Who::Administrator | Who::Machine) && !caller.is_administrator() {
            return Err(Problem::forbidden(model::Denied::Administrator.to_string()));
        }
        let scope = self.scope.map_or(Ok(()), |scope| caller.actor.has(scope));
        scope.map_err(|denied| Problem::forbidden(denied.to_string()))
    }
}

/// How the clients of a route bring their token: ours in `Authorization: Bearer`, those of other protocols as these have
/// it. Our own way will do everywhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Way {
    /// `Authorization: Bearer`, or a session's cookie.
    #[default]
    Own,
    /// `X-API-Key`, as DNSDB has it.
    ApiKey,
    /// `Authorization: Basic`, with the account's name and the token for a password, as CIRCL has it.
    Basic,
}

/// A handler without its type, so that what stands around handlers is compiled once and not for each.
pub(crate) type Endpoint = Arc<dyn Fn(Request, App) -> Pin<Box<dyn Future<Output = Answer> + Send>> + Send + Sync>;

/// A row.
pub(crate) struct Route {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) need: Need,
    /// Noun and verb; names it in the description, the metrics and the log.
    pub(crate) name: &'static str,
    pub(crate) handler: Endpoint,
    pub(crate) says: Description,
    /// Whether its body may be as long as an import.
    pub(crate) long: bool,
    /// Whether its answer holds a secret, which must not be kept to be given again.
    pub(crate) secret: bool,
    /// How its clients bring their token.
    pub(crate) way: Way,
}

/// What the API description says of a route.
#[derive(Default)]
pub(crate) struct Description {
    pub(crate) summary: &'static str,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) body: Option<RequestBody>,
    pub(crate) answers: BTreeMap<u16, Response>,
    pub(crate) problems: Vec<u16>,
    pub(crate) schemas: Vec<(String, RefOr<Schema>)>,
}

impl Route {
    /// A row. There is no other way to make one, so none is without a need.
    pub(crate) fn new<H, T>(method: Method, path: &'static str, need: Need, name: &'static str, handler: H) -> Route
    where
        H: Handler<T, App>,
        T: 'static,
    {
        let handler: Endpoint = Arc::new(move |request, app| Box::pin(handler.clone().call(request, app)));
        let says = Description::default();
        Route { method, path, need, name, handler, says, long: false, secret: false, way: Way::Own }
    }

    /// A row that reads.
    pub(crate) fn get<H: Handler<T, App>, T: 'static>(
        path: &'static str,
        need: Need,
        name: &'static str,
        handler: H,
    ) -> Route {
        Route::new(Method::GET, path, need, name, handler)
    }

    /// A row that adds or does something.
    pub(crate) fn post<H: Handler<T, App>, T: 'static>(
        path: &'static str,
        need: Need,
        name: &'static str,
        handler: H,
    ) -> Route {
        Route::new(Method::POST, path, need, name, handler)
    }

    /// A row that sets the whole of something.
    pub(crate) fn put<H: Handler<T, App>, T: 'static>(
        path: &'static str,
        need: Need,
        name: &'static str,
        handler: H,
    ) -> Route {
        Route::new(Method::PUT, path, need, name, handler)
    }

    /// A row that changes something.
    pub(crate) fn patch<H: Handler<T, App>, T: 'static>(
        path: &'static str,
        need: Need,
        name: &'static str,
        handler: H,
    ) -> Route {
        Route::new(Method::PATCH, path, need, name, handler)
    }

    /// A row that takes something away.
    pub(crate) fn delete<H: Handler<T, App>, T: 'static>(
        path: &'static str,
        need: Need,
        name: &'static str,
        handler: H,
    ) -> Route {
        Route::new(Method::DELETE, path, need, name, handler)
    }

    /// What it does, in one line.
    pub(crate) fn says(mut self, summary: &'static str) -> Route {
        self.says.summary = summary;
        self
    }

    /// Its query parameters.
    pub(crate) fn query<Q: IntoParams>(mut self) -> Route {
        self.says.parameters.extend(Q::into_params(|| Some(ParameterIn::Query)));
        self
    }

    /// It answers in pages: `limit`, `cursor` and `fields`.
    pub(crate) fn paged(self) -> Route {
        self.query::<crate::page::PageQuery>().problems(&[400])
    }

    /// It wants to be told which revision was seen: `If-Match`.
    pub(crate) fn if_match(mut self) -> Route {
        let what = "The ETag of what was read; another one now is 412, none at all 428";
        self.says.parameters.push(header("If-Match", what, Required::True));
        self.problems(&[412, 428])
    }

    /// The JSON that it takes.
    pub(crate) fn takes<B: ToSchema>(mut self) -> Route {
        let content = self.content::<B>();
        self.says.body = Some(body(content, "application/json"));
        self.problems(&[400, 413, 415, 422])
    }

    /// It takes octets of these media types, as many as an import may have.
    pub(crate) fn takes_octets(mut self, media_types: &[&str]) -> Route {
        let any = Content::new(Some(ObjectBuilder::new().schema_type(Type::String).build()));
        let all =
            media_types.iter().fold(RequestBodyBuilder::new().required(Some(Required::True)), |body, media_type| {
                body.content(*media_type, any.clone())
            });
        self.says.body = Some(all.build());
        self.long = true;
        self.problems(&[400, 413, 415, 422])
    }

    /// Or it takes this JSON.
    pub(crate) fn or_takes<B: ToSchema>(mut self) -> Route {
        let content = self.content::<B>();
        if let Some(body) = &mut self.says.body {
            body.content.insert("application/json".into(), content.into());
        }
        self
    }

    /// What it answers, with this status.
    pub(crate) fn answers<V: ToSchema>(mut self, status: u16, what: &'static str) -> Route {
        let content = self.content::<V>();
        self.answer(status, what, Some(("application/json", content)))
    }

    /// It answers with JSON lines of this kind.
    pub(crate) fn answers_lines<V: ToSchema>(mut self, what: &'static str) -> Route {
        let content = self.content::<V>();
        self.answer(200, what, Some(("application/x-ndjson", content)))
    }

    /// It answers with text.
    pub(crate) fn answers_text(self, media_type: &'static str, what: &'static str) -> Route {
        let text = Content::new(Some(ObjectBuilder::new().schema_type(Type::String).build()));
        self.answer(200, what, Some((media_type, text)))
    }

    /// It answers with JSON whose shape the description leaves open; `what` names its members.
    pub(crate) fn answers_json(self, what: &'static str) -> Route {
        self.answer(200, what, Some(("application/json", Content::default())))
    }

    /// It answers with text of one of these media types.
    pub(crate) fn answers_texts(mut self, media_types: &[&str], what: &'static str) -> Route {
        let text = Content::new(Some(ObjectBuilder::new().schema_type(Type::String).build()));
        let mut response = Response::new(what);
        response.content.extend(media_types.iter().map(|of| ((*of).to_owned(), text.clone().into())));
        self.says.answers.insert(200, response);
        self
    }

    /// It answers with this status and nothing else.
    pub(crate) fn answers_nothing(self, status: u16, what: &'static str) -> Route {
        self.answer(status, what, None)
    }

    /// Further statuses that it gives, each with a problem.
    pub(crate) fn problems(mut self, statuses: &[u16]) -> Route {
        self.says.problems.extend(statuses);
        self
    }

    /// Its answer holds a secret: it is given once.
    pub(crate) fn secret(mut self) -> Route {
        self.secret = true;
        self
    }

    /// Its clients bring their token in this way.
    pub(crate) fn by(mut self, way: Way) -> Route {
        self.way = way;
        self
    }

    fn content<V: ToSchema>(&mut self) -> Content {
        let name = schema_name::<V>();
        V::schemas(&mut self.says.schemas);
        self.says.schemas.push((name.to_string(), V::schema()));
        Content::new(Some(RefOr::<Schema>::Ref(Ref::from_schema_name(name))))
    }

    fn answer(mut self, status: u16, what: &'static str, content: Option<(&'static str, Content)>) -> Route {
        let mut response = Response::new(what);
        response.content.extend(content.map(|(media_type, content)| (media_type.to_owned(), content.into())));
        self.says.answers.insert(status, response);
        self
    }
}

/// The name of a schema. Those of a generic type, which all say the same of themselves, are told apart by what they are
/// of: `Page_OwnerView`.
fn schema_name<V: ToSchema>() -> Cow<'static, str> {
    let full = std::any::type_name::<V>();
    if !full.contains('<') {
        return V::name();
    }
    let words = full.split(['<', '>', ',', ' ']).filter_map(|part| part.rsplit("::").next());
    Cow::Owned(words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join("_"))
}

fn body(content: Content, media_type: &str) -> RequestBody {
    RequestBodyBuilder::new().content(media_type, content).required(Some(Required::True)).build()
}

/// A header that a request may have.
pub(crate) fn header(name: &str, what: &str, required: Required) -> Parameter {
    let text = ObjectBuilder::new().schema_type(Type::String).build();
    let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Header).required(required);
    parameter.description(Some(what)).schema(Some(text)).build()
}
