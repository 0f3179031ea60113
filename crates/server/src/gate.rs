//! The gate of a route: who asks, how often, and whether they may ask this at all. Its handler runs behind it.

use std::{sync::Arc, time::Instant};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use engine::account::Via;

use crate::{
    app::App,
    caller::{Brought, Caller, brought},
    client::Client,
    extract::BodyMax,
    guard::Served,
    once,
    problem::Problem,
    rate::Whose,
    route::{Need, Way, Who},
};

/// What the gate knows of its route.
#[derive(Clone)]
pub(crate) struct Row {
    /// Its place in the table.
    pub(crate) number: usize,
    pub(crate) need: Need,
    pub(crate) name: &'static str,
    pub(crate) long: bool,
    pub(crate) secret: bool,
    pub(crate) way: Way,
}

/// Lets a request through to its handler, or says why not.
pub(crate) async fn gate(State((app, row)): State<(App, Arc<Row>)>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let mut served = Served { route: row.name, account: None };
    let mut response = match admit(&app, &row, &mut request).await {
        Err(problem) => problem.into_response(),
        Ok(caller) => {
            let user = caller.as_ref().and_then(|caller| caller.actor.user);
            served.account = caller.map(|caller| caller.actor.name);
            once::run(&app, &row, user, request, next).await
        }
    };
    app.metrics.count(row.number, response.status(), began.elapsed());
    response.extensions_mut().insert(served);
    response
}

async fn admit(app: &App, row: &Row, request: &mut Request) -> Result<Option<Caller>, Problem> {
    let Some(Client(address)) = request.extensions().get().copied() else { return Err(Problem::internal()) };
    let caller = match row.need.who {
        Who::Nobody => None,
        _ => recognise(app, row.way, request.headers(), address).await?,
    };
    let whose = match &caller {
        Some(Caller { via: Via::Session(id), .. }) => Whose::Credential(id.0),
        Some(Caller { via: Via::Token(id), .. }) => Whose::Credential(id.0),
        None => Whose::client(address),
    };
    app.rates.take(whose, Instant::now()).map_err(|wait| {
        Problem::busy(StatusCode::TOO_MANY_REQUESTS, "too many requests; wait and try again", wait.as_secs() + 1)
    })?;
    row.need.check(caller.as_ref(), address.is_loopback())?;
    if !request.headers().contains_key(header::AUTHORIZATION) {
        same_origin(request.method(), request.headers())?;
    }
    let mib = if row.long { app.config.import_mib } else { app.config.body_mib };
    request.extensions_mut().insert(BodyMax((mib as usize) << 20));
    if let Some(caller) = &caller {
        request.extensions_mut().insert(caller.clone());
    }
    Ok(caller)
}

async fn recognise(
    app: &App,
    way: Way,
    headers: &HeaderMap,
    address: std::net::IpAddr,
) -> Result<Option<Caller>, Problem> {
    let Some(Brought { credential, name }) = brought(app, way, headers)? else { return Ok(None) };
    let lifetime = app.lifetime;
    let generation = generation(app).await?;
    if let Some(known) = app.known.get(&credential, address, generation, (app.clock)()) {
        return Ok(Some(known).filter(|known| name.is_none_or(|name| name == known.actor.name)));
    }
    let brought = credential.clone();
    let found = app.run(move |work| {
        let sources = || work.engine.store.sources().iter().map(|source| source.id).collect();
        let found = work.knowledge.recognise(&credential, address, lifetime, &sources, work.now)?;
        if let Some(found) = found.as_ref().filter(|found| found.note) {
            work.knowledge.seen(found.via, work.now)?;
        }
        Ok(found)
    });
    let Some(found) = found.await? else { return Ok(None) };
    let caller = Caller { actor: found.actor, via: found.via };
    app.known.put(&brought, address, generation, (app.clock)(), &caller);
    Ok(Some(caller).filter(|caller| name.is_none_or(|name| name == caller.actor.name)))
}

/// The generation of accounts and rights: microseconds where it is near.
async fn generation(app: &App) -> Result<Option<i64>, Problem> {
    match app.is_near() {
        true => Ok(app.knowledge.store.generation()),
        false => app.run(|work| Ok(work.knowledge.store.generation())).await,
    }
}

/// A page of somebody else must not make a browser change anything here with its user's cookie. Browsers say where a
/// request comes from (Fetch Metadata; Origin, RFC 6454); a client that says neither is no browser.
fn same_origin(method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let own = match (text("sec-fetch-site"), text("origin")) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, None) => true,
        (None, Some(origin)) => {
            let host = origin.split_once("://").map(|(_, host)| host);
            host.is_some() && host == text("host")
        }
    };
    if own { Ok(()) } else { Err(Problem::forbidden("this request comes from a page of another site")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_others_change_nothing() {
        let allowed = |method: Method, pairs: &[(&'static str, &str)]| {
            let mut headers = HeaderMap::new();
            headers.insert("host", "spoor.example".parse().unwrap());
            pairs.iter().for_each(|(name, value)| drop(headers.insert(*name, value.parse().unwrap())));
            same_origin(&method, &headers).is_ok()
        };
        assert!(allowed(Method::POST, &[]), "no browser");
        assert!(allowed(Method::POST, &[("sec-fetch-site", "same-origin")]));
        assert!(allowed(Method::GET, &[("sec-fetch-site", "cross-site")]));
        assert!(allowed(Method::POST, &[("origin", "https://spoor.example")]));
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("origin", "https://spoor.example.evil.example"),
        ] {
            assert!(!allowed(Method::DELETE, &[(name, value)]), "{name}: {value}");
        }
    }
}
