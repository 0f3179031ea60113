//! Raw answers as lines: one of a file, or a directory of them.

use std::{
    fs,
    io::{self, Cursor, Read},
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use formats::registration_lines::Defaults;
use model::{Time, registration::Protocol};

/// The largest raw answer that is read as one.
pub const ANSWER_OCTETS_MAX: u64 = 4 << 20;
/// How many files one directory may have.
const FILES_MAX: usize = 10_000_000;

/// A raw answer as the line that says the same. Octets that are no UTF-8 stand for themselves (ISO 8859-1).
pub fn line(body: &[u8], domain: &str, defaults: &Defaults) -> Vec<u8> {
    let (raw, _) = formats::whois::decode(body, domain);
    let line = serde_json::json!({
        "domain": domain, "server": defaults.server, "observed": defaults.observed,
        "protocol": defaults.protocol, "raw": raw,
    });
    line.to_string().into_bytes()
}

/// The answers in a directory, a line each. A file is named for its domain, with or without `.txt`, `.whois`, `.rdap` or
/// `.json` behind it; what begins with a brace is RDAP. An answer was got when its file was last changed, unless a moment
/// is given. Directories in it and hidden files are passed over.
#[derive(Debug)]
pub struct Answers {
    files: std::vec::IntoIter<PathBuf>,
    line: Cursor<Vec<u8>>,
    server: String,
    at: Option<Time>,
}

impl Answers {
    /// The answers in this directory, in the order of their names.
    pub fn of(directory: &Path, server: &str, at: Option<Time>) -> io::Result<Answers> {
        let mut files = Vec::new();
        for entry in fs::read_dir(directory)? {
            let path = entry?.path();
            if is_answer(&path) {
                files.push(path);
            }
            if files.len() > FILES_MAX {
                return Err(io::Error::other(format!("more than {FILES_MAX} files; read them in parts")));
            }
        }
        files.sort_unstable();
        Ok(Answers { files: files.into_iter(), line: Cursor::default(), server: server.to_owned(), at })
    }

    fn read_file(&self, path: &Path) -> io::Result<Vec<u8>> {
        let file = fs::File::open(path)?;
        let changed = file.metadata()?.modified().ok().and_then(|moment| moment.duration_since(UNIX_EPOCH).ok());
        let changed = changed.and_then(|since| i64::try_from(since.as_secs()).ok()).map(Time);
        let mut body = Vec::new();
        file.take(ANSWER_OCTETS_MAX).read_to_end(&mut body)?;
        let is_rdap = body.trim_ascii_start().first() == Some(&b'{');
        let defaults = Defaults {
            protocol: if is_rdap { Protocol::Rdap } else { Protocol::Whois },
            server: self.server.clone(),
            observed: self.at.or(changed).unwrap_or(Time(0)),
        };
        let mut line = line(&body, domain_of(path), &defaults);
        line.push(b'\n');
        Ok(line)
    }
}

impl Read for Answers {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.line.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            let Some(path) = self.files.next() else { return Ok(0) };
            self.line = Cursor::new(self.read_file(&path)?);
        }
    }
}

fn is_answer(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| !name.starts_with('.')) && path.is_file()
}

fn domain_of(path: &Path) -> &str {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    [".txt", ".whois", ".rdap", ".json"].iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_for_their_domains() {
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(directory.path().join(name), text).unwrap();
        write("widgets.example.txt", "Domain Name: widgets.example\r\nRegistrar: One\r\n");
        write("gadgets.example.json", r#"{"objectClassName":"domain","ldhName":"gadgets.example"}"#);
        write(".hidden", "x");
        fs::create_dir(directory.path().join("below")).unwrap();
        let mut text = String::new();
        Answers::of(directory.path(), "", Some(Time(7))).unwrap().read_to_string(&mut text).unwrap();
        let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let told: Vec<String> = lines.iter().map(|line| format!("{} {}", line["domain"], line["protocol"])).collect();
        assert_eq!(told, [r#""gadgets.example" "rdap""#, r#""widgets.example" "whois""#]);
    }
}
