//! Whether sharing a value says anything, and why.

use model::{PivotKind, Quality, evidence::Share};

use crate::{label::Label, weight::Weights};

/// A quality and its reason in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessment {
    /// The quality.
    pub quality: Quality,
    /// Why.
    pub reason: String,
}

/// Assesses a value by its labels first, then by how many share it.
pub fn assess(kind: PivotKind, share: &Share, labels: &[Label], weights: &Weights) -> Assessment {
    let worst = labels.iter().max_by_key(|label| (label.kind.quality() == Quality::Poison, label.kind));
    if let Some(label) = worst {
        let reason = format!("{}, says `{}`", label.kind.as_str(), label.source);
        return Assessment { quality: label.kind.quality(), reason };
    }
    let limit = weights.crowded_over(kind);
    let quality = match share {
        share if share.domains.max(share.known) > limit => Quality::Crowded,
        share if share.population == 0 => Quality::Unmeasured,
        _ => Quality::Selective,
    };
    Assessment { quality, reason: describe(share) }
}

/// How many share a value, with the denominator, in words.
pub fn describe(share: &Share) -> String {
    let more = if share.at_least { "at least " } else { "" };
    if share.population == 0 {
        return format!("{more}{} known here; no measured population says how many there are", domains(share.known));
    }
    let unseen = share.known.saturating_sub(share.domains);
    let beside = if unseen > 0 { format!(", {unseen} more known from look-ups or imports") } else { String::new() };
    format!("shared by {more}{} of about {} measured{beside}", domains(share.domains), grouped(share.population))
}

fn domains(count: u64) -> String {
    if count == 1 { "1 domain".into() } else { format!("{} domains", grouped(count)) }
}

/// A number with its thousands apart: `12,345`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::label::LabelKind;

    fn share(domains: u64, known: u64, population: u64) -> Share {
        Share { domains, names: domains, known, population, sources: 1, at_least: false }
    }

    #[test]
    fn labels_before_counts_and_counts_over_populations() {
        let weights = Weights::bundled();
        let assess = |share: &Share, labels: &[Label]| assess(PivotKind::Address, share, labels, &weights).quality;
        assert_eq!(assess(&share(3, 3, 10_000), &[]), Quality::Selective);
        assert_eq!(assess(&share(51, 51, 10_000), &[]), Quality::Crowded);
        assert_eq!(assess(&share(0, 3, 0), &[]), Quality::Unmeasured);
        let label = |kind| Label { kind, source: "x".into() };
        assert_eq!(assess(&share(2, 2, 10_000), &[label(LabelKind::Sinkhole)]), Quality::Poison);
        assert_eq!(assess(&share(2, 2, 10_000), &[label(LabelKind::Cdn), label(LabelKind::Parking)]), Quality::Poison);
    }

    #[test]
    fn says_its_denominator() {
        assert_eq!(
            describe(&share(1, 3, 12_345)),
            "shared by 1 domain of about 12,345 measured, 2 more known from look-ups or imports"
        );
        assert_eq!(describe(&share(0, 3, 0)), "3 domains known here; no measured population says how many there are");
    }
}
