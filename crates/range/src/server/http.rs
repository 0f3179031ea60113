//! Just enough HTTP/1.1 (RFC 9112) for RDAP servers and providers: one request a connection, a head, and for a POST a
//! body of a stated length.

use std::fmt::Write;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// The longest head of a request.
const HEAD_OCTETS_MAX: usize = 8192;

/// An answer: status, further header lines, body.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

/// The longest body of a request.
const BODY_OCTETS_MAX: usize = 65_536;

/// A request of a client that may also post.
pub(crate) struct Call<'a> {
    pub(crate) path: &'a str,
    head: &'a str,
    pub(crate) body: &'a str,
}

impl Call<'_> {
    /// The value of a header line, by its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }
}

/// Reads one request with its body and answers it.
pub(crate) async fn serve_call<S>(mut stream: S, answer: impl FnOnce(&Call<'_>) -> Reply)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let Some(mut read) = read_head(&mut stream).await else { return };
    let Some(end) = read.windows(4).position(|end| end == b"\r\n\r\n").map(|at| at + 4) else { return };
    let head = String::from_utf8_lossy(&read[..end]).into_owned();
    let mut call = Call { path: head.split(' ').nth(1).unwrap_or_default(), head: &head, body: "" };
    let length: usize = call.header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut chunk = [0; 1024];
    while read.len() - end < length.min(BODY_OCTETS_MAX) {
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return,
            Ok(more) => read.extend_from_slice(&chunk[..more]),
        }
    }
    let body = String::from_utf8_lossy(&read[end..]).into_owned();
    call.body = &body;
    let reply = answer(&call);
    let _ = stream.write_all(render(&reply).as_bytes()).await;
    let _ = stream.shutdown().await;
}

/// Reads one request and answers it; `answer` gets the path of a GET. A head that ends early gets no answer.
pub(crate) async fn serve<S>(mut stream: S, answer: impl FnOnce(&str) -> Reply)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let Some(head) = read_head(&mut stream).await else { return };
    let reply = match request(&head) {
        Ok(path) => answer(path),
        Err(status) => Reply { status, headers: Vec::new(), body: String::new() },
    };
    // The client may be gone, which is its right.
    let _ = stream.write_all(render(&reply).as_bytes()).await;
    let _ = stream.shutdown().await;
}

async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> Option<Vec<u8>> {
    let mut head = Vec::new();
    let mut chunk = [0; 1024];
    while !is_complete(&head) && head.len() < HEAD_OCTETS_MAX {
        let read = stream.read(&mut chunk).await.ok().filter(|read| *read > 0)?;
        head.extend_from_slice(&chunk[..read]);
    }
    Some(head)
}

fn is_complete(head: &[u8]) -> bool {
    head.windows(4).any(|end| end == b"\r\n\r\n")
}

/// The path of a GET, or the status that refuses the request.
fn request(head: &[u8]) -> Result<&str, u16> {
    if !is_complete(head) {
        return Err(431);
    }
    let line = head.split(|octet| *octet == b'\r').next().unwrap_or_default();
    let mut words = std::str::from_utf8(line).map_err(|_| 400u16)?.split(' ');
    match (words.next(), words.next(), words.next(), words.next()) {
        (Some("GET"), Some(path), Some("HTTP/1.1" | "HTTP/1.0"), None) if path.starts_with('/') => Ok(path),
        (Some(_), Some(_), Some("HTTP/1.1" | "HTTP/1.0"), None) => Err(405),
        _ => Err(400),
    }
}

fn render(reply: &Reply) -> String {
    let Reply { status, headers, body } = reply;
    let mut text = format!("HTTP/1.1 {status} {}\r\n", reason(*status));
    for (name, value) in headers {
        let _ = write!(text, "{name}: {value}\r\n");
    }
    let _ = write!(text, "Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
    text
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        404 => "Not Found",
        405 => "Method Not Allowed",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        _ => "Other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_get_with_a_path_is_a_request() {
        let of = |text: &str| request(text.as_bytes()).map(str::to_owned);
        assert_eq!(of("GET /domain/a.test HTTP/1.1\r\nHost: x\r\n\r\n"), Ok("/domain/a.test".into()));
        assert_eq!(of("POST /domain/a.test HTTP/1.1\r\n\r\n"), Err(405));
        assert_eq!(of("GET http://elsewhere.test/ HTTP/1.1\r\n\r\n"), Err(405));
        assert_eq!(of("GET /\r\n\r\n"), Err(400));
        assert_eq!(of("GET / HTTP/1.1\r\nno end"), Err(431));
    }
}
