//! The page that shows the API's description.

use super::{By, Server, program_with};

#[test]
fn the_page_shows_every_operation_and_loads_nothing() {
    let server = Server::start(program_with(&[]), &[]);
    let page = server.ask(&By::Nobody, "GET", "/api", None);
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-") && !policy.contains("unsafe"), "{policy}");
    for loads in ["<script", "src=", "<link", "@import", "url(", "href=\"http"] {
        assert!(!page.body.contains(loads), "{loads}");
    }
    let document = server.ask(&By::Nobody, "GET", "/api/v1/openapi.json", None).json();
    let operations =
        document["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap().values());
    for operation in operations {
        let id = operation["operationId"].as_str().unwrap();
        assert!(page.body.contains(&format!("<details id=\"{id}\">")), "{id} is not shown");
    }
    for part in page.body.split("href=\"#").skip(1) {
        let to = part.split('"').next().unwrap();
        assert!(page.body.contains(&format!("id=\"{to}\"")), "#{to} is nowhere");
    }
}
