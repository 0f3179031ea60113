use super::*;

#[test]
fn every_kind_has_its_fields() {
    for kind in GroupKind::ALL {
        let fields = GroupFields::new(*kind);
        assert_eq!(fields.kind(), *kind);
        assert_eq!(fields.check(), Ok(()));
    }
}

#[test]
fn numbers_are_strict() {
    assert_eq!("cve-2026-12345".parse::<CveId>().unwrap().to_string(), "CVE-2026-12345");
    assert_eq!("t1566.001".parse::<TechniqueId>().unwrap().to_string(), "T1566.001");
    assert_eq!("T1566".parse::<TechniqueId>().unwrap().to_string(), "T1566");
    for wrong in ["", "T", "T156", "T1566.", "T1566.01", "T1566.001.1", "TA0001"] {
        assert!(wrong.parse::<TechniqueId>().is_err(), "{wrong}");
    }
    assert!("CVE-26-1".parse::<CveId>().is_err());
    assert!("ab".parse::<Sha256>().is_err());
    assert_eq!(f64::from(Cvss::try_from(9.8).unwrap()), 9.8);
    assert!(Cvss::try_from(10.1).is_err() && Cvss::try_from(f64::NAN).is_err());
}

#[test]
fn likelihood_is_said_in_the_words_of_its_table() {
    assert_eq!(Likelihood::VeryLikely.term(Yardstick::Icd203), ("very likely", 80, 95));
    assert_eq!(Likelihood::RoughlyEvenChance.term(Yardstick::Phia), ("realistic possibility", 40, 50));
}

#[test]
fn a_profile_says_what_its_risk_rests_on() {
    let risk = |likelihood, inputs: &[&str]| {
        let inputs = inputs.iter().map(ToString::to_string).collect();
        GroupFields::Adversary(Profile { risk: Some(Risk { likelihood, impact: 4, inputs }), ..Profile::default() })
    };
    assert_eq!(risk(3, &["two tickets this year"]).check(), Ok(()));
    assert_eq!(risk(6, &["x"]).check().unwrap_err().path, "risk.likelihood");
    assert_eq!(risk(3, &[]).check().unwrap_err().path, "risk.inputs");
    let country = GroupFields::Adversary(Profile { suspected_country: Some("zz".into()), ..Profile::default() });
    assert_eq!(country.check().unwrap_err().path, "suspectedCountry");
    let report = GroupFields::Report(Report { url: Some("javascript:alert(1)".into()), ..Report::default() });
    assert_eq!(report.check().unwrap_err().path, "url");
}
