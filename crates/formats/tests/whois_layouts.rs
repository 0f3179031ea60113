//! Layouts of registries and registrars as they are known from their documentation and answers, with fictional data: what
//! an answer looks like matters here, not whose it is.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]
use formats::whois;
use model::{Contact, Name, Registration, registration::State};

fn parse(domain: &str, text: &str) -> Registration {
    whois::parse(text, "whois.nic.example", &domain.parse::<Name>().unwrap()).registration
}

fn days(found: &Registration) -> [String; 3] {
    [found.created, found.updated, found.expires].map(|time| time.map(|time| time.day()).unwrap_or_default())
}

fn hosts(found: &Registration) -> Vec<String> {
    found.nameservers.iter().map(|server| server.name.to_string()).collect()
}

/// Name, organisation, e-mail, phone.
fn who(contact: &Contact) -> [&str; 4] {
    [&contact.name, &contact.organization, &contact.email, &contact.phone]
        .map(|field| field.stated().unwrap_or_default())
}

fn handle(contact: &Contact) -> &str {
    contact.handle.stated().unwrap_or_default()
}

const TWO: [&str; 2] = ["ns1.hoster.test", "ns2.hoster.test"];

#[test]
fn lettered_brackets_with_codes() {
    let found = parse(
        "widgets.example",
        "\
a [Domain Name]                   widgets.example
b [Registration No.]              D1A100100
c [Record Created]                02-JAN-2025
d [Record Expired]                02-JAN-2027
e [Record Last Modified]          03-FEB-2026
f [Invoicing Party]               BIL01234B
                                  Example Billing Sdn Bhd
                                  1 Main Street
                                  (Tel) +60.355501000
                                  (Fax) +60.355501001
g [Registrant Code]               REG01234R
                                  Example Widgets Sdn Bhd
                                  1 Main Street
                                  50000 Kuala Lumpur
                                  info@mail.example
                                  (Tel) +60.355502000
h [Administrative Contact Code]   ADM01234A
                                  Ada Example
                                  Example Widgets Sdn Bhd
                                  ada@mail.example
j [Primary Name Server]           ns1.hoster.test
k [Secondary Name Server]         ns2.hoster.test
",
    );
    assert_eq!(days(&found), ["2025-01-02", "2026-02-03", "2027-01-02"]);
    assert_eq!(hosts(&found), TWO);
    assert_eq!(
        (handle(&found.registrant), handle(&found.admin), handle(&found.billing)),
        ("REG01234R", "ADM01234A", "BIL01234B")
    );
    assert_eq!(found.registrant.organization.stated(), Some("Example Widgets Sdn Bhd"));
    assert_eq!(found.registrant.email.stated(), Some("info@mail.example"));
    assert_eq!(
        (found.admin.name.stated(), found.admin.email.stated()),
        (Some("Ada Example"), Some("ada@mail.example"))
    );
}

#[test]
fn two_languages_and_email_labels_in_envelopes() {
    let found = parse(
        "widgets.example",
        "\
Nome de domínio / Domain Name: widgets.example
Data de registo / Creation Date (dd/mm/yyyy): 02/01/2025
Data de expiração / Expiration Date (dd/mm/yyyy): 02/01/2027
Estado / Status: ACTIVE

Titular / Registrant
    Example Widgets, Lda.
    Rua Principal 1
    Lisboa
    Email: info@mail.example

Entidade Gestora / Billing Contact
    Example Billing, S.A.
    Email: billing@mail.example

Responsável Técnico / Tech Contact
    Example Hoster
    Email: noc@hoster.test

Nameserver Information
    Nameserver: ns1.hoster.test NS ns1.hoster.test.
    Nameserver: ns2.hoster.test NS ns2.hoster.test.
",
    );
    assert_eq!((days(&found)[0].as_str(), days(&found)[2].as_str()), ("2025-01-02", "2027-01-02"));
    assert_eq!(hosts(&found), TWO);
    assert_eq!(who(&found.registrant), ["Example Widgets, Lda.", "Example Widgets, Lda.", "info@mail.example", ""]);
    assert_eq!(
        (found.billing.email.stated(), found.tech.email.stated()),
        (Some("billing@mail.example"), Some("noc@hoster.test"))
    );
    assert_eq!(found.tech.name.stated(), Some("Example Hoster"));
}

#[test]
fn sections_with_name_and_address_below_labels() {
    let found = parse(
        "widgets.example",
        "\
Domain:
     widgets.example

Domain Status:
     Active
     Transfer Prohibited by Registrar

Registrant:
     Example Widgets LLC

Registrar:
     Example Registrar Ltd (https://www.registrar.test)

Relevant dates:
     Registered on 30th April 2003 at 00:00:00.000
     Registry fee due on 30th April each year

Registration status:
     Registered until cancelled

Name servers:
     ns1.hoster.test
     ns2.hoster.test
",
    );
    assert_eq!(found.state, State::Registered);
    assert_eq!((days(&found)[0].as_str(), hosts(&found)), ("2003-04-30", TWO.map(String::from).to_vec()));
    assert_eq!(found.registrant.organization.stated(), Some("Example Widgets LLC"));
    assert_eq!(found.registrar.name.as_deref(), Some("Example Registrar Ltd"));

    let found = parse(
        "widgets.example",
        "\
Domain Name: widgets.example
Domain Managers
Name: Example Managers Ltd
Address
1 Main Street
Douglas

Domain Owners / Registrant
Name: Example Widgets Ltd
Address
2 Main Street
Douglas

Administrative Contact
Name: Ada Example
Address
2 Main Street

Technical Contact
Name: Example Hoster
Address
3 Main Street

Domain Details
Expiry Date: 10/09/2027 23:59:57
Name Server:ns1.hoster.test.
Name Server:ns2.hoster.test.
",
    );
    assert_eq!((days(&found)[2].as_str(), hosts(&found)), ("2027-09-10", TWO.map(String::from).to_vec()));
    assert_eq!(found.registrant.name.stated(), Some("Example Widgets Ltd"));
    assert_eq!((found.admin.name.stated(), found.tech.name.stated()), (Some("Ada Example"), Some("Example Hoster")));
    assert_eq!(found.registrant.street.stated(), Some("2 Main Street, Douglas"));
}

#[test]
fn not_shown() {
    let found = parse(
        "widgets.example",
        "\
Domain:\twidgets.example
Status:\tNOT AVAILABLE
Registered:\tTue Jan 2 2025

Registrant:
\tNot shown, please visit www.nic.example for webbased whois.

Registrar Technical Contacts:
\tOrganisation:\tExample Hoster
\tLanguage:\ten
\tPhone:\t+32.55501000
\tEmail:\tnoc@hoster.test


Registrar:
\tName:\tExample Registrar
\tWebsite:\thttps://www.registrar.test

Nameservers:
\tns1.hoster.test
\tns2.hoster.test

Keys:

Flags:
\tclientTransferProhibited
",
    );
    assert_eq!((found.state, days(&found)[0].as_str()), (State::Registered, "2025-01-02"));
    assert!(found.registrant.name.stated().is_none() && !found.registrant.name.is_absent());
    assert_eq!(who(&found.tech), ["", "Example Hoster", "noc@hoster.test", "+32.55501000"]);
    assert_eq!(
        (found.registrar.name.as_deref(), hosts(&found)),
        (Some("Example Registrar"), TWO.map(String::from).to_vec())
    );

    let found = parse(
        "widgets.example",
        "\
Domain: widgets.example
Script: LATIN

Registrant:
        NOT DISCLOSED!
        Visit www.nic.example for the web-based WHOIS.

Technical:
        Organisation: Example Hoster
        Language: en
        Email: noc@hoster.test

Registrar:
        Name: Example Registrar
        Website: https://www.registrar.test

Name servers:
        ns1.hoster.test
        ns2.hoster.test
",
    );
    assert!(found.registrant.name.stated().is_none() && !found.registrant.name.is_absent());
    assert_eq!(found.tech.email.stated(), Some("noc@hoster.test"));
}

#[test]
fn hash_and_dot_leaders() {
    let found = parse(
        "widgets.example",
        "\
                        NOM DE DOMAINE#........: widgets.example
                        BUREAU D'ENREGISTREMENT#........: Example Registrar
                        DATE DE CREATION#........: 02-01-2025
                        TITULAIRE#........: Example Widgets SARL
                        CONTACT ADMINISTRATIF#........: Ada Example
                        TEL CONTACT ADMINISTRATIF#........: 021 555 01 00
                        MAIL CONTACT ADMINISTRATIF#........: ada@mail.example
                        CONTACT TECHNIQUE#........: Example Hoster
                        MAIL CONTACT TECHNIQUE#........: noc@hoster.test
",
    );
    assert_eq!(days(&found)[0], "2025-01-02");
    assert_eq!(found.registrar.name.as_deref(), Some("Example Registrar"));
    assert_eq!(found.registrant.organization.stated(), Some("Example Widgets SARL"));
    assert_eq!(who(&found.admin), ["Ada Example", "", "ada@mail.example", "021 555 01 00"]);
    assert_eq!(found.tech.email.stated(), Some("noc@hoster.test"));
}

#[test]
fn contacts_of_a_java_whois_server() {
    let found = parse(
        "widgets.example",
        "\
Details:

Domain name......: widgets.example
Creation date....: 02-01-2025 10:20:30 GMT+1
Domain status....: Active
Registrar........: Example Registrar

Owner Contact
Name.............: Example Widgets
First name.......:
Address..........: 1 Main Street
City.............: Tunis
Phone............: +216.71555010
Email............: info@mail.example

Administrativ contact
Name.............: Example
First name.......: Ada
Phone............: +216.71555011
Email............: ada@mail.example

Technical contact
Name.............: Hoster
Email............: noc@hoster.test

DNS servers
Name.............: ns1.hoster.test.
Name.............: ns2.hoster.test.
",
    );
    assert_eq!(who(&found.registrant), ["Example Widgets", "", "info@mail.example", "+216.71555010"]);
    assert_eq!(
        (found.admin.email.stated(), found.tech.email.stated()),
        (Some("ada@mail.example"), Some("noc@hoster.test"))
    );
    assert_eq!(found.admin.name.stated(), Some("Ada Example"));
    assert_eq!((days(&found)[0].as_str(), hosts(&found)), ("2025-01-02", TWO.map(String::from).to_vec()));
}

#[test]
fn organisations_in_brackets_behind_names() {
    let found = parse(
        "widgets.example",
        "\
    Domain Name:\t\twidgets.example
    Registrar:\t\tExample Registrar Pte Ltd

    Creation Date:\t\t02-Jan-2025 10:20:30
    Modified Date:\t\t03-Feb-2026 10:20:30
    Expiration Date:\t\t02-Jan-2027 10:20:30

    Domain Status:\t\tOK

    Registrant:

        Name:\t\tEXAMPLE WIDGETS PTE LTD (XXNIC-ORG4711)

    Administrative Contact:

        Name:\t\tADA EXAMPLE (XXNIC-PERS4712)

    Technical Contact:

        Name:\t\tHOSTMASTER (XXNIC-ROLE4713)
        Email:\t\tnoc@hoster.test

    Name Servers:
        ns1.hoster.test
        ns2.hoster.test
",
    );
    assert_eq!(
        (found.registrant.name.stated(), handle(&found.registrant)),
        (Some("EXAMPLE WIDGETS PTE LTD"), "XXNIC-ORG4711")
    );
    assert_eq!((found.admin.name.stated(), handle(&found.admin)), (Some("ADA EXAMPLE"), "XXNIC-PERS4712"));
    assert_eq!(found.tech.email.stated(), Some("noc@hoster.test"));
    assert_eq!(
        (hosts(&found), days(&found)),
        (TWO.map(String::from).to_vec(), ["2025-01-02", "2026-02-03", "2027-01-02"].map(String::from))
    );
}

#[test]
fn envelopes_with_handles_and_emails() {
    let found = parse(
        "widgets.example",
        "\
DOMAIN NAME: widgets.example (widgets.example)
registration status: busy, active

REGISTRANT:
Example Widgets EOOD
1 Main Street
Sofia, 1000
BULGARIA

ADMINISTRATIVE CONTACT:
Ada Example
ada@mail.example
1 Main Street
Sofia, 1000
BULGARIA
tel: +359 2 5550100
NIC handle: AE4711

TECHNICAL CONTACT(S):
Example Hoster
noc@hoster.test
tel: +359 2 5550102
NIC handle: EH4712

NAME SERVER INFORMATION:
ns1.hoster.test (192.0.2.1)
ns2.hoster.test
DNSSEC: inactive
",
    );
    assert_eq!(found.registrant.name.stated(), Some("Example Widgets EOOD"));
    assert_eq!(
        (found.admin.name.stated(), found.admin.email.stated(), handle(&found.admin)),
        (Some("Ada Example"), Some("ada@mail.example"), "AE4711")
    );
    assert_eq!(found.admin.phone.stated(), Some("+359 2 5550100"));
    assert_eq!((handle(&found.tech), hosts(&found)), ("EH4712", TWO.map(String::from).to_vec()));

    let found = parse(
        "widgets.example",
        "\
   Titular:
        Example Widgets, C.A.           info@mail.example
        Example Widgets, C.A.
        Av. Principal 1
        Caracas, Distrito Capital  VE
        +58 2125550100

   Nombre de Dominio: widgets.example

   Contacto Administrativo:
        Ada Example             ada@mail.example
        Example Widgets, C.A.
        Av. Principal 1

   Contacto Técnico:
        Hostmaster              noc@hoster.test
        Example Hoster, C.A.

   Fecha de Vencimiento: 2027-01-02 00:00:00
   Ultima Actualización: 2026-02-03 00:00:00
   Fecha de Creación: 2025-01-02 00:00:00

   Estatus del dominio: ACTIVO

   Servidor(es) de Nombres de Dominio:

     - ns1.hoster.test
     - ns2.hoster.test
",
    );
    assert_eq!(days(&found), ["2025-01-02", "2026-02-03", "2027-01-02"]);
    assert_eq!(
        (found.admin.name.stated(), found.admin.email.stated()),
        (Some("Ada Example"), Some("ada@mail.example"))
    );
    assert_eq!((found.tech.email.stated(), hosts(&found)), (Some("noc@hoster.test"), TWO.map(String::from).to_vec()));
}

#[test]
fn rpsl_with_descr_lines_and_owner() {
    let found = parse(
        "widgets.example",
        "\
query:        widgets.example

reg-name:     widgets
domain:       widgets.example

descr:        Example Widgets Ltd
descr:        1 Main Street
descr:        Tel Aviv
descr:        Israel
phone:        +972 3 5550100
e-mail:       info AT mail.example
admin-c:      XX-AE47-XX
tech-c:       XX-EH48-XX
zone-c:       XX-EH48-XX
nserver:      ns1.hoster.test
nserver:      ns2.hoster.test
validity:     02-01-2027
status:       Transfer Locked
changed:      domain-registrar AT nic.example 20250102 (Assigned)

person:       Ada Example
address:      1 Main Street
phone:        +972 3 5550101
e-mail:       ada AT mail.example
nic-hdl:      XX-AE47-XX
changed:      domain-registrar AT nic.example 20250102

person:       Example Hoster
e-mail:       noc AT hoster.test
nic-hdl:      XX-EH48-XX

registrar name: Example Registrar Ltd
registrar info: https://www.registrar.test
",
    );
    assert_eq!(found.registrant.organization.stated(), Some("Example Widgets Ltd"));
    assert_eq!(found.registrant.email.stated(), Some("info@mail.example"));
    assert_eq!(
        (found.admin.name.stated(), found.admin.email.stated(), handle(&found.admin)),
        (Some("Ada Example"), Some("ada@mail.example"), "XX-AE47-XX")
    );
    assert_eq!((found.tech.name.stated(), handle(&found.tech)), (Some("Example Hoster"), "XX-EH48-XX"));
    assert_eq!(
        (found.registrar.name.as_deref(), days(&found)[2].as_str()),
        (Some("Example Registrar Ltd"), "2027-01-02")
    );

    let found = parse(
        "widgets.example",
        "\
domain:      widgets.example
owner:       COMPANHIA DE EXEMPLO LTDA
ownerid:     12.345.678/0001-90
owner-c:     ADAEX4
admin-c:     ADAEX4
tech-c:      ADAEX4
nserver:     ns1.hoster.test
created:     20250102 #4711

nic-hdl-br:  ADAEX4
person:      Ada Example
e-mail:      ada@mail.example
created:     20200102
",
    );
    assert_eq!(
        (handle(&found.registrant), found.registrant.organization.stated()),
        ("ADAEX4", Some("COMPANHIA DE EXEMPLO LTDA"))
    );
    assert_eq!(
        (found.registrant.email.stated(), found.admin.name.stated()),
        (Some("ada@mail.example"), Some("Ada Example"))
    );
}

#[test]
fn a_person_joined_by_label_with_dash_c() {
    let found = parse("widgets.example", "\
Domain Name: widgets.example
Domain Name Commencement Date: 02-01-2025
Country: HK
Expiry Date: 02-01-2027
Registrar Name: Example Registrar Limited
Registrar Contact Information: Email: support@registrar.test

Registrant Contact Information:

Holder English Name (It should be the same as the registered/corporation name on your certificate): EXAMPLE WIDGETS LIMITED
Email: info@mail.example

Administrative Contact Information:

Account Name: HK4711T
Given name: ADA
Family name: EXAMPLE
Company name: EXAMPLE WIDGETS LIMITED
Email: ada@mail.example

Technical Contact Information:

Given name: HOST
Family name: MASTER
Email: noc@hoster.test

Name Servers Information:

NS1.HOSTER.TEST
NS2.HOSTER.TEST
");
    assert_eq!(found.registrant.email.stated(), Some("info@mail.example"));
    assert_eq!(who(&found.admin), ["ADA EXAMPLE", "EXAMPLE WIDGETS LIMITED", "ada@mail.example", ""]);
    assert_eq!(
        (found.tech.name.stated(), found.registrar.name.as_deref()),
        (Some("HOST MASTER"), Some("Example Registrar Limited"))
    );
}

#[test]
fn sentences_with_values() {
    let found = parse(
        "widgets.example",
        "\
The domain widgets.example is registered.

Domain name:  widgets.example
Organization: Example Widgets S.r.l.
Owner:        Ada Example
Admin-name:   Ada Example
Admin-address:   1 Main Street
Admin-email:  ada@mail.example
Admin-phone:  +377.55501000
Registration date: 2025-01-02
Record last updated on 03-Feb-2026.
NS: ns1.hoster.test
NS: ns2.hoster.test
",
    );
    assert_eq!(found.state, State::Registered);
    assert_eq!(who(&found.admin), ["Ada Example", "", "ada@mail.example", "+377.55501000"]);
    assert_eq!(
        (days(&found)[..2].to_vec(), hosts(&found)),
        (vec!["2025-01-02".to_owned(), "2026-02-03".to_owned()], TWO.map(String::from).to_vec())
    );
}

#[test]
fn finnish_holder_and_tech_blocks() {
    let found = parse(
        "widgets.example",
        "\
domain.............: widgets.example
status.............: Registered
created............: 2.1.2025 10:20:30
expires............: 2.1.2027 10:20:30
available..........: 2.2.2027 10:20:30
modified...........: 3.2.2026 10:20:30
RegistryLock.......: no

Nameservers

nserver............: ns1.hoster.test [OK]
nserver............: ns2.hoster.test [OK]

DNSSEC

dnssec.............: no

Holder

name...............: Example Widgets Oy
register number....: 1234567-8
address............: Esimerkkikatu 1
postal.............: 00100
city...............: Helsinki
country............: Finland
phone..............: +358.95550100
holder email.......:

Registrar

registrar..........: Example Registrar Oy
www................: www.registrar.test

Tech

name...............: Example Hoster
email..............: noc@hoster.test
",
    );
    assert_eq!(days(&found), ["2025-01-02", "2026-02-03", "2027-01-02"]);
    assert_eq!(
        (found.registrant.name.stated(), found.registrant.phone.stated()),
        (Some("Example Widgets Oy"), Some("+358.95550100"))
    );
    assert_eq!(
        (found.registrar.name.as_deref(), found.tech.email.stated()),
        (Some("Example Registrar Oy"), Some("noc@hoster.test"))
    );
    assert_eq!((found.signed, hosts(&found)), (Some(false), TWO.map(String::from).to_vec()));
}

#[test]
fn the_record_of_the_asked_domain_among_others() {
    let text = "\
Whois Server Version 2.0

   Server Name: WIDGETS.EXAMPLE.IS.A.NICE.PLACE.TEST
   IP Address: 192.0.2.77
   Registrar: Another Registrar
   Whois Server: whois.another.test
   Referral URL: http://www.another.test

   Domain Name: WIDGETS.EXAMPLE
   Registrar: Example Registrar
   Whois Server: whois.registrar.test
   Name Server: NS1.HOSTER.TEST
   Name Server: NS2.HOSTER.TEST
   Creation Date: 02-jan-2025

   Domain Name: WIDGETS.EXAMPLE.TEST
   Registrar: Third Registrar
   Name Server: NS9.HOSTER.TEST
   Creation Date: 02-jan-2001

>>> Last update of whois database: Thu, 26 Jun 2026 21:40:25 EDT <<<

NOTICE: The expiration date displayed in this record is the date the
registrar's sponsorship of the domain name registration in the registry is
currently set to expire.

Registrant:
   Domains by Proxy, LLC

   Domain Name: WIDGETS.EXAMPLE
      Created on: 02-Jan-25

   Administrative Contact:
      Private, Registration  WIDGETS.EXAMPLE@domainsbyproxy.com
      Domains by Proxy, LLC
";
    let parsed = whois::parse(text, "whois.nic.example", &"widgets.example".parse().unwrap());
    let found = &parsed.registration;
    assert_eq!(
        (found.registrar.name.as_deref(), hosts(found)),
        (Some("Example Registrar"), TWO.map(String::from).to_vec())
    );
    assert_eq!((days(found)[0].as_str(), parsed.referral.as_deref()), ("2025-01-02", Some("whois.registrar.test")));
    assert_eq!(found.registrant.name.text(), Some("Domains by Proxy, LLC"));
    assert!(found.registrant.name.stated().is_none() && found.admin.email.stated().is_none());
    // Asked about a name that no record is about, whatever there is counts.
    let other: Name = "gadgets.example".parse().unwrap();
    assert!(whois::parse(text, "whois.nic.example", &other).registration.registrar.name.is_some());
}

#[test]
fn documents_of_yaml() {
    let found = parse(
        "widgets.example",
        "\
--- !Domain
name: widgets.example
status: ACTIVE
created: \"2025-01-02T15:45:18+01:00\"
name_servers:
- ns1.hoster.test
- ns2.hoster.test
registrar: !Registrar
  name: EXAMPLE REGISTRAR
  phone: +33.155501000
registrant: !Contact
  nic-handle: AE1-XX
  name: ADA EXAMPLE
  company: EXAMPLE WIDGETS
  address: |-
    1 RUE DE LA PAIX
    75001 PARIS
administrative_contact: !Contact
  nic-handle: QR1-XX
  company: EXAMPLE ADMINISTRATION
",
    );
    assert_eq!(found.domain.as_ref().map(Name::to_string).as_deref(), Some("widgets.example"));
    assert_eq!((found.registrant.name.stated(), handle(&found.registrant)), (Some("ADA EXAMPLE"), "AE1-XX"));
    assert_eq!(
        (found.registrar.name.as_deref(), hosts(&found)),
        (Some("EXAMPLE REGISTRAR"), TWO.map(String::from).to_vec())
    );
    assert_eq!(found.admin.organization.stated(), Some("EXAMPLE ADMINISTRATION"));
}

#[test]
fn contacts_by_prefix_and_block() {
    let found = parse(
        "widgets.example",
        "\
domain: widgets.example
reg_created: 2025-01-02 07:09:56
expires: 2027-01-02 09:09:58
changed: 2026-02-03 16:12:33
ns0: ns1.hoster.test 192.0.2.1
ns1: ns2.hoster.test
owner-c:
  nic-hdl: AE1-TEST
  organisation: Example Widgets SAS
  person: Ada Example
  address: '1 rue Principale'
  zipcode: 75001
  city: Paris
  country: France
  phone: +33.155501000
  fax: ~
  email: ada@mail.example
  lastupdated: 2025-10-10 12:45:57
admin-c:
  nic-hdl: BE2-TEST
  organisation: ~
  person: Bob Example
  email: bob@mail.example
tech-c:
  nic-hdl: NULL
  person: Hostmaster
  email: noc@hoster.test
",
    );
    assert_eq!(days(&found), ["2025-01-02", "2026-02-03", "2027-01-02"]);
    assert_eq!(who(&found.registrant), ["Ada Example", "Example Widgets SAS", "ada@mail.example", "+33.155501000"]);
    assert_eq!(
        (who(&found.admin)[2], who(&found.tech)[2], handle(&found.admin)),
        ("bob@mail.example", "noc@hoster.test", "BE2-TEST")
    );
    assert_eq!(hosts(&found), TWO);

    let found = parse(
        "widgets.example",
        "\
DOMAIN: WIDGETS.EXAMPLE

RSP: Example Reseller
URL: http://www.reseller.test

owner-contact: P-AEX47
owner-organization: Example Widgets GmbH
owner-fname: Ada
owner-lname: Example
owner-street: Hauptstrasse 1
owner-phone: +49.3055501000
owner-email: ada@mail.example

admin-contact: P-BEX48
admin-fname: Bob
admin-lname: Example
admin-email: bob@mail.example

tech-contact: P-CEX49
tech-organization: Example Hoster
tech-email: noc@hoster.test

nameserver: ns1.hoster.test
nameserver: ns2.hoster.test
",
    );
    assert_eq!(who(&found.registrant), ["Ada Example", "Example Widgets GmbH", "ada@mail.example", "+49.3055501000"]);
    assert_eq!(
        (handle(&found.registrant), handle(&found.admin), handle(&found.tech)),
        ("P-AEX47", "P-BEX48", "P-CEX49")
    );
    assert_eq!((who(&found.admin)[0], who(&found.tech)[2]), ("Bob Example", "noc@hoster.test"));

    let found = parse(
        "widgets.example",
        "\
domain:                widgets.example
created:               02-Jan-2025
last-changed:          03-Feb-2026
registration-expiration: 02-Jan-2027

nserver:               ns1.hoster.test 192.0.2.1
nserver:               ns2.hoster.test

status:                CLIENT-TRANSFER-PROHIBITED

registrant-firstname:  Ada
registrant-lastname:   Example
registrant-organization: Example Widgets
registrant-street1:    Main Street 1
registrant-pcode:      12345
registrant-city:       Springfield
registrant-ccode:      US
registrant-phone:      +1.5550100
registrant-email:      ada@mail.example

admin-c-firstname:     Bob
admin-c-lastname:      Example
admin-c-email:         bob@mail.example
",
    );
    assert_eq!(days(&found), ["2025-01-02", "2026-02-03", "2027-01-02"]);
    assert_eq!(who(&found.registrant), ["Ada Example", "Example Widgets", "ada@mail.example", "+1.5550100"]);
    assert_eq!((who(&found.admin)[0], found.registrant.country.stated()), ("Bob Example", Some("US")));
}

#[test]
fn handles_and_emails_in_one_line() {
    let found = parse(
        "widgets.example",
        "\
Registrant:
Example Widgets, Inc. (WIDGETS12-DOM)
   1 Main Street
   Springfield, CA 12345
   US

   Domain Name: WIDGETS.EXAMPLE

   Administrative Contact:
      Example, Ada  (AE4711)  ada@mail.example
      Example Widgets, Inc.
      1 Main Street
      Springfield, CA 12345
      +1 555 010 0100
   Technical Contact, Zone Contact:
      Hostmaster  (HO4712-ORG)\t\tnoc@hoster.test
      Example Hoster
      +1 555 010 0200

   Record last updated on 03-Feb-2026.
   Record expires on 02-Jan-2027.
   Record created on 02-Jan-2025.

   Domain servers in listed order:

   NS1.HOSTER.TEST              192.0.2.1
   NS2.HOSTER.TEST              192.0.2.2
",
    );
    assert_eq!(
        (handle(&found.registrant), found.registrant.organization.stated()),
        ("WIDGETS12-DOM", Some("Example Widgets, Inc."))
    );
    assert_eq!(
        (handle(&found.admin), who(&found.admin)[0], who(&found.admin)[2]),
        ("AE4711", "Example, Ada", "ada@mail.example")
    );
    assert_eq!(
        (handle(&found.tech), who(&found.tech)[2], who(&found.tech)[3]),
        ("HO4712-ORG", "noc@hoster.test", "+1 555 010 0200")
    );
    assert_eq!(
        (hosts(&found), days(&found)),
        (TWO.map(String::from).to_vec(), ["2025-01-02", "2026-02-03", "2027-01-02"].map(String::from))
    );

    let found = parse(
        "widgets.example",
        "\
domain:       widgets.example
owner:        Ada Example
organization: Example Widgets
email:        ada@mail.example
address:      Main Street 1
admin-c:      CXX-4711 bob@mail.example#0
tech-c:       CXX-4712 noc@hoster.test
nserver:      ns1.hoster.test 192.0.2.1
nserver:      ns2.hoster.test
registrar:    Example Registrar
created:      2025-01-02 10:20:30 UTC
modified:     2026-02-03 10:20:30 UTC
expires:      2027-01-02 10:20:30 UTC
",
    );
    assert_eq!(who(&found.registrant)[..3], ["Ada Example", "Example Widgets", "ada@mail.example"]);
    assert_eq!((handle(&found.tech), who(&found.tech)[2]), ("CXX-4712", "noc@hoster.test"));
}

#[test]
fn tabs_and_other_ids() {
    let found = parse(
        "widgets.example",
        "\
Domain-name  \twidgets.example
Admin-id  \tEXAM-0226
Admin-name  \tAda Example
Admin-legal-form  \t
Admin-address  \tMain Street 1, Bratislava
Admin-telephone  \t+421.255501000
Admin-email  \tada@mail.example
Tech-id  \tEXAM-0227
Tech-name  \tExample Hoster
Tech-email  \tnoc@hoster.test
dns_name  \tns1.hoster.test
dns_name  \tns2.hoster.test
Last-update  \t2026-02-03
Valid-date  \t2027-01-02
Domain-status  \tDOM_OK
",
    );
    assert_eq!(
        (handle(&found.admin), who(&found.admin)),
        ("EXAM-0226", ["Ada Example", "", "ada@mail.example", "+421.255501000"])
    );
    assert_eq!(
        (handle(&found.tech), who(&found.tech)[2], days(&found)[1].as_str()),
        ("EXAM-0227", "noc@hoster.test", "2026-02-03")
    );
    assert_eq!(hosts(&found), TWO);

    let found = parse(
        "widgets.example",
        "\
domain:         widgets.example
org:            org_name_hun: Example Widgets Kft.
registrar:      2000212421
admin-c:        2000212422
tech-c:         2000212423
nameserver:     ns1.hoster.test
registered:     2025.01.02 10:20:30

person:         Ada Example
address:        Fo utca 1.
phone:          +36 1 555 0100
e-mail:         ada [at] mail.example
hun-id:         2000212422

person:         Hostmaster
e-mail:         noc [at] hoster.test
hun-id:         2000212423
",
    );
    assert_eq!(
        (handle(&found.admin), who(&found.admin)),
        ("2000212422", ["Ada Example", "", "ada@mail.example", "+36 1 555 0100"])
    );
    assert_eq!((who(&found.tech)[2], days(&found)[0].as_str()), ("noc@hoster.test", "2025-01-02"));
}

#[test]
fn numbered_roles_and_company_names() {
    let found = parse(
        "widgets.example",
        "\
Informations about 'widgets.example' :

Status : Active
Created (JJ/MM/AAAA) : 02/01/2025
Last renewed (JJ/MM/AAAA) : 02/01/2026
Expire (JJ/MM/AAAA) : 02/01/2027
Name server 1 : ns1.hoster.test
Name server 2 : ns2.hoster.test
Registrant Company Name : Example Widgets
Registrant Name : Ada Example
Registrant Email : ada@mail.example
Tech 1 Company Name : Example Hoster
Tech 1 Name : Hostmaster
Tech 1 Email : noc@hoster.test
Registrar Company Name : Example Registrar
",
    );
    assert_eq!((days(&found)[0].as_str(), days(&found)[2].as_str()), ("2025-01-02", "2027-01-02"));
    assert_eq!(who(&found.registrant), ["Ada Example", "Example Widgets", "ada@mail.example", ""]);
    assert_eq!(who(&found.tech), ["Hostmaster", "Example Hoster", "noc@hoster.test", ""]);
    assert_eq!(
        (found.registrar.name.as_deref(), hosts(&found)),
        (Some("Example Registrar"), TWO.map(String::from).to_vec())
    );
}

#[test]
fn east_asian_labels() {
    let found = parse(
        "widgets.example",
        "\
[ JPRS database provides information on network administration. Its use is    ]

Domain Information: [ドメイン情報]
[ドメイン名]                    WIDGETS.EXAMPLE

[登録者名]                      株式会社ウィジェット
[Registrant]                    Example Widgets K.K.

[Name Server]                   ns1.hoster.test
[Name Server]                   ns2.hoster.test
[Signing Key]

[登録年月日]                    2025/01/02
[有効期限]                      2027/01/31
[状態]                          Active
[最終更新]                      2026/02/03 01:05:05 (JST)

Contact Information: [公開連絡窓口]
[名前]                          Ada Example
[Name]                          Ada Example
[Email]                         ada@mail.example
[郵便番号]                      100-0001
[住所]                          Chiyoda-ku
[電話番号]                      03-5550-1000
",
    );
    assert_eq!((days(&found)[0].as_str(), days(&found)[2].as_str()), ("2025-01-02", "2027-01-31"));
    assert_eq!(hosts(&found), TWO);
    assert_eq!(
        (who(&found.admin)[0], who(&found.admin)[2], who(&found.admin)[3]),
        ("Ada Example", "ada@mail.example", "03-5550-1000")
    );

    let found = parse(
        "widgets.example",
        "\
도메인이름                  : widgets.example
등록인                      : Example Widgets
책임자                      : Ada Example
책임자 전자우편             : ada@mail.example
책임자 전화번호             : 02-555-0100
등록일                      : 2025. 01. 02.
최근 정보 변경일            : 2026. 02. 03.
사용 종료일                 : 2027. 01. 02.
등록대행자                  : Example Agency(http://www.registrar.test)

1차 네임서버 정보
   호스트이름               : ns1.hoster.test
   IP 주소                  : 192.0.2.1

2차 네임서버 정보
   호스트이름               : ns2.hoster.test
",
    );
    assert_eq!(who(&found.admin), ["Ada Example", "", "ada@mail.example", "02-555-0100"]);
    assert_eq!(
        (found.registrar.name.as_deref(), days(&found)),
        (Some("Example Agency"), ["2025-01-02", "2026-02-03", "2027-01-02"].map(String::from))
    );
    assert_eq!(
        (found.registrant.name.stated(), hosts(&found)),
        (Some("Example Widgets"), TWO.map(String::from).to_vec())
    );

    let found = parse(
        "widgets.example",
        "\
域名: widgets.example
注册者: 示例公司
注册者联系人邮件: ada@mail.example
所属注册服务机构: Example Registrar
域名服务器: ns1.hoster.test
域名服务器: ns2.hoster.test
注册时间: 2025年01月02日
过期时间: 2027年01月02日
",
    );
    assert_eq!(
        (days(&found)[0].as_str(), days(&found)[2].as_str(), hosts(&found)),
        ("2025-01-02", "2027-01-02", TWO.map(String::from).to_vec())
    );
    assert_eq!(
        (found.registrant.name.stated(), found.registrar.name.as_deref()),
        (Some("示例公司"), Some("Example Registrar"))
    );
}

#[test]
fn armoured_emails() {
    for email in [
        "ada [at] mail.example",
        "ada(AT)mail.example",
        "ada AT mail.example",
        "ada at mail dot example",
        "<ada@mail.example>",
        "ada@mail.example; bob@mail.example",
    ] {
        let found = parse("widgets.example", &format!("Domain Name: widgets.example\nAdmin Email: {email}\n"));
        assert_eq!(found.admin.email.stated(), Some("ada@mail.example"), "{email}");
    }
}

#[test]
fn what_servers_say_of_no_record() {
    for (text, state) in [
        ("% No entries found in the TEST database.", State::Available),
        ("El dominio no se encuentra registrado", State::Available),
        ("Domain widgets.example nu este inregistrat", State::Available),
        ("Доменное имя widgets.example не зарегистрировано\nне найден", State::Available),
        ("widgets.example: kayıtlı değil. Kayıt bulunamadı", State::Available),
        ("El dominio no disponible", State::Reserved),
        ("This name is on the reserved list of the registry", State::Reserved),
        ("You have been querying too fast, slow down", State::Throttled),
        ("Query limit of your network reached: number of queries exceeded", State::Throttled),
        ("% Access restricted", State::Refused),
        ("Usage: domain NAME", State::Malformed),
    ] {
        assert_eq!(parse("widgets.example", text).state, state, "{text}");
    }
}
