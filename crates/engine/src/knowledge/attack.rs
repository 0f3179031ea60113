//! MITRE ATT&CK: its techniques as attack patterns of an owner, so that others can be associated with them.

use formats::attack::Technique;
use model::{
    Actor, Group, GroupFields, GroupKind, OwnerId, Time,
    group::{AttackPattern, DESCRIPTION_CHARACTERS_MAX, NAME_CHARACTERS_MAX},
};
use serde::Serialize;
use store::{
    Tx,
    audit::{self, Detail, Entry},
};

use super::{
    Knowledge,
    group::{NewGroup, made},
    owner,
};
use crate::error::Error;

/// What bringing in techniques did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Techniques {
    /// Techniques that the owner did not have.
    pub added: u64,
    /// Techniques that are described otherwise now.
    pub changed: u64,
    /// Techniques that are as they were.
    pub same: u64,
    /// Techniques that ATT&CK has withdrawn, and that were left out.
    pub retired: u64,
}

impl Knowledge {
    /// Brings in techniques, whole or not at all. A technique that the owner has is changed where ATT&CK describes it
    /// otherwise; its label, tags and notes stay.
    pub fn import_techniques(
        &self,
        actor: &Actor,
        of: OwnerId,
        techniques: &[Technique],
        now: Time,
    ) -> Result<Techniques, Error> {
        self.store.write(|tx| {
            let owner = owner(tx, actor, of)?;
            let writable = actor.may_write(&owner)?;
            let mut done = Techniques::default();
            for technique in techniques {
                if technique.retired {
                    done.retired += 1;
                    continue;
                }
                let new = described(technique);
                match known(tx, of, technique, &new.name)? {
                    None => {
                        let group = made(&owner, &new, false, now)?;
                        store::group::add(tx, &writable.addable(), &group)?;
                        done.added += 1;
                    }
                    Some(before) if is_same(&before, &new) => done.same += 1,
                    Some(before) => {
                        store::group::change(tx, &writable, &renewed(before, new, now))?;
                        done.changed += 1;
                    }
                }
            }
            let detail = Detail::default().with("added", done.added).with("changed", done.changed);
            let entry = Entry { time: now, actor, action: "group.techniques", object: None, owner: Some(of), detail };
            audit::append(tx, &entry)?;
            Ok(done)
        })
    }
}

/// Names of forms repeat ("Spearphishing Link"), so the number stands with the name.
fn described(technique: &Technique) -> NewGroup {
    let cut = |text: &str, most: usize| text.trim().chars().take(most).collect::<String>();
    let name = cut(&format!("{} {}", technique.id, technique.name), NAME_CHARACTERS_MAX);
    let pattern = AttackPattern {
        technique: Some(technique.id.clone()),
        tactics: technique.tactics.clone(),
        platforms: Vec::new(),
        url: technique.url.clone(),
    };
    let fields = GroupFields::AttackPattern(pattern);
    let description = technique.description.as_deref().map(|text| cut(text, DESCRIPTION_CHARACTERS_MAX));
    NewGroup { fields, description, ..NewGroup::new(GroupKind::AttackPattern, name) }
}

fn known(tx: &mut Tx<'_>, of: OwnerId, technique: &Technique, name: &str) -> Result<Option<Group>, Error> {
    match store::group::by_technique(tx, of, &technique.id)? {
        Some(group) => Ok(Some(group)),
        None => Ok(store::group::by_name(tx, of, GroupKind::AttackPattern, name)?),
    }
}

fn is_same(group: &Group, new: &NewGroup) -> bool {
    group.name == new.name && group.fields == new.fields && group.description == new.description
}

fn renewed(before: Group, new: NewGroup, now: Time) -> Group {
    let (name, fields, description) = (new.name, new.fields, new.description);
    Group { name, fields, description, modified: now, revision: before.revision + 1, ..before }
}
