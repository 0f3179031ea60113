//! The one table of routes, and the router that is made of it.

use std::sync::{Arc, OnceLock};

use axum::{
    Router,
    body::Bytes,
    extract::{Request, State},
    http::{StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
    routing::{MethodFilter, on},
};
use tower_http::catch_panic::CatchPanicLayer;

use crate::{
    api,
    app::App,
    cof, dnsdb,
    gate::{Row, gate},
    guard::{guard, panicked},
    openapi,
    problem::Problem,
    reference,
    route::{Need, Route},
};

/// Every route there is.
pub(crate) fn table() -> Vec<Route> {
    let mut rows = vec![
        Route::get("/api/v1/openapi.json", Need::NOBODY, "openapi.show", document)
            .says("This description")
            .answers_text("application/json", "OpenAPI 3.1"),
        Route::get("/api", Need::NOBODY, "openapi.page", page)
            .says("This description, for people")
            .answers_text("text/html", "A page that loads nothing"),
    ];
    rows.extend(api::health::routes());
    rows.extend(api::setup::routes());
    rows.extend(api::me::routes());
    rows.extend(api::session::routes());
    rows.extend(api::sign_in::routes());
    rows.extend(api::token::routes());
    rows.extend(api::user::routes());
    rows.extend(api::owner::routes());
    rows.extend(api::source::routes());
    rows.extend(api::feed::routes());
    rows.extend(api::label::routes());
    rows.extend(api::audit::routes());
    rows.extend(api::exposure::routes());
    rows.extend(api::association::routes());
    rows.extend(api::attribute::routes());
    rows.extend(api::group::routes());
    rows.extend(api::technique::routes());
    rows.extend(api::note::routes());
    rows.extend(api::search::routes());
    rows.extend(api::sighting::routes());
    rows.extend(api::tag::routes());
    rows.extend(api::indicator::routes());
    rows.extend(api::import::routes());
    rows.extend(api::export::routes());
    rows.extend(api::observation::routes());
    rows.extend(api::new::routes());
    rows.extend(api::lookup::routes());
    rows.extend(api::pivot::routes());
    rows.extend(api::hunt::routes());
    rows.extend(api::answer::routes());
    rows.extend(api::track::routes());
    rows.extend(api::registration::routes());
    rows.extend(api::dns::routes());
    rows.extend(dnsdb::routes());
    rows.extend(cof::routes());
    rows
}

/// The router.
pub(crate) fn router(app: App) -> Router {
    let mut router = Router::new();
    for (number, route) in table().into_iter().enumerate() {
        let row =
            Row { number, need: route.need, name: route.name, long: route.long, secret: route.secret, way: route.way };
        let gate = middleware::from_fn_with_state((app.clone(), Arc::new(row)), gate);
        let filter = MethodFilter::try_from(route.method).expect("one of the methods that there are");
        let handler = on(filter, move |State(app): State<App>, request: Request| (route.handler)(request, app));
        router = router.route(route.path, handler.route_layer(gate));
    }
    router
        .fallback(|| async { Problem::not_found() })
        .method_not_allowed_fallback(|| async {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "this path has other methods")
        })
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(app.clone(), guard))
        .with_state(app)
}

/// The same as a page.
async fn page() -> Result<Response, Problem> {
    static PAGE: OnceLock<Bytes> = OnceLock::new();
    if PAGE.get().is_none() {
        let document = serde_json::to_value(openapi::document(&table())).map_err(|_| Problem::internal())?;
        let _ = PAGE.set(Bytes::from(reference::page(&document)));
    }
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (header::CONTENT_SECURITY_POLICY, reference::policy()),
    ];
    Ok((headers, PAGE.get().cloned().unwrap_or_default()).into_response())
}

/// The description is the same for everybody and for as long as the program runs.
async fn document() -> Result<Response, Problem> {
    static DOCUMENT: OnceLock<Bytes> = OnceLock::new();
    if DOCUMENT.get().is_none() {
        let json = openapi::document(&table()).to_json().map_err(|_| Problem::internal())?;
        let _ = DOCUMENT.set(Bytes::from(json));
    }
    let document = DOCUMENT.get().cloned().unwrap_or_default();
    Ok(([(header::CONTENT_TYPE, "application/json")], document).into_response())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn rows_are_told_apart_and_described() {
        let rows = table();
        let names: BTreeSet<&str> = rows.iter().map(|row| row.name).collect();
        assert_eq!(names.len(), rows.len(), "each has a name of its own");
        for row in &rows {
            assert!(!row.says.summary.is_empty() && !row.says.answers.is_empty(), "{} says nothing", row.name);
            assert!(row.name.contains('.'), "{}: noun and verb", row.name);
        }
        let json = openapi::document(&rows).to_json().unwrap();
        assert!(json.contains("\"3.1.0\""));
        for part in json.split("\"#/components/schemas/").skip(1) {
            let name = part.split('"').next().unwrap();
            assert!(json.contains(&format!("\"{name}\":{{")), "{name} is referred to and not described");
        }
    }
}
