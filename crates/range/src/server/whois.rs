//! WHOIS servers (RFC 3912): a line with a question, text, and the connection closes.

use std::sync::Arc;

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

use crate::{
    World,
    server::{
        log::{Kind, Question},
        scene::Scene,
        throttle::Throttle,
    },
};

/// The host name of the server that knows which registry has a top-level domain.
pub const IANA_HOST: &str = "whois.iana.example";
/// The longest question.
const QUESTION_OCTETS_MAX: u64 = 512;

/// One WHOIS server.
pub(crate) struct Whois {
    pub(crate) scene: Arc<Scene>,
    pub(crate) host: String,
    pub(crate) throttle: Throttle,
}

impl Whois {
    /// Answers one connection; a question that never ends, or is no text, gets no answer.
    pub(crate) async fn serve(self: Arc<Whois>, stream: TcpStream) {
        let mut stream = BufReader::new(stream);
        let mut line = String::new();
        let read = (&mut stream).take(QUESTION_OCTETS_MAX).read_line(&mut line).await;
        if read.is_err() || !line.ends_with('\n') {
            return;
        }
        let text = self.answer(line.trim());
        // The client may be gone, which is its right.
        let _ = stream.write_all(crlf(&text).as_bytes()).await;
        let _ = stream.shutdown().await;
    }

    fn answer(&self, question: &str) -> String {
        let at = self.scene.now();
        self.scene.log.note(Question {
            at,
            server: self.host.clone(),
            protocol: Kind::Whois,
            question: question.to_owned(),
            rrtype: None,
        });
        let world = &self.scene.world;
        match self.throttle.admit(at) {
            Err(_) => world.throttle_text(&self.host),
            Ok(()) if self.host == IANA_HOST => iana(world, question),
            Ok(()) => world.answer_whois(&self.host, question, at),
        }
    }
}

/// What IANA's server says of a top-level domain or a name below it: a reference to the registry's server.
fn iana(world: &World, question: &str) -> String {
    let zone = question.trim_end_matches('.').rsplit('.').next().unwrap_or_default().to_lowercase();
    let registry = world.whois_servers().into_iter().find(|server| server.zones.contains(&zone));
    match registry {
        Some(server) => format!(
            "% IANA WHOIS server\n\nrefer:        {host}\n\ndomain:       {zone}\n\nwhois:        {host}\n\nstatus:       ACTIVE\nsource:       IANA\n",
            host = server.host,
            zone = zone.to_uppercase(),
        ),
        None => "% IANA WHOIS server\n%\n% This query returned 0 objects.\n".to_owned(),
    }
}

/// Lines end as RFC 3912 §2 has it.
fn crlf(text: &str) -> String {
    text.lines().flat_map(|line| [line, "\r\n"]).collect()
}
