//! Status values: RDAP's words as the EPP codes that WHOIS prints (RFC 8056 §2).

use model::registration::State;

/// The EPP code of an RDAP status; a status without one stays as it is.
pub(super) fn epp(status: &str) -> String {
    let lower = status.to_lowercase();
    match lower.as_str() {
        "active" => "ok".to_owned(),
        "associated" => "linked".to_owned(),
        _ if WORDS.contains(&lower.as_str()) => camel(&lower),
        _ => status.to_owned(),
    }
}

/// Statuses whose EPP code is the same words written together.
const WORDS: &[&str] = &[
    "add period",
    "auto renew period",
    "client delete prohibited",
    "client hold",
    "client renew prohibited",
    "client transfer prohibited",
    "client update prohibited",
    "pending create",
    "pending delete",
    "pending renew",
    "pending restore",
    "pending transfer",
    "pending update",
    "redemption period",
    "renew period",
    "server delete prohibited",
    "server hold",
    "server renew prohibited",
    "server transfer prohibited",
    "server update prohibited",
    "transfer period",
];

fn camel(words: &str) -> String {
    let mut code = String::with_capacity(words.len());
    for (index, word) in words.split(' ').enumerate() {
        match (index, word.split_at_checked(1)) {
            (1.., Some((first, rest))) => code.extend([first.to_ascii_uppercase().as_str(), rest]),
            _ => code.push_str(word),
        }
    }
    code
}

/// What the statuses of a domain that exists at the registry say of it.
pub(super) fn state(statuses: &[String]) -> State {
    let has = |code: &str| statuses.iter().any(|status| status.eq_ignore_ascii_case(code));
    match () {
        () if has("redemptionPeriod") || has("pendingRestore") || has("pendingDelete") => State::Redemption,
        () if has("reserved") => State::Reserved,
        () => State::Registered,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes() {
        assert_eq!(epp("Client Transfer Prohibited"), "clientTransferProhibited");
        assert_eq!(epp("active"), "ok");
        assert_eq!(epp("validated"), "validated");
        assert_eq!(state(&[epp("redemption period")]), State::Redemption);
        assert_eq!(state(&[]), State::Registered);
    }
}
