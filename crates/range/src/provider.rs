//! Providers on loopback, in the shapes that the public documentation of seven services describes, for tests of whoever
//! asks them.
//!
//! One server speaks all of them, each on the paths of its own. It wants the keys that it was given, pages nothing, and
//! keeps a list of what it was asked, keys left out.

use std::{
    fmt::Write,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::server::{
    http::{self, Call, Reply},
    socket::{self, listen},
};

/// What a provider knows.
#[derive(Clone, Debug, Default)]
pub struct Knowledge {
    /// Owner name, type, data, first and last time in seconds; names without a final dot.
    pub records: Vec<(String, &'static str, String, i64, i64)>,
    /// A value that is registered, and the domain that has it.
    pub registered: Vec<(String, String)>,
    /// The names of a certificate, its serial number in hexadecimal digits, and when it was logged.
    pub certificates: Vec<(Vec<String>, String, String)>,
}

/// Providers at work on loopback; they stop when dropped.
#[derive(Debug)]
pub struct Providers {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    _tasks: JoinSet<()>,
}

/// What they share.
struct Shared {
    knowledge: Knowledge,
    key: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Providers {
    /// Starts them; `key` is what each of them wants to see.
    pub async fn start(knowledge: Knowledge, key: &str) -> io::Result<Providers> {
        let listener = listen().await?;
        let (address, asked) = (listener.local_addr()?, Arc::<Mutex<Vec<String>>>::default());
        let shared = Arc::new(Shared { knowledge, key: key.to_owned(), asked: asked.clone() });
        let mut tasks = JoinSet::new();
        tasks.spawn(socket::accept(listener, move |stream| {
            let shared = shared.clone();
            async move { http::serve_call(stream, |call| shared.answer(call)).await }
        }));
        Ok(Providers { address, asked, _tasks: tasks })
    }

    /// Where they listen.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:port`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What they were asked, in order: a path, or a path and a body.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Shared {
    fn answer(&self, call: &Call<'_>) -> Reply {
        let (path, query) = call.path.split_once('?').unwrap_or((call.path, ""));
        let body = if call.body.is_empty() { String::new() } else { format!(" {}", call.body) };
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{path}{body}"));
        let parts: Vec<String> = path.split('/').skip(1).map(unescape).collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let keyed = |header| call.header(header) == Some(self.key.as_str());
        match parts.as_slice() {
            ["v1", "reverse-whois", ""] => self.domain_tools(&parameters(query)),
            ["api", "v2"] if !keyed("x-authentication-token") => {
                error(403, json!({"code": 403, "messages": "Access restricted"}))
            }
            ["api", "v2"] => self.whois_xml(call.body),
            ["v1", "domains", "list"] if !keyed("apikey") => {
                error(403, json!({"message": "Invalid authentication credentials"}))
            }
            ["v1", "domains", "list"] => self.security_trails(call.body),
            ["dnsdb", "v2", "lookup", ..] if !keyed("x-api-key") => error(403, json!({"message": "API key"})),
            ["dnsdb", "v2", "lookup", "rrset", "name", name] => self.dnsdb(|record| owns(name, &record.0)),
            ["dnsdb", "v2", "lookup", "rdata", "ip", address] => self.dnsdb(|record| record.2 == *address),
            ["pdns", "query", value] => self.cof(value),
            ["api", "v1", "indicators", "domain", name, "passive_dns"] => {
                self.otx(|record| record.0 == *name || record.0.ends_with(&format!(".{name}")))
            }
            ["api", "v1", "indicators", "hostname", name, "passive_dns"] => self.otx(|record| record.0 == *name),
            ["api", "v1", "indicators", _, address, "passive_dns"] => self.otx(|record| record.2 == *address),
            [""] => self.crt_sh(&parameters(query)),
            ["busy"] => Reply { headers: vec![("Retry-After", "33".into())], ..error(429, json!({})) },
            ["moved", ..] => Reply { headers: vec![("Location", "/elsewhere".into())], ..error(302, json!({})) },
            _ => error(404, json!({})),
        }
    }

    fn domains(&self, value: &str) -> Vec<&String> {
        self.knowledge.registered.iter().filter(|(held, _)| held == value).map(|(_, domain)| domain).collect()
    }

    fn domain_tools(&self, parameters: &[(String, String)]) -> Reply {
        let of =
            |name: &str| parameters.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str());
        let signed = of("signature").len() == 64 && !of("timestamp").is_empty() && !of("api_username").is_empty();
        if !signed {
            return error(403, json!({"error": {"code": 403, "message": "The credentials you entered do not match"}}));
        }
        let domains = self.domains(of("terms"));
        let count = json!({"current": domains.len(), "historic": domains.len() + 7});
        ok(match of("mode") {
            "quote" => json!({"response": {"domain_count": count}}),
            _ => json!({"response": {"domain_count": count, "domains": domains}}),
        })
    }

    fn whois_xml(&self, body: &str) -> Reply {
        let asked: Value = serde_json::from_str(body).unwrap_or_default();
        let term = asked.pointer("/advancedSearchTerms/0/term").and_then(Value::as_str).unwrap_or_default();
        let domains = self.domains(term);
        let listed = if asked["mode"] == "preview" { &[][..] } else { domains.as_slice() };
        ok(json!({"nextPageSearchAfter": null, "domainsCount": domains.len(), "domainsList": listed}))
    }

    fn security_trails(&self, body: &str) -> Reply {
        let asked: Value = serde_json::from_str(body).unwrap_or_default();
        let filter =
            asked["filter"].as_object().and_then(|filter| filter.values().next()?.as_str()).unwrap_or_default();
        let record = |domain: &&String| json!({"hostname": domain, "whois": {"registrar": "One Registrar", "createdDate": 1_767_225_600_000i64}});
        let records: Vec<Value> = self.domains(filter).iter().map(record).collect();
        ok(json!({"record_count": records.len(), "meta": {"limit_reached": false, "page": 1}, "records": records}))
    }

    fn dnsdb(&self, fits: impl Fn(&Record) -> bool) -> Reply {
        let mut body = "{\"cond\":\"begin\"}\n".to_owned();
        for record in self.knowledge.records.iter().filter(|record| fits(record)) {
            let _ = writeln!(body, "{}", json!({"obj": common(record)}));
        }
        body.push_str("{\"cond\":\"succeeded\"}\n");
        Reply { status: 200, headers: vec![("Content-Type", "application/x-ndjson".into())], body }
    }

    fn cof(&self, value: &str) -> Reply {
        let mut body = String::new();
        for record in self.knowledge.records.iter().filter(|record| record.0 == value || record.2 == value) {
            let _ = writeln!(body, "{}", common(record));
        }
        Reply { status: 200, headers: vec![("Content-Type", "application/x-ndjson".into())], body }
    }

    fn otx(&self, fits: impl Fn(&Record) -> bool) -> Reply {
        let records = self.knowledge.records.iter().filter(|record| fits(record));
        let told = |(name, rrtype, data, first, last): &Record| json!({"hostname": name, "record_type": rrtype, "address": data, "first": moment(*first), "last": moment(*last)});
        let records: Vec<Value> = records.map(told).collect();
        ok(json!({"count": records.len(), "passive_dns": records}))
    }

    fn crt_sh(&self, parameters: &[(String, String)]) -> Reply {
        let asked = parameters.iter().find(|(name, _)| name == "q").map_or("", |(_, value)| value.as_str());
        let suffix = asked.trim_start_matches('%');
        let fits = |names: &[String]| names.iter().any(|name| name.ends_with(suffix));
        let entries = self.knowledge.certificates.iter().filter(|(names, ..)| fits(names));
        let told = |(names, serial, logged): &(Vec<String>, String, String)| {
            json!({"issuer_ca_id": 7, "issuer_name": "C=XX, O=Sample CA", "common_name": names.first(), "name_value": names.join("\n"),
                "entry_timestamp": logged, "not_before": logged, "not_after": logged, "serial_number": serial})
        };
        ok(Value::Array(entries.map(told).collect()))
    }
}

type Record = (String, &'static str, String, i64, i64);

fn common((name, rrtype, data, first, last): &Record) -> Value {
    json!({"rrname": format!("{name}."), "rrtype": rrtype, "rdata": data, "time_first": first, "time_last": last, "count": 1})
}

/// `2026-01-02T03:04:05`, without a zone.
fn moment(seconds: i64) -> String {
    model::Time(seconds).to_string().trim_end_matches('Z').to_owned()
}

/// `*.widgets.example` stands for all names below.
fn owns(asked: &str, name: &str) -> bool {
    asked.strip_prefix('*').map_or(asked == name, |suffix| name.ends_with(suffix))
}

fn ok(body: Value) -> Reply {
    error(200, body)
}

fn error(status: u16, body: Value) -> Reply {
    Reply { status, headers: vec![("Content-Type", "application/json".into())], body: body.to_string() }
}

fn parameters(query: &str) -> Vec<(String, String)> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (unescape(name), unescape(&value.replace('+', " ")))).collect()
}

/// RFC 3986 §2.1; what is no escape stays.
fn unescape(text: &str) -> String {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()).filter(|_| first == b'%') {
            Some(octet) => {
                octets.push(octet);
                rest = &after[2..];
            }
            None => {
                octets.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&octets).into_owned()
}
