//! WHOIS answers in every family of layout, written by hand with fictional data.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]
use formats::{RemarkKind, whois};
use model::{
    Name, RawAnswer, Registration, Scope, Time,
    registration::{Protocol, State},
};
use proptest::prelude::*;

fn parse_from(server: &str, domain: &str, text: &str) -> whois::Parsed {
    whois::parse(text, server, &domain.parse::<Name>().unwrap())
}

fn parse(domain: &str, text: &str) -> Registration {
    parse_from("whois.nic.example", domain, text).registration
}

fn days(found: &Registration) -> [String; 3] {
    [found.created, found.updated, found.expires].map(|time| time.map(Time::day).unwrap_or_default())
}

fn hosts(found: &Registration) -> Vec<String> {
    found.nameservers.iter().map(|server| server.name.to_string()).collect()
}

const TWO: [&str; 2] = ["ns1.hoster.test", "ns2.hoster.test"];

#[test]
fn keys_and_values_of_icann() {
    let text = "\
Domain Name: WIDGETS.EXAMPLE
Registry Domain ID: 4711_DOMAIN-EXAMPLE
Registrar WHOIS Server: whois.registrar.test
Registrar URL: https://www.registrar.test
Updated Date: 2026-02-03T10:20:30Z
Creation Date: 2025-01-02T10:20:30Z
Registry Expiry Date: 2027-01-02T10:20:30Z
Registrar: Example Registrar, Inc.
Registrar IANA ID: 9995
Registrar Abuse Contact Email: abuse@registrar.test
Registrar Abuse Contact Phone: +1.5550100100
Domain Status: clientTransferProhibited https://icann.org/epp#clientTransferProhibited
Registry Registrant ID: C-1
Registrant Name: Ada Example
Registrant Organization:
Registrant Street: 1 Main Street
Registrant Street: Suite 2
Registrant City: Springfield
Registrant Postal Code: 12345
Registrant Country: US
Registrant Phone: +1.5550100101
Registrant Phone Ext:
Registrant Email: ada@mail.example
Registry Admin ID: REDACTED FOR PRIVACY
Admin Name: REDACTED FOR PRIVACY
Admin Email: Please query the RDDS service of the Registrar of Record
Tech Organization: Domains By Proxy, LLC
Tech Phone: +1.5550100102
Name Server: NS2.HOSTER.TEST
Name Server: NS1.HOSTER.TEST
DNSSEC: unsigned
>>> Last update of WHOIS database: 2026-02-03T11:00:00Z <<<

NOTICE: no match for anything is ever not found here; query limit exceeded.
";
    let parsed = parse_from("whois.nic.example", "widgets.example", text);
    let found = &parsed.registration;
    assert_eq!(found.state, State::Registered);
    assert_eq!(found.registry_id.as_deref(), Some("4711_DOMAIN-EXAMPLE"));
    assert_eq!(days(found), ["2025-01-02", "2026-02-03", "2027-01-02"]);
    assert_eq!(found.registrar.name.as_deref(), Some("Example Registrar, Inc."));
    assert_eq!((found.registrar.iana_id, parsed.referral.as_deref()), (Some(9995), Some("whois.registrar.test")));
    assert_eq!(found.registrar.abuse_email.as_deref(), Some("abuse@registrar.test"));
    assert_eq!(found.statuses, ["clientTransferProhibited"]);
    assert_eq!(found.registrant.name.stated(), Some("Ada Example"));
    assert!(found.registrant.organization.is_absent());
    assert_eq!(found.registrant.street.stated(), Some("1 Main Street, Suite 2"));
    assert_eq!(found.registrant.handle.stated(), Some("C-1"));
    assert_eq!(found.registrant.scope, Some(Scope::Registry("example".into())));
    assert!(found.admin.name.stated().is_none() && !found.admin.name.is_absent());
    assert!(found.tech.phone.stated().is_none(), "a proxy's telephone is not the holder's");
    assert_eq!((hosts(found), found.signed), (TWO.map(String::from).to_vec(), Some(false)));
    assert_eq!((parsed.remarks.len(), parsed.understood), (0, parsed.lines));
}

#[test]
fn a_handle_belongs_to_who_gave_it_out() {
    let text = "\
Domain Name: widgets.example
Registrar WHOIS Server: whois.registrar.test
Registrar: Example Registrar
Registrar IANA ID: 9995
Registrant ID: K-4711
Registry Tech ID: C-2
";
    let own = parse_from("WHOIS.registrar.test", "widgets.example", text).registration;
    assert_eq!(own.registrant.scope, Some(Scope::Registrar(9995)));
    assert_eq!(own.tech.scope, Some(Scope::Registry("example".into())));
    let registry = parse("widgets.example", text);
    assert_eq!(registry.registrant.scope, Some(Scope::Registry("example".into())));
    let nameless = text.replace("Registrar IANA ID: 9995\n", "");
    let named = parse_from("whois.registrar.test", "widgets.example", &nameless).registration;
    assert_eq!(named.registrant.scope, Some(Scope::RegistrarNamed("example registrar".into())));
}

#[test]
fn objects_joined_by_handle() {
    let text = "\
domain:       widgets.example
registrant:   AE1-TEST
admin-c:      AE1-TEST
tech-c:       NOC2-TEST
tech-c:       AE1-TEST
nserver:      ns1.hoster.test [192.0.2.1 2001:db8::1]
nserver:      ns2.hoster.test
created:      03.04.2025 12:00:00
changed:      hostmaster@nic.example 20250405
expire:       28.02.2027

nic-hdl:      NOC2-TEST
role:         Hoster Operations
e-mail:       noc@hoster.test
admin-c:      BOSS-TEST
changed:      hostmaster@nic.example 20010101

person:       Ada Example
address:      1 Main Street
address:      Springfield
address:      Norway
phone:        +47 555 01 00
e-mail:       ada@mail.example
nic-hdl:      AE1-TEST
created:      01.01.2001
";
    let found = parse("widgets.example", text);
    assert_eq!(days(&found), ["2025-04-03", "2025-04-05", "2027-02-28"]);
    assert_eq!(found.registrant.name.stated(), Some("Ada Example"));
    assert_eq!(found.registrant.handle.stated(), Some("AE1-TEST"));
    assert_eq!(found.registrant.country.stated(), Some("Norway"));
    assert_eq!(found.admin.email.stated(), Some("ada@mail.example"));
    assert_eq!(found.tech.name.stated(), Some("Hoster Operations"));
    assert_eq!(found.nameservers[0].addresses.len(), 2);
}

#[test]
fn sections_with_indented_lines() {
    let text = "
    Domain name:
        widgets.example

    Registrant:
        Example Widgets Ltd

    Registrant's address:
        1 Main Street
        Springfield
        United Kingdom

    Registrar:
        Example Registrar Ltd t/a Names [Tag = EXAMPLE]
        URL: https://www.registrar.test

    Relevant dates:
        Registered on: 02-Jan-2025
        Expiry date:  02-Jan-2027

    Name servers:
        ns1.hoster.test      192.0.2.1
        ns2.hoster.test

    WHOIS lookup made at 13:34:13 01-May-2026
";
    let found = parse("widgets.example", text);
    assert_eq!(found.registrant.organization.stated(), Some("Example Widgets Ltd"));
    assert_eq!(found.registrant.country.stated(), Some("United Kingdom"));
    assert_eq!(found.registrar.name.as_deref(), Some("Example Registrar Ltd t/a Names"));
    assert_eq!((hosts(&found), days(&found)[0].as_str()), (TWO.map(String::from).to_vec(), "2025-01-02"));
}

#[test]
fn sections_with_labels_in_them() {
    let text = "\
Domain:             widgets.example
Status:             ok
Created:            2025-01-02 00:00:00

Registrant
  Organization:     Example Widgets
  Address:          1 Main Street
                    Springfield
  Created:          2001-01-01 00:00:00

Admin Contact
  Name:             Ada Example
  State:            Somewhere

Registrar
  Organization:     Example Registrar
  Name:             EXAMPLE-REG

Nameservers
  ns1.hoster.test
  ns2.hoster.test
";
    let found = parse("widgets.example", text);
    assert_eq!(days(&found)[0], "2025-01-02");
    assert_eq!(found.statuses, ["ok"]);
    assert_eq!(found.registrant.street.stated(), Some("1 Main Street, Springfield"));
    assert_eq!((found.admin.name.stated(), found.admin.state.stated()), (Some("Ada Example"), Some("Somewhere")));
    assert_eq!(found.registrar.name.as_deref(), Some("Example Registrar"));
    assert_eq!(hosts(&found), TWO);
}

#[test]
fn brackets() {
    let text = "\
Domain Information:
a. [Domain Name]                WIDGETS.EXAMPLE
g. [Organization]               Example Widgets
m. [Administrative Contact]     AE001XX
p. [Name Server]                ns1.hoster.test
p. [Name Server]                ns2.hoster.test
[State]                         Connected (2027/03/31)
[Registered Date]               2025/01/02
[Last Update]                   2026/02/03 01:02:03 (JST)
";
    let found = parse("widgets.example", text);
    assert_eq!(days(&found)[..2], ["2025-01-02", "2026-02-02"]);
    assert_eq!(found.admin.handle.stated(), Some("AE001XX"));
    assert_eq!(found.registrant.organization.stated(), Some("Example Widgets"));
    let text = "[Domain]\nDomain: widgets.example\nStatus: active\n\n[Holder]\nType: Legal person\nName: Example Ltd\n\n\
        [Tech-C]\nType: ROLE\nEmail: noc@hoster.test\n\n[Nservers]\nNserver: ns1.hoster.test\n";
    let found = parse("widgets.example", text);
    assert_eq!(found.registrant.name.stated(), Some("Example Ltd"));
    assert_eq!(found.tech.email.stated(), Some("noc@hoster.test"));
}

#[test]
fn prose_and_envelopes() {
    let text = "\
Registrant:
   Example Widgets, Inc.
   1 Main Street
   Springfield, CA 12345
   US

   Domain Name: WIDGETS.EXAMPLE

   Administrative Contact, Technical Contact:
      Ada Example   ada@mail.example
      1 Main Street
      +1 555 010 0100 fax: +1 555 010 0101

   Record expires on 02-Jan-2027.
   Record created on 02-Jan-2025.
   Database last updated on 3-Feb-2026 10:20:30 EST.

   Domain servers in listed order:

   NS1.HOSTER.TEST              192.0.2.1
   NS2.HOSTER.TEST              192.0.2.2
";
    let found = parse("widgets.example", text);
    assert_eq!(days(&found), ["2025-01-02", "", "2027-01-02"]);
    assert_eq!(found.registrant.organization.stated(), Some("Example Widgets, Inc."));
    assert_eq!(found.registrant.country.stated(), Some("US"));
    assert_eq!(found.admin.email.stated(), Some("ada@mail.example"));
    assert_eq!(hosts(&found), TWO);
}

#[test]
fn values_below_their_labels() {
    let text = "\
Domain name:
widgets.example

Holder of domain name:
Example Widgets AG
Ada Example
1 Main Street

First registration date:
2025-01-02

Name servers:
ns1.hoster.test
ns2.hoster.test\t[192.0.2.2]
";
    let found = parse("widgets.example", text);
    assert_eq!(found.domain.as_ref().map(Name::to_string).as_deref(), Some("widgets.example"));
    assert_eq!((days(&found)[0].as_str(), hosts(&found)), ("2025-01-02", TWO.map(String::from).to_vec()));
    assert_eq!(found.registrant.organization.stated(), Some("Example Widgets AG"));
    assert_eq!(found.registrant.name.stated(), Some("Ada Example"));
}

#[test]
fn leaders_of_dots_and_other_languages() {
    let text = "\
domain.............: widgets.example
status.............: Registered
created............: 2.1.2025 00:00:00
nserver............: ns1.hoster.test [OK]
nserver............: ns2.hoster.test [OK]

Titular / Registrant
   Example Widgets Lda

Contacto Administrativo (Administrative Contact):
    Nombre      : Ada Example
    Correo electrónico: ada@mail.example

Fecha de expiración: 02/01/2027
";
    let found = parse("widgets.example", text);
    assert_eq!(days(&found), ["2025-01-02", "", "2027-01-02"]);
    assert_eq!(found.registrant.text_of(), Some("Example Widgets Lda"));
    assert_eq!(
        (found.admin.name.stated(), found.admin.email.stated()),
        (Some("Ada Example"), Some("ada@mail.example"))
    );
    assert_eq!(hosts(&found), TWO);
}

/// Name or organisation, where a layout does not say which.
trait TextOf {
    fn text_of(&self) -> Option<&str>;
}

impl TextOf for model::Contact {
    fn text_of(&self) -> Option<&str> {
        self.organization.stated().or(self.name.stated())
    }
}

#[test]
fn the_other_dates_decide_the_order() {
    let text = "Domain Name: widgets.example\nCreation Date: 03/04/2025\nExpiration Date: 04/28/2027\n";
    assert_eq!(days(&parse("widgets.example", text))[0], "2025-03-04");
    let text = text.replace("04/28/2027", "28/04/2027");
    assert_eq!(days(&parse("widgets.example", &text))[0], "2025-04-03");
}

#[test]
fn states() {
    for (text, state) in [
        ("No match for \"WIDGETS.EXAMPLE\".\r\n", State::Available),
        ("%% NOT FOUND", State::Available),
        ("Domain Name: widgets.example\nDomain Status: No Object Found\n", State::Available),
        ("domain: widgets.example\nstatus: free\n", State::Available),
        ("This name is reserved by the registry.", State::Reserved),
        ("This is a premium name, for sale by the registry", State::Premium),
        ("query_status: 440 Request Denied", State::Throttled),
        (
            "The WHOIS query quota for 192.0.2.1 has been exceeded\nand will be replenished in 50 seconds",
            State::Throttled,
        ),
        ("% Access denied", State::Refused),
        ("Invalid input", State::Malformed),
        ("", State::Malformed),
        (
            "Domain Name: widgets.example\nCreation Date: 2025-01-02\nDomain Status: redemptionPeriod\n",
            State::Redemption,
        ),
        ("Domain:\twidgets.example\nStatus:\tNOT AVAILABLE\nRegistered:\tTue Jan 2 2025\n", State::Registered),
    ] {
        assert_eq!(parse("widgets.example", text).state, state, "{text}");
    }
    let parsed = parse_from("whois.nic.example", "widgets.example", "Please go away for 13 Seconds");
    assert_eq!((parsed.registration.state, parsed.wait_seconds), (State::Throttled, Some(13)));
}

#[test]
fn a_throttled_registrar_takes_nothing_away() {
    let answer =
        |server: &str, body: &[u8]| RawAnswer { protocol: Protocol::Whois, server: server.into(), body: body.into() };
    let registry =
        b"Domain Name: widgets.example\nRegistrar: Example Registrar\nRegistrar WHOIS Server: whois.registrar.test\n\
        Creation Date: 2025-01-02T00:00:00Z\nName Server: ns1.hoster.test\n";
    let registrar =
        b"Domain Name: widgets.example\nCreation Date: 2025-01-03T00:00:00Z\nRegistrant Name: Z\xfcrich Widgets\n";
    let domain: Name = "widgets.example".parse().unwrap();
    let both =
        whois::read(&[answer("whois.nic.example", registry), answer("whois.registrar.test", registrar)], &domain);
    assert_eq!(both.registration.registrant.name.stated(), Some("Zürich Widgets"));
    assert_eq!(days(&both.registration)[0], "2025-01-02");
    assert!(both.remarks.iter().any(|remark| remark.what == RemarkKind::Charset));
    let silent = answer("whois.registrar.test", b"Query limit exceeded");
    let alone = whois::read(&[answer("whois.nic.example", registry), silent], &domain);
    assert_eq!(alone.registration.state, State::Registered);
    assert_eq!(hosts(&alone.registration), ["ns1.hoster.test"]);
}

#[test]
fn what_is_not_understood_is_said() {
    let text = "Domain Name: widgets.example\nShoe size: 44\nCreation Date: 99/99/2025\n";
    let parsed = parse_from("whois.nic.example", "widgets.example", text);
    let said: Vec<_> = parsed.remarks.iter().map(|remark| remark.to_string()).collect();
    assert_eq!(said, ["line 2: not understood: Shoe size: 44", "line 3: bad value: 99/99/2025"]);
    assert_eq!((parsed.lines, parsed.understood), (3, 2));
}

#[test]
fn time_grows_with_length_alone() {
    let domain: Name = "widgets.example".parse().unwrap();
    for line in [
        "a: ",
        "[",
        "Registrant: x\n",
        "nic-hdl: A1-B\n\n",
        "Name Server: ns1.a.test, ",
        "registrant contact ",
        "\t:",
        "(",
        "1",
        "%\n",
    ] {
        let text = line.repeat(2 * 1024 * 1024 / line.len());
        let start = std::time::Instant::now();
        let parsed = whois::parse(&text, "whois.nic.example", &domain);
        assert!(parsed.remarks.iter().any(|remark| remark.what == RemarkKind::Limit), "{line}");
        assert!(start.elapsed().as_secs() < 20, "{line} took {:?}", start.elapsed());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn nothing_panics(body in proptest::collection::vec(any::<u8>(), 0..400), zone in "[a-z]{2,3}") {
        let domain: Name = format!("widgets.{zone}").parse().unwrap();
        let (text, _) = whois::decode(&body, &zone);
        whois::parse(&text, "whois.nic.example", &domain);
    }

    #[test]
    fn shuffled_pieces_do_not_panic(pieces in proptest::collection::vec(prop::sample::select(PIECES), 0..60)) {
        let parsed = parse_from("whois.nic.example", "widgets.example", &pieces.concat());
        prop_assert!(parsed.understood <= parsed.lines);
    }
}

const PIECES: &[&str] = &[
    "\n",
    "  ",
    "\t",
    "Registrant:",
    "Domain Name: ",
    "widgets.example",
    "nic-hdl: ",
    "A1-B",
    "\n\n",
    "[",
    "]",
    "(",
    ")",
    "@",
    " [at] ",
    " AT ",
    "Name Server",
    ": ",
    "..",
    ". ",
    "ns1.a.test",
    "2025-01-02",
    "12:30",
    "+",
    "-",
    "ü",
    "中国",
    "Tel. ",
    "+1 555",
    "contact: ",
    "Contact Type: admin",
    "%",
    "** ",
    "Status: ",
    "|-",
    "/",
    "\u{202e}",
    "Fax",
    "US",
    ", ",
    "status: free",
];

/// Layouts that mix the families, as registries in many countries use them.
#[test]
fn mixtures() {
    let text = "\
Domain name: widgets.example
Status:      active

Registrar:
   Example Registrar BV
   Main Street 1
   1234AB  AMSTERDAM
   Netherlands

Administrative contact:
   EXA0001-TEST
   A. Example
   +31 205550100
   ada@mail.example

Creation Date: 2025-01-02

DNSSEC:      yes

Domain nameservers:
   ns1.hoster.test     192.0.2.1
   ns2.hoster.test

Record maintained by: An Example Registry
";
    let found = parse("widgets.example", text);
    assert_eq!(found.registrar.name.as_deref(), Some("Example Registrar BV"));
    assert_eq!((found.admin.handle.stated(), found.admin.name.stated()), (Some("EXA0001-TEST"), Some("A. Example")));
    assert_eq!((found.signed, found.state, days(&found)[0].as_str()), (Some(true), State::Registered, "2025-01-02"));
    assert_eq!(hosts(&found), TWO);

    let text = "\
DOMAIN NAME:           widgets.example
registrant type:       organization
nameservers:           ns1.hoster.test. [192.0.2.1]
                       ns2.hoster.test.
created:               2025.01.02 12:00:00
last modified:         2026.02.03 12:00:00
renewal date:          2027.01.02 12:00:00

TECHNICAL CONTACT:
company:  Example Hoster
street:   Main Street 1
phone:    +48.225550100

REGISTRAR:
Example Registrar Sp. z o.o.
Main Street 1
";
    let found = parse("widgets.example", text);
    assert_eq!(
        (hosts(&found), days(&found)),
        (TWO.map(String::from).to_vec(), ["2025-01-02", "2026-02-03", "2027-01-02"].map(String::from))
    );
    assert_eq!(found.tech.organization.stated(), Some("Example Hoster"));
    assert_eq!(found.registrar.name.as_deref(), Some("Example Registrar Sp. z o.o."));

    let text = "\
Domain Name                 : widgets.example
Registrant                  : Example Widgets Inc.
Administrative Contact(AC)  : Ada Example
AC E-Mail                   : ada@mail.example
AC Phone Number             : 02-555-0100
Registered Date             : 2025. 01. 02.
Expiration Date             : 2027. 01. 02.
Authorized Agency           : Example Agency(http://www.registrar.test)

Primary Name Server
   Host Name                : ns1.hoster.test
   IP Address               : 192.0.2.1

Secondary Name Server
   Host Name                : ns2.hoster.test
";
    let found = parse("widgets.example", text);
    assert_eq!((hosts(&found), days(&found)[0].as_str()), (TWO.map(String::from).to_vec(), "2025-01-02"));
    assert_eq!(found.admin.email.stated(), Some("ada@mail.example"));
    assert_eq!((found.admin.name.stated(), found.admin.phone.stated()), (Some("Ada Example"), Some("02-555-0100")));
    assert_eq!(found.registrar.name.as_deref(), Some("Example Agency"));
    assert_eq!(found.nameservers[0].addresses.len(), 1);
}

#[test]
fn more_mixtures() {
    let text = "\
domain:       widgets.example
registrant:   EXAMPLE
nsset:        NSS:EXAMPLE
registrar:    REG-EXAMPLE
registered:   02.01.2025 12:00:00
expire:       02.01.2027

contact:      EXAMPLE
org:          Example Widgets a.s.
name:         Ada Example
address:      Main Street 1
created:      01.01.2001 12:00:00

nsset:        NSS:EXAMPLE
nserver:      ns1.hoster.test (192.0.2.1)
nserver:      ns2.hoster.test
tech-c:       EXAMPLE
created:      01.01.2002 12:00:00
";
    let found = parse("widgets.example", text);
    assert_eq!(found.registrant.organization.stated(), Some("Example Widgets a.s."));
    assert_eq!((found.tech.name.stated(), found.registrant.handle.stated()), (Some("Ada Example"), Some("EXAMPLE")));
    assert_eq!(
        (hosts(&found), days(&found)),
        (TWO.map(String::from).to_vec(), ["2025-01-02", "", "2027-01-02"].map(String::from))
    );

    let text = "\
Domain:
name:       widgets.example
status:     ok (paid and in zone)
registered: 2025-01-02 12:00:00 +02:00
expire:     2027-01-02

Registrant:
name:       Example Widgets
email:      Not Disclosed - Visit www.nic.example for webbased WHOIS

Registrar:
name:       Example Registrar
url:        https://www.registrar.test

Name servers:
nserver:   ns1.hoster.test
nserver:   ns2.hoster.test
";
    let found = parse("widgets.example", text);
    assert_eq!(found.domain.as_ref().map(Name::to_string).as_deref(), Some("widgets.example"));
    assert_eq!((found.registrant.name.stated(), found.registrant.email.stated()), (Some("Example Widgets"), None));
    assert_eq!(found.registrar.url.as_deref(), Some("https://www.registrar.test"));
    assert_eq!((hosts(&found), found.statuses[0].as_str()), (TWO.map(String::from).to_vec(), "ok"));

    let text = "\
Domain:               widgets.example
DNS:                  widgets.example
Registered:           2025-01-02
Status:               Active

Registrant
Handle:               ***N/A***
Name:                 Example Widgets ApS
Address:              Main Street 1
Phone:                +45 55501000

Administrator
Handle:               AE1-XX
Name:                 Ada Example

Nameservers
Hostname:             ns1.hoster.test
Handle:               NOC9-XX
Hostname:             ns2.hoster.test
";
    let found = parse("widgets.example", text);
    assert!(found.registrant.handle.is_absent(), "{:?}", found.registrant.handle);
    assert_eq!((found.admin.handle.stated(), hosts(&found)), (Some("AE1-XX"), TWO.map(String::from).to_vec()));

    let text = "\
domain:        WIDGETS.EXAMPLE
nserver:       ns1.hoster.test.
nserver:       ns2.hoster.test.
state:         REGISTERED, DELEGATED, VERIFIED
org:           Example Widgets LLC
registrar:     EXAMPLE-REG
admin-contact: https://www.nic.example/whois
created:       2025-01-02T12:00:00Z
paid-till:     2027-01-02T12:00:00Z
free-date:     2027-02-02
source:        TCI
";
    let found = parse("widgets.example", text);
    assert_eq!((found.registrant.organization.stated(), found.admin.name.text()), (Some("Example Widgets LLC"), None));
    assert_eq!((days(&found)[2].as_str(), found.registrar.name.as_deref()), ("2027-01-02", Some("EXAMPLE-REG")));
    assert_eq!(found.statuses, ["REGISTERED", "DELEGATED", "VERIFIED"]);

    let text = "\
Domain Name: widgets.example
Registrar Name: Example Registrar
Registrant: Example Widgets Pty Ltd
Registrant ID: ABN 12 345 678 901
Eligibility Type: Company
Registrant Contact ID: EXA-4711
Registrant Contact Name: Ada Example
Tech Contact Email: noc@hoster.test
Name Server: ns1.hoster.test
Name Server IP: 192.0.2.1
";
    let found = parse("widgets.example", text);
    assert_eq!(found.registrant.handle.stated(), Some("EXA-4711"));
    assert_eq!(found.registrant.organization.stated(), Some("Example Widgets Pty Ltd"));
    assert_eq!(
        (found.registrant.name.stated(), found.tech.email.stated()),
        (Some("Ada Example"), Some("noc@hoster.test"))
    );
    assert_eq!(found.nameservers[0].addresses.len(), 1);

    let text = "\
Registrant Contact Information:
Company English Name (It should be the same as the registered name): EXAMPLE WIDGETS
Company Chinese name:
Address:  1 Main Street
Country: Hong Kong
Email: ada@mail.example
Domain Name Commencement Date: 02-01-2025

Administrative Contact Information:

Given name:  ADA
Family name:  EXAMPLE
Phone:  +852-55501000

Name Servers Information:

NS1.HOSTER.TEST
NS2.HOSTER.TEST
";
    let found = parse("widgets.example", text);
    assert_eq!(found.registrant.organization.stated(), Some("EXAMPLE WIDGETS"));
    assert_eq!((found.admin.name.stated(), found.admin.phone.stated()), (Some("ADA EXAMPLE"), Some("+852-55501000")));
    assert_eq!((hosts(&found), days(&found)[0].as_str()), (TWO.map(String::from).to_vec(), "2025-01-02"));
}
