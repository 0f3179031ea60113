//! The description of the API, made from the table of routes and nothing else.

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Components, ComponentsBuilder, Content, Info, OpenApi, OpenApiBuilder, PathsBuilder, Ref, RefOr, Required,
        Response, Schema,
        extensions::ExtensionsBuilder,
        path::{HttpMethod, Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn},
        schema::{ObjectBuilder, Type},
        security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme},
    },
};

use crate::{
    problem::{MEDIA_TYPE, Problem},
    route::{Route, Way, Who, header},
};

/// What a request with a body or with a query may meet on any route.
const ALWAYS: [u16; 4] = [408, 429, 500, 503];

/// The description of these routes.
pub(crate) fn document(routes: &[Route]) -> OpenApi {
    let mut paths = PathsBuilder::new();
    let mut components = components();
    for route in routes {
        let item = utoipa::openapi::PathItem::new(method(&route.method), operation(route));
        paths = paths.path(route.path.replace("{*", "{"), item);
        components.schemas.extend(route.says.schemas.iter().cloned());
    }
    let mut info = Info::new("Spoor", env!("CARGO_PKG_VERSION"));
    info.description = Some("What a team knows of an adversary's infrastructure, and why.".into());
    OpenApiBuilder::new().info(info).paths(paths).components(Some(components)).build()
}

fn components() -> Components {
    let mut schemas = Vec::new();
    Problem::schemas(&mut schemas);
    schemas.push((Problem::name().into(), Problem::schema()));
    let cookie = ApiKey::Cookie(ApiKeyValue::with_description("spoor", "A session; `__Host-spoor` over TLS"));
    ComponentsBuilder::new()
        .schemas_from_iter(schemas)
        .security_scheme("token", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)))
        .security_scheme("session", SecurityScheme::ApiKey(cookie))
        .security_scheme("key", SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new("X-API-Key"))))
        .security_scheme("basic", SecurityScheme::Http(Http::new(HttpAuthScheme::Basic)))
        .build()
}

fn operation(route: &Route) -> Operation {
    let tag = route.name.split('.').next().unwrap_or("");
    let mut operation = OperationBuilder::new()
        .operation_id(Some(route.name))
        .summary(Some(route.says.summary))
        .tag(tag)
        .parameters(Some(parameters(route)))
        .request_body(route.says.body.clone());
    for (status, response) in &route.says.answers {
        operation = operation.response(status.to_string(), response.clone());
    }
    for status in problems(route) {
        operation = operation.response(status.to_string(), problem(status));
    }
    if route.need.who != Who::Nobody {
        let none: [&str; 0] = [];
        operation = operation.security(SecurityRequirement::new("token", none));
        operation = operation.security(SecurityRequirement::new("session", none));
        match route.way {
            Way::Own => {}
            Way::ApiKey => operation = operation.security(SecurityRequirement::new("key", none)),
            Way::Basic => operation = operation.security(SecurityRequirement::new("basic", none)),
        }
    }
    let need = serde_json::json!({
        "who": format!("{:?}", route.need.who).to_lowercase(),
        "scope": route.need.scope.map(model::right::Scope::as_str),
    });
    operation.extensions(Some(ExtensionsBuilder::new().add("x-need", need).build())).build()
}

/// Every status that the route can give with a problem.
fn problems(route: &Route) -> BTreeSet<u16> {
    let mut statuses: BTreeSet<u16> = route.says.problems.iter().copied().chain(ALWAYS).collect();
    if route.need.who != Who::Nobody {
        statuses.extend([401, 403]);
    }
    if route.method != Method::GET {
        statuses.insert(403);
    }
    if route.method == Method::POST && !route.secret {
        statuses.extend([400, 409, 422]);
    }
    if route.path.contains('{') {
        statuses.insert(404);
    }
    if !route.says.parameters.is_empty() {
        statuses.insert(400);
    }
    statuses
}

fn problem(status: u16) -> Response {
    let words = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Problem");
    let content = Content::new(Some(RefOr::<Schema>::Ref(Ref::from_schema_name(Problem::name()))));
    let mut response = Response::new(words);
    response.content.insert(MEDIA_TYPE.into(), content.into());
    response
}

fn parameters(route: &Route) -> Vec<Parameter> {
    let names = route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let names = names.map(|name| name.trim_start_matches('*'));
    let of_path = names.map(|name| {
        let text = ObjectBuilder::new().schema_type(Type::String).build();
        let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path);
        parameter.required(Required::True).schema(Some(text)).build()
    });
    let once = "Sent again with the same key and body, the first answer is given again and nothing is done twice";
    let key = (route.method == Method::POST && !route.secret && route.need.who != Who::Nobody)
        .then(|| header("Idempotency-Key", once, Required::False));
    of_path.chain(route.says.parameters.iter().cloned()).chain(key).collect()
}

fn method(method: &Method) -> HttpMethod {
    match *method {
        Method::POST => HttpMethod::Post,
        Method::PUT => HttpMethod::Put,
        Method::PATCH => HttpMethod::Patch,
        Method::DELETE => HttpMethod::Delete,
        _ => HttpMethod::Get,
    }
}
