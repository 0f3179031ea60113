//! Lists in pages: `limit`, `cursor` and `fields`.
//!
//! A cursor says where the page before ended. It is encrypted, since that place may be something that the list does not
//! show, and authenticated together with the query and the account that it was given for: with another query it is
//! refused, and nobody can make one to reach what a list leaves out.

use std::collections::BTreeSet;

use axum::{
    extract::FromRequestParts,
    http::request::Parts,
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use utoipa::{
    IntoParams, PartialSchema, ToSchema,
    openapi::{
        Ref, RefOr, Schema,
        schema::{ArrayBuilder, ObjectBuilder, OneOfBuilder, SchemaType, Type},
    },
};

use crate::{
    app::App,
    caller::Caller,
    extract::{pairs, parse_pairs},
    json::Json,
    problem::Problem,
};

/// Rows of a page that asks for no number.
const LIMIT: u32 = 100;
/// The most rows of a page.
const LIMIT_MAX: u32 = 1000;
/// Octets of the code that authenticates a cursor.
const CODE: usize = 16;
/// The parameters that are those of every list.
pub(crate) const PAGE_KEYS: [&str; 3] = ["limit", "cursor", "fields"];

/// What every list takes.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// Rows of a page.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u32>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Only these members of each row, with commas between.
    fields: Option<String>,
}

/// A page of a list.
#[derive(Debug, Serialize)]
pub(crate) struct Page<V> {
    /// The rows.
    pub(crate) items: Vec<V>,
    /// The cursor of the next page; null where this is the last.
    pub(crate) next: Option<String>,
    /// How many rows there are in all, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) count: Option<Count>,
}

impl<V: ToSchema> PartialSchema for Page<V> {
    fn schema() -> RefOr<Schema> {
        let described = |text: &'static str| ObjectBuilder::new().description(Some(text));
        let next = described("The cursor of the next page; null where this is the last.");
        let count = OneOfBuilder::new()
            .description(Some("How many rows there are in all, where that was asked for."))
            .item(Ref::from_schema_name(Count::name()));
        ObjectBuilder::new()
            .description(Some("A page of a list."))
            .property(
                "items",
                ArrayBuilder::new().items(Ref::from_schema_name(V::name())).description(Some("The rows.")),
            )
            .property("next", next.schema_type(SchemaType::from_iter([Type::String, Type::Null])))
            .property("count", count)
            .required("items")
            .into()
    }
}

impl<V: ToSchema> ToSchema for Page<V> {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((V::name().into(), V::schema()));
        schemas.push((Count::name().into(), Count::schema()));
        V::schemas(schemas);
    }
}

/// How many rows a list has.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Count {
    /// The number.
    value: u64,
    /// Whether counting stopped there, and there are more.
    at_least: bool,
}

impl<V> Page<V> {
    /// A list that is never long enough for a second page.
    pub(crate) fn whole(items: Vec<V>) -> Json<Page<V>> {
        Json(Page { items, next: None, count: None })
    }
}

/// The page that a request wants.
pub(crate) struct Pages {
    limit: u32,
    cursor: Option<String>,
    fields: Option<BTreeSet<String>>,
    query: [u8; 32],
    key: [u8; 32],
}

impl FromRequestParts<App> for Pages {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Pages, Problem> {
        let (own, mut others): (Vec<_>, Vec<_>) =
            pairs(parts)?.into_iter().partition(|(name, _)| PAGE_KEYS.contains(&name.as_str()));
        let asked: PageQuery = parse_pairs(own)?;
        let limit = asked.limit.unwrap_or(LIMIT);
        if !(1..=LIMIT_MAX).contains(&limit) {
            return Err(Problem::malformed("query.limit", format!("1 to {LIMIT_MAX}")));
        }
        others.sort();
        let who = parts.extensions.get::<Caller>().and_then(|caller| caller.actor.user).map(|user| user.to_string());
        let query = Sha256::digest(serde_json::json!([parts.uri.path(), others, who]).to_string());
        let fields = asked.fields.map(|text| text.split(',').map(|field| field.trim().to_owned()).collect());
        Ok(Pages { limit, cursor: asked.cursor, fields, query: query.into(), key: app.key })
    }
}

impl Pages {
    /// Pages of something that another protocol asks for: `what` says all that the answer depends on.
    pub(crate) fn of(app: &App, caller: &Caller, what: &serde_json::Value, cursor: Option<String>) -> Pages {
        let who = caller.actor.user.map(|user| user.to_string());
        let query = Sha256::digest(serde_json::json!([what, who]).to_string());
        Pages { limit: LIMIT, cursor, fields: None, query: query.into(), key: app.key }
    }

    /// How many rows to ask for: one more than are shown, to know whether there is a next page.
    pub(crate) fn wanted(&self) -> u32 {
        self.limit + 1
    }

    /// How many rows the page may have.
    pub(crate) fn limit(&self) -> usize {
        self.limit as usize
    }

    /// Where the page before ended; none for the first.
    pub(crate) fn after<P: DeserializeOwned>(&self) -> Result<Option<P>, Problem> {
        let Some(cursor) = &self.cursor else { return Ok(None) };
        let refused = || Problem::malformed("query.cursor", "not a cursor of this query; begin again without one");
        let octets = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| refused())?;
        let (code, hidden) = octets.split_at_checked(CODE).ok_or_else(refused)?;
        let position = self.covered(code, hidden);
        self.mac(&position).verify_truncated_left(code).map_err(|_| refused())?;
        serde_json::from_slice(&position).map(Some).map_err(|_| refused())
    }

    /// The answer: of at most [`Pages::wanted`] rows those that are shown, and where the last of them stands.
    pub(crate) fn answer<V, P>(&self, mut rows: Vec<V>, position: impl FnOnce(&V) -> P) -> Result<Response, Problem>
    where
        V: Serialize + ToSchema,
        P: Serialize,
    {
        let more = rows.len() > self.limit as usize;
        rows.truncate(self.limit as usize);
        let next = rows.last().filter(|_| more).map(position);
        self.answer_counted(rows, next, None)
    }

    /// The answer where the engine says itself where the next page begins; with how many rows there are in all, and
    /// whether there are more than that.
    pub(crate) fn answer_counted<V, P>(
        &self,
        rows: Vec<V>,
        next: Option<P>,
        count: Option<(u64, bool)>,
    ) -> Result<Response, Problem>
    where
        V: Serialize + ToSchema,
        P: Serialize,
    {
        let next = next.map(|position| self.cursor(&position)).transpose()?;
        let count = count.map(|(value, at_least)| Count { value, at_least });
        let Some(fields) = &self.fields else { return Ok(Json(Page { items: rows, next, count }).into_response()) };
        known::<V>(fields)?;
        let mut items = Vec::with_capacity(rows.len());
        for row in rows {
            // By way of the text, which is written in one way everywhere.
            let text = serde_json::to_vec(&row).map_err(|_| Problem::internal())?;
            let mut item: serde_json::Value = serde_json::from_slice(&text).map_err(|_| Problem::internal())?;
            if let Some(members) = item.as_object_mut() {
                members.retain(|name, _| fields.contains(name));
            }
            items.push(item);
        }
        Ok(Json(Page { items, next, count }).into_response())
    }

    /// The cursor of a place.
    pub(crate) fn cursor(&self, position: &impl Serialize) -> Result<String, Problem> {
        let position = serde_json::to_vec(position).map_err(|_| Problem::internal())?;
        let code = &self.mac(&position).finalize().into_bytes()[..CODE];
        Ok(URL_SAFE_NO_PAD.encode([code, &self.covered(code, &position)].concat()))
    }

    /// Covers a position with a stream that its code begins, or uncovers it: encryption with a synthetic start, as
    /// RFC 5297 has it, of HMAC alone.
    fn covered(&self, code: &[u8], octets: &[u8]) -> Vec<u8> {
        let blocks = octets.chunks(32).zip(0_u32..).flat_map(|(block, number)| {
            let stream = self.mac(&[b"cover", code, &number.to_be_bytes()].concat()).finalize().into_bytes();
            block.iter().zip(stream).map(|(octet, cover)| octet ^ cover).collect::<Vec<u8>>()
        });
        blocks.collect()
    }

    fn mac(&self, position: &[u8]) -> Hmac<Sha256> {
        let mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("a key of any length will do");
        mac.chain_update(self.query).chain_update(position)
    }
}

/// Refuses fields that a row never has.
fn known<V: ToSchema>(fields: &BTreeSet<String>) -> Result<(), Problem> {
    let RefOr::T(Schema::Object(object)) = V::schema() else { return Ok(()) };
    match fields.iter().find(|field| !object.properties.contains_key(*field)) {
        None => Ok(()),
        Some(unknown) => {
            let known: Vec<&str> = object.properties.keys().map(String::as_str).collect();
            let why = format!("no field `{}`: one of {}", model::text::visible(unknown), known.join(", "));
            Err(Problem::malformed("query.fields", why))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(query: u8, key: u8, cursor: Option<String>) -> Pages {
        Pages { limit: 1, cursor, fields: None, query: [query; 32], key: [key; 32] }
    }

    #[test]
    fn a_cursor_is_good_for_its_query_and_installation_alone() {
        let cursor = pages(1, 1, None).cursor(&("a", 7)).unwrap();
        let after = |pages: Pages| pages.after::<(String, u32)>();
        assert_eq!(after(pages(1, 1, Some(cursor.clone()))).unwrap(), Some(("a".into(), 7)));
        assert!(after(pages(2, 1, Some(cursor.clone()))).is_err(), "another query");
        assert!(after(pages(1, 2, Some(cursor.clone()))).is_err(), "another installation");
        assert!(!cursor.contains(&URL_SAFE_NO_PAD.encode("[\"a\",7]")[..8]), "it says nothing: {cursor}");
        for wrong in ["", "x", "AAAA", &cursor[1..], &format!("{cursor}AA")] {
            assert!(after(pages(1, 1, Some(wrong.into()))).is_err(), "{wrong}");
        }
    }
}
