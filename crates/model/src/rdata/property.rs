//! Properties over every type of the table.

use proptest::{collection::vec, prelude::*, sample::select};

use super::*;

fn types() -> Vec<RecordType> {
    (0..=u16::MAX).map(RecordType).filter(|rrtype| layout(*rrtype).is_some()).collect()
}

fn name() -> impl Strategy<Value = Vec<u8>> {
    vec(vec(any::<u8>(), 1..12), 0..6).prop_map(|labels| {
        let name = Name::from_labels(labels.iter().map(Vec::as_slice)).expect("short enough");
        name.as_wire().to_vec()
    })
}

fn counted(octets: Vec<u8>) -> Vec<u8> {
    let mut counted = vec![octets.len() as u8];
    counted.extend(octets);
    counted
}

fn parameters() -> impl Strategy<Value = Vec<u8>> {
    let value = prop_oneof![
        vec(any::<u8>(), 0..20),
        vec(any::<u8>(), 16),
        vec(any::<u8>(), 4),
        vec(select(vec![b',', b'\\', b'"', b'h', 1, 2]), 1..8).prop_map(counted),
        Just(vec![0, 1, 0, 4]),
    ];
    vec((0u16..12, value), 0..5).prop_map(|mut pairs| {
        pairs.sort();
        let wire = |(key, value): (u16, Vec<u8>)| {
            [key.to_be_bytes().as_slice(), &(value.len() as u16).to_be_bytes(), &value].concat()
        };
        pairs.into_iter().flat_map(wire).collect()
    })
}

fn bitmap() -> impl Strategy<Value = Vec<u8>> {
    let canonical = vec(any::<u16>(), 0..6).prop_map(|types| {
        let mut octets = Vec::new();
        bitmap::push_types(types, &mut octets);
        octets
    });
    let any_order = vec((any::<u8>(), vec(any::<u8>(), 1..=32)), 0..3).prop_map(|windows| {
        windows.into_iter().flat_map(|(window, bits)| [vec![window], counted(bits)].concat()).collect()
    });
    prop_oneof![canonical, any_order]
}

fn field(kind: FieldKind) -> BoxedStrategy<Vec<u8>> {
    let fixed = |length| vec(any::<u8>(), length).boxed();
    match kind {
        FieldKind::U8 => fixed(1),
        FieldKind::U16 | FieldKind::Type => fixed(2),
        FieldKind::U32 | FieldKind::Moment | FieldKind::Ipv4 => fixed(4),
        FieldKind::Ipv6 => prop_oneof![vec(any::<u8>(), 16), vec(select(vec![0, 0xff]), 16)].boxed(),
        FieldKind::Hyphened(length) => fixed(length),
        FieldKind::Location => location().boxed(),
        FieldKind::Name | FieldKind::Target => name().boxed(),
        FieldKind::Tag => "[a-zA-Z0-9]{1,8}|.{0,4}".prop_map(|tag| counted(tag.into())).boxed(),
        FieldKind::Text | FieldKind::CountedHex | FieldKind::CountedBase32 => {
            vec(any::<u8>(), 0..=255).prop_map(counted).boxed()
        }
        FieldKind::Texts => {
            vec(vec(any::<u8>(), 0..=255).prop_map(counted), 1..4).prop_map(|texts| texts.concat()).boxed()
        }
        FieldKind::Types => bitmap().boxed(),
        FieldKind::Ports => vec(any::<u8>(), 1..40).boxed(),
        FieldKind::Parameters => parameters().boxed(),
        FieldKind::Value | FieldKind::Hex | FieldKind::Base64 => vec(any::<u8>(), 0..300).boxed(),
    }
}

/// Version 0, extents that are mostly valid, any place.
fn location() -> impl Strategy<Value = Vec<u8>> {
    let near = |centre: u32| any::<i32>().prop_map(move |offset| centre.wrapping_add_signed(offset / 8));
    (0u8..2, vec(any::<u8>(), 3), near(1 << 31), any::<u32>(), any::<u32>()).prop_map(|(version, extents, a, b, c)| {
        [vec![version / 2], extents, a.to_be_bytes().into(), b.to_be_bytes().into(), c.to_be_bytes().into()].concat()
    })
}

fn octets_of_a_type() -> impl Strategy<Value = (RecordType, Vec<u8>)> {
    select(types()).prop_flat_map(|rrtype| {
        let fields: Vec<_> = layout(rrtype).expect("in the table").iter().map(|kind| field(*kind)).collect();
        (Just(rrtype), fields.prop_map(|fields| fields.concat()))
    })
}

proptest! {
    #[test]
    fn what_fits_its_type_round_trips((rrtype, octets) in octets_of_a_type()) {
        let rdata = Rdata::from_wire(rrtype, &octets).unwrap();
        let text = rdata.text(rrtype);
        prop_assert_eq!(Rdata::from_text(rrtype, &text), Ok(rdata.clone()), "{}", &text);
        prop_assert_eq!(Rdata::from_wire(rrtype, rdata.as_octets()), Ok(rdata.clone()));
        prop_assert_eq!(rdata.address(rrtype).is_some(), matches!(rrtype, RecordType::A | RecordType::AAAA));
        prop_assert!(rdata.targets(rrtype).iter().all(|target| !target.is_root()));
    }

    #[test]
    fn canonical_fields_have_their_own_form((rrtype, octets) in octets_of_a_type()) {
        // Types whose every octet string has a presentation form are never written in the generic one.
        let kinds = layout(rrtype).unwrap();
        let always = |kind: &FieldKind| !matches!(kind, FieldKind::Tag | FieldKind::Types | FieldKind::Ports
            | FieldKind::Parameters | FieldKind::Location);
        if kinds.iter().all(always) && !octets.is_empty() {
            prop_assert!(!Rdata::from_wire(rrtype, &octets).unwrap().text(rrtype).starts_with(r"\#"));
        }
    }

    #[test]
    fn no_octets_break_it(rrtype in select(types()), octets in vec(any::<u8>(), 0..80)) {
        let rdata = Rdata::from_canonical(&octets);
        prop_assert!(!rdata.text(rrtype).is_empty());
        rdata.targets(rrtype);
        if let Ok(accepted) = Rdata::from_wire(rrtype, &octets) {
            prop_assert_eq!(Rdata::from_text(rrtype, &accepted.text(rrtype)), Ok(accepted));
        }
    }

    #[test]
    fn no_text_breaks_it(rrtype in select(types()), text in r#"([0-9]{1,3} |[a-z.]{1,8} |"|\\|[ -~]|\PC|=|, |\(){0,20}"#) {
        if let Ok(accepted) = Rdata::from_text(rrtype, &text) {
            prop_assert_eq!(Rdata::from_text(rrtype, &accepted.text(rrtype)), Ok(accepted.clone()), "{}", text);
            prop_assert_eq!(Rdata::from_wire(rrtype, accepted.as_octets()), Ok(accepted));
        }
    }
}
