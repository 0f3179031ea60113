//! What the team believes: scenarios on both engines.

mod community;
pub(crate) mod engines;
mod feed;
mod import;
mod label;
mod leak;
mod profile;
mod text;

use model::{
    Actor, Id, Indicator, Membership, Owner, OwnerId, OwnerKind, Readable, Scopes, Standing, Time, Tlp, UserId,
    owner::Role,
};

pub(crate) const NOW: Time = Time(1_790_000_000);

/// An owner that is there.
pub(crate) fn owner(store: &store::Store, number: u8, name: &str) -> Owner {
    let id = OwnerId(Id([number; 16]));
    let owner = Owner {
        id,
        name: name.into(),
        kind: OwnerKind::Organization,
        reviewed: false,
        open: false,
        tlp: Tlp::Amber,
        revision: 1,
    };
    store.write(|tx| store::owner::add(tx, &owner, NOW)).unwrap();
    owner
}

/// Somebody with a role in one owner.
pub(crate) fn member(of: &Owner, role: Role) -> Actor {
    let user = UserId(Id([of.id.0.0[0] + 100; 16]));
    let membership = Membership { owner: of.id, user, role, pseudonym: None };
    Actor {
        name: format!("{role} of {}", of.name),
        user: Some(user),
        sources: Readable::All,
        standing: Standing::Account { administrator: false, memberships: vec![membership], open: Vec::new() },
        scopes: Scopes::all(),
    }
}

pub(crate) fn indicator(text: &str) -> Indicator {
    Indicator::guess(text).unwrap()
}

/// The folder of samples; where it is absent the test is skipped, or fails where samples are required.
pub(crate) fn samples(part: &str) -> Option<std::path::PathBuf> {
    let folder = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")).join(part);
    if folder.exists() {
        return Some(folder);
    }
    assert!(std::env::var_os("SPOOR_REQUIRE_SAMPLES").is_none(), "no samples at {}", folder.display());
    println!("skipped: no samples at {}", folder.display());
    None
}

/// Names and contents of the files in a tar archive (POSIX.1-1988 ustar).
pub(crate) fn untar(octets: &[u8]) -> Vec<(String, &[u8])> {
    let (mut files, mut rest) = (Vec::new(), octets);
    while let Some((header, after)) = rest.split_at_checked(512) {
        let text = |range: std::ops::Range<usize>| {
            String::from_utf8_lossy(&header[range]).trim_end_matches(['\0', ' ']).to_owned()
        };
        let Ok(size) = usize::from_str_radix(text(124..135).trim(), 8) else { break };
        if header[156] == b'0' {
            files.push((text(0..100), &after[..size]));
        }
        rest = &after[size.next_multiple_of(512)..];
    }
    files
}
