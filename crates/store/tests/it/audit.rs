//! The audit log: chained, searchable, and able to forget.

use model::{Actor, Id, Time};
use serde_json::json;
use store::{
    Store, Tx,
    audit::{self, Detail, Entry, Filter},
};

use crate::engines::on_each;

fn write(store: &Store, actor: &Actor, action: &'static str, number: u8) {
    let object = Some(("owner", Id([number; 16])));
    let detail = Detail::default().with("number", number).personal("account", format!("person {number}"));
    let entry = Entry { time: Time(i64::from(number)), actor, action, object, owner: None, detail };
    store.write(|tx| audit::append(tx, &entry)).unwrap();
}

fn read<T>(store: &Store, read: impl FnOnce(&mut Tx<'_>) -> Result<T, store::Error>) -> T {
    store.read(read).unwrap()
}

#[test]
fn entries_come_back_the_newest_first() {
    on_each(|store| {
        let (me, other) = (Actor::local("me"), Actor::local("other"));
        let auditing = me.may_audit().unwrap();
        for number in 1..=4 {
            let (actor, action) = if number % 2 == 0 { (&me, "owner.add") } else { (&other, "owners.list") };
            write(store, actor, action, number);
        }
        let numbers = |filter: Filter| -> Vec<i64> {
            read(store, |tx| audit::list(tx, &auditing, &filter, 10)).iter().map(|record| record.number).collect()
        };
        assert_eq!(numbers(Filter::default()), [4, 3, 2, 1]);
        assert_eq!(numbers(Filter { below: Some(3), ..Filter::default() }), [2, 1]);
        assert_eq!(numbers(Filter { actor: Some("me (local)".into()), ..Filter::default() }), [4, 2]);
        assert_eq!(numbers(Filter { action: Some("owner.".into()), ..Filter::default() }), [4, 2]);
        assert_eq!(numbers(Filter { object: Some(Id([3; 16])), ..Filter::default() }), [3]);
        assert_eq!(numbers(Filter { from: Some(Time(2)), to: Some(Time(3)), ..Filter::default() }), [3, 2]);
        let last = read(store, |tx| audit::list(tx, &auditing, &Filter::default(), 1)).remove(0);
        assert_eq!(last.detail, json!({"number": 4, "account": "person 4"}));
    });
}

#[test]
fn a_forgotten_value_leaves_the_chain_whole() {
    on_each(|store| {
        let me = Actor::local("me");
        let auditing = me.may_audit().unwrap();
        write(store, &me, "owner.add", 1);
        assert!(store.write(|tx| audit::forget(tx, "person 1")).unwrap());
        assert!(!store.write(|tx| audit::forget(tx, "person 1")).unwrap());
        let record = read(store, |tx| audit::list(tx, &auditing, &Filter::default(), 1)).remove(0);
        assert_eq!(record.detail["account"], json!(null));
        let verified = read(store, |tx| audit::verify(tx, &auditing));
        assert_eq!((verified.entries, verified.broken), (1, None));
        assert_eq!(verified.head, record.hash);
    });
}

#[test]
fn whatever_is_done_to_the_log_shows() {
    let harm = [
        ("UPDATE audit SET time = 9 WHERE number = 2", 2),
        ("UPDATE audit SET detail = '{}' WHERE number = 1", 1),
        ("UPDATE audit SET actor = hash WHERE number = 3", 3),
        ("DELETE FROM audit WHERE number = 2", 3),
        ("UPDATE audit SET number = 9 WHERE number = 3", 9),
    ];
    on_each(|store| {
        let me = Actor::local("me");
        let auditing = me.may_audit().unwrap();
        (1..=3).for_each(|number| write(store, &me, "owner.add", number));
        assert_eq!(read(store, |tx| audit::verify(tx, &auditing)).broken, None);
    });
    for (statement, number) in harm {
        on_each(|store| {
            let me = Actor::local("me");
            let auditing = me.may_audit().unwrap();
            (1..=3).for_each(|number| write(store, &me, "owner.add", number));
            store::test_statement(store, statement).unwrap();
            assert_eq!(read(store, |tx| audit::verify(tx, &auditing)).broken, Some(number), "{statement}");
        });
    }
}
