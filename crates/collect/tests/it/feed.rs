//! Lists: conditional requests, gzip, limits, redirects, and the inside.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use collect::{Config, FeedConfig, Limits, List, Outcome, Permit, Protocol, Validators};
use model::{Exposure, Pap};

use super::{NOW, Scene, config, permit, said};

/// `printf 'd1.example\nd2.example\n' | gzip -n`.
const ZIPPED: &[u8] = &[
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0x4b, 0x31, 0xd4, 0x4b, 0xad, 0x48, 0xcc, 0x2d, 0xc8,
    0x49, 0xe5, 0x4a, 0x31, 0x82, 0x33, 0x01, 0xcd, 0x52, 0x50, 0x11, 0x16, 0x00, 0x00, 0x00,
];

type Asked = Arc<Mutex<Vec<String>>>;

async fn answer(State(asked): State<Asked>, request: Request) -> Response {
    let known = request.headers().get(header::IF_NONE_MATCH).map(|tag| tag.to_str().unwrap().to_owned());
    asked.lock().unwrap().push(format!("{} {}", request.uri(), known.clone().unwrap_or_default()));
    let to = |place: &str| (StatusCode::FOUND, [(header::LOCATION, place.to_owned())]).into_response();
    match request.uri().path() {
        "/list" if known.as_deref() == Some("\"v1\"") => StatusCode::NOT_MODIFIED.into_response(),
        "/list" => ([(header::ETAG, "\"v1\""), (header::LAST_MODIFIED, "yesterday")], "d1.example\n").into_response(),
        "/zipped" => ([(header::CONTENT_ENCODING, "gzip")], Body::from(ZIPPED)).into_response(),
        "/long" => "x".repeat(5_000).into_response(),
        "/moved" => to("/list"),
        "/away" => to("http://other.example/list"),
        "/inward" => to("http://127.0.0.1:1/list"),
        "/file" => to("file:///etc/passwd"),
        "/loop" => to("/loop"),
        "/wait" => (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "77")]).into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn server() -> (SocketAddr, Asked) {
    let (listener, asked) = (tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap(), Asked::default());
    let socket = listener.local_addr().unwrap();
    let router = Router::new().fallback(answer).with_state(asked.clone());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (socket, asked)
}

fn feeds(allowed: &[SocketAddr]) -> Config {
    let config = config(allowed);
    let limits = Limits { feed_bytes_max: 1_000, feed_total_ms: 2_000, connect_ms: 2_000, ..config.limits };
    Config { feeds: FeedConfig { enabled: true, ..FeedConfig::default() }, limits, ..config }
}

async fn ask(scene: &Scene, socket: SocketAddr, path: &str, known: &Validators, permit: &Permit) -> Outcome<List> {
    scene.collector.list(&format!("http://{socket}{path}"), known, permit, NOW).await
}

#[tokio::test]
async fn what_did_not_change_is_not_sent_again() {
    let (socket, asked) = server().await;
    let (scene, permit) = (Scene::new(feeds(&[socket])), permit(Pap::Amber));
    let first = ask(&scene, socket, "/list?key=secret", &Validators::default(), &permit).await;
    let Outcome::Found(List::Content { octets, validators }) = first else { panic!("{first:?}") };
    assert_eq!(octets, b"d1.example\n");
    assert_eq!(validators.last_modified.as_deref(), Some("yesterday"));
    let again = ask(&scene, socket, "/list?key=secret", &validators, &permit).await;
    assert_eq!(again, Outcome::Found(List::Unchanged));
    assert_eq!(*asked.lock().unwrap(), ["/list?key=secret ", "/list?key=secret \"v1\""]);
    let entries = scene.entries();
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[0].value, "http://127.0.0.1/list", "without what may be secret");
    assert_eq!((entries[0].exposure, entries[0].protocol), (Exposure::ThirdParty, Protocol::Http));
    assert_eq!((entries[0].actor.as_str(), entries[0].socket), ("analyst", Some(socket)));
}

#[tokio::test]
async fn decoded_within_limits() {
    let (socket, _) = server().await;
    let (scene, permit) = (Scene::new(feeds(&[socket])), permit(Pap::Amber));
    let none = Validators::default();
    let zipped = ask(&scene, socket, "/zipped", &none, &permit).await;
    let Outcome::Found(List::Content { octets, .. }) = zipped else { panic!("{zipped:?}") };
    assert_eq!(octets, b"d1.example\nd2.example\n");
    assert_eq!(ask(&scene, socket, "/long", &none, &permit).await, Outcome::TooLarge);
    assert_eq!(ask(&scene, socket, "/wait", &none, &permit).await, Outcome::Throttled { wait_seconds: Some(77) });
    let scene = Scene::new(feeds(&[socket]));
    assert_eq!(said(&ask(&scene, socket, "/none", &none, &permit).await), "refused: HTTP 404 Not Found");
}

#[tokio::test]
async fn redirects_stay_where_they_may() {
    let (socket, asked) = server().await;
    let (scene, permit) = (Scene::new(feeds(&[socket])), permit(Pap::Amber));
    let none = Validators::default();
    assert!(matches!(ask(&scene, socket, "/moved", &none, &permit).await, Outcome::Found(List::Content { .. })));
    for (path, why) in [
        ("/away", "a redirect to `other.example`, which is not listed"),
        ("/inward", "a redirect to `127.0.0.1`, which is not listed"),
        ("/file", "file: links are not followed"),
    ] {
        assert!(said(&ask(&scene, socket, path, &none, &permit).await).ends_with(why), "{path}");
    }
    assert_eq!(said(&ask(&scene, socket, "/loop", &none, &permit).await), "unreadable answer: too many redirects");
    assert_eq!(asked.lock().unwrap().len(), 9, "each once, and the loop to its limit");
    let mut listed = feeds(&[socket]);
    listed.feeds.redirect_hosts = vec!["127.0.0.1".into()];
    let scene = Scene::new(listed);
    let inward = said(&ask(&scene, socket, "/inward", &none, &permit).await);
    assert!(inward.contains("127.0.0.1:1 is a loopback address and not listed as allowed"), "{inward}");
}

#[tokio::test]
async fn the_inside_is_not_asked_unless_it_is_listed() {
    let (socket, asked) = server().await;
    let (scene, none) = (Scene::new(feeds(&[])), Validators::default());
    let refused = said(&ask(&scene, socket, "/list", &none, &permit(Pap::Amber)).await);
    assert!(refused.contains("is a loopback address and not listed as allowed"), "{refused}");
    let url = format!("http://localhost:{}/list", socket.port());
    let refused = said(&scene.collector.list(&url, &none, &permit(Pap::Amber), NOW).await);
    assert!(refused.contains("loopback address"), "a name that leads inward: {refused}");
    for link in ["http://[::ffff:127.0.0.1]/", "http://169.254.169.254/latest/", "http://2130706433/", "http://0x7f.1/"]
    {
        let refused = said(&scene.collector.list(link, &none, &permit(Pap::Amber), NOW).await);
        assert!(refused.contains("not listed as allowed"), "{link}: {refused}");
    }
    let refused = said(&ask(&scene, socket, "/list", &none, &permit(Pap::Red)).await);
    assert!(refused.contains("permitted exposure is red"), "{refused}");
    assert!(asked.lock().unwrap().is_empty());
    assert!(scene.sent().is_empty() && scene.refused().len() == 7, "{:?}", scene.refused());
    let off = Scene::new(config(&[socket]));
    assert_eq!(said(&ask(&off, socket, "/list", &none, &permit(Pap::Amber)).await), "not configured: feeds are off");
}
