//! The page that shows the API's description: plain HTML made of the same document, nothing loaded and nothing that
//! runs. Its style stands in it, and the policy names that style by its hash (CSP 3, §2.3.1).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("reference/style.css");

/// What a browser may do with the page: show it, in its own style.
pub(crate) fn policy() -> String {
    let style = STANDARD.encode(Sha256::digest(STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )
}

/// The page for a description (OpenAPI 3.1).
pub(crate) fn page(document: &Json) -> String {
    let mut page = Page(String::new());
    let title = text(&document["info"], "title");
    page.raw("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
    page.raw("<meta name=\"viewport\" content=\"width=device-width\"><title>").text(title).raw(" API</title><style>");
    page.raw(STYLE).raw("</style></head><body>");
    let operations = operations(document);
    navigation(&mut page, &operations);
    page.raw("<main><h1>").text(title).raw(" API ").text(text(&document["info"], "version")).raw("</h1><p>");
    page.text(text(&document["info"], "description")).raw("</p><p class=\"faint\">The same for programs: ");
    page.raw(
        "<a href=\"/api/v1/openapi.json\">openapi.json</a>. A token goes into <code>Authorization: Bearer …</code>; ",
    );
    page.raw("what fails is told as <code>application/problem+json</code>.</p>");
    for (tag, all) in groups(&operations) {
        page.raw("<h2 id=\"").text(tag).raw("\">").text(tag).raw("</h2>");
        all.iter().for_each(|operation| show(&mut page, operation));
    }
    schemas(&mut page, &document["components"]["schemas"]);
    page.raw("</main></body></html>\n");
    page.0
}

/// Text of HTML, to which texts are added with what is special in HTML replaced.
struct Page(String);

impl Page {
    fn raw(&mut self, html: &'static str) -> &mut Page {
        self.0.push_str(html);
        self
    }

    fn text(&mut self, text: &str) -> &mut Page {
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                other => self.0.push(other),
            }
        }
        self
    }
}

struct Operation<'a> {
    method: &'a str,
    path: &'a str,
    says: &'a Json,
}

impl Operation<'_> {
    fn tag(&self) -> &str {
        self.says["tags"][0].as_str().unwrap_or("other")
    }
}

fn members(value: &Json) -> impl Iterator<Item = (&String, &Json)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

fn text<'a>(value: &'a Json, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_default()
}

fn operations(document: &Json) -> Vec<Operation<'_>> {
    let of_path = |(path, item)| members(item).map(move |(method, says)| Operation { method, path, says });
    members(&document["paths"]).flat_map(|(path, item)| of_path((path, item))).collect()
}

fn groups<'a, 'b>(operations: &'b [Operation<'a>]) -> Vec<(&'b str, Vec<&'b Operation<'a>>)> {
    let mut groups: Vec<(&str, Vec<&Operation<'_>>)> = Vec::new();
    for operation in operations {
        match groups.iter_mut().find(|(tag, _)| *tag == operation.tag()) {
            Some((_, all)) => all.push(operation),
            None => groups.push((operation.tag(), vec![operation])),
        }
    }
    groups.sort_by_key(|(tag, _)| *tag);
    groups
}

fn navigation(page: &mut Page, operations: &[Operation<'_>]) {
    page.raw("<nav>");
    for (tag, all) in groups(operations) {
        page.raw("<a href=\"#").text(tag).raw("\">").text(tag).raw(" <span>").text(&all.len().to_string());
        page.raw("</span></a>");
    }
    page.raw("<a href=\"#schemas\">schemas</a></nav>");
}

fn show(page: &mut Page, operation: &Operation<'_>) {
    let (method, says) = (operation.method, operation.says);
    page.raw("<details id=\"").text(text(says, "operationId")).raw("\"><summary><span class=\"method ").text(method);
    page.raw("\">").text(&method.to_uppercase()).raw("</span><span class=\"path\">").text(operation.path);
    page.raw("</span><span>").text(text(says, "summary")).raw("</span><span class=\"need\">");
    page.text(&need(&says["x-need"])).raw("</span></summary><div>");
    parameters(page, &says["parameters"]);
    body(page, &says["requestBody"]["content"]);
    answers(page, &says["responses"]);
    page.raw("</div></details>");
}

/// Who may ask, and with which scope.
fn need(need: &Json) -> String {
    let who = match text(need, "who") {
        "nobody" => "everybody",
        "signedin" => "",
        "machine" => "this machine or administrator",
        other => other,
    };
    let words = [who, text(need, "scope")];
    words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(", ")
}

fn parameters(page: &mut Page, parameters: &Json) {
    let Some(all) = parameters.as_array().filter(|all| !all.is_empty()) else { return };
    page.raw("<h3>Parameters</h3><table>");
    for parameter in all {
        page.raw("<tr><td><code>").text(text(parameter, "name")).raw("</code> <span class=\"faint\">");
        page.text(text(parameter, "in"));
        page.raw(if parameter["required"] == true { ", required" } else { "" }).raw("</span></td><td>");
        kind(page, &parameter["schema"]);
        page.raw("</td><td>").text(text(parameter, "description")).raw("</td></tr>");
    }
    page.raw("</table>");
}

fn body(page: &mut Page, content: &Json) {
    if content.is_object() {
        page.raw("<h3>Body</h3><table>");
        contents(page, content);
        page.raw("</table>");
    }
}

fn contents(page: &mut Page, content: &Json) {
    for (media_type, of) in members(content) {
        page.raw("<tr><td><code>").text(media_type).raw("</code></td><td>");
        kind(page, &of["schema"]);
        page.raw("</td><td></td></tr>");
    }
}

fn answers(page: &mut Page, responses: &Json) {
    page.raw("<h3>Answers</h3><table>");
    let mut problems = Vec::new();
    for (status, response) in members(responses) {
        let content = &response["content"];
        if content.get("application/problem+json").is_some() {
            problems.push(format!("{status} {}", text(response, "description")));
            continue;
        }
        page.raw("<tr><td>").text(status).raw("</td><td>");
        let mut all = members(content).peekable();
        if all.peek().is_none() {
            page.raw("nothing");
        }
        for (media_type, of) in all {
            kind(page, &of["schema"]);
            page.raw(" <span class=\"faint\">").text(media_type).raw("</span> ");
        }
        page.raw("</td><td>").text(text(response, "description")).raw("</td></tr>");
    }
    page.raw("</table><p class=\"faint\">Problems: ").text(&problems.join(" · ")).raw("</p>");
}

/// A type in a few words, with a link where it has a name.
fn kind(page: &mut Page, schema: &Json) {
    if let Some(name) = schema["$ref"].as_str().and_then(|name| name.rsplit('/').next()) {
        page.raw("<a href=\"#schema-").text(name).raw("\">").text(name).raw("</a>");
        return;
    }
    for several in ["oneOf", "anyOf", "allOf"] {
        if let Some(all) = schema[several].as_array() {
            for (at, one) in all.iter().enumerate() {
                page.raw(if at == 0 { "" } else { " or " });
                kind(page, one);
            }
            return;
        }
    }
    match &schema["type"] {
        Json::String(name) if name == "array" => {
            page.raw("list of ");
            kind(page, &schema["items"]);
        }
        Json::String(name) => drop(page.text(name)),
        Json::Array(names) => {
            let names: Vec<&str> = names.iter().filter_map(Json::as_str).collect();
            page.text(&names.join(" or "));
        }
        _ => drop(page.raw("any")),
    }
    let words: Vec<&str> = schema["enum"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
    if !words.is_empty() {
        page.raw(": ").text(&words.join(", "));
    }
}

fn schemas(page: &mut Page, schemas: &Json) {
    page.raw("<h2 id=\"schemas\">schemas</h2>");
    for (name, schema) in members(schemas) {
        page.raw("<h3 id=\"schema-").text(name).raw("\">").text(name).raw("</h3><p>");
        page.text(text(schema, "description")).raw("</p>");
        if !schema["properties"].is_object() {
            page.raw("<p>");
            kind(page, schema);
            page.raw("</p>");
            continue;
        }
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
        page.raw("<table>");
        for (member, of) in members(&schema["properties"]) {
            page.raw("<tr><td><code>").text(member).raw("</code>");
            page.raw(if required.contains(&member.as_str()) { " <span class=\"faint\">required</span>" } else { "" });
            page.raw("</td><td>");
            kind(page, of);
            page.raw("</td><td>").text(text(of, "description")).raw("</td></tr>");
        }
        page.raw("</table>");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_in_a_description_becomes_markup() {
        let document = json!({
            "info": {"title": "<script>alert(1)</script>", "version": "1", "description": "a & b"},
            "paths": {"/x/{id}": {"get": {"summary": "\"><img src=x>", "tags": ["x"], "responses": {}}}},
            "components": {"schemas": {"A": {"properties": {"<b>": {"type": ["string", "null"]}}}}},
        });
        let page = page(&document);
        assert!(!page.contains("<script") && !page.contains("<img") && !page.contains("<b>"), "{page}");
        assert!(page.contains("string or null") && page.contains("a &amp; b"), "{page}");
        assert!(policy().contains("style-src 'sha256-"));
    }
}
